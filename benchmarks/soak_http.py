"""An HTTP client that sends each request exactly once: aiohttp's repeats a GET whose connection breaks."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

BROKEN: Final = 0
"""The status of a request whose connection broke."""
_PATIENCE_SECONDS: Final = 30
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class Connection:
    """One connection, opened when it is needed. Requests on it come one after another."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body; status 0 where the connection breaks. Raises asyncio.TimeoutError."""
        lines = [f"{method} {target} HTTP/1.1", "Host: soak", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        data = "\r\n".join([*lines, "", ""]).encode() + body
        try:
            return await asyncio.wait_for(self._ask(data), _PATIENCE_SECONDS)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            return BROKEN, b""

    async def _ask(self, data: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        content = await reader.readexactly(int(length[1])) if length else b""
        if _CLOSES.search(head):
            self.close()
        return int(head.split(b" ", 2)[1]), content

    def close(self) -> None:
        """Closes the connection, if it is open."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
