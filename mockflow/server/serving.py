"""Listening: a cluster on a port, or a port that stays while the cluster behind it changes."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import _ErrInfo

from mockflow.cluster import Cluster
from mockflow.server.app import AccessLog, AppResponse, Handle, handler
from mockflow.server.control.answer import refused
from mockflow.server.control.call import PREFIX
from mockflow.server.control.guard import Door, is_loopback
from mockflow.server.http.limits import MAX_HEADER, MAX_LINE, Limits
from mockflow.server.http.messages import Request, Response
from mockflow.server.http.sending import WireResponse
from mockflow.server.port_outage import PortOutages
from mockflow.server.rest.errors import (
    Refusal,
    bad_http,
    simple_error,
    too_large_head,
    too_long_line,
    too_many_connections,
)


class OpenDoorError(ValueError):
    """The owner's door would be open to everybody; the message says what would close it."""


@dataclass(frozen=True)
class Control:
    """Where the owner's door is, and how it is kept.

    Without an `address` (host and port) it is where clients are served. Without a `token` it is served on loopback
    addresses only, unless it is to be `open_to_all`.
    """

    token: str | None = None
    address: tuple[str, int] | None = None
    open_to_all: bool = False

    def check(self, host: str) -> None:
        """Raises OpenDoorError where it would be open to everybody; clients are served on `host`."""
        if self.address:
            host = self.address[0]
        if self.token is None and not self.open_to_all and not is_loopback(host):
            raise OpenDoorError(
                f"on {host or 'every address'} everybody could move the clock, load scenarios and read the journal "
                f"under {PREFIX}; give it a token (--control-token), a port on this machine alone (--control-port), "
                "none at all (--no-control), or say that you mean it (--insecure-control)"
            )


class Serving:
    """A cluster on a port: `start`, then `stop`. Without `control` there is no owner's door."""

    def __init__(
        self,
        cluster: Cluster,
        access_log: AccessLog | None = None,
        *,
        control: Control | None = Control(),
        limits: Limits = Limits(),  # noqa: B008
        tls: ssl.SSLContext | None = None,
        shares_door: bool = True,
    ) -> None:
        """`shares_door`: whether the owner has no other way in than this port."""
        self.cluster = cluster
        self.url = ""
        self.control_url: str | None = None
        """Where the owner's door is, without its /_mockflow."""
        self._control = control
        self._scheme = "https" if tls else "http"
        door = Door(control.token) if control else None
        here = door if control and control.address is None else None
        self._listener = _Listener(handler(cluster, access_log, here, limits), limits, tls)
        self._owners = _Listener(handler(cluster, access_log, door, limits, clients=_nothing_else), limits, tls)
        shares_door = shares_door and (control is None or control.address is None)
        self._outages = PortOutages(cluster, self._listener.close, self._listener.open, shares_door=shares_door)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens and returns the URL; port 0 takes any that is free.

        OSError where a port is in use, OpenDoorError where the owner's door would be open to everybody.
        """
        if self._control:
            self._control.check(host)
        name, bound = await self._listener.start(host, port)
        self.url = f"{self._scheme}://{name}:{bound}"
        self.cluster.publish_address = f"{_LOOPBACK.get(name, name)}:{bound}"
        if self._control and self._control.address:
            try:
                owners_name, owners_port = await self._owners.start(*self._control.address)
            except OSError:
                await self._listener.stop()
                raise
            self.control_url = f"{self._scheme}://{owners_name}:{owners_port}"
        elif self._control:
            self.control_url = self.url
        self._outages.begin()
        return self.url

    @property
    def page_url(self) -> str | None:
        """Where a browser finds the page; None where there is no owner's door."""
        url = self.control_url
        for name, loopback in _LOOPBACK.items():  # no browser opens the address of all addresses
            url = url and url.replace(f"//{name}:", f"//{loopback}:")
        return url and f"{url}{PREFIX}/"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._listener.connections + self._owners.connections

    async def stop(self) -> None:
        """Ends within a second; open requests are answered."""
        await self._outages.end()
        self.cluster.world.clock.close()
        await self._listener.stop()
        await self._owners.stop()


async def _nothing_else(_: Cluster, __: Request) -> Response:
    """What a port that is the owner's alone says to clients."""
    return refused(404, f"there is nothing but {PREFIX} at this port; clients are served at another")


class Front:
    """A port that stays the same while the cluster behind it changes."""

    def __init__(self) -> None:
        self._handle: Handle | None = None
        self._listener = _Listener(self._answer)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens and returns the URL."""
        name, bound = await self._listener.start(host, port)
        return f"http://{name}:{bound}"

    def lead_to(self, cluster: Cluster | None) -> None:
        """From now on `cluster` answers; None: nobody does, and a client is told so with 503."""
        self._handle = handler(cluster) if cluster else None

    async def stop(self) -> None:
        """Ends within a second."""
        await self._listener.stop()

    async def _answer(self, incoming: web.BaseRequest) -> WireResponse:
        if self._handle is None:
            return WireResponse(_NO_WORLD.response(), incoming, keep_alive=False)
        return await self._handle(incoming)


class _Listener:
    """aiohttp's low-level server on one address."""

    def __init__(
        self,
        handle: Handle,
        limits: Limits = Limits(),  # noqa: B008 - a value
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._handle = handle
        self._limits = limits
        self._tls = tls
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._address = ("", 0)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens; the host as a URL has it, and the port."""
        server = _LowLevelServer(
            self._handle,
            self._limits,
            access_log=None,
            handler_cancellation=True,  # a client that goes away waits no more
            max_field_size=MAX_HEADER,
            lingering_time=min(self._limits.read_timeout, _LINGERING_SECONDS),
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        self._address = (host, port)
        try:
            await self.open()
        except OSError:
            await self._runner.cleanup()
            raise
        bound: tuple[Any, ...] = self._runner.addresses[0]
        self._address = (host, bound[1])
        return (f"[{bound[0]}]" if ":" in bound[0] else bound[0]), bound[1]

    @property
    def connections(self) -> int:
        server = self._runner.server if self._runner else None
        return len(server.connections) if server else 0

    async def open(self) -> None:
        """Takes connections."""
        assert self._runner
        site = web.TCPSite(self._runner, *self._address, ssl_context=self._tls)
        try:
            await site.start()
        except OSError:
            await site.stop()
            raise
        self._site = site

    async def close(self) -> None:
        """Takes no further connections; those that there are stay."""
        if self._site:
            await self._site.stop()
            self._site = None

    async def stop(self) -> None:
        if self._runner:
            for _ in range(_TURNS):  # asyncio (until 3.12) loses a connection that was accepted just before
                await asyncio.sleep(0)
            await self._runner.cleanup()


class _LowLevelServer(web.Server):
    """aiohttp's Server, whose own errors (what is not HTTP) are answered as OpenSearch does, within limits."""

    def __init__(self, handle: Handle, limits: Limits, **options: Any) -> None:
        super().__init__(cast(Any, handle), **options)  # typed for StreamResponse, happy with less
        self._limits = limits

    def __call__(self) -> web.RequestHandler:
        if len(self.connections) >= self._limits.max_connections:
            return cast(web.RequestHandler, _TurnedAway(self._limits.max_connections))
        return _Protocol(self, self._limits.read_timeout, loop=self._loop, **self._kwargs)


class _TurnedAway(asyncio.Protocol):
    """A connection too many: it is told so, and closed once it has heard."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        refusal = too_many_connections(self._limit)
        self._transport.write(refusal.response().wire(keep_alive=False))
        self._patience = asyncio.get_running_loop().call_later(_TURNED_AWAY_SECONDS, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        self._transport.close()  # not before: a system may drop an answer to what nobody has read

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()


class _Protocol(web.RequestHandler):
    """One connection. It is closed where a head does not arrive in time, or answers are not read in time."""

    __slots__ = ("_head", "_seconds", "_too_late", "_unread")

    def __init__(self, server: web.Server, seconds: float, **options: Any) -> None:
        super().__init__(server, **options)
        self._seconds = seconds
        self._head = 0
        """How many bytes have come of a head that is not whole yet."""
        self._too_late: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._too_late = self._loop.call_later(self._seconds, self.force_close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        size = self._head + len(data)
        if self._waiter is not None and not self._waiter.done():  # for a head that is not whole yet
            self._head = size
            if size > MAX_LINE + MAX_HEADER:
                self._messages.append((_too_large(), EMPTY_PAYLOAD))
                self._waiter.set_result(None)
            if self._too_late is None:
                self._too_late = self._loop.call_later(self._seconds, self.force_close)
            return
        self._head = 0
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None
        if size > MAX_HEADER:
            self._refuse_large_heads()

    def connection_lost(self, exc: BaseException | None) -> None:
        for timer in (self._too_late, self._unread):
            if timer is not None:
                timer.cancel()
        self._too_late = self._unread = None
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.transport is not None:
            self._unread = self._loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse_large_heads(self) -> None:
        for place, (message, body) in enumerate(self._messages):
            headers = getattr(message, "raw_headers", ())
            if sum(len(name) + len(value) + _SEPARATORS for name, value in headers) > MAX_HEADER:
                self._messages[place] = (_too_large(), body)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:  # part of an answer has left: nothing more can be said
            raise ConnectionError
        refusal = _refusal(exc, message)
        return AppResponse(WireResponse(refusal.response(), request, keep_alive=False))


class _TooLargeHeadError(Exception):
    """Headers that are too large together, each of them being small enough."""


def _too_large() -> _ErrInfo:
    return _ErrInfo(status=400, exc=_TooLargeHeadError(), message="")


def _refusal(error: BaseException | None, message: str | None) -> Refusal:
    """What OpenSearch says of what aiohttp could not read."""
    if isinstance(error, _TooLargeHeadError) or "Too many headers" in str(error):
        return too_large_head()
    if isinstance(error, LineTooLong):
        return too_large_head() if str(MAX_HEADER) in str(error) else too_long_line()
    return bad_http(message or str(error))


_NO_WORLD: Final = simple_error(503, "no test that uses the fixture mockflow is running")
_TURNS: Final = 4  # of the event loop, from accepting a connection to its protocol
_SHUTDOWN_SECONDS: Final = 0.5
_LINGERING_SECONDS: Final = 10.0  # for what a client still sends although it was refused
_TURNED_AWAY_SECONDS: Final = 1.0
_SEPARATORS: Final = len(": ")  # a header line's bytes besides its name and value
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # bound to every address; nobody connects to these
