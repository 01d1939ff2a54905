"""Placeholders ``{{name}}`` in scripted responses: values of the request, the workflow or the clock."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

ROOTS: Final = ("path", "query", "header", "body", "workflow", "now", "elapsed", "method", "permission", "aws_action")
MAX_VALUE: Final = 64 * 1024
"""The most characters of one inserted value, so that a client cannot make a response grow without bound."""

_PLACEHOLDER: Final = re.compile(r"\{\{\s*([A-Za-z_][\w\-]*(?:\.[\w\-]+)*)\s*\}\}")


def placeholders(value: Any) -> Iterator[str]:
    """The names of all placeholders within a value."""
    if isinstance(value, str):
        yield from (found[1] for found in _PLACEHOLDER.finditer(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from placeholders(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from placeholders(item)


def fill_json_text(text: str, known: Mapping[str, Any]) -> Any:
    """As `fill`, for JSON in a text: inserted values are escaped, so they cannot end a JSON string."""
    return _filled(text, known, lambda value: json.dumps(value, ensure_ascii=False)[1:-1])


def fill(value: Any, known: Mapping[str, Any]) -> Any:
    """A copy with its placeholders filled.

    A placeholder that is the whole text is replaced by the value with its type, otherwise by text. An unknown name
    gives null, or an empty text. Inserted values are not filled again.
    """
    if isinstance(value, str):
        return _filled(value, known)
    if isinstance(value, Mapping):
        return {key: fill(item, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(item, known) for item in value]
    return value


def _filled(text: str, known: Mapping[str, Any], write: Callable[[str], str] = str) -> Any:
    if "{{" not in text:
        return text
    if whole := _PLACEHOLDER.fullmatch(text):
        value = _find(whole[1], known)
        return value[:MAX_VALUE] if isinstance(value, str) else value
    return _PLACEHOLDER.sub(lambda found: write(_as_text(_find(found[1], known))), text)


def _find(name: str, known: Mapping[str, Any]) -> Any:
    value: Any = known
    parts = name.split(".")
    if parts[0] == "header":
        parts = [part.lower() for part in parts]
    for part in parts:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal() and len(part) < 10:
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:MAX_VALUE] if isinstance(value, (str, int, float)) else ""
