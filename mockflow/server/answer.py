"""Answers every request of clients as OpenSearch does, in one function.

The order of checks: query string, authentication, the parameters of every route, a route for path and method, the
body's type, the handler's parameters and body, unknown parameters, then the action (docs/reference/opensearch.md,
"Routing", "Parameters").
"""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from mockflow.cluster import Cluster
from mockflow.cluster.clock import wall_time
from mockflow.cluster.decision import Decision
from mockflow.core.base.json_writer import compact, compact_in_parts, has_many
from mockflow.core.opensearch.rest_paths import RestPath
from mockflow.core.plugin.status import Document
from mockflow.core.stubs.matching import SearchedBody
from mockflow.server.action import action_of
from mockflow.server.ahead import read_ahead
from mockflow.server.http.messages import JSON_TYPE, Request, Response
from mockflow.server.request_line import Line, read_line
from mockflow.server.rest import scripted, security
from mockflow.server.rest.by_release import body_of, headers_of
from mockflow.server.rest.call import Reply
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.rendering import PLAIN, Style, style_of
from mockflow.server.rest.router import Found
from mockflow.server.rest.worker import LARGE, in_thread


async def answer(cluster: Cluster, request: Request) -> Response:
    """The response to a client's request.

    Raises StuckError for a client that polls without end, and UnknownMethodError; no other error.
    """
    await read_ahead(cluster, request)
    searched = None
    if request.body and cluster.world.intercepts:
        searched = await scripted.search_body(cluster, request, request.target.partition("?")[0])
    exchange = _Exchange(cluster, request)
    try:
        return await exchange.response(searched)
    finally:
        exchange.write_journal()


class _Exchange:
    """A request while it is answered, and what its journal entry tells, however it ends."""

    __slots__ = (
        "_began",
        "_body",
        "_cluster",
        "_decision",
        "_mode",
        "_not_served",
        "_now",
        "_operation",
        "_request",
        "_status",
        "_style",
        "_wall",
        "_workflow_id",
        "_world",
    )

    def __init__(self, cluster: Cluster, request: Request) -> None:
        self._cluster = cluster
        self._request = request
        self._world = world = cluster.world
        world.forget_ended()
        self._mode, self._now, self._wall, self._began = world.clock.mode, world.now(), wall_time(), perf_counter()
        self._operation = ""
        self._workflow_id: str | None = None
        self._not_served: RestPath | None = None
        """The route that OpenSearch has and mockflow does not serve."""
        self._style = PLAIN
        self._decision: Decision | None = None
        """How faults, outages and stubs act on it."""
        self._status, self._body = 0, b""  # until there is a response

    async def response(self, searched: SearchedBody | None) -> Response:
        """The response as it is sent, after the delay of a fault. Raises as `answer` does."""
        response = await self._whole_response(searched)
        self._body, decision = response.body, self._decision
        if decision is None:
            self._status = response.status
            return response
        scripted.advance_clock(self._cluster, decision)
        await scripted.apply_delay(decision)
        self._status = response.status if scripted.sends_response(decision) else 0
        return scripted.broken(decision, response)

    async def _whole_response(self, searched: SearchedBody | None) -> Response:
        """The scripted response, the cluster's own, or the error that refuses the request."""
        instead: scripted.ScriptedResponse | None = None
        try:
            line = self._read(searched)
            decision = self._decision
            if decision is not None and (decision.answers or decision.performed):
                instead = scripted.scripted_response(self._cluster, decision, self._style)
            if decision is None or not decision.answers:
                own = await self._act(line)
        except Refusal as refusal:
            own = self._written(refusal.status, *self._style.error_body(refusal), refusal.headers)
        if instead is None:
            return own
        if instead.is_foreign:
            return Response(instead.status, instead.body, instead.content_type, instead.headers)
        return self._written(instead.status, instead.body, instead.content_type, instead.headers)

    def _read(self, searched: SearchedBody | None) -> Line:
        """Reads the line, who asks and the form of the response, and lets faults, outages and stubs decide."""
        request, world = self._request, self._world
        line = read_line(request.method, request.target)
        found = line.found
        if isinstance(found, Found):
            self._operation, self._workflow_id = found.route.operation, found.values.get("workflow_id")
        elif found.not_served is not None and found.not_served.since <= world.version.minor:
            self._not_served = found.not_served
        if world.is_guarded:
            request.caller = security.authenticate(self._cluster, request, self._operation)
        self._style = style_of(request, line.values)
        if world.intercepts:
            self._decision = scripted.decide(self._cluster, request, line.path, line.values, found, searched)
        return line

    async def _act(self, line: Line) -> Response:
        """The response of the cluster itself."""
        if self._not_served is not None:
            path = self._not_served
            self._world.not_served.count(path.method, path.path, path.operation)
        is_peek = self._decision is not None and self._decision.is_broken
        reply = action_of(self._cluster, self._request, line, is_peek=is_peek)()
        if not isinstance(reply, Reply):
            reply = await reply
        if reply.pretty_by_default and "pretty" not in line.values:
            self._style = self._style.made_pretty()
        return self._written(reply.status, *(await _body(self._style, reply.content)), reply.headers)

    def _written(self, status: int, body: bytes, content_type: str, headers: Mapping[str, str]) -> Response:
        """A response as the release writes it."""
        version = self._world.version
        all_headers = headers_of(version, self._request.headers, headers)
        return Response(status, body_of(version, body, content_type), content_type, all_headers)

    def write_journal(self) -> None:
        """To be called once, however the request has ended."""
        request, decision, not_served = self._request, self._decision, self._not_served
        self._world.journal.add(
            self._operation if not_served is None else not_served.operation,
            self._workflow_id,
            request.method,
            request.target,
            request.headers,
            request.body,
            self._status,
            self._body,
            self._mode,
            self._now,
            self._wall,
            perf_counter() - self._began,
            None if decision is None else scripted.trace(decision),
            is_served=not_served is None or (decision is not None and decision.answers),
            head_bytes=request.head_bytes,
            notes=request.notes,
        )


async def _body(style: Style, shown: Any) -> tuple[bytes, str]:
    """The body's bytes and content type. What takes long to write is written in another thread."""
    if isinstance(shown, str) or (style.is_plain and isinstance(shown, Document)):
        return style.body(shown)
    if has_many(shown):
        return await in_thread(_in_parts if style.is_plain else style.body, shown)
    if style.is_plain:
        return style.body(shown)
    if len(shown.json if isinstance(shown, Document) else compact(shown)) * style.effort < LARGE:
        return style.body(shown)
    return await in_thread(style.body, shown)


def _in_parts(shown: Any) -> tuple[bytes, str]:
    return compact_in_parts(shown), JSON_TYPE
