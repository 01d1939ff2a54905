"""Status polls whose request line is known: answered within `data_received`, without aiohttp's request and task.

`answer` keeps the action of such a request line in its world; `Again` does with it what `answer` would.
"""

from collections.abc import Mapping
from time import perf_counter
from typing import NamedTuple

from mockflow.cluster import Cluster, StuckError, World
from mockflow.cluster.clock import wall_time
from mockflow.core.base.bounds import REPEATED_REQUESTS, REPEATED_RESPONSE
from mockflow.server.failures import cut_off, failed
from mockflow.server.http.messages import ACCEPT_ENCODING, AccessLog, Request, Response
from mockflow.server.rest.by_release import body_of, headers_of
from mockflow.server.rest.call import Action, Reply
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.rendering import Style, style_of
from mockflow.server.rest.worker import LARGE


class Known(NamedTuple):
    """A request line whose action depends on nothing else, and the action that its first request in this world made."""

    action: Action
    values: Mapping[str, str]
    """The parameters."""
    operation: str
    workflow_id: str | None


def remember(world: World, target: str, known: Known) -> None:
    """Keeps what is known of a request line, as long as the world lasts."""
    if len(world.repeated) >= REPEATED_REQUESTS:
        world.repeated.clear()
    world.repeated[target] = known


class Repeats:
    """The requests to one cluster that need not take the long way."""

    __slots__ = ("_access_log", "_cluster")

    def __init__(self, cluster: Cluster, access_log: AccessLog | None = None) -> None:
        self._cluster = cluster
        self._access_log = access_log

    def know(self, target: str) -> bool:
        """Whether a GET of this target may be answered so now: not while faults or callers count."""
        world = self._cluster.world
        return target in world.repeated and not (world.intercepts or world.is_guarded)

    def prepare(self, target: str, headers: Mapping[str, str], head_bytes: int) -> "Again | None":
        """The answers to a known GET with these headers; `head_bytes` are theirs and the target's."""
        request = Request("GET", target, headers)
        try:
            style = style_of(request, self._cluster.world.repeated[target].values)
        except Refusal:
            return None
        return Again(self._cluster, request, style, head_bytes, self._access_log)


class Again:
    """Answers one request as often as it comes: the bytes of the response.

    None where the long way must answer it: its line is unknown in a new world, faults or callers count, or it may take
    long to write the response. Raises ConnectionResetError if the connection is to be closed without a response.
    """

    __slots__ = (
        "_access_log",
        "_bytes",
        "_cluster",
        "_content",
        "_head_bytes",
        "_is_plain",
        "_request",
        "_response",
        "_style",
    )

    def __init__(
        self,
        cluster: Cluster,
        request: Request,
        style: Style,
        head_bytes: int,
        access_log: AccessLog | None,
    ) -> None:
        self._cluster = cluster
        self._request = request
        self._style = style
        self._is_plain = style.is_plain
        self._head_bytes = head_bytes
        """What the journal counts; 0 once it has these headers."""
        self._access_log = access_log
        self._content: object = None
        """What the last response shows, which may be shown again: `_response` and its `_bytes`."""
        self._response = Response(0)
        self._bytes = b""

    def __call__(self) -> bytes | None:
        world = self._cluster.world
        known: Known | None = world.repeated.get(self._request.target)  # not kept here: it holds its world
        if known is None or world.intercepts or world.is_guarded:
            return None
        if not (self._is_plain or self._is_quick(world, known)):
            return None
        began = perf_counter()
        try:
            self._answer(world, known, began)
            response, written = self._response, self._bytes
        except StuckError:
            cut_off(self._cluster)
            raise ConnectionResetError from None
        except Exception:
            response = failed(self._request)
            written = self._to_bytes(response)
        if self._access_log:
            self._access_log(self._request, response.status, perf_counter() - began)
        return written

    def _answer(self, world: World, known: Known, began: float) -> None:
        """Makes the response, or takes the last one, and adds the exchange to the journal."""
        world.forget_ended()
        mode, now, wall = world.clock.mode, world.now(), wall_time()
        status, body = 0, b""
        try:
            try:
                reply = known.action()
                assert isinstance(reply, Reply)
                if reply.content is not self._content:
                    self._keep(reply.content, reply.status, *self._style.body(reply.content), reply.headers)
            except Refusal as refusal:
                self._keep(None, refusal.status, *self._style.error_body(refusal), refusal.headers)
            status, body = self._response.status, self._response.body
        finally:
            request = self._request
            world.journal.add(
                known.operation,
                known.workflow_id,
                "GET",
                request.target,
                request.headers,
                b"",
                status,
                body,
                mode,
                now,
                wall,
                perf_counter() - began,
                head_bytes=self._head_bytes,
            )
            self._head_bytes = 0

    def _keep(self, content: object, status: int, body: bytes, content_type: str, own: Mapping[str, str]) -> None:
        version = self._cluster.world.version
        headers = headers_of(version, self._request.headers, own)
        self._response = Response(status, body_of(version, body, content_type), content_type, headers)
        self._bytes = self._to_bytes(self._response)
        self._content = content if len(self._bytes) <= REPEATED_RESPONSE else None

    def _to_bytes(self, response: Response) -> bytes:
        return response.to_bytes(accept_encoding=self._request.headers.get(ACCEPT_ENCODING, ""))

    def _is_quick(self, world: World, known: Known) -> bool:
        """Whether the response that is certain to be the next one is written within the loop."""
        documents = world.certain_statuses(known.workflow_id)
        return bool(documents) and all(
            document is self._content or len(document.json) * self._style.effort < LARGE for document in documents
        )
