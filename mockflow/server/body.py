"""A request's body as plain values, for the core's own endpoints, and OpenSearch's errors for what is none."""

import json
from typing import Any

from mockflow.loading.yaml12 import read
from mockflow.server.call import Call, body_format
from mockflow.server.errors import Refusal, illegal_argument, object_error

_SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"


def read_object(call: Call) -> dict[str, Any]:
    """The body's JSON or YAML object; of anything that is no object, an empty one, as OpenSearch's parsers read it.

    400 for no body, for what cannot be parsed, and for keys that stand twice.
    """
    call.ignore_body()
    body = call.request.body
    if not body:
        raise object_error(400, "parse_exception", "request body is required")
    format = body_format(call.request.headers.get("Content-Type"))
    if format not in ("json", "yaml"):
        raise illegal_argument(f"mockflow reads bodies of JSON and YAML, not {format}")
    value = _json(body) if format == "json" else _yaml(body)
    return value if isinstance(value, dict) else {}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _unreadable(error.msg, f"line: {error.lineno}, column: {error.colno}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, a key that stands twice, too deep, too many digits
        raise _unreadable(str(error)) from None


def _yaml(body: bytes) -> Any:
    documents, problems = read(body, "")
    if problems:
        place = problems[0].place
        raise _unreadable(problems[0].message, f"line: {place.line}, column: {place.column}")
    return documents[0].value if documents else None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"Duplicate field '{next(name for name in names if names.count(name) > 1)}'")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"Non-standard token '{name}'")


def _unreadable(problem: str, place: str = "") -> Refusal:
    """What is wrong is told in mockflow's words; type and form are OpenSearch's."""
    return object_error(400, "json_parse_exception", f"{problem}\n at {_SOURCE}{place and '; ' + place}]")
