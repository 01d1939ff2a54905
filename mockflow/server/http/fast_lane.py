"""A fast lane for status polls: each asks for what was asked before, mostly with the same bytes.

aiohttp parses each request, makes an object of it and starts a task, which takes most of the time of a poll. The lane
answers a GET whose target is known within `data_received`, while the connection waits for a request. The same bytes as
before are not even read: they are the key to their answer. Everything else takes the long way through aiohttp, and so
does every head that is not in the plain form in which clients send it.

The lane reads attributes of aiohttp's RequestHandler that are not documented. `is_possible` checks that they are
there; without them there is no lane, and every request takes the long way.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from aiohttp import hdrs
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server
from multidict import CIMultiDict, istr

from mockflow.core.base.bounds import REPEATED_REQUEST, REPEATED_REQUESTS

log: Final = logging.getLogger("mockflow")

Again = Callable[[], bytes | None]
"""Answers one request as often as it comes: the bytes of the response; None if the long way must answer it.

It raises ConnectionResetError if the connection is to be closed without a response.
"""


class Repeats(Protocol):
    """The requests that a server can answer on the lane."""

    def know(self, target: str) -> bool:
        """Whether a GET of this target may be answered so now."""

    def prepare(self, target: str, headers: Mapping[str, str], head_bytes: int) -> Again | None:
        """The answers to a known GET with these headers; `head_bytes` are the bytes of them and the target."""


class FastLane:
    """The heads of repeated requests, and how each is answered; one for all connections of a server."""

    __slots__ = ("_answers", "_bytes", "_repeats", "_seen")

    def __init__(self) -> None:
        self._repeats: Repeats | None = None
        self._answers: dict[bytes, Again] = {}
        self._seen: set[int] = set()
        """Hashes of the heads that have come. A client that sends a new X-Opaque-Id each time repeats none."""
        self._bytes = 0

    def switch_to(self, repeats: Repeats | None) -> None:
        """From now on these requests are answered, and no others."""
        self._repeats = repeats
        self._clear()

    def respond(self, head: bytes) -> bytes | None:
        """The response to a request; None if the long way must answer it. Raises as `Again` does."""
        if len(head) > REPEATED_REQUEST:
            return None
        again = self._answers.get(head)
        if again is not None:
            return again()
        again = self._read(head)
        if again is None:
            return None
        response = again()
        if response is not None and self._came_before(head):
            self._add(head, again)
        return response

    def _read(self, head: bytes) -> Again | None:
        """How a request is answered, if its target is known and its head has the plain form."""
        if self._repeats is None or not head.startswith(_METHOD):
            return None
        target = head[len(_METHOD) : head.find(b" ", len(_METHOD))].decode("ascii", "replace")
        if not self._repeats.know(target):
            return None
        found = _PLAIN_HEAD.fullmatch(head, len(_METHOD) + len(target))
        if found is None:
            return None
        lines = _HEADER_LINE.findall(found[1].decode("ascii"))
        headers = CIMultiDict([(_NAMES.get(name.lower(), name), value) for name, value in lines])
        if len(set(headers)) < len(lines):  # aiohttp refuses some that come twice
            return None
        return self._repeats.prepare(target, headers, len(target) + len(found[1]) - _SEPARATORS * len(lines))

    def _came_before(self, head: bytes) -> bool:
        """Whether a head came before. It is noted for the next time."""
        key = hash(head)
        if key in self._seen:
            return True
        if len(self._seen) >= REPEATED_REQUESTS:
            self._seen.clear()
        self._seen.add(key)
        return False

    def _add(self, head: bytes, again: Again) -> None:
        if self._bytes > _MOST_BYTES or len(self._answers) >= REPEATED_REQUESTS:
            self._clear()
        self._answers[head] = again
        self._bytes += len(head)

    def _clear(self) -> None:
        self._answers.clear()
        self._seen.clear()
        self._bytes = 0


class FastConnection(RequestHandler):
    """A connection that answers known requests at once, if it has a lane."""

    __slots__ = ("_lane",)

    def __init__(self, server: Server, lane: FastLane | None, **options: Any) -> None:
        super().__init__(server, **options)
        self._lane = lane

    def is_idle(self) -> bool:
        """Whether the connection waits for a request, and has nothing left to read, to write or to close."""
        return (
            self._waiter is not None
            and not (self._waiter.done() or self._messages or self._force_close or self._close or self._upgraded)
            and self._payload_parser is None
            and self.transport is not None
            and not (self.transport.is_closing() or self.transport.get_write_buffer_size())
        )

    def waiting_since(self) -> float | None:
        """The loop's time of the last response, or of the beginning; None if the connection is not idle."""
        if not _CAN_TELL or not self.is_idle():
            return None
        return self._next_keepalive_close_time - self._keepalive_timeout

    def respond(self, data: bytes) -> bool:
        """Answers a request on the lane; False if the long way must answer it. The connection must be idle."""
        assert self._lane is not None
        try:
            response = self._lane.respond(data)
        except ConnectionResetError:
            self.force_close()
            return True
        if response is None or self.transport is None:
            return False
        self.transport.write(response)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        return True


def fast_lane() -> FastLane | None:
    """A new lane; None where aiohttp lacks what it relies on."""
    if not is_possible(RequestHandler):
        log.debug("this version of aiohttp has no fast lane for repeated requests; all take the long way")
        return None
    return FastLane()


def is_possible(connection: type) -> bool:
    """Whether the connections of this version of aiohttp have the attributes that the lane uses."""
    return all(hasattr(connection, name) for name in _RELIED_ON)


_RELIED_ON: Final = (
    "_close",
    "_force_close",
    "_keepalive_timeout",
    "_messages",
    "_next_keepalive_close_time",
    "_payload_parser",
    "_upgraded",
    "_waiter",
    "force_close",
    "transport",
)
"""Attributes of RequestHandler, as methods or in the `__slots__` of its classes."""
_CAN_TELL: Final = is_possible(RequestHandler)
_METHOD: Final = b"GET "
_PLAIN_HEAD: Final = re.compile(
    rb" HTTP/1\.1\r\n("
    rb"(?:(?i:host|accept(?:-[a-z]+)?|authorization|baggage|cache-control|content-type|cookie|origin|pragma|priority"
    rb"|referer|sec-(?:ch|fetch)-[a-z-]+|traceparent|tracestate|user-agent|x-[!#$%&'*+\-.^_`|~0-9a-z]+"
    rb"|connection(?=: keep-alive\r))"
    rb": [!-~]+(?: +[!-~]+)*\r\n){1,50}"
    rb")\r\n"
)
"""The rest of a head after its target, with headers that are read in one way only: no body, the connection is kept."""
_HEADER_LINE: Final = re.compile(r"([^:]+): ([^\r]+)\r\n")
_NAMES: Final = {name.lower(): name for name in vars(hdrs).values() if isinstance(name, istr)}
"""Names as aiohttp's parser writes them, which the journal shows."""
_SEPARATORS: Final = len(": \r\n")
_MOST_BYTES: Final = 8 * 1024 * 1024  # of all heads together
