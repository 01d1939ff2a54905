"""A body in the query string: the parameters ``source`` and ``source_content_type`` (RestRequest.contentOrSourceParam).

They are read only if there is no body; beside a body they are unrecognized.
"""

from mockflow.server.http.messages import CONTENT_TYPE, Request
from mockflow.server.rest.call import Call, body_format
from mockflow.server.rest.errors import object_error


def sent_content(call: Call) -> Request | None:
    """The request with its body or with that of the parameters; None where it has neither.

    500 illegal_state_exception for one of the two without the other, and for an unknown type.
    """
    call.ignore_body()
    if call.request.body:
        return call.request
    source, media_type = (call.parameters.text(name) for name in ("source", "source_content_type"))
    if source is None:
        return None
    if media_type is None:
        raise _illegal_state("source and source_content_type parameters are required")
    if body_format(media_type) is None:
        raise _illegal_state(f"Unknown value for source_content_type [{media_type}]")
    return Request(call.request.method, call.request.target, {CONTENT_TYPE: media_type}, source.encode())


def required_content(call: Call) -> Request:
    """The same; 400 parse_exception where there is neither."""
    sent = sent_content(call)
    if sent is None:
        raise object_error(400, "parse_exception", "request body or source parameter is required")
    return sent


def _illegal_state(reason: str) -> Exception:
    return object_error(500, "illegal_state_exception", reason)
