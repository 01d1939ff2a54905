"""A small HTTP/1.1 client on a socket, for commands that run often: a health check shall not import a large one."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_PIECE: Final = 64 * 1024
_MAX_HEAD: Final = 64 * 1024


class HttpResponse(NamedTuple):
    """A complete response."""

    status: int
    reason: str
    body: bytes


class NotHttpError(ValueError):
    """What arrived is not a complete HTTP response."""


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    context: Callable[[], ssl.SSLContext],
) -> HttpResponse:
    """Sends a request and reads its response, on a connection of its own and never through a proxy.

    `seconds` limits the whole exchange. `context` is called for a URL with https. Redirects are not followed. Raises
    OSError if there is no connection or no response in time, and NotHttpError for anything but HTTP.
    """
    parts = urlsplit(url)
    is_secure = parts.scheme == "https"
    host = parts.hostname or ""
    # As bytes, so that the codec of international names is imported only for these.
    address = (host.encode() if host.isascii() else host, parts.port or (443 if is_secure else 80))
    end = time.monotonic() + seconds
    lines = {
        "Host": parts.netloc.rpartition("@")[2],
        "Connection": "close",
        "Accept-Encoding": "identity",
        **headers,
        **({} if body is None else {"Content-Length": str(len(body))}),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = "".join(f"{line}\r\n" for line in (f"{method} {target} HTTP/1.1", *map(": ".join, lines.items()), ""))
    connection = socket.create_connection(address, timeout=seconds)  # type: ignore[arg-type]  # it takes bytes
    with closing(context().wrap_socket(connection, server_hostname=host) if is_secure else connection) as stream:
        stream.sendall(head.encode() + (body or b""))
        return _response(_Pieces(stream, end))


class _Pieces:
    """The bytes that a connection receives until `end`, which is in `time.monotonic`."""

    def __init__(self, stream: socket.socket, end: float) -> None:
        self._stream = stream
        self._end = end
        self._buffer = b""

    def line(self) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > _MAX_HEAD or not self._receive():
                raise NotHttpError("no line of HTTP")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes."""
        chunks, missing = [self._buffer], size - len(self._buffer)
        while missing > 0:
            self._buffer = b""
            if not self._receive():
                raise NotHttpError("the response broke off")
            chunks.append(self._buffer)
            missing -= len(self._buffer)
        received = b"".join(chunks)
        self._buffer = received[size:]
        return received[:size]

    def rest(self) -> bytes:
        """Everything until the connection is closed."""
        chunks = [self._buffer]
        self._buffer = b""
        while self._receive():
            chunks.append(self._buffer)
            self._buffer = b""
        return b"".join(chunks)

    def _receive(self) -> bool:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._stream.settimeout(left)
        piece = self._stream.recv(_PIECE)
        self._buffer += piece
        return bool(piece)


def _response(pieces: _Pieces) -> HttpResponse:
    status, reason = _status(pieces.line())
    headers = dict(_headers(pieces))
    while status < 200:
        status, reason = _status(pieces.line())
        headers = dict(_headers(pieces))
    if status in (204, 304):
        body = b""
    elif "chunked" in headers.get("transfer-encoding", ""):
        body = b"".join(_chunks(pieces))
    elif (length := headers.get("content-length", "")).isdecimal():
        body = pieces.exactly(int(length))
    else:
        body = pieces.rest()
    return HttpResponse(status, reason, body)


def _status(line: bytes) -> tuple[int, str]:
    version, _, rest = line.decode("latin-1").partition(" ")
    number, _, reason = rest.partition(" ")
    if not version.startswith("HTTP/1.") or not (number.isdecimal() and len(number) == 3):
        raise NotHttpError("no status line of HTTP")
    return int(number), reason.strip()


def _headers(pieces: _Pieces) -> Iterator[tuple[str, str]]:
    size = 0
    while line := pieces.line():
        size += len(line)
        if size > _MAX_HEAD:
            raise NotHttpError("the headers are too large")
        name, _, value = line.decode("latin-1").partition(":")
        yield name.strip().lower(), value.strip()


def _chunks(pieces: _Pieces) -> Iterator[bytes]:
    while size := int(pieces.line().partition(b";")[0], 16):
        yield pieces.exactly(size)
        pieces.line()
