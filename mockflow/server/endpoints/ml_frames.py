"""ML Commons: statistics, profiles and tools, as far as programs look at their frame.

Source: docs/reference/opensearch.md, "ML Commons".
"""

from typing import Any

from mockflow.server.rest.call import Action, Call, Reply


def get_stats(call: Call) -> Action:
    """The node's statistics: nothing but the deployed models is counted."""
    call.path_value("stat")
    call.path_value("node_id")
    call.parameters.time("timeout")
    call.ignore_body()

    def act() -> Reply:
        world = call.world
        models = [made for made in world.resources.all_of("model") if made.ready]
        node = {
            "ml_deployed_model_count": len(models),
            "ml_executing_task_count": 0,
            "ml_failure_count": 0,
            "ml_jvm_heap_usage": 0,
            "ml_request_count": 0,
            "ml_circuit_breaker_trigger_count": 0,
        }
        statistics: dict[str, Any] = {
            "ml_connector_count": sum(1 for _ in world.resources.all_of("connector")),
            "ml_model_count": sum(1 for _ in world.resources.all_of("model")),
            "nodes": {world.node_id: node},
        }
        wanted = [name for name in call.path_value("stat").split(",") if name and name != "_all"]
        if wanted:
            statistics = {name: statistics[name] for name in wanted if name in statistics} | {
                "nodes": {world.node_id: {name: node[name] for name in wanted if name in node}}
            }
        return Reply(200, statistics)

    return act


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
