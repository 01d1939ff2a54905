"""Sends responses over a broken connection: in part, or not at all.

What clients make of each kind: docs/reference/opensearch.md, "Broken connections".
"""

import asyncio
import hashlib
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp.web_request import BaseRequest

from mockflow.core.faults.model import Connection
from mockflow.server.http.messages import Response
from mockflow.server.http.senders import ResponseSender

_PIECES: Final = 20
"""The maximum number of pieces that `drip` sends."""
_MISSING: Final = 100
"""The bytes by which `wrong_length` announces more than it sends."""
_NO_LINGER: Final = struct.pack("ii", 1, 0)  # closing sends RST and drops unsent data


class BrokenSender(ResponseSender):
    """`prepare` sends the part of the response that `response.connection` allows, and ends the connection."""

    __slots__ = ("_break", "_garbage", "_over")

    def __init__(self, response: Response, request: BaseRequest) -> None:
        assert response.connection is not None
        super().__init__(response, request, keep_alive=False)
        self._break = _BREAKS[response.connection]
        self._over = response.over
        self._garbage = hashlib.blake2b(request.raw_path.encode("utf-8", "replace")).digest()

    async def prepare(self, request: BaseRequest) -> None:
        if request.transport is not None:
            await self._break(self, request, request.transport)
        raise ConnectionResetError  # aiohttp then closes the connection

    async def reset(self, _: BaseRequest, transport: asyncio.Transport) -> None:
        """RST without a response."""
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()

    async def no_response(self, _: BaseRequest, __: asyncio.Transport) -> None:
        """The connection is closed without a response."""

    async def truncate(self, request: BaseRequest, _: asyncio.Transport) -> None:
        """The head and half of the body; of a response without a body, half of the head."""
        head, body = self._parts()
        await request.writer.write(head + body[: len(body) // 2] if body else head[: len(head) // 2])

    async def wrong_length(self, request: BaseRequest, _: asyncio.Transport) -> None:
        """The whole body, with a Content-Length that is too large."""
        head, body = self._parts()
        announced = b"content-length: %d" % (len(body) + _MISSING)
        await request.writer.write(re.sub(rb"content-length: \d+", announced, head) + body)

    async def garbage(self, request: BaseRequest, _: asyncio.Transport) -> None:
        """Bytes that are not HTTP: the same for the same request."""
        await request.writer.write(self._garbage + b"\r\n\r\n")

    async def stall(self, request: BaseRequest, transport: asyncio.Transport) -> None:
        """As `truncate`; then the connection stays open until the client disconnects or the server stops."""
        await self.truncate(request, transport)
        await asyncio.get_running_loop().create_future()

    async def drip(self, request: BaseRequest, _: asyncio.Transport) -> None:
        """The whole response, with its body in small pieces over `response.over` seconds."""
        head, body = self._parts()
        await request.writer.write(head)
        size = max(-(-len(body) // _PIECES), 1)
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            await asyncio.sleep(self._over / len(pieces))
            await request.writer.write(piece)

    def _parts(self) -> tuple[bytes, bytes]:
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        return head + end, body


_Break = Callable[[BrokenSender, BaseRequest, asyncio.Transport], Awaitable[None]]
_BREAKS: Final[Mapping[Connection, _Break]] = {
    "reset": BrokenSender.reset,
    "empty": BrokenSender.no_response,
    "lost_reply": BrokenSender.no_response,
    "truncate": BrokenSender.truncate,
    "wrong_length": BrokenSender.wrong_length,
    "garbage": BrokenSender.garbage,
    "stall": BrokenSender.stall,
    "drip": BrokenSender.drip,
}
