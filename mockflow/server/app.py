"""A cluster behind aiohttp: as an Application to embed or test, and on the low-level Server to serve."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import HttpVersion11, web
from aiohttp.http_exceptions import HttpProcessingError

from mockflow.cluster import Cluster, StuckError
from mockflow.server.answer import answer
from mockflow.server.broken import BrokenResponse
from mockflow.server.errors import bad_http, internal_error
from mockflow.server.http import Request, Response
from mockflow.server.wire import CutOff, WireResponse

log: Final = logging.getLogger("mockflow")

CLUSTER: Final = web.AppKey("cluster", Cluster)
MAX_BODY: Final = 100 * 1024 * 1024  # OpenSearch's http.max_content_length

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
        """Everything has left with the head."""


Handle = Callable[[web.BaseRequest], Awaitable[WireResponse]]


def handler(cluster: Cluster, access_log: AccessLog | None = None) -> Handle:
    """The one handler for every request, for an Application and a low-level Server alike."""

    async def handle(incoming: web.BaseRequest) -> WireResponse:
        began = time.perf_counter() if access_log else 0.0
        request = Request(incoming.method, incoming.raw_path, incoming.headers)
        response = await _read_body(incoming, request) if incoming.body_exists else None
        too_large = response is not None
        if response is None:
            try:
                response = await answer(cluster, request)
            except StuckError:
                return CutOff()
            except Exception:
                log.exception("a fault of mockflow's own, at %s %s", request.method, request.target)
                refusal = internal_error()
                response = Response.json(refusal.status, refusal.body)
        if access_log:
            access_log(request, response.status, time.perf_counter() - began)
        if response.connection is not None:
            return BrokenResponse(response, incoming)
        return WireResponse(response, incoming, keep_alive=not too_large)

    return handle


async def _read_body(incoming: web.BaseRequest, request: Request) -> Response | None:
    """Reads the body into `request`; an answer where it is too large or cannot be unpacked."""
    if incoming.headers.get("Expect", "").lower() == "100-continue" and incoming.version == HttpVersion11:
        await incoming.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    chunks, size = [], 0
    try:
        while chunk := await incoming.content.readany():
            size += len(chunk)
            if size > MAX_BODY:
                return Response(413, content_type="")
            chunks.append(chunk)
    except (HttpProcessingError, web.RequestPayloadError) as error:
        incoming.content.feed_eof()  # there is no rest; aiohttp would read on, and log the same error as its own
        refusal = bad_http(str(error))
        return Response.json(refusal.status, refusal.body)
    request.body = b"".join(chunks)
    return None


def create_app(cluster: Cluster) -> web.Application:
    """The cluster as an aiohttp Application with one catch-all route: the same answers as `mockflow serve`."""
    app = web.Application()
    app[CLUSTER] = cluster
    handle = handler(cluster)

    async def handle_in_app(incoming: web.Request) -> AppResponse:
        return AppResponse(await handle(incoming))

    app.router.add_route("*", "/{path:.*}", handle_in_app, expect_handler=_leave_to_handler)

    async def end_waits(_: web.Application) -> None:
        cluster.clock.close()

    app.on_shutdown.append(end_waits)
    return app


async def _leave_to_handler(_: web.Request) -> None:
    """Expect: 100-continue is the handler's own business, served in an Application or alone."""
