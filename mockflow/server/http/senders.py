"""Sends responses through aiohttp: head and body in one write, without aiohttp's own headers."""

import asyncio
from contextlib import aclosing
from typing import Final

from aiohttp import hdrs
from aiohttp.web_request import BaseRequest

from mockflow.server.http.messages import Response, StreamedResponse

_MAX_DIRECT_BYTES: Final = 64 * 1024  # written without waiting for the client
_STREAM_TIMEOUT_SECONDS: Final = 30  # for a client to accept a part of a stream


class ResponseSender:
    """Sends head and body in one write, with OpenSearch's headers and no others.

    It has the attributes that aiohttp's server needs of a response and no more. The headers and state of a
    StreamResponse, which are not used here, would take a twentieth of the time of a poll.
    """

    __slots__ = ("_bytes", "keep_alive", "status")

    def __init__(self, response: Response, request: BaseRequest, *, keep_alive: bool = True) -> None:
        self.status = response.status
        self.keep_alive = keep_alive and request.keep_alive
        self._bytes = response.to_bytes(
            accept_encoding=request.headers.get(hdrs.ACCEPT_ENCODING, ""),
            without_body=request.method == "HEAD",
            keep_alive=keep_alive,  # OpenSearch does not repeat a client's `Connection: close`
        )

    async def prepare(self, request: BaseRequest) -> None:
        transport = request.transport
        if transport is None or transport.is_closing() or len(self._bytes) > _MAX_DIRECT_BYTES:
            await request.writer.write(self._bytes)  # waits for a slow client; raises if it has disconnected
        else:
            transport.write(self._bytes)
            if transport.get_write_buffer_size():
                await request.writer.drain()  # a client that sends requests without reading

    async def write_eof(self) -> None:
        """Nothing is left to send after `prepare`."""


class NoResponse(ResponseSender):
    """Closes the connection without a response."""

    __slots__ = ()

    def __init__(self) -> None:
        self.status = 0
        self.keep_alive = False

    async def prepare(self, request: BaseRequest) -> None:
        raise ConnectionResetError  # aiohttp then closes the connection; raised earlier, it would answer


class StreamSender(ResponseSender):
    """Sends a response in parts, as fast as the client reads."""

    __slots__ = ("_streamed", "_writer")

    def __init__(self, response: StreamedResponse, request: BaseRequest) -> None:
        self.status = response.status
        self.keep_alive = False
        self._streamed = response
        self._writer = request.writer

    async def prepare(self, request: BaseRequest) -> None:
        await self._write(self._streamed.head())

    async def write_eof(self) -> None:
        async with aclosing(self._streamed.chunks) as chunks:
            async for chunk in chunks:
                await self._write(chunk)

    async def give_up(self) -> None:
        """To be called instead of sending it."""
        await self._streamed.chunks.aclose()

    async def _write(self, data: bytes) -> None:
        try:
            await asyncio.wait_for(self._writer.write(data), _STREAM_TIMEOUT_SECONDS)
        except asyncio.TimeoutError:
            raise ConnectionResetError("the client does not read the stream") from None
