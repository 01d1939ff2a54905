"""A request's body as a value: JSON or YAML by its Content-Type."""

import json
from typing import Any

from mockflow.core.base.json_reader import read_json, text_of_body
from mockflow.core.base.tokens import BROKEN
from mockflow.loading.yaml12 import read
from mockflow.server.http.messages import CONTENT_TYPE, Request
from mockflow.server.rest.call import body_format
from mockflow.server.rest.yaml_content import read_yaml


class UnreadableError(ValueError):
    """A body that does not parse as its Content-Type, or has duplicate keys."""


def read_content(request: Request) -> Any:
    """The body's first value as far as it can be read, for `Tokens`. CBOR and Smile are not read at all."""
    media_type = body_format(request.headers.get(CONTENT_TYPE))
    if media_type == "yaml":
        return read_yaml(request.body)
    return BROKEN if media_type in ("cbor", "smile") else read_json(text_of_body(request.body))


def decode_content(request: Request) -> Any:
    """The body's value. UnreadableError for a body that does not parse, an empty one included."""
    if body_format(request.headers.get(CONTENT_TYPE)) == "yaml":
        documents, problems = read(request.body, "body")
        problems += [problem for document in documents for problem in document.problems]
        if problems or len(documents) != 1:
            raise UnreadableError("; ".join(map(str, problems)) or "not one YAML document")
        return documents[0].value
    try:
        return json.loads(request.body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(str(error)) from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise UnreadableError("duplicate key in an object")
    return value


def _no_constant(name: str) -> Any:
    raise UnreadableError(f"{name} is not JSON")
