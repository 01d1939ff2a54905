"""The parts of the cluster's state that clients read: nodes, and metadata of indices.

Source: docs/reference/opensearch.md, "Cluster state".
"""

from typing import Any, Final

from mockflow.cluster import Cluster, World, index_listing
from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.index_body import shown_settings
from mockflow.core.opensearch.indices.listing import IndicesOptions
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.main_page import CLUSTER_NAME, NODE_NAME
from mockflow.server.endpoints.nodes import ATTRIBUTES, TRANSPORT_PORT, ip_of, publish_address
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply

_METRICS: Final = (
    "version",
    "master_node",
    "cluster_manager_node",
    "blocks",
    "nodes",
    "metadata",
    "routing_table",
    "routing_nodes",
)


def state(call: Call) -> Action:
    """The metrics of the path, or all. There are no routing tables and no stored scripts in them."""
    parameters = call.parameters
    options = read_indices_options(parameters, _LENIENT)
    for name in ("local", "flat_settings"):
        parameters.boolean(name)
    read_manager_timeout(parameters)
    parameters.time("wait_for_timeout")
    parameters.text("wait_for_metadata_version")
    wanted = {part.strip() for part in call.value("metric").split(",")} - {""}
    expression = call.value("index")
    shown = [metric for metric in _METRICS if not wanted or "_all" in wanted or metric in wanted]

    def act() -> Reply:
        uuid = opensearch_uuid("cluster", str(call.world.settings.seed))
        body: dict[str, Any] = {"cluster_name": CLUSTER_NAME, "cluster_uuid": uuid}
        metrics = _metrics(call.cluster, uuid, publish_address(call))
        if "metadata" in shown:
            names, closed = found_indices(call.world, expression, options), index_listing.closed(call.world)
            shown_indices = {name: _index(call.world, name, is_closed=name in closed) for name in names}
            metrics["metadata"]["metadata"]["indices"] = shown_indices
        for metric in shown:
            body |= metrics[metric]
        return Reply(200, body)

    return act


def _metrics(cluster: Cluster, uuid: str, address: str) -> dict[str, dict[str, Any]]:
    node = cluster.world.node_id
    return {
        "version": {"version": 1, "state_uuid": opensearch_uuid("state", uuid)},
        "master_node": {"master_node": node},
        "cluster_manager_node": {"cluster_manager_node": node},
        "blocks": {"blocks": {}},
        "nodes": {
            "nodes": {
                node: {
                    "name": NODE_NAME,
                    "ephemeral_id": opensearch_uuid("ephemeral", node),
                    "transport_address": f"{ip_of(address)}:{TRANSPORT_PORT}",
                    "attributes": ATTRIBUTES,
                }
            }
        },
        "metadata": {
            "metadata": {
                "cluster_uuid": uuid,
                "cluster_uuid_committed": True,
                "cluster_coordination": {
                    "term": 1,
                    "last_committed_config": [node],
                    "last_accepted_config": [node],
                    "voting_config_exclusions": [],
                },
                "templates": {},
                "indices": {},
                "index-graveyard": {"tombstones": []},
            }
        },
        "routing_table": {"routing_table": {"indices": {}}},
        "routing_nodes": {"routing_nodes": {"unassigned": [], "nodes": {node: []}}},
    }


def _index(world: World, name: str, *, is_closed: bool) -> dict[str, Any]:
    """The metadata of one index (IndexMetadata.Builder.toXContent)."""
    body = index_listing.body(world, name)
    shards = int(str(body["settings"]["index.number_of_shards"]))
    return {
        "version": 1,
        "mapping_version": 1,
        "settings_version": 1,
        "aliases_version": 1,
        "state": "close" if is_closed else "open",
        "settings": shown_settings(body["settings"]),
        "mappings": {"_doc": body["mappings"]} if body["mappings"] else {},
        "aliases": list(body["aliases"]),
        "primary_terms": {str(shard): 1 for shard in range(shards)},
        "rollover_info": {},
        "system": False,
    }


_LENIENT: Final = IndicesOptions(ignore_unavailable=True, expands_to=frozenset({"open", "closed"}))
ROUTES: Final = (
    ApiRoute("GET", "/_cluster/state", "cluster.state", state),
    ApiRoute("GET", "/_cluster/state/{metric}", "cluster.state", state),
    ApiRoute("GET", "/_cluster/state/{metric}/{index}", "cluster.state", state),
)
