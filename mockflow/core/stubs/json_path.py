"""JSONPath (RFC 9535), with a library that is imported only if a scenario uses it.

An expression such as ``$..*..*..*`` may visit each value of a client's body very often. So expressions are evaluated on
views that count the visits, and evaluation stops at a limit, which all expressions of one request share.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

MAX_VISITS: Final = 50_000
"""The most values of a body that the expressions of one request visit; that many take some tenths of a second."""
_REGEX_FUNCTIONS: Final = ("match", "search")


class TooManyVisitsError(ValueError):
    """The expressions of a request visited more values of its body than they may."""


@lru_cache(maxsize=1024)
def parse_json_path(expression: str) -> Any:
    """The compiled expression. Raises ValueError if it is invalid."""
    import jsonpath

    environment = jsonpath.JSONPathEnvironment()
    try:
        found = environment.compile(expression)
        # The evaluation of a regular expression may never end, and cannot be stopped.
        if any(map(_takes_regex, environment.lexer.tokenize(expression))):
            raise ValueError('leave out the regular expression; in the value "*" stands for any text')
        return found
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ValueError(str(error).partition("\n")[0] or "write such as $.query.match_all") from None


def is_direct(expression: str) -> bool:
    """Whether the expression names one value, such as ``$.query.term``, and so visits no more than lead there."""
    return _DIRECT.fullmatch(expression) is not None


_DIRECT: Final = re.compile(r"\$(?:\.\w+|\[\d+\]|\['[^'\\]*'\]){0,50}")


def find_all(expression: str, value: Any, visits: "Visits | None" = None) -> list[Any]:
    """The values that the expression finds in a JSON value. Raises TooManyVisitsError once no `visits` are left."""
    try:
        return [_plain(found) for found in parse_json_path(expression).findall((visits or Visits()).visit(value))]
    except TooManyVisitsError:
        raise
    except Exception:
        return []


def _takes_regex(token: Any) -> bool:
    is_function = token.kind == "TOKEN_FUNCTION" and token.value in _REGEX_FUNCTIONS
    return is_function or token.kind == "TOKEN_RE"


class Visits:
    """Counts the visited values of one body; `left` is how many may follow."""

    def __init__(self, left: int = MAX_VISITS) -> None:
        self.left = left

    def visit(self, value: Any) -> Any:
        """The value, or a view of it that counts visits in turn."""
        self.left -= 1
        if self.left < 0:
            raise TooManyVisitsError
        if isinstance(value, dict):
            return _Object(value, self)
        return _Array(value, self) if isinstance(value, list) else value


class _Object(Mapping[str, Any]):
    """A view of a JSON object that counts visits."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: dict[str, Any], counter: Visits) -> None:
        self.value, self._counter = value, counter

    def __getitem__(self, key: str) -> Any:
        return self._counter.visit(self.value[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _plain(other))


class _Array(Sequence[Any]):
    """A view of a JSON array that counts visits."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: list[Any], counter: Visits) -> None:
        self.value, self._counter = value, counter

    def __getitem__(self, place: Any) -> Any:
        found = self.value[place]
        return [self._counter.visit(item) for item in found] if isinstance(place, slice) else self._counter.visit(found)

    def __len__(self) -> int:
        return len(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _plain(other))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, (_Object, _Array)) else value
