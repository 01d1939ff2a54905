"""JSON values in the words of OpenSearch's parsers."""

from collections.abc import Mapping
from typing import Any, Final

_TOKENS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((bool,), "VALUE_BOOLEAN"),  # before the numbers, since bool is a subclass of int
    ((int, float), "VALUE_NUMBER"),
    ((str,), "VALUE_STRING"),
    ((list,), "START_ARRAY"),
    ((Mapping,), "START_OBJECT"),
)


def token(value: Any) -> str:
    """The token that a value begins with."""
    return next((name for types, name in _TOKENS if isinstance(value, types)), "VALUE_NULL")


def as_text(value: Any) -> str:
    """A scalar as a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def names(text: str) -> frozenset[str]:
    """The words of a table's row."""
    return frozenset(text.split())
