"""A request's body as a value: JSON or YAML by its Content-Type."""

from typing import Any

from mockflow.core.base.json_reader import read_json, read_value, text_of_body
from mockflow.core.base.tokens import BROKEN, plain_value
from mockflow.server.http.messages import CONTENT_TYPE, Ahead, Request
from mockflow.server.rest.call import body_format
from mockflow.server.rest.yaml_reader import read_yaml


def read_ahead(request: Request, *, as_tokens: bool) -> None:
    """Reads a large body now, which may take long, and keeps what `read_content` or `decode_content` gives."""
    request.ahead = request.ahead or Ahead()
    if as_tokens:
        request.ahead.keep("content", lambda: _read(request))
    else:
        request.ahead.keep("value", lambda: _decode(request))


def read_content(request: Request) -> Any:
    """The body's first value as far as it can be read, for `Tokens`. CBOR and Smile are not read at all."""
    return _read(request) if request.ahead is None else request.ahead.result("content", lambda: _read(request))


def decode_content(request: Request) -> Any:
    """The body's first value, `NOTHING` if it has none.

    Raises MalformedJsonError for JSON, and ContentError for another type.
    """
    return _decode(request) if request.ahead is None else request.ahead.result("value", lambda: _decode(request))


def _read(request: Request) -> Any:
    media_type = body_format(request.headers.get(CONTENT_TYPE))
    if media_type == "yaml":
        return read_yaml(request.body)
    return BROKEN if media_type in ("cbor", "smile") else read_json(text_of_body(request.body))


def _decode(request: Request) -> Any:
    if body_format(request.headers.get(CONTENT_TYPE)) == "json":
        return read_value(text_of_body(request.body))
    return plain_value(_read(request))
