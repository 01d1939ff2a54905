"""Which requests are for the control API, and which of them are routine. Every server imports it, so it is small."""

from typing import Final

from mockflow.server.http.messages import Request

PREFIX: Final = "/_mockflow"
HEALTH: Final = f"{PREFIX}/health"


def is_control(target: str) -> bool:
    """Whether a target that begins with the prefix is one of the control API, not of a longer name."""
    return target[len(PREFIX) : len(PREFIX) + 1] in ("", "/", "?")


def is_health_check(request: Request) -> bool:
    """Whether a request reads the health. It needs no token."""
    return request.method in ("GET", "HEAD") and request.target.partition("?")[0].rstrip("/") == HEALTH


def is_routine(request: Request) -> bool:
    """Whether a good response is not worth a line of the log: a health check, or a read of the page in a browser.

    One opened page reads some 40 times, which would hide the requests of clients and the problems of files.
    """
    if is_health_check(request):
        return True
    is_pages = request.target.startswith(f"{PREFIX}/page/") or request.headers.get("Sec-Fetch-Site") == "same-origin"
    return is_pages and request.method in ("GET", "HEAD")
