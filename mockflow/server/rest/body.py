"""A request's body as a value for the endpoints of OpenSearch's core, with their errors for unreadable bodies.

Source: docs/reference/opensearch.md, "Bodies and content types".
"""

import re
from typing import Any

from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.jackson import error_of
from mockflow.core.plugin.versions import Version
from mockflow.server.http.messages import Request
from mockflow.server.rest.call import Call
from mockflow.server.rest.content import decode_content
from mockflow.server.rest.errors import Refusal, object_error

_START_OF_TEXT = re.compile(rb"[ \t\r\n]*")


def read_object(call: Call) -> dict[str, Any]:
    """The body's JSON or YAML object; {} for any other value, as in OpenSearch.

    400 for a missing body, and the errors of `read_value`.
    """
    call.ignore_body()
    if not call.request.body:
        raise object_error(400, "parse_exception", "request body is required")
    value = read_value(call.request, call.world.version)
    return value if isinstance(value, dict) else {}


def read_value(request: Request, version: Version) -> Any:
    """The body's first value; `NOTHING` if it has none.

    400 with Jackson's text for JSON that cannot be parsed, duplicate keys included. For other types the text is
    mockflow's.
    """
    try:
        return decode_content(request)
    except MalformedJsonError as error:
        body = {"error": error_of(error, jackson=version.behaviour.jackson), "status": 400}
        raise Refusal(400, body) from None
    except ContentError:
        raise object_error(400, "json_parse_exception", "The body is not of its Content-Type") from None


EXPECTED = "Expected"
"""How the parsers of searches begin the message of `unexpected_start`."""


def unexpected_start(
    request: Request, kind: str | None, beginning: str = "Failed to parse object: expecting token of type"
) -> Refusal:
    """400 for a body that is no object: `kind` is its first token, None where there is none.

    Line and column are those of the token, from 1; where there is none, line 1 and column 0.
    """
    found = _START_OF_TEXT.match(request.body)
    before = found[0] if found and kind else b""
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1 if kind else 0
    reason = f"{beginning} [START_OBJECT] but found [{kind or 'null'}]"
    return object_error(400, "parsing_exception", reason, line=line, col=column)
