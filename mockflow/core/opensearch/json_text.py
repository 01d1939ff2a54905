"""JSON texts within requests, read as OpenSearch's parser does."""

import json
from typing import Any


class NoObjectError(ValueError):
    """A text that does not begin with a JSON object, or one with a key that stands twice."""


def read_object(text: str) -> dict[str, Any]:
    """The object with which `text` begins; what follows it is not read. An empty text is an empty object."""
    text = text.strip(" \t\r\n")
    if not text:
        return {}
    try:
        value, _ = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise NoObjectError(str(error)) from None
    if not isinstance(value, dict):
        raise NoObjectError("not an object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise NoObjectError("a key stands twice in an object")
    return value


def _no_constant(name: str) -> Any:
    raise NoObjectError(f"{name} is not JSON")
