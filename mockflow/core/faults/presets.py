"""Predefined error responses with the exact bodies of real clusters, proxies and AWS.

(docs/reference/opensearch.md, "Errors", "Security plugin", "Broken connections")
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

_TEXT: Final = "text/plain; charset=UTF-8"
_HTML: Final = "text/html"


@dataclass(frozen=True)
class Preset:
    """A response. `body` is JSON, or text if it is a str.

    ``{{permission}}`` stands for the permission that the operation requires.
    """

    status: int
    what: str
    """What the response means."""
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    is_foreign: bool = False
    """Whether something in front of the cluster sends it, without the headers of the cluster's own responses."""


def _object(status: int, what: str, kind: str, reason: str | None, **meta: Any) -> Preset:
    """OpenSearch's structured error (docs/reference/opensearch.md, "Errors")."""
    cause = {"type": kind, "reason": reason, **meta}
    return Preset(status, what, {"error": {"root_cause": [cause], **cause}, "status": status})


def _text(status: int, what: str, text: str, **headers: str) -> Preset:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Preset(status, what, text, {"content-type": _TEXT, **named})


def _before_it(status: int, what: str, body: Any, content_type: str) -> Preset:
    return Preset(status, what, body, {"content-type": content_type}, is_foreign=True)


def _page(status: int, what: str, title: str) -> Preset:
    """An error page of nginx."""
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
    )
    return _before_it(status, what, "".join(f"{line}\r\n" for line in lines), _HTML)


_REJECTED: Final = (
    "rejected execution of org.opensearch.common.util.concurrent.TimedRunnable@3a1f9c2e on "
    "OpenSearchThreadPoolExecutor[name = mockflow/search, queue capacity = 1000, "
    "org.opensearch.common.util.concurrent.OpenSearchThreadPoolExecutor@5d0b8a11[Running, pool size = 7, "
    "active threads = 7, queued tasks = 1000, completed tasks = 48191]]"
)
_TOO_LARGE: Final = (
    "[parent] Data too large, data for [<http_request>] would be [1014538592/967.5mb], which is larger than the limit "
    "of [986061209/940.3mb], real usage: [1014538592/967.5mb], new bytes reserved: [0/0b], usages [request=0/0b, "
    "fielddata=0/0b, in_flight_requests=0/0b]"
)
_FLOOD_STAGE: Final = (
    "index [.plugins-flow-framework-state] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
    "watermark, index has read-only-allow-delete block];"
)
_UNRECOVERED: Final = "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];"
_FORBIDDEN: Final = (
    "no permissions for [{{permission}}] and User [name=mockflow, backend_roles=[], requestedTenant=null]"
)
_DISABLED: Final = "This API is disabled. To enable it, update the setting [plugins.flow_framework.enabled] to true."
_AWS_ANONYMOUS: Final = (
    "User: anonymous is not authorized to perform: {{aws_action}} because no resource-based policy allows the "
    "{{aws_action}} action"
)
_BASIC: Final = 'Basic realm="OpenSearch Security"'

PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "too_many_requests": _object(429, "a thread pool is full", "rejected_execution_exception", _REJECTED),
        "circuit_breaker": _object(
            429,
            "too little memory for the request",
            "circuit_breaking_exception",
            _TOO_LARGE,
            bytes_wanted=1014538592,
            bytes_limit=986061209,
            durability="PERMANENT",
        ),
        "flood_stage": _object(429, "the disk is nearly full", "cluster_block_exception", _FLOOD_STAGE),
        "provision_throttled": Preset(
            429,
            "the tenant provisions too much at once",
            {"error": "Exceeded max simultaneous provisioning requests: 2"},
        ),
        "deprovision_throttled": Preset(
            429,
            "the tenant deprovisions too much at once",
            {"error": "Exceeded max simultaneous deprovisioning requests: 1"},
        ),
        "gateway_throttled": _before_it(
            429, "a gateway in front of the cluster refuses, in plain text", "Too Many Requests", "text/plain"
        ),
        "not_recovered": _object(503, "the cluster is starting", "cluster_block_exception", _UNRECOVERED),
        "cluster_block": _object(
            503,
            "no cluster manager, so nothing can be read",
            "cluster_block_exception",
            "blocked by: [SERVICE_UNAVAILABLE/2/no cluster manager];",
        ),
        "no_cluster_manager": _object(
            503, "no cluster manager is elected", "cluster_manager_not_discovered_exception", None
        ),
        "security_not_initialized": _text(
            503, "the security plugin is starting", "OpenSearch Security not initialized."
        ),
        "security_without_manager": _text(
            503,
            "the security plugin is starting, and there is no cluster manager",
            "OpenSearch Security not initialized. Cluster manager not present",
        ),
        "unauthorized": _text(401, "no credentials, or bad or expired ones", "Unauthorized", WWW_Authenticate=_BASIC),
        "authentication_failed": _text(401, "the user is blocked", "Authentication finally failed"),
        "forbidden": _object(403, "the user lacks a permission", "security_exception", _FORBIDDEN),
        "plugin_disabled": Preset(403, "the plugin is switched off", {"error": _DISABLED}),
        "tenant_missing": Preset(
            403, "multi-tenancy without a tenant", {"error": "Tenant ID header is missing or has no value"}
        ),
        "aws_not_authorized": _before_it(
            403, "AWS refuses unsigned requests", {"Message": _AWS_ANONYMOUS}, "application/json"
        ),
        "aws_expired_token": _before_it(
            403,
            "the AWS session has expired",
            {"message": "The security token included in the request is expired"},
            "application/json",
        ),
        "workflow_limit": Preset(400, "too many workflows", {"error": "Maximum workflows limit reached: 1000"}),
        "plugin_failed": Preset(400, "the plugin hides the reason of a failure", {"error": "Failed to get workflow."}),
        "internal_error": _object(500, "an internal error of the cluster", "null_pointer_exception", None),
        "bad_gateway": _page(502, "a proxy cannot reach the cluster", "502 Bad Gateway"),
        "proxy_unavailable": _page(503, "a proxy has no cluster behind it", "503 Service Temporarily Unavailable"),
        "gateway_timeout": _page(504, "a proxy has waited too long", "504 Gateway Time-out"),
        "gateway_timeout_empty": _before_it(504, "a load balancer has waited too long, with an empty body", "", _HTML),
    }
)
