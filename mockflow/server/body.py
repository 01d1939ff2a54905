"""A request's body as an object, for the core's own endpoints, and OpenSearch's errors for what is none."""

from typing import Any

from mockflow.server.call import Call
from mockflow.server.content import UnreadableError, decode_content
from mockflow.server.errors import object_error

_SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)]"


def read_object(call: Call) -> dict[str, Any]:
    """The body's JSON or YAML object; of anything that is no object, an empty one, as OpenSearch's parsers read it.

    400 for no body, for what cannot be parsed, and for keys that stand twice: in mockflow's words, but of
    OpenSearch's type and form.
    """
    call.ignore_body()
    if not call.request.body:
        raise object_error(400, "parse_exception", "request body is required")
    try:
        value = decode_content(call.request)
    except UnreadableError as error:
        raise object_error(400, "json_parse_exception", f"{error}\n at {_SOURCE}") from None
    return value if isinstance(value, dict) else {}
