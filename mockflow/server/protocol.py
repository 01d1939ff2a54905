"""The connections of the low-level server: limits on their number and speed, and errors in OpenSearch's form.

OpenSearch's errors: docs/reference/opensearch.md, "Limits"; targets and methods: the same page, "Routing".
"""

import asyncio
import re
from typing import Any, Final, cast

from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import _ErrInfo
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from aiohttp.web_server import Server

from mockflow.server.app import AppResponse, Handle
from mockflow.server.connections.listener import SHORT_SECONDS
from mockflow.server.connections.places import Place, Places
from mockflow.server.control.paths import PREFIX, is_control
from mockflow.server.http.fast_lane import FastConnection, FastLane
from mockflow.server.http.limits import MAX_HEADER, MAX_LINE, Limits
from mockflow.server.http.messages import Response
from mockflow.server.http.senders import NoResponse, ResponseSender, StreamSender
from mockflow.server.rest.errors import Refusal, bad_http, too_large_head, too_long_line, too_many_connections


class LimitedServer(Server):
    """aiohttp's Server with limits; requests that are not HTTP get OpenSearch's errors instead of aiohttp's."""

    def __init__(
        self,
        handle: Handle,
        limits: Limits,
        places: Places,
        lane: FastLane | None = None,
        *,
        keeps_targets: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(cast(Any, handle), **options)  # typed for a StreamResponse, needs less
        self.limits = limits
        self.places = places
        self.lane = lane
        self.keeps_targets = keeps_targets
        """Whether targets stay as they were sent, and are not read as OpenSearch reads them."""

    def connection(self, place: Place) -> asyncio.Protocol:
        """The protocol of a new connection at a place."""
        if place.kind == "refused":
            return _RefusedConnection(place, self.no_place())
        kind = _ReservedConnection if place.kind == "reserved" else _Connection
        return kind(self, place, loop=self._loop, **self._kwargs)

    def no_place(self) -> Response:
        """429 for a connection that has no place."""
        most = self.places.most
        return too_many_connections(most, by_files=most < self.limits.max_connections).response()


class _RefusedConnection(asyncio.Protocol):
    """A connection without a place: it gets 429, and is closed after the client's first bytes or a second."""

    def __init__(self, place: Place, response: Response) -> None:
        self._place = place
        self._response = response

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._response.to_bytes(keep_alive=False))
        self._timeout = asyncio.get_running_loop().call_later(SHORT_SECONDS, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        self._transport.close()  # not earlier: a system may drop the response while unread data is pending

    def connection_lost(self, exc: Exception | None) -> None:
        self._timeout.cancel()
        self._transport.close()  # of TLS, Python 3.10 warns otherwise although the client has closed it
        self._place.leave()


class _Connection(FastConnection):
    """One connection. It is closed if a head does not arrive in time, or responses are not read in time."""

    __slots__ = ("_head_bytes", "_keeps_targets", "_place", "_read_timer", "_seconds", "_write_timer")

    def __init__(self, server: LimitedServer, place: Place, **options: Any) -> None:
        super().__init__(server, server.lane if place.kind == "ordinary" else None, **options)
        self._place = place
        self._seconds = server.limits.read_timeout
        self._keeps_targets = server.keeps_targets
        self._head_bytes = 0
        """The bytes received of an incomplete head."""
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._place.connection = self
        self._read_timer = self._loop.call_later(self._seconds, self.give_way)

    def waiting_since(self) -> float | None:
        """The loop's time since which nothing has come or gone; None while a request or its response is under way."""
        return None if self._head_bytes else super().waiting_since()

    def give_way(self) -> None:
        """Closes the connection, because it is idle or too slow."""
        self.force_close()

    def data_received(self, data: bytes) -> None:
        if self._lane is not None and self._head_bytes == 0 and self.is_idle() and self.respond(data):
            self._end_read_timer()
            return
        is_plain = data.isascii() and data.find(b" /", 0, _TARGET_END) > 0
        if not (is_plain or self._keeps_targets) and self._begins_request():
            data = with_plain_target(data)
        super().data_received(data)
        size = self._head_bytes + len(data)
        if self._waiter is not None and not self._waiter.done():  # aiohttp waits for the rest of a head
            self._head_bytes = size
            if size > MAX_LINE + MAX_HEADER:
                self._messages.append((_too_large(), EMPTY_PAYLOAD))
                self._waiter.set_result(None)
            if self._read_timer is None:
                self._read_timer = self._loop.call_later(self._seconds, self.give_way)
            return
        self._head_bytes = 0
        self._end_read_timer()
        if size > MAX_HEADER:
            self._refuse_large_heads()

    def _end_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _begins_request(self) -> bool:
        """Whether the next byte is the first of a request: no body and no head is incomplete, nothing is pending."""
        return self._head_bytes == 0 and self._waiter is not None and not self._waiter.done()

    def connection_lost(self, exc: BaseException | None) -> None:
        for timer in (self._read_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        self._read_timer = self._write_timer = None
        self._place.leave()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.transport is not None:
            self._write_timer = self._loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse_large_heads(self) -> None:
        for place, (message, body) in enumerate(self._messages):
            headers = getattr(message, "raw_headers", ())
            if sum(len(name) + len(value) + _SEPARATORS for name, value in headers) > MAX_HEADER:
                self._messages[place] = (_too_large(), body)

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> StreamResponse:
        if request.writer.output_size > 0:  # a part of the response is sent already
            raise ConnectionError
        if _UNKNOWN_METHOD.search(message or str(exc)):
            return AppResponse(NoResponse())
        refusal = _refusal(exc, message)
        return AppResponse(ResponseSender(refusal.response(), request, keep_alive=False))


class _ReservedConnection(_Connection):
    """A connection at a reserved place: what is not for the control API gets 429."""

    __slots__ = ("_handle", "_server")

    def __init__(self, server: LimitedServer, place: Place, **options: Any) -> None:
        super().__init__(server, place, **options)
        self._server = server
        self._seconds = min(self._seconds, SHORT_SECONDS)
        self._handle = cast(Handle, self._request_handler)
        self._request_handler = cast(Any, self._answer)

    async def _answer(self, incoming: BaseRequest) -> ResponseSender:
        if not (incoming.raw_path.startswith(PREFIX) and is_control(incoming.raw_path)):
            return self._refused(incoming)
        sender = await self._handle(incoming)
        if isinstance(sender, StreamSender):
            if not self._server.places.may_stream:
                await sender.give_up()
                return self._refused(incoming)
            self._place.streams = True
        return sender

    def give_way(self) -> None:
        if self.transport is not None and not self._request_count:
            self.transport.write(self._server.no_place().to_bytes(keep_alive=False))
        self.force_close()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError
        return AppResponse(self._refused(request))

    def _refused(self, request: BaseRequest) -> ResponseSender:
        return ResponseSender(self._server.no_place(), request, keep_alive=False)


def with_plain_target(data: bytes) -> bytes:
    """The first bytes of a request with a target that aiohttp reads: with its first slash, and in ASCII.

    OpenSearch takes ``GET _cluster/health`` and raw UTF-8, which are sent by some clients.
    """
    found = _REQUEST_LINE.match(data)
    if found is None:
        return data
    method, target = found.groups()
    if method != b"CONNECT" and not target.startswith((b"/", b"*", b"http:", b"https:")):
        target = b"/" + target
    return method + b" " + _NOT_ASCII.sub(lambda one: b"%%%02X" % one[0][0], target) + data[found.end() :]


class _TooLargeHeadError(Exception):
    """The headers are too large together, although each single one is within the limit."""


def _too_large() -> _ErrInfo:
    return _ErrInfo(status=400, exc=_TooLargeHeadError(), message="")


def _refusal(error: BaseException | None, message: str | None) -> Refusal:
    """OpenSearch's error for a request that aiohttp could not parse."""
    if isinstance(error, _TooLargeHeadError) or "Too many headers" in str(error):
        return too_large_head()
    if isinstance(error, LineTooLong):
        return too_large_head() if str(MAX_HEADER) in str(error) else too_long_line()
    return bad_http(message or str(error))


_TARGET_END: Final = len("OPTIONS /")  # there is a slash before it in almost every request
_REQUEST_LINE: Final = re.compile(rb"([A-Za-z]+) ([^ \r\n]+)")
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_UNKNOWN_METHOD: Final = re.compile(r"Invalid method encountered:\s+b'[A-Za-z]+ \S+ HTTP/1")
_SEPARATORS: Final = len(": ")  # a header line's bytes besides its name and value
