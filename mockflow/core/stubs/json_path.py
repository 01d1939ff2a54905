"""JSONPath (RFC 9535), with a library that is imported only if a scenario uses it.

An expression such as ``$..*..*..*`` may visit each value of a client's body very often. So expressions are evaluated on
views that count the visits, and evaluation stops at a limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

MAX_VISITS: Final = 50_000
"""The most values of a body that one expression visits; that many take a few tenths of a second."""
_REGEX_FUNCTIONS: Final = ("match", "search")


class TooManyVisitsError(ValueError):
    """An expression visited more than `MAX_VISITS` values of a body."""


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


def find_all(expression: str, value: Any) -> list[Any]:
    """The values that the expression finds in a JSON value. Raises TooManyVisitsError."""
    try:
        return [_plain(found) for found in parse_json_path(expression).findall(_VisitCounter().visit(value))]
    except TooManyVisitsError:
        raise
    except Exception:
        return []


def _takes_regex(token: Any) -> bool:
    is_function = token.kind == "TOKEN_FUNCTION" and token.value in _REGEX_FUNCTIONS
    return is_function or token.kind == "TOKEN_RE"


class _VisitCounter:
    """Counts the visited values of one body."""

    def __init__(self) -> None:
        self._left = MAX_VISITS

    def visit(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise TooManyVisitsError
        if isinstance(value, dict):
            return _Object(value, self)
        return _Array(value, self) if isinstance(value, list) else value


class _Object(Mapping[str, Any]):
    """A view of a JSON object that counts visits."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: dict[str, Any], counter: _VisitCounter) -> None:
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

    def __init__(self, value: list[Any], counter: _VisitCounter) -> None:
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
