"""ML Commons: documents, refusals, and what holds before there is an index (docs/reference/opensearch.md)."""

import json
from typing import Any, Final

import pytest

from mockflow.core.opensearch.ids import opensearch_uuid
from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, MODEL, Door, node, template

ML: Final = "/_plugins/_ml"
GROUP: Final = node("group", "register_model_group", name="models", description="all of them")
TOOL: Final = node("tool", "create_tool", type="ListIndexTool", name="Lists")
AGENT: Final = node(
    "agent", "register_agent", {"tool": "tools"}, name="root", type="flow", description="answers", app_type="chat"
)
IN_GROUP: Final = {
    **MODEL,
    "previous_node_inputs": {"create_connector_1": "connector_id", "group": "model_group_id"},
    "user_inputs": {**MODEL["user_inputs"], "deploy": False},
}
DEPLOYED: Final = template(CONNECTOR, MODEL)
UNDEPLOYED: Final = template(CONNECTOR, GROUP, IN_GROUP)
_PATHS: Final = {"connector_id": "connectors", "model_id": "models", "model_group_id": "model_groups"}


async def paths_of(door: Door, workflow_id: str) -> dict[str, str]:
    """Kind of resource -> the path of the one that the workflow lists."""
    listed = (await door.status(workflow_id)).json["resources_created"]
    kinds = {**_PATHS, "agent_id": "agents"}
    return {it["resource_type"]: f"{ML}/{kinds[it['resource_type']]}/{it['resource_id']}" for it in listed}


async def body(door: Door, path: str) -> dict[str, Any]:
    answer = await door.ask("GET", path)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.json
    return found


# -- documents -----------------------------------------------------------------------------------------

MARKED: Final = ["provisioned_by"]


@pytest.mark.parametrize(("version", "marks"), [("2.19.6", []), ("3.6.0", []), ("3.7.0", MARKED), ("3.8.0", MARKED)])
async def test_a_connector(open_door: Open, version: str, marks: list[str]) -> None:
    door = await open_door(opensearch_version=version)
    paths = await paths_of(door, await door.provisioned(template(CONNECTOR)))
    connector = await body(door, paths["connector_id"])
    fields = ["name", "version", "description", "protocol", "parameters", "actions"]
    assert list(connector) == [*fields, "created_time", "last_updated_time", *marks]
    assert connector["actions"][0]["action_type"] == "PREDICT"
    assert connector.get("provisioned_by", "flow-framework") == "flow-framework"


@pytest.mark.parametrize(("version", "marks"), [("2.19.6", []), ("3.8.0", MARKED)])
async def test_a_deployed_model(open_door: Open, version: str, marks: list[str]) -> None:
    door = await open_door(opensearch_version=version)
    model = await body(door, (await paths_of(door, await door.provisioned(DEPLOYED)))["model_id"])
    assert list(model) == [
        *("name", "model_group_id", "algorithm", "model_version", "description", "model_state"),
        *("created_time", "last_updated_time", "last_deployed_time", "auto_redeploy_retry_times"),
        *("planning_worker_node_count", "current_worker_node_count", "planning_worker_nodes", "deploy_to_all_nodes"),
        *("is_hidden", "connector_id", *marks),
    ]
    assert model["planning_worker_nodes"] == [opensearch_uuid("node", "0")]
    assert model["is_hidden"] is False
    (node_id,) = (await body(door, "/_nodes/http"))["nodes"]
    assert model["planning_worker_nodes"] == [node_id]


async def test_models_of_a_group_are_versions(door: Door) -> None:
    paths = await paths_of(door, await door.provisioned(template(GROUP)))
    group = await body(door, paths["model_group_id"])
    assert list(group) == ["name", "latest_version", "description", "access", "created_time", "last_updated_time"]
    assert (group["latest_version"], group["access"]) == (0, "public")
    inputs = {**IN_GROUP["user_inputs"], "model_group_id": paths["model_group_id"].rpartition("/")[2]}
    model = {**IN_GROUP, "previous_node_inputs": {"create_connector_1": "connector_id"}, "user_inputs": inputs}
    for number in (1, 2):
        made = await paths_of(door, await door.provisioned(template(CONNECTOR, model)))
        registered = await body(door, made["model_id"])
        assert (registered["model_version"], registered["model_state"]) == (str(number), "REGISTERED")
        assert "last_registered_time" not in registered
        assert (await body(door, paths["model_group_id"]))["latest_version"] == number


async def test_an_agent(open_door: Open) -> None:
    door = await open_door(opensearch_version="3.8.0")
    agent = await body(door, (await paths_of(door, await door.provisioned(template(TOOL, AGENT))))["agent_id"])
    assert list(agent)[-5:] == ["created_time", "last_updated_time", "app_type", "is_hidden", "provisioned_by"]
    assert agent["is_hidden"] is False


async def test_a_search_shows_the_fields_in_another_order(open_door: Open) -> None:
    door = await open_door(opensearch_version="3.8.0")
    await door.provisioned(template(CONNECTOR))
    (hit,) = (await door.ask("POST", f"{ML}/connectors/_search", {})).json["hits"]["hits"]
    assert list(hit["_source"]) == [
        *("created_time", "protocol", "provisioned_by", "last_updated_time", "name", "description", "version"),
        *("parameters", "actions"),
    ]
    assert list(hit["_source"]["actions"][0]) == ["method", "action_type", "url"]


# -- refusals ------------------------------------------------------------------------------------------


async def test_a_deployed_model_cannot_be_deleted(door: Door) -> None:
    path = (await paths_of(door, await door.provisioned(DEPLOYED)))["model_id"]
    answer = await door.ask("DELETE", path)
    assert (answer.status, answer.json["error"]["type"]) == (400, "status_exception")
    assert answer.reason == (
        "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete"
    )
    assert (await body(door, path))["model_state"] == "DEPLOYED"


async def test_what_a_model_uses_cannot_be_deleted(door: Door) -> None:
    paths = await paths_of(door, await door.provisioned(UNDEPLOYED))
    model_id = paths["model_id"].rpartition("/")[2]
    connector = await door.ask("DELETE", paths["connector_id"])
    assert (connector.status, connector.reason) == (
        409,
        f"1 models are still using this connector, please delete or update the models first: [{model_id}]",
    )
    group = await door.ask("DELETE", paths["model_group_id"])
    assert (group.status, group.reason) == (
        409,
        "Cannot delete the model group when it has associated model versions",
    )
    for kind in ("model_id", "connector_id", "model_group_id"):
        answer = await door.ask("DELETE", paths[kind])
        assert (answer.status, answer.json["result"]) == (200, "deleted")
        assert (await door.ask("GET", paths[kind])).status == 404


async def test_the_task_of_a_workflow_can_be_deleted(door: Door) -> None:
    local = node("m", "register_local_pretrained_model", name="huggingface/a", version="1", model_format="TORCH_SCRIPT")
    workflow_id = await door.create(template(local), "?provision=true")
    (task_id,) = (key[1] for key in door.cluster.world.workflows[workflow_id].made if key[0] == "task")
    await door.advance("1h")
    assert (await door.ask("DELETE", f"{ML}/tasks/{task_id}")).json["result"] == "deleted"
    assert (await door.ask("GET", f"{ML}/tasks/{task_id}")).status == 404


# -- what is missing -----------------------------------------------------------------------------------

BEFORE: Final = {
    "models": (404, "Fail to find model", 404, "Failed to find model"),
    "connectors": (404, "Failed to find connector", 404, "Failed to find connector"),
    "agents": (404, "Failed to get agent index", 404, "Failed to get agent index"),
    "model_groups": (
        *(404, "Failed to find model group index"),
        *(500, "Failed to delete data object from index .plugins-ml-model-group"),
    ),
    "tasks": (404, "Failed to find task", 404, "Failed to find task"),
}
AFTER: Final = {
    "models": ("Failed to find model with the provided model id: x", "Failed to find model"),
    "connectors": ("Failed to find connector with the provided connector id: x", None),
    "agents": ("Failed to find agent with the provided agent id: x", "Fail to find ml agent"),
    "model_groups": ("Failed to find model group with the provided model group id: x", None),
    "tasks": ("Failed to find task", "Failed to find task"),
}


@pytest.mark.parametrize("kind", list(BEFORE))
async def test_before_there_is_an_index(door: Door, kind: str) -> None:
    got, deleted = await door.ask("GET", f"{ML}/{kind}/x"), await door.ask("DELETE", f"{ML}/{kind}/x")
    assert (got.status, got.reason, deleted.status, deleted.reason) == BEFORE[kind]
    found = await door.ask("POST", f"{ML}/{kind}/_search", {})
    if kind == "agents":
        assert (found.status, found.reason) == (404, "no such index [.plugins-ml-agent]")
    else:
        assert found.json["_shards"] == {"total": 0, "successful": 0, "skipped": 0, "failed": 0}
        assert found.json["hits"] == {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
    assert (await door.ask("POST", f"{ML}/{kind}/_search", '{"query":{"nope":{}}}')).status in (200, 400, 404)


async def test_before_there_is_an_index_of_connectors_in_2_19(open_door: Open) -> None:
    door = await open_door(opensearch_version="2.19.6")
    answer = await door.ask("DELETE", f"{ML}/connectors/x")
    assert (answer.status, answer.reason) == (500, "Failed to delete data object from index .plugins-ml-connector")


@pytest.mark.parametrize("kind", list(AFTER))
async def test_once_there_is_an_index(door: Door, kind: str) -> None:
    await door.provisioned(template(CONNECTOR, MODEL, GROUP, TOOL, AGENT))
    got, deleted = await door.ask("GET", f"{ML}/{kind}/x"), await door.ask("DELETE", f"{ML}/{kind}/x")
    found, missing = AFTER[kind]
    assert (got.status, got.reason) == (404, found)
    if missing is not None:
        assert (deleted.status, deleted.reason) == (404, missing)
    else:
        assert (deleted.status, deleted.json["result"], deleted.json["_id"]) == (200, "not_found", "x")


async def test_the_index_stays_when_all_of_a_kind_are_gone(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    assert (await door.deprovision(workflow_id)).status == 200
    assert (await door.delete(workflow_id)).status == 200
    answer = await door.ask("POST", f"{ML}/connectors/_search", json.dumps({"query": {"match_all": {}}}))
    assert (answer.json["_shards"]["total"], answer.json["hits"]["hits"]) == (1, [])
