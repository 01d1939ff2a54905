"""aiohttp's low-level server on one address; the port can be closed and opened again while it runs."""

import ssl
from typing import Final

from mockflow.server.app import Handle
from mockflow.server.connections.descriptors import fitting
from mockflow.server.connections.listener import Listener
from mockflow.server.connections.places import Places
from mockflow.server.http.fast_lane import Repeats, fast_lane
from mockflow.server.http.limits import MAX_HEADER, Limits
from mockflow.server.protocol import LimitedServer


class HttpServer:
    """One listening address: `start`, then `stop`; in between `close` and `open` its port."""

    def __init__(
        self,
        handle: Handle,
        limits: Limits = Limits(),  # noqa: B008 - a value
        tls: ssl.SSLContext | None = None,
        *,
        reserved: int = 0,
        others: int = 0,
        passes_on: bool = False,
    ) -> None:
        """`reserved` are the places for the control API alone, `others` the connections of other ports.

        With `passes_on` another server answers: targets stay as they were sent, and a request goes on although its
        client has left.
        """
        self._handle = handle
        self._limits = limits
        self._tls = tls
        self._reserved = reserved
        self._others = others
        self._passes_on = passes_on
        self._server: LimitedServer | None = None
        self._listener: Listener | None = None
        self._address = ("", 0)
        self._lane = fast_lane()

    def repeat(self, repeats: Repeats | None) -> None:
        """From now on these requests are answered on the fast lane, and no others."""
        if self._lane is not None:
            self._lane.switch_to(repeats)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens; returns the host as a URL has it, and the port. OSError for a port in use."""
        limits = self._limits
        places = Places(
            fitting(limits.max_connections, self._reserved + self._others), self._reserved, limits.idle_seconds
        )
        server = LimitedServer(
            self._handle,
            limits,
            places,
            self._lane,
            access_log=None,
            keeps_targets=self._passes_on,
            handler_cancellation=not self._passes_on,  # the wait of a client that disconnects ends
            max_field_size=MAX_HEADER,
            lingering_time=min(limits.read_timeout, _LINGERING_SECONDS),
        )
        listener = Listener(server.connection, places, self._tls, limits.read_timeout)
        address, bound = await listener.open(host, port)
        self._server, self._listener, self._address = server, listener, (host, bound)
        return (f"[{address}]" if ":" in address else address), bound

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._server.places) if self._server else 0

    @property
    def most(self) -> int:
        """The connections that it takes: fewer than the limits say, if the process has too few descriptors."""
        return self._server.places.most if self._server else self._limits.max_connections

    async def open(self) -> None:
        """Accepts connections again."""
        assert self._listener
        await self._listener.open(*self._address)

    async def close(self) -> None:
        """Accepts no further connections; open ones stay open."""
        assert self._listener
        self._listener.close()

    async def stop(self) -> None:
        """Ends within a second; open requests are answered."""
        if self._server and self._listener:
            self._listener.close()
            await self._listener.end_handshakes()
            self._server.pre_shutdown()
            await self._server.shutdown(_SHUTDOWN_SECONDS)


_SHUTDOWN_SECONDS: Final = 0.5
_LINGERING_SECONDS: Final = 10.0  # for what a client still sends after its request was refused
