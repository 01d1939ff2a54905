"""JSON texts within requests, read as OpenSearch's parser does."""

from typing import Any

from mockflow.core.base.json_reader import read_value
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import NOTHING


class NoObjectError(ValueError):
    """A text that does not begin with a JSON object, or one with a key that stands twice."""


def read_object(text: str) -> dict[str, Any]:
    """The object with which `text` begins; what follows it is not read. An empty text is an empty object."""
    try:
        value = read_value(text)
    except MalformedJsonError as error:
        raise NoObjectError(str(error)) from None
    if value is NOTHING:
        return {}
    if not isinstance(value, dict):
        raise NoObjectError("not an object")
    return value
