"""The servers that callers start: a cluster on a port, and a port whose cluster can be exchanged."""

import ssl
from dataclasses import dataclass, replace
from typing import Final

from aiohttp.web_request import BaseRequest

from mockflow.cluster import Cluster
from mockflow.core.base.bounds import CONTROL_PLACES, CONTROL_PORT_CONNECTIONS
from mockflow.core.base.plain_text import SENDABLE, is_sendable
from mockflow.server.app import Handle, handler
from mockflow.server.connections.descriptors import shortage
from mockflow.server.control.errors import refused
from mockflow.server.control.guard import ControlGuard, is_loopback
from mockflow.server.control.paths import PREFIX
from mockflow.server.http.limits import Limits
from mockflow.server.http.messages import AccessLog, Request, Response
from mockflow.server.http.senders import ResponseSender
from mockflow.server.http_server import HttpServer
from mockflow.server.port_outage import PortOutages
from mockflow.server.repeated import Repeats
from mockflow.server.rest.errors import simple_error


class UnprotectedControlError(ValueError):
    """The control API would be reachable by other machines without a token; the message lists the options."""


@dataclass(frozen=True)
class Control:
    """Where the control API is served, and what protects it.

    Without an `address` (host and port) it shares the port of the clients. Without a `token` it is served on loopback
    addresses only, unless `open_to_all` is set.
    """

    token: str | None = None
    address: tuple[str, int] | None = None
    open_to_all: bool = False
    hosts: tuple[str, ...] = ()
    """Names of this server, without a port, under which browsers may use the control API without a token."""

    def __post_init__(self) -> None:
        """Raises ValueError for a token that no header can carry."""
        if self.token is not None and not is_sendable(self.token):
            raise ValueError(f"a control token {SENDABLE}")

    def check(self, host: str) -> None:
        """Raises UnprotectedControlError for an unprotected control API; `host` is where clients are served."""
        if self.address:
            host = self.address[0]
        if self.token is None and not self.open_to_all and not is_loopback(host):
            raise UnprotectedControlError(
                f"on {host or 'every address'} any other machine could move the clock, load scenarios and read the "
                f"journal under {PREFIX}; set a token (--control-token), a port on this machine only (--control-port), "
                "turn the control API off (--no-control), or allow it (--insecure-control)"
            )


class Serving:
    """A cluster on a port: `start`, then `stop`. With `control=None` there is no control API."""

    def __init__(
        self,
        cluster: Cluster,
        access_log: AccessLog | None = None,
        *,
        control: Control | None = Control(),
        limits: Limits = Limits(),  # noqa: B008
        tls: ssl.SSLContext | None = None,
        control_needs_port: bool = True,
    ) -> None:
        """`control_needs_port`: whether the control API cannot be called by another way than over HTTP."""
        self.cluster = cluster
        self.url = ""
        self.control_url: str | None = None
        """The base URL of the control API, without /_mockflow."""
        self._control = control
        self._scheme = "https" if tls else "http"
        guard = ControlGuard(control.token, control.hosts) if control else None
        is_shared = control is None or control.address is None
        self._wanted = limits.max_connections
        self._server = HttpServer(
            handler(cluster, access_log, guard if is_shared else None, limits),
            limits,
            tls,
            reserved=CONTROL_PLACES if control and is_shared else 0,
            others=0 if is_shared else CONTROL_PORT_CONNECTIONS,
        )
        self._server.repeat(Repeats(cluster, access_log))
        self._control_server = HttpServer(
            handler(cluster, access_log, guard, limits, answer_client=_control_only),
            replace(limits, max_connections=CONTROL_PORT_CONNECTIONS),
            tls,
        )
        self._outages = PortOutages(
            cluster, self._server.close, self._server.open, control_needs_port=control_needs_port and is_shared
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listens and returns the URL; port 0 takes any free port.

        OSError for a port in use, UnprotectedControlError for a control API that other machines could use.
        """
        if self._control:
            self._control.check(host)
        name, bound = await self._server.start(host, port)
        self.url = f"{self._scheme}://{name}:{bound}"
        self.cluster.publish_address = f"{_LOOPBACK.get(name, name)}:{bound}"
        if self._control and self._control.address:
            try:
                control_name, control_port = await self._control_server.start(*self._control.address)
            except OSError:
                await self._server.stop()
                raise
            self.control_url = f"{self._scheme}://{control_name}:{control_port}"
        elif self._control:
            self.control_url = self.url
        self._outages.begin()
        return self.url

    @property
    def page_url(self) -> str | None:
        """The URL of the page for a browser; None without a control API."""
        url = self.control_url
        for name, loopback in _LOOPBACK.items():  # browsers do not open the address of all addresses
            url = url and url.replace(f"//{name}:", f"//{loopback}:")
        return url and f"{url}{PREFIX}/"

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return self._server.connections + self._control_server.connections

    @property
    def shortage(self) -> str | None:
        """Why fewer connections than the limit are taken, once it has started."""
        return shortage(self._wanted, self._server.most)

    async def stop(self) -> None:
        """Ends within a second; open requests are answered."""
        await self._outages.end()
        self.cluster.end()
        await self._server.stop()
        await self._control_server.stop()


async def _control_only(_: Cluster, __: Request) -> Response:
    """The response to a client's request on a port of the control API alone."""
    return refused(404, f"this port serves {PREFIX} only; clients are served at another port")


class SwitchableServer:
    """A port that stays the same while the cluster behind it is exchanged."""

    def __init__(self) -> None:
        self._handle: Handle | None = None
        self._server = HttpServer(self._answer)

    async def start(self) -> str:
        """Listens on a free port of 127.0.0.1 and returns the URL."""
        name, bound = await self._server.start("127.0.0.1", 0)
        return f"http://{name}:{bound}"

    def switch_to(self, cluster: Cluster | None) -> None:
        """Sets the cluster that answers from now on; with None, requests are answered with 503."""
        self._handle = handler(cluster) if cluster else None
        self._server.repeat(Repeats(cluster) if cluster else None)

    async def stop(self) -> None:
        """Ends within a second."""
        await self._server.stop()

    async def _answer(self, incoming: BaseRequest) -> ResponseSender:
        if self._handle is None:
            return ResponseSender(_NO_CLUSTER.response(), incoming, keep_alive=False)
        return await self._handle(incoming)


_NO_CLUSTER: Final = simple_error(
    503,
    "no test that uses the fixture mockflow is running; a fixture of a module or of the session needs a cluster that "
    "lives as long: the fixture mockflow_module or mockflow_session",
)
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # addresses to bind to, and those to connect to
