"""Requests and responses as plain values, and a response's HTTP/1.1 bytes."""

import gzip
import zlib
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from aiohttp import hdrs

from mockflow.core.faults.model import Connection
from mockflow.core.opensearch.security import NOBODY, Caller

# Header names. For its own names aiohttp folds the case once, not at each access.
ACCEPT: Final = hdrs.ACCEPT
ACCEPT_ENCODING: Final = hdrs.ACCEPT_ENCODING
CONTENT_TYPE: Final = hdrs.CONTENT_TYPE
OPAQUE_ID: Final = "X-Opaque-Id"

JSON_TYPE: Final = "application/json; charset=UTF-8"
TEXT_TYPE: Final = "text/plain; charset=UTF-8"

Result = TypeVar("Result")

_COMPRESSION_LEVEL: Final = 3  # OpenSearch's http.compression_level


class Ahead:
    """Results of functions of a request, which were called in another thread before its turn."""

    __slots__ = ("_outcomes",)

    def __init__(self) -> None:
        self._outcomes: dict[Hashable, tuple[Any, Exception | None]] = {}

    def keep(self, key: Hashable, read: Callable[[], Any]) -> None:
        """Calls `read`, and keeps its result or its error under `key`."""
        try:
            self._outcomes[key] = read(), None
        except Exception as error:
            self._outcomes[key] = None, error

    def result(self, key: Hashable, read: Callable[[], Result]) -> Result:
        """The result or the error under `key`; where there is none, `read` is called now."""
        if key not in self._outcomes:
            return read()
        value, error = self._outcomes[key]
        if error is not None:
            raise error.with_traceback(None)
        return cast(Result, value)


@dataclass(slots=True)
class Request:
    """A client's request. `target` is the raw path with its query string; header names are case-insensitive."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    caller: Caller = NOBODY
    ahead: "Ahead | None" = None
    """What was read of a large body before the request's turn."""
    notes: tuple[str, ...] = ()
    """What the journal tells of it, beside its response."""
    world: str = ""
    """The path of the further world that it is for, which `target` lacks."""

    def note(self, text: str) -> None:
        """Adds to `notes`."""
        self.notes = (*self.notes, text)

    @property
    def head_bytes(self) -> int:
        """About the bytes of target and headers."""
        return len(self.target) + sum([len(name) + len(value) for name, value in self.headers.items()])


AccessLog = Callable[[Request, int, float], None]
"""Called with the request, the response's status and the seconds from one to the other."""


@dataclass(slots=True)
class Response:
    """A response. `headers` are those besides content-type and content-length."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    connection: Connection | None = None
    """How the connection breaks while the response is sent."""
    over: float = 0.0
    """The seconds over which `drip` sends the response."""

    def to_bytes(self, *, accept_encoding: str = "", without_body: bool = False, keep_alive: bool = True) -> bytes:
        """Head and body. There is neither Server nor Date (docs/reference/opensearch.md, "Headers")."""
        body, extra = self.body, self.headers
        if accept_encoding and body and (coding := _coding(accept_encoding)):
            body = _encoded(body, coding)
            extra = {**extra, "content-encoding": coding}
        if not keep_alive:
            extra = {**extra, "connection": "close"}
        head = _head(self.status, self.content_type, extra)
        return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(body), b"" if without_body else body)


@dataclass(slots=True)
class StreamedResponse(Response):
    """A response whose body is sent in parts; closing the connection ends it."""

    chunks: AsyncGenerator[bytes, None] = field(kw_only=True)

    def head(self) -> bytes:
        """The head as HTTP/1.1 bytes."""
        head = _head(self.status, self.content_type, {**self.headers, "connection": "close"})
        return head + b"\r\n"


def _head(status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    """The head without its content-length."""
    head = _status_line(status)
    for name, value in headers.items():
        head += f"{name}: {value}\r\n"
    if content_type:
        head += f"content-type: {content_type}\r\n"
    return head.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n"


@lru_cache(maxsize=256)
def _coding(accept_encoding: str) -> str | None:
    """Gzip or deflate if the client accepts it (docs/reference/opensearch.md, "Compression")."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        try:
            weights[name.strip()] = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            weights[name.strip()] = 0
    for coding in ("gzip", "deflate"):
        if weights.get(coding, weights.get("*", 0)) > 0:
            return coding
    return None


def _encoded(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(body, _COMPRESSION_LEVEL, mtime=0)
    return zlib.compress(body, _COMPRESSION_LEVEL)
