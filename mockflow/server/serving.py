"""Listening: a cluster on a port, or a port that stays while the cluster behind it changes."""

import asyncio
from typing import Any, Final, cast

from aiohttp import web

from mockflow.cluster import Cluster
from mockflow.server.app import AccessLog, AppResponse, Handle, handler
from mockflow.server.errors import bad_http
from mockflow.server.http import Response
from mockflow.server.port_outage import PortOutages
from mockflow.server.wire import WireResponse


class Serving:
    """A cluster on a port: `start`, then `stop`."""

    def __init__(self, cluster: Cluster, access_log: AccessLog | None = None, *, shares_door: bool = True) -> None:
        """`shares_door`: whether the owner has no other way in than this port."""
        self.cluster = cluster
        self.url = ""
        self._listener = _Listener(handler(cluster, access_log))
        self._outages = PortOutages(cluster, self._listener.close, self._listener.open, shares_door=shares_door)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens and returns the URL; port 0 takes any that is free. OSError where the port is in use."""
        name, bound = await self._listener.start(host, port)
        self.url = f"http://{name}:{bound}"
        self.cluster.publish_address = f"{_LOOPBACK.get(name, name)}:{bound}"
        self._outages.begin()
        return self.url

    async def stop(self) -> None:
        """Ends within a second; open requests are answered."""
        self._outages.end()
        self.cluster.clock.close()
        await self._listener.stop()


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
            return WireResponse(Response.json(503, _NO_WORLD), incoming, keep_alive=False)
        return await self._handle(incoming)


class _Listener:
    """aiohttp's low-level server on one address."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._address = ("", 0)

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listens; the host as a URL has it, and the port."""
        server = _LowLevelServer(
            self._handle,
            access_log=None,
            handler_cancellation=True,  # a client that goes away waits no more
            max_field_size=_MAX_HEADER,
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

    async def open(self) -> None:
        """Takes connections."""
        assert self._runner
        self._site = web.TCPSite(self._runner, *self._address)
        await self._site.start()

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
    """aiohttp's Server, whose own errors (what is not HTTP) are answered as OpenSearch does."""

    def __init__(self, handle: Handle, **options: Any) -> None:
        super().__init__(cast(Any, handle), **options)  # typed for StreamResponse, happy with less

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:  # part of an answer has left: nothing more can be said
            raise ConnectionError
        refusal = bad_http(message or str(exc))
        return AppResponse(WireResponse(Response.json(refusal.status, refusal.body), request, keep_alive=False))


_NO_WORLD: Final = {"error": "no test that uses the fixture mockflow is running", "status": 503}
_TURNS: Final = 4  # of the event loop, from accepting a connection to its protocol
_SHUTDOWN_SECONDS: Final = 0.5
_MAX_HEADER: Final = 16 * 1024  # OpenSearch's http.max_header_size; a token may be longer than aiohttp's 8 KiB
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # bound to every address; nobody connects to these
