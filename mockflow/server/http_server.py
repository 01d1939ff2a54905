"""aiohttp's low-level server on one address; the port can be closed and opened again while it runs."""

import asyncio
import ssl
from typing import Any, Final

from aiohttp import web

from mockflow.server.app import Handle
from mockflow.server.http.fast_lane import fast_lane
from mockflow.server.http.limits import MAX_HEADER, Limits
from mockflow.server.protocol import LimitedServer


class HttpServer:
    """One listening address: `start`, then `stop`; in between `close` and `open` its port."""

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
        self._lane = fast_lane()

    def forget_repeats(self) -> None:
        """To be called when other responses are given to the same requests from now on."""
        if self._lane is not None:
            self._lane.clear()

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens; returns the host as a URL has it, and the port. OSError for a port in use."""
        server = LimitedServer(
            self._handle,
            self._limits,
            self._lane,
            access_log=None,
            handler_cancellation=True,  # the wait of a client that disconnects ends
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
        """The number of open connections."""
        server = self._runner.server if self._runner else None
        return len(server.connections) if server else 0

    async def open(self) -> None:
        """Accepts connections."""
        assert self._runner
        site = web.TCPSite(self._runner, *self._address, ssl_context=self._tls)
        try:
            await site.start()
        except OSError:
            await site.stop()
            raise
        self._site = site

    async def close(self) -> None:
        """Accepts no further connections; open ones stay open."""
        if self._site:
            await self._site.stop()
            self._site = None

    async def stop(self) -> None:
        """Ends within a second; open requests are answered."""
        if self._runner:
            for _ in range(_TURNS):  # asyncio (until 3.12) loses a connection that was accepted just before
                await asyncio.sleep(0)
            await self._runner.cleanup()


_TURNS: Final = 4  # of the event loop, from accepting a connection to its protocol
_SHUTDOWN_SECONDS: Final = 0.5
_LINGERING_SECONDS: Final = 10.0  # for what a client still sends after its request was refused
