"""The core endpoints that clients touch before they come to the plugin (consumers.md, sections 4.1 and 4.2)."""

import operator
import re
from collections.abc import Callable
from typing import Any, Final

from mockflow.core.ids import opensearch_uuid
from mockflow.server.call import Action, ApiRoute, Call, Reply
from mockflow.server.errors import illegal_argument, object_error
from mockflow.server.waiting import virtual_time

CLUSTER_NAME: Final = "mockflow"
NODE_NAME: Final = "mockflow-node-1"

_HEALTH: Final = ("green", "yellow", "red")
_DEFAULT_TIMEOUT_MS: Final = 30_000
_EVENTS: Final = frozenset({"IMMEDIATE", "URGENT", "HIGH", "NORMAL", "LOW", "LANGUID"})
_NODES: Final = re.compile(r"(?:(>=|<=|>|<)(.*)|(ge|le|gt|lt)\((.*).|(.*))")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,9}")


def info(call: Call) -> Action:
    """Name and version. Pretty unless ``pretty=false``, as OpenSearch's main page is."""
    version = call.cluster.version
    body = {
        "name": NODE_NAME,
        "cluster_name": CLUSTER_NAME,
        "cluster_uuid": opensearch_uuid("cluster", str(call.cluster.settings.seed)),
        "version": {
            "distribution": "opensearch",
            "number": version.number,
            "build_type": "tar",
            "build_hash": version.build_hash,
            "build_date": "2026-01-01T00:00:00.000000Z",
            "build_snapshot": False,
            "lucene_version": version.lucene,
            "minimum_wire_compatibility_version": version.behaviour.minimum_wire_version,
            "minimum_index_compatibility_version": version.behaviour.minimum_index_version,
        },
        "tagline": "The OpenSearch Project: https://opensearch.org/",
    }
    return lambda: Reply(200, body, pretty_by_default=True)


def health(call: Call) -> Action:
    """The health of a cluster of one node; 408 where what is waited for does not come in time."""
    parameters = call.parameters
    for name in ("local", "wait_for_no_relocating_shards", "wait_for_no_initializing_shards"):
        parameters.boolean(name)
    for name in ("cluster_manager_timeout", "master_timeout"):
        parameters.time(name)
    timeout = parameters.time("timeout", _DEFAULT_TIMEOUT_MS)
    level = parameters.text("level")  # any other word than these of `_health_body` means cluster
    _check_events(parameters.text("wait_for_events"))
    wanted_status = parameters.text("wait_for_status")
    if wanted_status is not None and wanted_status.lower() not in _HEALTH:
        raise illegal_argument(f"unknown cluster health status [{wanted_status}]")
    enough_nodes = _node_condition(parameters.text("wait_for_nodes"))
    enough_shards = _shard_condition(parameters.text("wait_for_active_shards"))
    for name in ("expand_wildcards", "ignore_unavailable", "allow_no_indices", "awareness_attribute"):
        parameters.text(name)
    parameters.boolean("ensure_node_weighed_in")
    index = call.path_value("index")

    async def act() -> Reply:
        reached = not index and enough_nodes and enough_shards
        if not reached:
            await virtual_time(call.cluster, timeout)
        return Reply(200 if reached else 408, _health_body(index, level, timed_out=not reached))

    return act


def _health_body(index: str, level: str | None, *, timed_out: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "cluster_name": CLUSTER_NAME,
        "status": "red" if index else "green",
        "timed_out": timed_out,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "discovered_master": True,
        "discovered_cluster_manager": True,
        "active_primary_shards": 0,
        "active_shards": 0,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": 0,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 0.0 if index else 100.0,
    }
    if level in ("indices", "shards"):
        body["indices"] = {}
    return body


def _check_events(value: str | None) -> None:
    """A name of Java's Priority; one node without work to do has always come to it."""
    if value is not None and value.upper() not in _EVENTS:
        raise illegal_argument(f"No enum constant org.opensearch.common.Priority.{value.upper()}")


def _node_condition(value: str | None) -> bool:
    """Whether one node is enough for wait_for_nodes: ``2``, ``>=2``, ``ge(2)``."""
    found = _NODES.fullmatch(value or "")
    if not value or not found:
        return True
    number = found[2] or found[4] or found[5] or ""
    if not _INTEGER.fullmatch(number):
        raise object_error(400, "number_format_exception", _not_a_number(number))
    compare = _COMPARE[found[1] or found[3] or "="]
    return compare(1, int(number))


def _shard_condition(value: str | None) -> bool:
    """Whether no shard at all is enough for wait_for_active_shards: a number, or ``all``."""
    if value in (None, "all"):
        return True
    if not value or not _INTEGER.fullmatch(value):
        cause = {"type": "number_format_exception", "reason": _not_a_number(value or "")}
        raise illegal_argument(f"cannot parse ActiveShardCount[{value}]", cause)
    if int(value) < 0:
        raise illegal_argument("shard count cannot be a negative value")
    return int(value) == 0


def _not_a_number(text: str) -> str:
    return f'For input string: "{text}"'


_COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    "=": operator.eq,
    ">": operator.gt,
    "gt": operator.gt,
    ">=": operator.ge,
    "ge": operator.ge,
    "<": operator.lt,
    "lt": operator.lt,
    "<=": operator.le,
    "le": operator.le,
}

ROUTES: Final = (
    ApiRoute("GET", "/", "info", info),
    ApiRoute("HEAD", "/", "ping", info),
    ApiRoute("GET", "/_cluster/health", "cluster.health", health),
    ApiRoute("GET", "/_cluster/health/{index}", "cluster.health", health),
)
