"""The core endpoints that clients touch before they come to the plugin (consumers.md, sections 4.1 and 4.2)."""

import operator
import re
from collections.abc import Callable
from typing import Any, Final

from mockflow.core.ids import opensearch_uuid
from mockflow.server.call import Action, ApiRoute, Call, Reply
from mockflow.server.errors import illegal_argument
from mockflow.server.waiting import virtual_time

CLUSTER_NAME: Final = "mockflow"
NODE_NAME: Final = "mockflow-node-1"

_HEALTH: Final = ("green", "yellow", "red")
_DEFAULT_TIMEOUT_MS: Final = 30_000
_EVENTS: Final = ("immediate", "urgent", "high", "normal", "low", "languid")
_NODES: Final = re.compile(r"(?:(>=|<=|>|<)(\d+)|(ge|le|gt|lt)\((\d+)\)|(\d+))")


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
    level = _one_of(parameters.text("level"), "level", ("cluster", "indices", "shards", "awareness_attributes"))
    _one_of(parameters.text("wait_for_events"), "wait_for_events", _EVENTS)
    wanted_status = parameters.text("wait_for_status")
    if wanted_status is not None and wanted_status.lower() not in _HEALTH:
        raise illegal_argument(f"unknown cluster health status [{wanted_status}]")
    enough_nodes = _node_condition(parameters.text("wait_for_nodes"))
    enough_shards = _shard_condition(parameters.text("wait_for_active_shards"))
    for name in ("expand_wildcards", "awareness_attribute", "ensure_node_weighed_in"):
        parameters.text(name)
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


def _one_of(value: str | None, name: str, known: tuple[str, ...]) -> str | None:
    if value is not None and value.lower() not in known:
        raise illegal_argument(f"unknown {name} [{value}], expected one of [{', '.join(known)}]")
    return value and value.lower()


def _node_condition(value: str | None) -> bool:
    """Whether one node is enough for wait_for_nodes: ``2``, ``>=2``, ``ge(2)``."""
    if value is None:
        return True
    found = _NODES.fullmatch(value.replace(" ", ""))
    if not found:
        cause = {"type": "number_format_exception", "reason": f'For input string: "{value}"'}
        raise illegal_argument(f"failed to parse [{value}]", cause)
    compare = _COMPARE[found[1] or found[3] or "="]
    return compare(1, int(found[2] or found[4] or found[5]))


def _shard_condition(value: str | None) -> bool:
    """Whether no shard at all is enough for wait_for_active_shards: a number, or ``all``."""
    if value in (None, "all"):
        return True
    if not value or not value.isascii() or not value.isdigit():
        raise illegal_argument(f"cannot parse ActiveShardCount[{value}]")
    return int(value) == 0


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
