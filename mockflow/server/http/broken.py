"""Answers that a broken connection lets through in part, or not at all (consumers.md, section 4.10)."""

import asyncio
import hashlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from mockflow.core.faults.model import Connection
from mockflow.server.http.messages import Response
from mockflow.server.http.sending import WireResponse

_PIECES: Final = 20
"""In so many, at most, an answer drips."""
_MISSING: Final = 100
"""So many bytes more are promised than there are."""
_LINGER_NOT: Final = struct.pack("ii", 1, 0)  # closing then sends RST, and what has not left never leaves


class BrokenResponse(WireResponse):
    """`prepare` sends what `response.connection` lets through, and ends the connection."""

    __slots__ = ("_break", "_garbage", "_over")

    def __init__(self, response: Response, request: web.BaseRequest) -> None:
        assert response.connection is not None
        super().__init__(response, request, keep_alive=False)
        self._break = _BREAKS[response.connection]
        self._over = response.over
        self._garbage = hashlib.blake2b(request.raw_path.encode("utf-8", "replace")).digest()

    async def prepare(self, request: web.BaseRequest) -> None:
        if request.transport is not None:
            await self._break(self, request, request.transport)
        raise ConnectionResetError  # aiohttp takes the client for gone, and closes

    async def reset(self, _: web.BaseRequest, transport: asyncio.Transport) -> None:
        """RST, and nothing before it."""
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()

    async def nothing(self, _: web.BaseRequest, __: asyncio.Transport) -> None:
        """The connection is closed."""

    async def truncate(self, request: web.BaseRequest, _: asyncio.Transport) -> None:
        """The head, and half of the body that it promises; of an empty one, half of the head."""
        head, body = self._parts()
        await request.writer.write(head + body[: len(body) // 2] if body else head[: len(head) // 2])

    async def wrong_length(self, request: web.BaseRequest, _: asyncio.Transport) -> None:
        """The whole body, and a Content-Length that promises more."""
        head, body = self._parts()
        promised = b"content-length: %d" % (len(body) + _MISSING)
        await request.writer.write(re.sub(rb"content-length: \d+", promised, head) + body)

    async def garbage(self, request: web.BaseRequest, _: asyncio.Transport) -> None:
        """Bytes that are no HTTP: the same for the same request."""
        await request.writer.write(self._garbage + b"\r\n\r\n")

    async def stall(self, request: web.BaseRequest, transport: asyncio.Transport) -> None:
        """As `truncate`, and then nothing until the client goes away or the server ends."""
        await self.truncate(request, transport)
        await asyncio.get_running_loop().create_future()

    async def drip(self, request: web.BaseRequest, _: asyncio.Transport) -> None:
        """The whole answer, its body in small pieces over time."""
        head, body = self._parts()
        await request.writer.write(head)
        size = max(-(-len(body) // _PIECES), 1)
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            await asyncio.sleep(self._over / len(pieces))
            await request.writer.write(piece)

    def _parts(self) -> tuple[bytes, bytes]:
        head, end, body = self._wire.partition(b"\r\n\r\n")
        return head + end, body


_Break = Callable[[BrokenResponse, web.BaseRequest, asyncio.Transport], Awaitable[None]]
_BREAKS: Final[Mapping[Connection, _Break]] = {
    "reset": BrokenResponse.reset,
    "empty": BrokenResponse.nothing,
    "lost_reply": BrokenResponse.nothing,
    "truncate": BrokenResponse.truncate,
    "wrong_length": BrokenResponse.wrong_length,
    "garbage": BrokenResponse.garbage,
    "stall": BrokenResponse.stall,
    "drip": BrokenResponse.drip,
}
