"""Access to the control API: a token, or local programs without pages of other sites.

Without a token every program on this machine has access. A browser has it too, and runs scripts of other sites.
Therefore requests from the page of another site (Origin) are refused, and those under a public name (Host), which
another site's DNS may have set to this address. A name in the local network, which another machine there may have set,
is refused to browsers only.
"""

import hmac
import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import hdrs

from mockflow.server.control import page
from mockflow.server.control.errors import refused
from mockflow.server.control.paths import is_health_check
from mockflow.server.http.messages import Request, Response

MAX_BODY: Final = 16 * 1024 * 1024  # bytes of scenarios at once: YAML of that size takes seconds
_READS: Final = frozenset({"GET", "HEAD"})
_PRIVATE: Final = ("localhost", "local", "internal", "home.arpa", "lan", "test", "svc")
"""Domains in which nobody can register a public name."""
_SHARED: Final = (".local", ".lan", ".home.arpa")
"""Domains in which machines of the local network choose their names themselves: mDNS, and those of routers."""
_OR_ALLOW: Final = "set --control-token, or allow the name with --control-host-allow"


@dataclass(frozen=True)
class ControlGuard:
    """Checks the access to the control API at one port."""

    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = ()
    """Names of this server, without a port, under which browsers may use it without a token."""

    def refusal(self, request: Request) -> Response | None:
        """An error response for a request without access, else None. Removes ``token`` from the request's query."""
        given = _token(request)
        if is_health_check(request):
            return None
        if self.token is not None:
            if hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
                return None
            if page.is_file(request):  # files have no data of the cluster; the page sends the token with its calls
                return None
            message = "the control API needs a token: Authorization: Bearer TOKEN, or ?token=TOKEN in a GET"
            return refused(401, message, headers={"WWW-Authenticate": "Bearer"})
        host, origin = request.headers.get(hdrs.HOST, ""), request.headers.get(hdrs.ORIGIN)
        if not self._is_allowed(host):
            if not is_private(host):
                message = f'"{host}" is a public name; use the address of this server, {_OR_ALLOW}'
                return refused(403, message)
            if _is_of_browser(request) and _name(host).endswith(_SHARED):
                message = f'any machine of the network may have the name "{host}"; use an address, {_OR_ALLOW}'
                return refused(403, message)
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return refused(403, f"a page of {origin} has no access to the control API; a page of {host} has")
        return None

    def _is_allowed(self, host: str) -> bool:
        name = _name(host)
        return any(name == _name(allowed) for allowed in self.hosts)


def _is_of_browser(request: Request) -> bool:
    """Whether a browser sent the request for a page: programs do not send these headers."""
    return hdrs.ORIGIN in request.headers or "Sec-Fetch-Site" in request.headers


def _name(host: str) -> str:
    """The name or address in a Host header."""
    return re.sub(r":\d*$", "", host).strip("[]").rstrip(".").lower()


def is_private(host: str) -> bool:
    """Whether a Host header has an address, or a name that public DNS cannot resolve."""
    name = _name(host)
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return "." not in name or any(name.endswith(f".{domain}") for domain in _PRIVATE)


def is_loopback(host: str) -> bool:
    """Whether a server that listens on `host` can be reached from this machine only."""
    if not host:  # every address
        return False
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return True  # listening will fail
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses)


def _token(request: Request) -> str:
    """The request's token, empty if there is none; it is removed from the query."""
    path, mark, query = request.target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True) if "token=" in query else []
    in_query = [value for name, value in pairs if name == "token"]
    if in_query:
        rest = urlencode([(name, value) for name, value in pairs if name != "token"])
        request.target = path + (mark + rest if rest else "")
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return in_query[-1] if in_query and request.method in _READS else ""
