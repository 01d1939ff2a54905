"""The health of a cluster of one node, from its indices (docs/reference/opensearch.md, "Cluster health")."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mockflow.cluster import Cluster, index_listing, skipping
from mockflow.cluster.phases import active_phases
from mockflow.core.opensearch.indices.listing import (
    OPEN_AND_CLOSED,
    IndexRow,
    IndicesOptions,
    NoSuchIndexError,
    ShardCounts,
    count_shards,
    resolved,
)
from mockflow.server.endpoints.indices import resolve_indices
from mockflow.server.endpoints.main_page import CLUSTER_NAME
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply
from mockflow.server.rest.errors import illegal_argument, object_error
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.waiting import condition

_STATUSES: Final = ("green", "yellow", "red")  # from best to worst
_DEFAULT_TIMEOUT_MS: Final = 30_000
_EVENTS: Final = frozenset({"IMMEDIATE", "URGENT", "HIGH", "NORMAL", "LOW", "LANGUID"})
_NODES: Final = re.compile(r"(?:(>=|<=|>|<)(.*)|(ge|le|gt|lt)\((.*).|(.*))")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,9}")
_ALL: Final = -1
_ANY: Final = IndicesOptions(ignore_unavailable=True)


@dataclass(frozen=True)
class _Condition:
    """The condition that a request waits for."""

    status: str
    nodes: bool
    active_shards: int

    def is_met(self, indices: list[IndexRow] | None, outage: str) -> bool:
        """Whether it holds; `indices` is None for a missing index. `outage` is the best health that outages allow."""
        if indices is None or not self.nodes:
            return False
        shards = count_shards(indices)
        enough = shards.unassigned == 0 if self.active_shards == _ALL else shards.active >= self.active_shards
        return enough and _STATUSES.index(worse(shards.status, outage)) <= _STATUSES.index(self.status)


def worse(status: str, other: str) -> str:
    """The worse of two health statuses."""
    return max(status, other, key=_STATUSES.index)


def outage_health(cluster: Cluster) -> str:
    """The best health that outages allow now."""
    phases = active_phases(cluster.world) if cluster.world.intercepts else ()
    return max(
        (one.window.phase for one in phases if one.window.phase in _STATUSES), key=_STATUSES.index, default="green"
    )


def health(call: Call) -> Action:
    """The health of the cluster or of indices; 408 if the condition does not hold in time."""
    parameters, cluster = call.parameters, call.cluster
    read_indices_options(parameters)  # of no effect: a missing index is waited for
    timeout = _read_constant_parameters(parameters)
    level = parameters.text("level")  # values other than indices and shards mean cluster
    wanted = _read_condition(parameters)
    expression = call.value("index")
    if expression:
        resolve_indices(expression, (), _ANY)  # 400 for invalid names
    if parameters.text("awareness_attribute") is not None and level != "awareness_attributes":
        reason = "level=awareness_attributes is required with awareness_attribute parameter"
        raise object_error(400, "action_request_validation_exception", f"Validation Failed: 1: {reason};")

    def indices() -> list[IndexRow] | None:
        world = cluster.world
        rows, aliases = {row.name: row for row in index_listing.indices(world)}, index_listing.indices_by_alias(world)
        try:
            chosen = resolved(expression, rows, OPEN_AND_CLOSED, index_listing.closed(world), aliases)
        except NoSuchIndexError:
            return None
        return [rows[name] for name in chosen]

    def read_indices() -> None:
        for name in expression.split(","):
            read_resource(cluster, "index", name)

    def advance() -> None:
        for phase in tuple(active_phases(cluster.world)) if cluster.world.intercepts else ():
            skipping.after_intercepted(cluster.world, phase.workflow, phase.active.scenario.scenario)
        read_indices()

    async def act() -> Reply:
        reached = await condition(
            cluster, call.request, lambda: wanted.is_met(indices(), outage_health(cluster)), timeout, advance
        )
        whole = count_shards(index_listing.indices(cluster.world))
        body = _body(indices(), whole, level, outage_health(cluster), timed_out=not reached)
        reply = Reply(200 if reached else 408, body)
        read_indices()
        return reply

    return act


# -- parameters ------------------------------------------------------------------------------------


def _read_constant_parameters(parameters: Parameters) -> int | None:
    """Checks the conditions that a cluster of one idle node always meets; returns the timeout in ms."""
    for name in ("local", "wait_for_no_relocating_shards", "wait_for_no_initializing_shards", "ensure_node_weighed_in"):
        parameters.boolean(name)
    read_manager_timeout(parameters)
    events = parameters.text("wait_for_events")
    if events is not None and events.upper() not in _EVENTS:
        raise illegal_argument(f"No enum constant org.opensearch.common.Priority.{events.upper()}")
    return parameters.time("timeout", _DEFAULT_TIMEOUT_MS)


def _read_condition(parameters: Parameters) -> _Condition:
    status = parameters.text("wait_for_status")
    if status is not None and status.lower() not in _STATUSES:
        raise illegal_argument(f"No enum constant org.opensearch.cluster.health.ClusterHealthStatus.{status.upper()}")
    return _Condition(
        status="red" if status is None else status.lower(),
        nodes=_is_one_enough(parameters.text("wait_for_nodes")),
        active_shards=_shard_count(parameters.text("wait_for_active_shards")),
    )


def _is_one_enough(value: str | None) -> bool:
    """Whether one node is enough for wait_for_nodes: ``2``, ``>=2``, ``ge(2)``."""
    found = _NODES.fullmatch(value or "")
    if not value or not found:
        return True
    number = found[2] or found[4] or found[5] or ""
    if not _INTEGER.fullmatch(number):
        raise object_error(400, "number_format_exception", _not_a_number(number))
    return _COMPARE[found[1] or found[3] or "="](1, int(number))


def _shard_count(value: str | None) -> int:
    """For wait_for_active_shards: a number, or ``all``."""
    if value == "all":
        return _ALL
    if value is None:
        return 0
    if not _INTEGER.fullmatch(value):
        cause = {"type": "number_format_exception", "reason": _not_a_number(value)}
        raise illegal_argument(f"cannot parse ActiveShardCount[{value}]", cause)
    if int(value) < 0:
        raise illegal_argument("shard count cannot be a negative value")
    return int(value)


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


# -- the response ----------------------------------------------------------------------------------


def _body(
    indices: list[IndexRow] | None, whole: ShardCounts, level: str | None, outage: str, *, timed_out: bool
) -> dict[str, Any]:
    """The response. `whole` are the shards of the cluster, whose percentage shows also where indices are named."""
    shards = count_shards(indices or ())
    body: dict[str, Any] = {
        "cluster_name": CLUSTER_NAME,
        "status": "red" if indices is None else worse(shards.status, outage),
        "timed_out": timed_out,
        "number_of_nodes": 1,
        "number_of_data_nodes": 1,
        "discovered_master": True,
        "discovered_cluster_manager": True,
        "active_primary_shards": shards.active,
        "active_shards": shards.active,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": shards.unassigned,
        "delayed_unassigned_shards": 0,
        "number_of_pending_tasks": 0,
        "number_of_in_flight_fetch": 0,
        "task_max_waiting_in_queue_millis": 0,
        "active_shards_percent_as_number": 100.0 if shards.status == "green" else whole.active_percent,
    }
    if level in ("indices", "shards"):
        body["indices"] = {row.name: _index(row, with_shards=level == "shards") for row in indices or ()}
    return body


def _index(row: IndexRow, *, with_shards: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "status": row.health,
        "number_of_shards": row.primaries,
        "number_of_replicas": row.replicas,
        "active_primary_shards": row.primaries,
        **_counts(row.primaries, row.primaries * row.replicas),
    }
    if with_shards:
        shard = {"status": row.health, "primary_active": True, **_counts(1, row.replicas)}
        body["shards"] = {str(number): shard for number in range(row.primaries)}
    return body


def _counts(active: int, unassigned: int) -> dict[str, int]:
    return {
        "active_shards": active,
        "relocating_shards": 0,
        "initializing_shards": 0,
        "unassigned_shards": unassigned,
    }


ROUTES: Final = (
    ApiRoute("GET", "/_cluster/health", "cluster.health", health),
    ApiRoute("GET", "/_cluster/health/{index}", "cluster.health", health),
)
