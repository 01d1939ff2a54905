"""ML Commons: statistics and profiles, as far as programs look at their frame.

Source: docs/reference/opensearch.md, "ML Commons".
"""

from typing import Any, Final

from mockflow.cluster.system_indices import existing
from mockflow.cluster.world import World
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import refused


def get_stats(call: Call) -> Action:
    """Statistics of the cluster and of its node, all or those that the path names. The node counts deployed models."""
    node_id = call.path_value("node_id")
    named = [name.lower() for name in call.path_value("stat").split(",") if name]
    call.parameters.time("timeout")
    call.ignore_body()
    if not set(named) <= _OF_CLUSTER | _OF_NODE:
        raise refused(RefusedError("Wrong ML cluster level stat"))

    def act() -> Reply:
        world = call.world
        statistics = {name: value for name, value in _cluster(world).items() if not named or name in named}
        node = {name: value for name, value in _node(world).items() if not named or name in named}
        if node and node_id in ("", "_all", "_local", world.node_id):
            statistics["nodes"] = {world.node_id: node}
        return Reply(200, statistics)

    return act


def _cluster(world: World) -> dict[str, Any]:
    there = {index.name for index in existing(world)}
    return {
        **{name: "green" if index in there else _NO_INDEX for name, index in _STATUSES.items()},
        "ml_connector_count": sum(1 for _ in world.resources.all_of("connector")),
        "ml_model_count": sum(1 for _ in world.resources.all_of("model")),
    }


def _node(world: World) -> dict[str, Any]:
    return dict.fromkeys(_ZERO, 0) | {
        "ml_deployed_model_count": sum(1 for made in world.resources.all_of("model") if made.ready)
    }


_NO_INDEX: Final = "non-existent"
_STATUSES: Final = {
    "ml_config_index_status": ".plugins-ml-config",
    "ml_connector_index_status": ".plugins-ml-connector",
    "ml_controller_index_status": ".plugins-ml-controller",
    "ml_model_index_status": ".plugins-ml-model",
    "ml_task_index_status": ".plugins-ml-task",
}
"""Statistics -> the index whose status they tell."""
_ZERO: Final = (
    *("ml_executing_task_count", "ml_failure_count", "ml_jvm_heap_usage", "ml_request_count"),
    "ml_circuit_breaker_trigger_count",
)
_OF_CLUSTER: Final = frozenset({*_STATUSES, "ml_connector_count", "ml_model_count"})
_OF_NODE: Final = frozenset({*_ZERO, "ml_deployed_model_count"})


def get_profile(call: Call) -> Action:
    """The deployed models of the node."""
    wanted = call.path_value("id")
    call.ignore_body()

    def act() -> Reply:
        world = call.world
        models = {
            made.id: {"model_state": "DEPLOYED", "worker_nodes": [world.node_id], "predictor": "mockflow"}
            for made in world.resources.all_of("model")
            if made.ready and wanted in ("", made.id)
        }
        return Reply(200, {"nodes": {world.node_id: {"models": models}} if models else {}})

    return act


def get_task_profile(call: Call) -> Action:
    """No task ever runs on the node."""
    call.path_value("id")
    call.ignore_body()
    return lambda: Reply(200, {"nodes": {}})
