"""An answer on its way to the client: head and body leave in one write."""

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import hdrs, web

from mockflow.server.http.messages import Response, Streamed

_MUCH: Final = 64 * 1024  # bytes that a connection takes at once, whatever the client does
_PATIENCE_SECONDS: Final = 30  # with a client that takes nothing of a stream


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
            if transport.get_write_buffer_size():
                await request.writer.drain()  # for a client that asks on and does not read

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
