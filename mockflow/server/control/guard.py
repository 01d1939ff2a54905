"""Who may use the owner's door: whoever has the token, and no page of another site.

Without a token any program on this machine may. A browser may too, and runs what strangers wrote; so what comes from
another site's page (Origin), or by a name that only a stranger's DNS leads here (Host), is refused.
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
from mockflow.server.control.answer import refused
from mockflow.server.http.messages import Request, Response

MAX_BODY: Final = 16 * 1024 * 1024  # bytes of scenarios at once: YAML of that size takes seconds
_READS: Final = frozenset({"GET", "HEAD"})
_PRIVATE: Final = ("localhost", "local", "internal", "home.arpa", "lan", "test", "svc")
"""Domains in which no stranger can register a name."""


@dataclass(frozen=True)
class Door:
    """The owner's door at one port."""

    token: str | None = field(default=None, repr=False)

    def refusal(self, request: Request) -> Response | None:
        """The answer to who may not use it; None for who may. Takes ``token`` out of the request's query."""
        given = _token(request)
        if self.token is not None:
            if hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
                return None
            if page.is_file(request):  # it tells nothing; what it then asks for comes with the token
                return None
            message = "the owner's door wants its token: Authorization: Bearer TOKEN, or ?token=TOKEN in a GET"
            return refused(401, message, headers={"WWW-Authenticate": "Bearer"})
        host, origin = request.headers.get(hdrs.HOST, ""), request.headers.get(hdrs.ORIGIN)
        if not is_private(host):
            message = f'"{host}" could be anybody\'s name for this server; use its address, or set --control-token'
            return refused(403, message)
        if origin is not None and origin.partition("://")[2].lower() != host.lower():
            return refused(403, f"a page of {origin} may not use the owner's door; only one of {host} may")
        return None


def is_private(host: str) -> bool:
    """Whether a Host header has an address or a name that no stranger's DNS answers for."""
    name = re.sub(r":\d*$", "", host).strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(name)
        return True
    except ValueError:
        return "." not in name or any(name.endswith(f".{domain}") for domain in _PRIVATE)


def is_loopback(host: str) -> bool:
    """Whether what listens on `host` can be reached from this machine only."""
    if not host:  # every address
        return False
    try:
        addresses = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return True  # nothing will listen there
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses)


def _token(request: Request) -> str:
    """What the request gives as a token; in the query it stands there no more."""
    path, mark, query = request.target.partition("?")
    asked = parse_qsl(query, keep_blank_values=True) if "token=" in query else []
    in_query = [value for name, value in asked if name == "token"]
    if in_query:
        rest = urlencode([(name, value) for name, value in asked if name != "token"])
        request.target = path + (mark + rest if rest else "")
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return in_query[-1] if in_query and request.method in _READS else ""
