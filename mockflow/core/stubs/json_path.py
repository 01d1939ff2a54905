"""JSONPath (RFC 9535), by a library that is imported only where a scenario uses it.

The body that an expression looks into is a client's, and an expression such as ``$..*..*..*`` may look at each part of
it very often. So it sees the body through views that count, and gives up in the end.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

MAX_LOOKS: Final = 50_000
"""At so many parts of a body an expression looks: a few tenths of a second."""
_REGEX_FUNCTIONS: Final = ("match", "search")


class EndlessError(ValueError):
    """An expression that looks at too much of a body."""


@lru_cache(maxsize=1024)
def parse_json_path(expression: str) -> Any:
    """The compiled expression. Raises ValueError that says what is wrong with it."""
    import jsonpath

    environment = jsonpath.JSONPathEnvironment()
    try:
        found = environment.compile(expression)
        if any(map(_takes_regex, environment.lexer.tokenize(expression))):  # some take for ever, and nothing stops them
            raise ValueError('leave out the regular expression; in the value "*" stands for any text')
        return found
    except (jsonpath.JSONPathError, RecursionError) as error:
        raise ValueError(str(error).partition("\n")[0] or "write such as $.query.match_all") from None


def find_all(expression: str, value: Any) -> list[Any]:
    """What the expression finds in a JSON value. Raises EndlessError."""
    try:
        return [_plain(found) for found in parse_json_path(expression).findall(_Looks().at(value))]
    except EndlessError:
        raise
    except Exception:
        return []


def _takes_regex(token: Any) -> bool:
    is_function = token.kind == "TOKEN_FUNCTION" and token.value in _REGEX_FUNCTIONS
    return is_function or token.kind == "TOKEN_RE"


class _Looks:
    """Counts the looks at one body."""

    def __init__(self) -> None:
        self._left = MAX_LOOKS

    def at(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise EndlessError
        if isinstance(value, dict):
            return _Object(value, self)
        return _Array(value, self) if isinstance(value, list) else value


class _Object(Mapping[str, Any]):
    """A JSON object, looked at."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: dict[str, Any], looks: _Looks) -> None:
        self.value, self._looks = value, looks

    def __getitem__(self, key: str) -> Any:
        return self._looks.at(self.value[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _plain(other))


class _Array(Sequence[Any]):
    """A JSON array, looked at."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: list[Any], looks: _Looks) -> None:
        self.value, self._looks = value, looks

    def __getitem__(self, place: Any) -> Any:
        found = self.value[place]
        return [self._looks.at(item) for item in found] if isinstance(place, slice) else self._looks.at(found)

    def __len__(self) -> int:
        return len(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _plain(other))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, (_Object, _Array)) else value
