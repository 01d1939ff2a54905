"""ML Commons over HTTP: what it refuses where a program would not expect it, and searches by fields of its indices."""

from base64 import b64encode
from typing import Any, Final

import pytest

from mockflow.cluster import Cluster
from mockflow.cluster.settings import Settings
from mockflow.core.opensearch.security import parse_user
from tests.server.endpoints.test_ml_changes import ASKED, CONNECTOR, LOCAL, ask, connector, good, remote_model
from tests.support.server import WORKFLOW, Server, Servers

NO_ACCESS: Final = (
    "You cannot specify {} access control parameters because the Security plugin or {} access control is disabled on "
    "your cluster."
)
BY_URL: Final = {
    **LOCAL,
    "url": "https://models.example/ours.zip",
    "model_content_hash_value": "0",
    "model_config": {"model_type": "bert", "embedding_dimension": 3, "framework_type": "sentence_transformers"},
}
ALLOW_URLS: Final = {"persistent": {"plugins.ml_commons.allow_registering_model_via_url": True}}
FORBIDDEN_URL: Final = (
    "To upload custom model user needs to enable allow_registering_model_via_url settings. Otherwise please use "
    "OpenSearch pre-trained models."
)


async def refused(server: Server, method: str, path: str, body: Any, status: int = 400) -> str:
    """The reason of a refusal with this status."""
    answer = await ask(server, method, path, body)
    assert answer.status == status, answer.body
    return str(answer.reason)


@pytest.mark.parametrize(
    "restricts", [{"access_mode": "public"}, {"backend_roles": ["a"]}, {"add_all_backend_roles": False}]
)
async def test_access_needs_access_control(server: Server, restricts: dict[str, Any]) -> None:
    text = NO_ACCESS.format("connector", "connector")
    assert await refused(server, "POST", "connectors/_create", {**CONNECTOR, **restricts}) == text
    text = NO_ACCESS.format("model", "model")
    remote = {"name": "m", "function_name": "remote", "connector_id": await connector(server), **restricts}
    assert await refused(server, "POST", "models/_register", remote) == text
    group = (await good(server, "POST", "model_groups/_register", {"name": "m"}))["model_group_id"]
    assert await refused(server, "PUT", f"model_groups/{group}", {"description": "d", **restricts}) == text
    # A model in a group that is there gets the access of that group.
    await good(server, "POST", "models/_register", remote)


async def test_access_control_of_connectors_can_be_enabled(serve: Servers) -> None:
    server = await serve.of(Cluster(Settings(mode="frozen", users=(parse_user("admin:pw"),))))
    admin = {"Authorization": "Basic " + b64encode(b"admin:pw").decode()}
    setting = {"persistent": {"plugins.ml_commons.connector_access_control_enabled": True}}
    body = {**CONNECTOR, "access_mode": "public"}
    assert (await ask(server, "POST", "connectors/_create", body, **admin)).status == 400
    assert (await ask(server, "PUT", "/_cluster/settings", setting, **admin)).status == 200
    assert (await ask(server, "POST", "connectors/_create", body, **admin)).status == 200


async def test_a_model_by_its_url(server: Server) -> None:
    assert await refused(server, "POST", "models/_register", BY_URL) == FORBIDDEN_URL
    await good(server, "PUT", "/_cluster/settings", ALLOW_URLS)
    await good(server, "POST", "models/_register", BY_URL)
    text = "URL can't match trusted url regex"
    assert await refused(server, "POST", "models/_register", {**BY_URL, "url": "models.example/ours.zip"}) == text
    trusted = {"persistent": {"plugins.ml_commons.trusted_url_regex": "^https://trusted[.]example/"}}
    await good(server, "PUT", "/_cluster/settings", trusted)
    assert await refused(server, "POST", "models/_register", BY_URL) == text
    await good(server, "POST", "models/_register", {**BY_URL, "url": "https://trusted.example/a.zip"})


@pytest.mark.parametrize(
    ("settings", "url", "error"),
    [
        ({}, "https://models.example/ours.zip", None),
        ({}, "models.example", "URL can't match trusted url regex"),
        ({"plugins.ml_commons.allow_registering_model_via_url": False}, "https://models.example/a.zip", FORBIDDEN_URL),
        (
            {"plugins.ml_commons.trusted_url_regex": "^file:"},
            "https://a.example/b",
            "URL can't match trusted url regex",
        ),
    ],
)
async def test_a_step_that_registers_by_url(
    serve: Servers, settings: dict[str, Any], url: str, error: str | None
) -> None:
    server = await serve(mode="auto", version="3.8.0")
    if settings:
        await good(server, "PUT", "/_cluster/settings", {"persistent": settings})
    config = {"model_type": "bert", "embedding_dimension": "3", "framework_type": "sentence_transformers"}
    given = {"function_name": "text_embedding", "url": url, "model_content_hash_value": "0"}
    inputs = {**LOCAL, **given, **config}
    nodes = [{"id": "m", "type": "register_local_custom_model", "user_inputs": inputs}]
    template = {"name": "t", "workflows": {"provision": {"nodes": nodes}}}
    created = await ask(server, "POST", f"{WORKFLOW}?provision=true", template)
    status = f"{WORKFLOW}/{created.json['workflow_id']}/_status?all=true"
    while (answer := await server.ask(status)).json["state"] == "PROVISIONING":
        pass
    assert (answer.json["state"], error or "") == ("FAILED" if error else "COMPLETED", error or "")
    assert error is None or error in answer.json["error"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model_type": None}, "model type is null"),
        ({"embedding_dimension": None}, "embedding dimension is null"),
        ({"framework_type": None}, "framework type is null"),
        ({"framework_type": "nope"}, "Wrong framework type"),
    ],
)
async def test_the_configuration_of_an_embedding_model(server: Server, changes: dict[str, Any], reason: str) -> None:
    await good(server, "PUT", "/_cluster/settings", ALLOW_URLS)
    body = {**BY_URL, "model_config": {**BY_URL["model_config"], **changes}}  # type: ignore[dict-item]
    assert await refused(server, "POST", "models/_register", body) == reason


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "model type is null"),
        ({"model_type": "text_embedding"}, "Embedding dimension must be provided for remote text embedding model"),
        (
            {"model_type": "text_embedding", "embedding_dimension": 3, "framework_type": "sentence_transformers"},
            "Space type must be provided in additional_config for remote text embedding model",
        ),
    ],
)
async def test_the_configuration_of_a_remote_embedding_model(
    server: Server, config: dict[str, Any], reason: str
) -> None:
    body = {"name": "m", "function_name": "remote", "connector_id": await connector(server), "model_config": config}
    assert await refused(server, "POST", "models/_register", body) == reason


async def test_a_disabled_model_answers_nothing(server: Server) -> None:
    model_id = await remote_model(server)
    await good(server, "PUT", f"models/{model_id}", {"is_enabled": False})
    assert await refused(server, "POST", f"models/{model_id}/_predict", ASKED, 403) == "Model is disabled."
    await good(server, "PUT", f"models/{model_id}", {"is_enabled": True})
    await good(server, "POST", f"models/{model_id}/_predict", ASKED)


async def test_an_algorithm_that_does_not_exist(server: Server) -> None:
    model_id = await remote_model(server)
    assert await refused(server, "POST", f"_predict/nope/{model_id}", ASKED) == "Wrong function name"
    await good(server, "POST", f"_predict/remote/{model_id}", ASKED)


async def test_nodes_are_chosen_where_a_setting_permits_it(server: Server) -> None:
    model_id = await remote_model(server)
    text = "Don't allow custom deployment plan"
    for path in (f"models/{model_id}/_deploy", f"models/{model_id}/_undeploy", "models/_undeploy"):
        assert await refused(server, "POST", path, {"node_ids": ["n"]}) == text
    setting = {"persistent": {"plugins.ml_commons.allow_custom_deployment_plan": True}}
    await good(server, "PUT", "/_cluster/settings", setting)
    assert await refused(server, "POST", f"models/{model_id}/_deploy", {"node_ids": ["n"]}) == "no eligible node found"
    [node] = (await good(server, "GET", "/_nodes"))["nodes"]
    await good(server, "POST", f"models/{model_id}/_deploy", {"node_ids": [node]})


async def test_an_agent_that_cannot_be_executed(server: Server) -> None:
    async def agent(type: str, **more: Any) -> str:
        body = {"name": "a", "type": type, **more}
        return f"agents/{(await good(server, 'POST', 'agents/_register', body))['agent_id']}/_execute"

    asked = {"parameters": {"question": "q"}}
    without = await agent("flow")
    assert await refused(server, "POST", without, {}) == "Agent input data can not be empty."
    assert await refused(server, "POST", without, asked) == "no tool configured"
    tool = {"type": "MLModelTool", "parameters": {"model_id": "nope"}}
    assert await refused(server, "POST", await agent("flow", tools=[tool]), asked, 404) == "Failed to find model"
    tool["parameters"] = {"model_id": await remote_model(server)}
    await good(server, "POST", await agent("flow", tools=[tool]), asked)
    # The model of a conversational agent chooses among its tools.
    llm = {"model_id": await remote_model(server)}
    await good(server, "POST", await agent("conversational", llm=llm), asked)


async def test_statistics_by_name(server: Server) -> None:
    await remote_model(server)
    assert await good(server, "GET", "stats/ml_model_index_status") == {"ml_model_index_status": "green"}
    assert await good(server, "GET", "stats/ml_controller_index_status") == {
        "ml_controller_index_status": "non-existent"
    }
    [node] = (await good(server, "GET", "stats/ml_deployed_model_count"))["nodes"].values()
    assert node == {"ml_deployed_model_count": 0}
    assert await refused(server, "GET", "stats/nope", None) == "Wrong ML cluster level stat"


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("models", {"term": {"algorithm": "REMOTE"}}),
        ("models", {"terms": {"model_state": ["REGISTERED", "DEPLOYED"]}}),
        ("models", {"term": {"name.keyword": "Chat Model"}}),
        ("models", {"term": {"is_hidden": False}}),
        ("connectors", {"term": {"protocol": "http"}}),
        ("connectors", {"term": {"parameters.model": "gpt-4"}}),
        ("tasks", {"bool": {"filter": [{"term": {"task_type": "REGISTER_MODEL"}}]}}),
        ("model_groups", {"range": {"latest_version": {"gte": 1}}}),
        ("agents", {"term": {"type": "FLOW"}}),
    ],
)
async def test_a_search_by_a_field_of_the_index(server: Server, kind: str, query: dict[str, Any]) -> None:
    """Keywords are whole texts: the term is not the word that an analyzer makes of it."""
    await remote_model(server, "Chat Model")
    await good(server, "POST", "agents/_register", {"name": "a", "type": "FLOW"})
    found = await good(server, "POST", f"{kind}/_search", {"query": query})
    assert found["hits"]["total"]["value"] == 1
    other = {"query": {"bool": {"must_not": [query]}}}
    assert (await good(server, "POST", f"{kind}/_search", other))["hits"]["total"]["value"] == 0


@pytest.mark.parametrize(("version", "shown"), [("3.8.0", "my-tool"), ("2.19.6", None)])
async def test_who_provisioned_a_resource_is_kept(serve: Servers, version: str, shown: str | None) -> None:
    server = await serve(version=version)
    by = {"provisioned_by": "my-tool"}
    connector_id = await connector(server, **by)
    model = {"name": "m", "function_name": "remote", "connector_id": connector_id, **by}
    model_id = (await good(server, "POST", "models/_register", model))["model_id"]
    for path in (f"connectors/{connector_id}", f"models/{model_id}"):
        assert (await good(server, "GET", path)).get("provisioned_by") == shown


async def test_a_task_is_deleted_unless_it_is_running(server: Server) -> None:
    """The task of a registration is CREATED until it is done, that of a deployment RUNNING."""
    registered, another = [await good(server, "POST", "models/_register", LOCAL) for _ in range(2)]
    assert (await good(server, "DELETE", f"tasks/{registered['task_id']}"))["result"] == "deleted"
    await server.advance("1s")
    model_id = (await good(server, "GET", f"tasks/{another['task_id']}"))["model_id"]
    task = f"tasks/{(await good(server, 'POST', f'models/{model_id}/_deploy'))['task_id']}"
    assert (await good(server, "GET", task))["state"] == "RUNNING"
    text = "Task cannot be deleted in running state. Try after some time."
    assert await refused(server, "DELETE", task, None, 500) == text
    await server.advance("1s")
    assert (await good(server, "DELETE", task))["result"] == "deleted"
