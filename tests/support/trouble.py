"""What clients are told by a cluster in trouble, written out by hand.

Nothing here asks mockflow: the bytes, and what clients make of them, are what the tests hold it against.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

PATH: Final = "/_plugins/_flow_framework/workflow/w/_status"
SCENARIO: Final = """
scenario: told
workflow_id: w
provision: {timeline: [{at: 0s, state: PROVISIONING}]}
"""
PROVISIONING: Final = {"workflow_id": "w", "state": "PROVISIONING"}

OBJECT: Final = "application/json; charset=UTF-8"
PLAIN: Final = "text/plain; charset=UTF-8"
RETRIED: Final = (502, 503, 504)
ATTEMPTS: Final = 4
"""Three retries by default, of the Python client and of the Node one."""

EXCEPTIONS: Final = {
    400: "RequestError",
    401: "AuthenticationException",
    403: "AuthorizationException",
    404: "NotFoundError",
    409: "ConflictError",
}
"""Of opensearch-py, by status; TransportError for all others."""


@dataclass(frozen=True)
class Told:
    """An answer as it is on the wire, and what it is to a client."""

    status_line: str
    content_type: str
    body: str
    error: str | None = None
    """What opensearch-py has as `.error`, where that is not the body's own text."""
    is_of_the_cluster: bool = True
    """Else something before it answers, without the cluster's headers."""
    headers: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        return int(self.status_line.split()[1])

    @property
    def attempts(self) -> int:
        return ATTEMPTS if self.status in RETRIED else 1

    @property
    def is_json(self) -> bool:
        return self.content_type.startswith("application/json")

    @property
    def info(self) -> Any:
        return json.loads(self.body) if self.is_json else None

    @property
    def exception(self) -> str:
        return EXCEPTIONS.get(self.status, "TransportError")

    def head(self, version: str) -> list[str]:
        """Status line and headers, the latter in the order of the alphabet."""
        own = [f"x-opensearch-version: OpenSearch/{version} (opensearch)"] if self.is_of_the_cluster else []
        length = f"content-length: {len(self.body.encode())}"
        return [self.status_line, *sorted([*own, f"content-type: {self.content_type}", length, *self.headers])]


def _object(status_line: str, kind: str, cause: str) -> Told:
    """An object error: `cause` is the inside of an object, told as root cause and again."""
    status = status_line.split()[1]
    body = f'{{"error":{{"root_cause":[{{{cause}}}],{cause}}},"status":{status}}}'
    return Told(status_line, OBJECT, body, kind)


def _string(status_line: str, message: str) -> Told:
    """The plugin's own: a string, and no status."""
    return Told(status_line, OBJECT, f'{{"error":"{message}"}}', message)


def _text(status_line: str, body: str, *headers: str) -> Told:
    return Told(status_line, PLAIN, body, headers=headers)


def _page(status_line: str, title: str) -> Told:
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    return Told(status_line, "text/html", body, is_of_the_cluster=False)


_429: Final = "HTTP/1.1 429 Too Many Requests"
_503: Final = "HTTP/1.1 503 Service Unavailable"
_403: Final = "HTTP/1.1 403 Forbidden"
_401: Final = "HTTP/1.1 401 Unauthorized"
_BLOCK: Final = "cluster_block_exception"
_ANONYMOUS: Final = (
    "User: anonymous is not authorized to perform: es:ESHttpGet because no resource-based policy allows the "
    "es:ESHttpGet action"
)

PRESETS: Final = {
    "too_many_requests": _object(
        _429,
        "rejected_execution_exception",
        '"type":"rejected_execution_exception","reason":"rejected execution of '
        "org.opensearch.common.util.concurrent.TimedRunnable@3a1f9c2e on OpenSearchThreadPoolExecutor[name = "
        "mockflow/search, queue capacity = 1000, "
        "org.opensearch.common.util.concurrent.OpenSearchThreadPoolExecutor@5d0b8a11[Running, pool size = 7, active "
        'threads = 7, queued tasks = 1000, completed tasks = 48191]]"',
    ),
    "circuit_breaker": _object(
        _429,
        "circuit_breaking_exception",
        '"type":"circuit_breaking_exception","reason":"[parent] Data too large, data for [<http_request>] would be '
        "[1014538592/967.5mb], which is larger than the limit of [986061209/940.3mb], real usage: "
        "[1014538592/967.5mb], new bytes reserved: [0/0b], usages [request=0/0b, fielddata=0/0b, "
        'in_flight_requests=0/0b]","bytes_wanted":1014538592,"bytes_limit":986061209,"durability":"PERMANENT"',
    ),
    "flood_stage": _object(
        _429,
        _BLOCK,
        '"type":"cluster_block_exception","reason":"index [.plugins-flow-framework-state] blocked by: '
        '[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];"',
    ),
    "provision_throttled": _string(_429, "Exceeded max simultaneous provisioning requests: 2"),
    "deprovision_throttled": _string(_429, "Exceeded max simultaneous deprovisioning requests: 1"),
    "gateway_throttled": Told(_429, "text/plain", "Too Many Requests", is_of_the_cluster=False),
    "not_recovered": _object(
        _503,
        _BLOCK,
        '"type":"cluster_block_exception","reason":"blocked by: '
        '[SERVICE_UNAVAILABLE/1/state not recovered / initialized];"',
    ),
    "cluster_block": _object(
        _503,
        _BLOCK,
        '"type":"cluster_block_exception","reason":"blocked by: [SERVICE_UNAVAILABLE/2/no cluster manager];"',
    ),
    "no_cluster_manager": _object(
        _503,
        "cluster_manager_not_discovered_exception",
        '"type":"cluster_manager_not_discovered_exception","reason":null',
    ),
    "security_not_initialized": _text(_503, "OpenSearch Security not initialized."),
    "security_without_manager": _text(_503, "OpenSearch Security not initialized. Cluster manager not present"),
    "unauthorized": _text(_401, "Unauthorized", 'www-authenticate: Basic realm="OpenSearch Security"'),
    "authentication_failed": _text(_401, "Authentication finally failed"),
    "forbidden": _object(
        _403,
        "security_exception",
        '"type":"security_exception","reason":"no permissions for '
        "[cluster:admin/opensearch/flow_framework/workflow_state/get] and User [name=mockflow, backend_roles=[], "
        'requestedTenant=null]"',
    ),
    "plugin_disabled": _string(
        _403,
        "This API is disabled. To enable it, update the setting [plugins.flow_framework.enabled] to true.",
    ),
    "tenant_missing": _string(_403, "Tenant ID header is missing or has no value"),
    "aws_not_authorized": Told(_403, "application/json", f'{{"Message":"{_ANONYMOUS}"}}', is_of_the_cluster=False),
    "aws_expired_token": Told(
        _403,
        "application/json",
        '{"message":"The security token included in the request is expired"}',
        is_of_the_cluster=False,
    ),
    "workflow_limit": _string("HTTP/1.1 400 Bad Request", "Maximum workflows limit reached: 1000"),
    "plugin_failed": _string("HTTP/1.1 400 Bad Request", "Failed to get workflow."),
    "internal_error": _object(
        "HTTP/1.1 500 Internal Server Error",
        "null_pointer_exception",
        '"type":"null_pointer_exception","reason":null',
    ),
    "bad_gateway": _page("HTTP/1.1 502 Bad Gateway", "502 Bad Gateway"),
    "proxy_unavailable": _page(_503, "503 Service Temporarily Unavailable"),
    "gateway_timeout": _page("HTTP/1.1 504 Gateway Timeout", "504 Gateway Time-out"),
    "gateway_timeout_empty": Told("HTTP/1.1 504 Gateway Timeout", "text/html", "", is_of_the_cluster=False),
}


@dataclass(frozen=True)
class Broken:
    """A connection that breaks, and what it is to each client. Statuses are what opensearch-py says instead of one."""

    fault: dict[str, Any]
    sync: tuple[str, int] | None
    """opensearch-py: exception and number of attempts; None: an answer."""
    asynchronous: tuple[str, int] | None
    node: tuple[str, int] | None
    client_timeout: float = 10.0
    """Seconds."""
    is_poll: bool = False
    """Whether the workflow itself has answered each attempt."""


CONNECTION_LOST: Final = ("ConnectionError", ATTEMPTS)
TIMED_OUT: Final = ("ConnectionTimeout", 1)
NODE_TIMED_OUT: Final = ("TimeoutError", ATTEMPTS)
"""The Node client asks again after a time-out; the Python one does not."""
NODE_WAITS: Final = ("StillWaiting", 1)
"""Its time-out ends with the head of the answer: for a body that stops it waits for ever."""
SHORT: Final = 0.2
RESENT: Final = (1, 2)
"""aiohttp sends a GET once more by itself where the connection ends without an answer, from one of its releases on."""

BROKEN: Final = {
    "reset": Broken({"connection": "reset"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST),
    "empty": Broken({"connection": "empty"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST),
    "garbage": Broken({"connection": "garbage"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST),
    "truncate": Broken({"connection": "truncate"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST),
    "wrong_length": Broken({"connection": "wrong_length"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST),
    "lost_reply": Broken({"connection": "lost_reply"}, CONNECTION_LOST, CONNECTION_LOST, CONNECTION_LOST, is_poll=True),
    "stall": Broken({"connection": "stall"}, TIMED_OUT, TIMED_OUT, NODE_WAITS, SHORT),
    # urllib3 counts the time between two pieces, aiohttp and Node that of the whole answer or of silence
    "drip": Broken({"connection": "drip", "over": "1s"}, None, TIMED_OUT, None, 0.5),
    "drip in time": Broken({"connection": "drip", "over": "100ms"}, None, None, None),
    "delay": Broken({"delay": "5s"}, TIMED_OUT, TIMED_OUT, NODE_TIMED_OUT, SHORT, is_poll=True),
    "delay in time": Broken({"delay": "50ms"}, None, None, None, is_poll=True),
}
