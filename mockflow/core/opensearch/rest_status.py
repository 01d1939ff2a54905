"""OpenSearch's names of HTTP status codes (RestStatus), as used in scripts and error texts."""

from typing import Final

REST_STATUS: Final = {
    "OK": 200,
    "CREATED": 201,
    "ACCEPTED": 202,
    "MULTI_STATUS": 207,
    "BAD_REQUEST": 400,
    "UNAUTHORIZED": 401,
    "PAYMENT_REQUIRED": 402,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "PROXY_AUTHENTICATION": 407,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "GONE": 410,
    "LENGTH_REQUIRED": 411,
    "PRECONDITION_FAILED": 412,
    "REQUEST_ENTITY_TOO_LARGE": 413,
    "REQUEST_URI_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "REQUESTED_RANGE_NOT_SATISFIED": 416,
    "EXPECTATION_FAILED": 417,
    "MISDIRECTED_REQUEST": 421,
    "UNPROCESSABLE_ENTITY": 422,
    "LOCKED": 423,
    "FAILED_DEPENDENCY": 424,
    "TOO_MANY_REQUESTS": 429,
    "INTERNAL_SERVER_ERROR": 500,
    "NOT_IMPLEMENTED": 501,
    "BAD_GATEWAY": 502,
    "SERVICE_UNAVAILABLE": 503,
    "GATEWAY_TIMEOUT": 504,
    "HTTP_VERSION_NOT_SUPPORTED": 505,
    "INSUFFICIENT_STORAGE": 507,
}
FAILURES: Final = tuple(name for name, code in REST_STATUS.items() if code >= 400)


class FlowFrameworkError(Exception):
    """A refusal of the plugin with its exact message and its RestStatus (docs/reference/plugin.md, "Shapes")."""

    def __init__(self, message: str, status: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.message = message
        self.status = status

    @property
    def code(self) -> int:
        """The HTTP status code."""
        return REST_STATUS[self.status]
