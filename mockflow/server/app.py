"""A cluster behind aiohttp: as an Application to embed or test, and on the low-level Server to serve."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from mockflow.cluster import Cluster, StuckError
from mockflow.server.answer import answer
from mockflow.server.control import answer as control
from mockflow.server.control.call import PREFIX
from mockflow.server.control.guard import MAX_BODY as MAX_OWNERS_BODY
from mockflow.server.control.guard import Door
from mockflow.server.http.broken import BrokenResponse
from mockflow.server.http.limits import Limits
from mockflow.server.http.messages import Request, Response, Streamed
from mockflow.server.http.sending import CutOff, StreamedResponse, WireResponse
from mockflow.server.rest.errors import bad_http, internal_error, too_many_bodies

log: Final = logging.getLogger("mockflow")

CLUSTER: Final = web.AppKey("cluster", Cluster)

AccessLog = Callable[[Request, int, float], None]
"""Called with the request, the answer's status and the seconds it took."""


class AppResponse(web.StreamResponse):
    """The same for an Application, which takes nothing but a StreamResponse."""

    def __init__(self, answer: WireResponse) -> None:
        super().__init__(status=answer.status)
        self._answer = answer

    @property
    def keep_alive(self) -> bool:
        return self._answer.keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        await self._answer.prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        await self._answer.write_eof()


Handle = Callable[[web.BaseRequest], Awaitable[WireResponse]]
Clients = Callable[[Cluster, Request], Awaitable[Response]]


def handler(
    cluster: Cluster,
    access_log: AccessLog | None = None,
    door: Door | None = Door(),  # noqa: B008 - a value
    limits: Limits = Limits(),  # noqa: B008
    *,
    clients: Clients | None = None,
) -> Handle:
    """The one handler for every request, for an Application and a low-level Server alike.

    What the owner's `door` is not asked for, or all where there is none, is for `clients` to answer; it answers as
    OpenSearch if that is left out.
    """
    bodies = _Bodies(limits)
    ask = clients or answer

    async def handle(incoming: web.BaseRequest) -> WireResponse:
        began = time.perf_counter() if access_log else 0.0
        request = Request(incoming.method, incoming.raw_path, incoming.headers)
        is_owners = request.target.startswith(PREFIX) and door is not None and control.is_mine(request.target)
        refusal = door.refusal(request) if is_owners and door else None
        if refusal is None and incoming.body_exists:
            most, too_large = (MAX_OWNERS_BODY, _TOO_LARGE_FOR_OWNERS) if is_owners else (limits.max_body, _TOO_LARGE)
            refusal = await bodies.read(incoming, request, most, too_large)
        response = refusal
        if response is None:
            try:
                response = control.answer(cluster, request) if is_owners else await ask(cluster, request)
            except StuckError:
                if cluster.on_cut_off:
                    cluster.on_cut_off()
                return CutOff()
            except Exception:
                log.exception("a fault of mockflow's own, at %s %s", request.method, request.target)
                fault = internal_error()
                response = fault.response()
            finally:
                if request.body:
                    bodies.forget(request)
        if access_log:
            access_log(request, response.status, time.perf_counter() - began)
        if response.connection is not None:
            return BrokenResponse(response, incoming)
        if isinstance(response, Streamed):
            return StreamedResponse(response, incoming)
        return WireResponse(response, incoming, keep_alive=refusal is None)

    return handle


_TOO_LARGE: Final = Response(413, content_type="")
_TOO_LARGE_FOR_OWNERS: Final = control.refused(
    413, f"the body is larger than {MAX_OWNERS_BODY // 2**20} MiB; load the scenarios in several parts"
)


class _Bodies:
    """Reads bodies, and knows how much of them there is at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._bytes = 0

    async def read(
        self, incoming: web.BaseRequest, request: Request, most: int, too_large: Response
    ) -> Response | None:
        """Reads the body into `request`; an answer where it is `too_large` or cannot be unpacked.

        A body that does not arrive in time is never answered: the connection is closed.
        """
        length = incoming.content_length
        if length is not None and length > most:
            return too_large
        if incoming.headers.get("Expect", "").lower() == "100-continue" and incoming.version == HttpVersion11:
            await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        loop = asyncio.get_running_loop()
        too_late = loop.call_later(self._limits.read_timeout, _cut_off, incoming)
        chunks, size = [], 0
        try:
            while chunk := await incoming.content.readany():
                size += len(chunk)
                self._bytes += len(chunk)
                if size > most:
                    return too_large
                if self._bytes > self._limits.max_bodies:
                    refusal = too_many_bodies(self._bytes, self._limits.max_bodies)
                    return refusal.response()
                chunks.append(chunk)
            request.body = b"".join(chunks)
            size = 0
        except (HttpProcessingError, web.RequestPayloadError) as error:
            incoming.content.feed_eof()  # there is no rest; aiohttp would read on, and log the same error as its own
            refusal = bad_http(str(error))
            return refusal.response()
        finally:
            self._bytes -= size  # of a body that was refused or cut off
            too_late.cancel()
        return None

    def forget(self, request: Request) -> None:
        """The request is answered."""
        self._bytes -= len(request.body)


def _cut_off(incoming: web.BaseRequest) -> None:
    if incoming.transport is not None:
        incoming.transport.abort()


def create_app(cluster: Cluster) -> web.Application:
    """The cluster as an aiohttp Application with one catch-all route: the same answers as `mockflow serve`."""
    app = web.Application()
    app[CLUSTER] = cluster
    handle = handler(cluster)

    async def handle_in_app(incoming: web.Request) -> AppResponse:
        return AppResponse(await handle(incoming))

    app.router.add_route("*", "/{path:.*}", handle_in_app, expect_handler=_leave_to_handler)

    async def end_waits(_: web.Application) -> None:
        cluster.world.clock.close()

    app.on_shutdown.append(end_waits)
    return app


async def _leave_to_handler(_: web.Request) -> None:
    """Expect: 100-continue is the handler's own business, served in an Application or alone."""
