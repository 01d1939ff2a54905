"""A cluster behind aiohttp: as an Application to embed or test, and on the low-level Server to serve."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from mockflow.cluster import Cluster, StuckError
from mockflow.server.answer import answer
from mockflow.server.errors import bad_http, internal_error
from mockflow.server.http import Request, Response, Streamed

log: Final = logging.getLogger("mockflow")

CLUSTER: Final = web.AppKey("cluster", Cluster)
MAX_BODY: Final = 100 * 1024 * 1024  # OpenSearch's http.max_content_length
_MUCH: Final = 64 * 1024  # bytes that a connection takes at once, whatever the client does
_PATIENCE_SECONDS: Final = 30  # with a client that takes nothing of a stream

AccessLog = Callable[[Request, int, float], None]
"""Called with the request, the answer's status and the seconds it took."""


class WireResponse:
    """An answer whose head and body leave in one write, with OpenSearch's headers and no others.

    It has what aiohttp's server asks of an answer and no more: StreamResponse's headers and state, which nobody
    reads here, would cost a status poll a twentieth of its time.
    """

    __slots__ = ("_wire", "keep_alive", "status")

    def __init__(self, response: Response, request: web.BaseRequest, *, keep_alive: bool = True) -> None:
        self.status = response.status
        self.keep_alive = keep_alive and request.keep_alive
        self._wire = response.wire(
            accept_encoding=request.headers.get(hdrs.ACCEPT_ENCODING, ""),
            without_body=request.method == "HEAD",
            keep_alive=self.keep_alive,
        )

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None or transport.is_closing() or len(self._wire) > _MUCH:
            await request.writer.write(self._wire)  # waits for a slow client, and tells of one that is gone
        else:
            transport.write(self._wire)

    async def write_eof(self) -> None:
        """Everything has left with the head."""


class CutOff(WireResponse):
    """No answer: the connection is closed."""

    __slots__ = ()

    def __init__(self) -> None:
        self.status = 0
        self.keep_alive = False

    async def prepare(self, request: web.BaseRequest) -> None:
        raise ConnectionResetError  # aiohttp takes the client for gone, and closes; raised earlier, it would answer


class StreamedResponse(WireResponse):
    """An answer that comes bit by bit, as fast as its client takes it."""

    __slots__ = ("_streamed", "_writer")

    def __init__(self, response: Streamed, request: web.BaseRequest) -> None:
        self.status = response.status
        self.keep_alive = False
        self._streamed = response
        self._writer = request.writer

    async def prepare(self, request: web.BaseRequest) -> None:
        await self._write(self._streamed.head())

    async def write_eof(self) -> None:
        async with aclosing(self._streamed.chunks) as chunks:
            async for chunk in chunks:
                await self._write(chunk)

    async def _write(self, data: bytes) -> None:
        try:
            await asyncio.wait_for(self._writer.write(data), _PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            raise ConnectionResetError("the client takes nothing any more") from None


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
        if isinstance(response, Streamed):
            return StreamedResponse(response, incoming)
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
