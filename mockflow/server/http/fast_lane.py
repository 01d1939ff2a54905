"""A fast lane for requests that repeat: a client that polls sends the same bytes each time.

aiohttp parses each request, makes an object of it and starts a task, which takes most of the time of a poll. The lane
recognises the bytes of a GET request that has come before, while the connection waits for a request, and answers them
within `data_received`. Everything else takes the long way through aiohttp.

The lane reads attributes of aiohttp's RequestHandler that are not documented. `is_possible` checks that they are
there; without them there is no lane, and every request takes the long way.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_server import Server

from mockflow.core.base.bounds import REPEATED_REQUEST, REPEATED_REQUESTS

log: Final = logging.getLogger("mockflow")

Again = Callable[[], bytes | None]
"""Answers a request once more: the bytes of the response; None if the long way must answer it.

It raises ConnectionResetError if the connection is to be closed without a response.
"""


class FastLane:
    """The heads of repeated requests, and how each is answered again; one for all connections of a server."""

    __slots__ = ("_answers", "_bytes", "_seen", "find")

    def __init__(self) -> None:
        self._answers: dict[bytes, Again] = {}
        self._seen: set[int] = set()
        """Hashes of the heads that have come. A client that sends a new X-Opaque-Id each time repeats none."""
        self._bytes = 0
        self.find = self._answers.get

    def repeats(self, head: bytes) -> bool:
        """Whether a head came before. It is noted for the next time."""
        key = hash(head)
        if key in self._seen:
            return True
        if len(self._seen) >= REPEATED_REQUESTS:
            self._seen.clear()
        self._seen.add(key)
        return False

    def add(self, head: bytes, again: Again) -> None:
        """From now on the request with this head is answered so."""
        if self._bytes > _MOST_BYTES or len(self._answers) >= REPEATED_REQUESTS:
            self.clear()
        if head not in self._answers:
            self._bytes += len(head)
        self._answers[head] = again

    def clear(self) -> None:
        """Forgets all requests."""
        self._answers.clear()
        self._seen.clear()
        self._bytes = 0


class FastConnection(RequestHandler):
    """A connection that answers repeated requests at once, if it has a lane."""

    __slots__ = ("_head", "_lane")

    def __init__(self, server: Server, lane: FastLane | None, **options: Any) -> None:
        super().__init__(server, **options)
        self._lane = lane
        self._head: bytes | None = None
        """The bytes of the request under way, if it may be answered by the lane the next time."""

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

    def respond_again(self, again: Again) -> bool:
        """Answers a repeated request; False if the long way must answer it. The connection must be idle."""
        try:
            response = again()
        except ConnectionResetError:
            self.force_close()
            return True
        if response is None or self.transport is None:
            return False
        self.transport.write(response)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        return True

    def note_head(self, data: bytes) -> None:
        """To be called after aiohttp has parsed `data`, the first bytes of a request, on an idle connection."""
        is_whole = data.endswith(_HEAD_END) and len(data) <= REPEATED_REQUEST and data.startswith(b"GET ")
        is_alone = is_whole and len(self._messages) == 1 and not self._upgraded
        self._head = data if is_alone and self._lane is not None and self._lane.repeats(data) else None

    def finish_response(self, request: BaseRequest, resp: Any, start_time: float | None) -> Awaitable[Any]:  # type: ignore[override]
        head, self._head = self._head, None
        if head is not None and self._lane is not None:
            again = getattr(resp, "again", None)  # aiohttp's own responses have none
            if again is not None:
                self._lane.add(head, again)
        return super().finish_response(request, resp, start_time)


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
    "finish_response",
    "force_close",
    "transport",
)
"""Attributes of RequestHandler, as methods or in the `__slots__` of its classes."""
_CAN_TELL: Final = is_possible(RequestHandler)
_HEAD_END: Final = b"\r\n\r\n"
_MOST_BYTES: Final = 8 * 1024 * 1024  # of all heads together
