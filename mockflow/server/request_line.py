"""The line of a request: its path, its parameters, and the route for both."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from mockflow.core.base.bounds import REPEATED_REQUESTS
from mockflow.server.endpoints import routing
from mockflow.server.http.limits import MAX_LINE
from mockflow.server.rest.call import Handler
from mockflow.server.rest.errors import too_long_line
from mockflow.server.rest.parameters import parse_target
from mockflow.server.rest.router import Found, Missing


class Line(NamedTuple):
    """A parsed request line."""

    path: str
    values: Mapping[str, str]
    found: Found[Handler] | Missing


def read_line(method: str, target: str) -> Line:
    """The parsed line of a request. Short ones are kept: a client that polls sends the same one repeatedly."""
    return (_read_short_line if len(target) <= _SHORT_LINE else _read_any_line)(method, target)


def _read_any_line(method: str, target: str) -> Line:
    if len(method) + len(target) + _VERSION > MAX_LINE:
        raise too_long_line()
    path, values = parse_target(target)
    return Line(path, values, routing.find(method, path))


_SHORT_LINE: Final = 512
_read_short_line: Final = lru_cache(REPEATED_REQUESTS)(_read_any_line)
_VERSION: Final = len("  HTTP/1.1")  # with the spaces around the target
