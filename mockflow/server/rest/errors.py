"""OpenSearch's error responses, one function for each shape (docs/reference/opensearch.md, "Errors")."""

import re
from collections.abc import Mapping
from typing import Any

from mockflow.core.base.json_writer import compact
from mockflow.core.opensearch.refusal import RefusedError, error_type
from mockflow.core.opensearch.rest_status import REST_STATUS
from mockflow.core.opensearch.values import BadValueError
from mockflow.server.http.limits import MAX_HEADER, MAX_LINE
from mockflow.server.http.messages import Response


class Refusal(Exception):  # noqa: N818 - a response, not a failure of mockflow
    """An error response of the cluster: `status`, the JSON `body`, further `headers`."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.text: str | None = None
        """The body, if it is not JSON."""

    def response(self) -> Response:
        """The response in compact JSON, for errors that come before the request's parameters are read."""
        return Response(self.status, compact(self.body))


class UnknownMethodError(Exception):
    """A method that OpenSearch does not have: it closes the connection without a response.

    Source: docs/reference/opensearch.md, "Routing".
    """


def object_error(
    status: int, kind: str, reason: str | None, *, caused_by: Mapping[str, Any] | None = None, **meta: Any
) -> Refusal:
    """The core's structured error: `kind` is the exception's name in snake case."""
    cause = {"type": kind, "reason": reason, **meta}
    error = {"root_cause": [cause], **cause, **({"caused_by": caused_by} if caused_by else {})}
    return Refusal(status, {"error": error, "status": status})


def illegal_argument(reason: str, caused_by: Mapping[str, Any] | None = None) -> Refusal:
    """400 illegal_argument_exception."""
    return object_error(400, "illegal_argument_exception", reason, caused_by=caused_by)


def refused(error: RefusedError) -> Refusal:
    """The response to a request that a rule of OpenSearch or of a plugin refuses."""
    refusal = error.refusal
    return object_error(REST_STATUS[refusal.status], error_type(refusal.exception), refusal.message)


def bad_value(error: BadValueError) -> Refusal:
    """400 for a value that cannot be read."""
    return illegal_argument(error.reason, error.cause)


def bad_parameter(reason: str) -> Refusal:
    """400 for a query string that cannot be decoded."""
    cause = {"type": "illegal_argument_exception", "reason": reason}
    wrapped = f"java.lang.IllegalArgumentException: {reason}"
    return object_error(400, "bad_parameter_exception", wrapped, caused_by=cause)


def simple_error(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """The core's plain error: a string, and the status beside it."""
    return Refusal(status, {"error": message, "status": status}, headers)


def plugin_error(status: int, message: str) -> Refusal:
    """The plugin's error: a string, without a status key (docs/reference/plugin.md, "Shapes")."""
    return Refusal(status, {"error": message})


def text_error(status: int, text: str, headers: Mapping[str, str] | None) -> Refusal:
    """The security plugin's error in plain text (docs/reference/opensearch.md, "Security plugin")."""
    refusal = Refusal(status, {}, headers)
    refusal.text = text
    return refusal


def no_handler(path: str, method: str) -> Refusal:
    """400 for a path without a route."""
    return Refusal(400, {"error": f"no handler found for uri [{path}] and method [{method}]"})


def invalid_uri() -> Refusal:
    """400 for a path without a route that is not a URI: it has a brace or a broken escape."""
    return Refusal(400, {"error": "invalid uri has been requested"})


def bad_http(reason: str) -> Refusal:
    """400 for what is not HTTP or cannot be decompressed. OpenSearch's own message depends on its decoder."""
    first_line = reason.removeprefix("400, message:").strip().partition("\n")[0].rstrip(":")
    detail = first_line.partition(": bytearray(")[0]  # newer aiohttp appends the data as a Python literal
    return illegal_argument(f"invalid HTTP request: {detail}" if detail else "invalid HTTP request")


def too_long_line() -> Refusal:
    """400 for a first line beyond MAX_LINE, with the message of OpenSearch's HTTP library."""
    return object_error(400, "too_long_http_line_exception", f"An HTTP line is larger than {MAX_LINE} bytes.")


def too_large_head() -> Refusal:
    """400 for headers beyond MAX_HEADER."""
    return object_error(400, "too_long_http_header_exception", f"HTTP header is larger than {MAX_HEADER} bytes.")


def too_many_connections(limit: int, *, by_files: bool) -> Refusal:
    """429 for a connection above the limit, which the open files of the process set, or else an option."""
    why = "for which the process may open files (ulimit -n)" if by_files else "the maximum (--max-connections)"
    reason = f"rejected execution: {limit} connections are open, {why}"
    return object_error(429, "rejected_execution_exception", reason)


def too_many_bodies(wanted: int, limit: int) -> Refusal:
    """429 of the circuit breaker for all bodies in progress (docs/reference/opensearch.md, "Limits")."""
    reason = (
        f"[in_flight_requests] Data too large, data for [<http_request>] would be [{wanted}/{_megabytes(wanted)}], "
        f"which is larger than the limit of [{limit}/{_megabytes(limit)}]"
    )
    return object_error(
        429, "circuit_breaking_exception", reason, bytes_wanted=wanted, bytes_limit=limit, durability="TRANSIENT"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}mb".replace(".0mb", "mb")


def internal_error() -> Refusal:
    """500 for an internal error of mockflow; the log has the traceback."""
    return object_error(500, "exception", "internal error of mockflow; its log has the traceback")


def with_stack_trace(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body with `error_trace=true`: object errors get a stack_trace, string errors are unchanged."""
    error = body.get("error")
    if not isinstance(error, dict):
        return body
    trace = _java_trace(error)
    roots = [{**root, "stack_trace": _java_trace(root)} for root in error.get("root_cause", ())]
    traced = {**error, "root_cause": roots}
    if "caused_by" in error:
        traced["caused_by"] = {**error["caused_by"], "stack_trace": _java_trace(error["caused_by"])}
    return {**body, "error": {**traced, "stack_trace": trace}}


def _java_trace(error: Mapping[str, Any]) -> str:
    name = re.sub(r"(?:^|_)(.)", lambda found: found[1].upper(), str(error["type"]))
    return f"{name}: {error['reason']}\n\tat org.opensearch.rest.BaseRestHandler.handleRequest(BaseRestHandler.java)\n"
