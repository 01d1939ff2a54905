"""A request's body as a value for the endpoints of OpenSearch's core, with their errors for unreadable bodies.

Source: docs/reference/opensearch.md, "Bodies and content types".
"""

import re
from typing import Any

from mockflow.server.http.messages import Request
from mockflow.server.rest.call import Call
from mockflow.server.rest.content import UnreadableError, decode_content
from mockflow.server.rest.errors import Refusal, object_error

_START_OF_TEXT = re.compile(rb"[ \t\r\n]*")
_SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)]"


def read_object(call: Call) -> dict[str, Any]:
    """The body's JSON or YAML object; {} for any other value, as in OpenSearch.

    400 for a missing body, and the errors of `read_value`.
    """
    call.ignore_body()
    if not call.request.body:
        raise object_error(400, "parse_exception", "request body is required")
    value = read_value(call.request)
    return value if isinstance(value, dict) else {}


def read_value(request: Request) -> Any:
    """The body's JSON or YAML value.

    400 for what cannot be parsed, and for duplicate keys. The message is mockflow's; type and form are OpenSearch's.
    """
    try:
        return decode_content(request)
    except UnreadableError as error:
        raise object_error(400, "json_parse_exception", f"{error}\n at {_SOURCE}") from None


def unexpected_start(request: Request, kind: str | None) -> Refusal:
    """400 for a body that is no object: `kind` is its first token, None where there is none.

    Line and column are those of the token, from 1; where there is none, line 1 and column 0.
    """
    found = _START_OF_TEXT.match(request.body)
    before = found[0] if found and kind else b""
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1 if kind else 0
    reason = f"Failed to parse object: expecting token of type [START_OBJECT] but found [{kind or 'null'}]"
    return object_error(400, "parsing_exception", reason, line=line, col=column)
