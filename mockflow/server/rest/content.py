"""A request's body as a value: JSON or YAML by its Content-Type."""

from typing import Any

from mockflow.core.base.json_reader import read_json, read_value, text_of_body
from mockflow.core.base.tokens import BROKEN, plain_value
from mockflow.server.http.messages import CONTENT_TYPE, Request
from mockflow.server.rest.call import body_format
from mockflow.server.rest.yaml_reader import read_yaml


def read_content(request: Request) -> Any:
    """The body's first value as far as it can be read, for `Tokens`. CBOR and Smile are not read at all."""
    media_type = body_format(request.headers.get(CONTENT_TYPE))
    if media_type == "yaml":
        return read_yaml(request.body)
    return BROKEN if media_type in ("cbor", "smile") else read_json(text_of_body(request.body))


def decode_content(request: Request) -> Any:
    """The body's first value, `NOTHING` if it has none.

    Raises MalformedJsonError for JSON, and ContentError for another type.
    """
    if body_format(request.headers.get(CONTENT_TYPE)) == "json":
        return read_value(text_of_body(request.body))
    return plain_value(read_content(request))
