"""Whether a server is ready, for `mockflow wait` and the health checks of containers."""

from collections.abc import Mapping
from typing import Any, Final

import click

from mockflow.cli.client import Opener, RefusedError, UnauthorizedError, request

HEALTH: Final = "/_mockflow/health"
_DEFAULT_PORT: Final = "9200"
_LOOPBACK: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # addresses to bind to, and to connect to


def is_ready(opener: Opener, url: str, *, seconds: float) -> bool:
    """Returns whether a mockflow answered; False for another server, which answered `GET /`.

    A mockflow is asked for its health, which counts as no request of a client. Raises one of `UNANSWERED`.
    """
    try:
        if _is_health(request(opener, "GET", url + HEALTH, seconds=seconds)):
            return True
    except (RefusedError, ValueError):
        pass  # another server, or a port of mockflow without its control API
    try:
        request(opener, "GET", url, seconds=seconds)
    except UnauthorizedError:
        pass  # it is up, with security
    return False


def url_from(environment: Mapping[str, str]) -> str:
    """The URL of a server that `mockflow serve` started with this environment: the one of its control API.

    Raises UsageError for a port that cannot be known.
    """

    def given(name: str) -> str:
        return environment.get(f"MOCKFLOW_{name}", "")

    scheme = "https" if _is_on(given("TLS")) or given("CERT") else "http"
    host, port = given("HOST"), given("PORT") or _DEFAULT_PORT
    if given("CONTROL_PORT") and not _is_on(given("NO_CONTROL")):
        host, port = given("CONTROL_HOST"), given("CONTROL_PORT")
    if not port.isdigit() or int(port) == 0:
        raise click.UsageError(f"the port of the server is unknown: it is {port} in the environment; give the URL")
    host = _LOOPBACK.get(host, host)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_on(text: str) -> bool:
    """Whether the environment variable of a flag turns it on, as click reads it."""
    return bool(text) and bool(click.BOOL.convert(text, None, None))


def _is_health(content: Any) -> bool:
    return isinstance(content, dict) and content.get("status") == "ok" and "scenarios" in content
