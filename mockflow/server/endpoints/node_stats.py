"""Statistics, usage and hot threads of the one node: frames, with the figures that mockflow has.

(docs/reference/opensearch.md, "Nodes")
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from mockflow.cluster import index_listing
from mockflow.core.opensearch.indices.listing import count_shards
from mockflow.server.endpoints.main_page import CLUSTER_NAME, NODE_NAME
from mockflow.server.endpoints.nodes import (
    PROCESS_ID,
    ROLES,
    TRANSPORT_PORT,
    ip_of,
    names_of_nodes,
    names_the_node,
    publish_address,
)
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply


def _of_the_node(body: Callable[[Call], Mapping[str, Any]], *texts: str) -> Handler:
    """A handler whose response has a body for each node that the path names."""

    def handle(call: Call) -> Action:
        nodes = call.path_value("node_id")
        call.parameters.time("timeout")
        for name in texts:
            call.parameters.text(name)
        address = publish_address(call)
        shown = body(call)

        def act() -> Reply:
            there = not nodes or names_the_node(names_of_nodes(nodes), call.world.node_id, address)
            found = {call.world.node_id: dict(shown)} if there else {}
            counts = {"total": len(found), "successful": len(found), "failed": 0}
            return Reply(200, {"_nodes": counts, "cluster_name": CLUSTER_NAME, "nodes": found})

        return act

    return handle


def _stats(call: Call) -> dict[str, Any]:
    wanted = frozenset(call.path_value("metric").split(",")) - {"", "_all"}
    for name in ("include_segment_file_sizes", "include_unloaded_segments"):
        call.parameters.boolean(name)
    call.path_value("index_metric")
    world, ip = call.world, ip_of(publish_address(call))
    rows = list(index_listing.indices(world))
    head = {
        "timestamp": world.now(),
        "name": NODE_NAME,
        "transport_address": f"{ip}:{TRANSPORT_PORT}",
        "host": ip,
        "ip": f"{ip}:{TRANSPORT_PORT}",
        "roles": list(ROLES),
    }
    metrics: dict[str, Any] = {
        "indices": {
            "docs": {"count": sum(row.docs for row in rows), "deleted": sum(row.deleted for row in rows)},
            "store": {"size_in_bytes": sum(row.store_size * row.primaries for row in rows), "reserved_in_bytes": 0},
            "shard_stats": {"total_count": count_shards(rows).active},
        },
        "os": {"timestamp": world.now(), "cpu": {"percent": 0}},
        "process": {"timestamp": world.now(), "id": PROCESS_ID},
        "jvm": {"timestamp": world.now(), "uptime_in_millis": world.elapsed_ms},
        "thread_pool": {},
        "fs": {"timestamp": world.now()},
        "transport": {"server_open": 0},
        "http": {"current_open": 1},
        "breakers": {},
        "ingest": {"total": {"count": 0, "time_in_millis": 0, "current": 0, "failed": 0}, "pipelines": {}},
    }
    return head | {name: part for name, part in metrics.items() if not wanted or name in wanted}


def _usage(call: Call) -> dict[str, Any]:
    call.path_value("metric")
    return {"timestamp": call.world.now(), "since": call.world.began, "rest_actions": {}, "aggregations": {}}


def hot_threads(call: Call) -> Action:
    """The text of a node that does nothing."""
    for name in ("threads", "interval", "snapshots", "type", "doc_type"):
        call.parameters.text(name)
    call.parameters.boolean("ignore_idle_threads")
    call.parameters.time("timeout")
    for name in call.path_names:
        call.path_value(name)
    address = publish_address(call)

    def act() -> Reply:
        ip, id, now = ip_of(address), call.world.node_id, call.world.now()
        moment = datetime.fromtimestamp(now / 1000, timezone.utc)
        at = f"{moment:%Y-%m-%dT%H:%M:%S}.{now % 1000:03}Z"
        node = f"{{{NODE_NAME}}}{{{id}}}{{{id}}}{{{ip}}}{{{ip}:{TRANSPORT_PORT}}}{{dimr}}"
        line = f"Hot threads at {at}, interval=500ms, busiestThreads=3, ignoreIdleThreads=true:"
        return Reply(200, f"::: {node}{{shard_indexing_pressure_enabled=true}}\n   {line}\n\n")

    return act


_STATS: Final = _of_the_node(_stats, "fields", "completion_fields", "fielddata_fields", "groups", "level", "types")
_USAGE: Final = _of_the_node(_usage)


def _routes(name: str, handler: Handler, *more: str) -> tuple[ApiRoute, ...]:
    paths = (name, f"{{node_id}}/{name}", f"{name}/{{metric}}", f"{{node_id}}/{name}/{{metric}}", *more)
    return tuple(ApiRoute("GET", f"/_nodes/{path}", f"nodes.{name}", handler) for path in paths)


ROUTES: Final = (
    *_routes("stats", _STATS, "stats/{metric}/{index_metric}", "{node_id}/stats/{metric}/{index_metric}"),
    *_routes("usage", _USAGE),
    ApiRoute("GET", "/_nodes/hot_threads", "nodes.hot_threads", hot_threads),
    ApiRoute("GET", "/_cluster/nodes/hot_threads", "nodes.hot_threads", hot_threads),
    ApiRoute("GET", "/_cluster/nodes/{node_id}/hot_threads", "nodes.hot_threads", hot_threads),
    ApiRoute("GET", "/_nodes/{node_id}/hot_threads", "nodes.hot_threads", hot_threads),
)
