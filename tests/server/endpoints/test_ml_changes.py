"""ML Commons over HTTP: what clients create, register, deploy, update and delete, beside what workflows make."""

import json
from typing import Any, Final

import pytest

from mockflow.server.endpoints.lazy import Later
from mockflow.server.endpoints.routing import router
from tests.support.server import OWNER, WORKFLOW, Answer, Server, Servers

ML: Final = "/_plugins/_ml"
JSON: Final = {"Content-Type": "application/json"}
CONNECTOR: Final[dict[str, Any]] = {
    "name": "chat connector",
    "version": "1",
    "description": "d",
    "protocol": "http",
    "parameters": {"model": "gpt-4"},
    "credential": {"key": "secret-key"},
    "actions": [
        {
            "action_type": "predict",
            "method": "POST",
            "url": "https://api.openai.com/v1/chat/completions",
            "request_body": '{"model":"${parameters.model}","messages":${parameters.messages}}',
        }
    ],
}
LOCAL: Final = {"name": "huggingface/all-MiniLM-L6-v2", "version": "1", "model_format": "TORCH_SCRIPT"}
ASKED: Final = {"parameters": {"messages": [{"role": "user", "content": "hi"}]}}


async def ask(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    text = "" if body is None else json.dumps(body)
    return await server.ask(path if path.startswith("/_") else f"{ML}/{path}", method, text, {**JSON, **headers})


async def good(server: Server, method: str, path: str, body: Any = None) -> Any:
    answer = await ask(server, method, path, body)
    assert answer.status == 200, answer.body
    return answer.json


async def connector(server: Server, **changes: Any) -> str:
    return str((await good(server, "POST", "connectors/_create", {**CONNECTOR, **changes}))["connector_id"])


async def remote_model(server: Server, name: str = "chat", query: str = "") -> str:
    body = {"name": name, "function_name": "remote", "connector_id": await connector(server)}
    return str((await good(server, "POST", f"models/_register{query}", body))["model_id"])


async def test_a_connector_is_shown_without_its_credential(server: Server) -> None:
    shown = await good(server, "GET", f"connectors/{await connector(server)}")
    assert "credential" not in shown
    assert shown["actions"][0]["action_type"] == "PREDICT"
    assert "provisioned_by" not in shown
    assert b"secret-key" not in (await server.ask(f"{OWNER}/journal")).body


async def test_the_life_of_a_remote_model(server: Server) -> None:
    body = {"name": "chat", "function_name": "remote", "connector_id": await connector(server)}
    registered = await good(server, "POST", "models/_register", body)
    model_id = registered["model_id"]
    assert registered["status"] == "CREATED"
    task = await good(server, "GET", f"tasks/{registered['task_id']}")
    assert (task["state"], task["model_id"], task["task_type"]) == ("COMPLETED", model_id, "REGISTER_MODEL")
    assert (await good(server, "GET", f"models/{model_id}"))["model_state"] == "REGISTERED"
    deployed = await good(server, "POST", f"models/{model_id}/_deploy")
    assert (deployed["task_type"], deployed["status"]) == ("DEPLOY_MODEL", "COMPLETED")
    model = await good(server, "GET", f"models/{model_id}")
    assert (model["model_state"], model["algorithm"], model["model_version"]) == ("DEPLOYED", "REMOTE", "1")
    refused = await ask(server, "DELETE", f"models/{model_id}")
    assert (refused.status, refused.reason) == (
        400,
        "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete",
    )
    refused = await ask(server, "PUT", f"connectors/{body['connector_id']}", {"description": "new"})
    assert (refused.status, refused.reason.split(":")[0]) == (
        400,
        "1 models are still using this connector, please undeploy the models first",
    )
    [stats] = (await good(server, "POST", f"models/{model_id}/_undeploy")).values()
    assert stats == {"stats": {model_id: "undeployed"}}
    [stats] = (await good(server, "POST", "models/_undeploy", {"model_ids": [model_id]})).values()
    assert stats == {"stats": {model_id: "not_found"}}
    assert (await good(server, "GET", f"models/{model_id}"))["model_state"] == "UNDEPLOYED"
    updated = await good(server, "PUT", f"connectors/{body['connector_id']}", {"description": "new"})
    assert (updated["_index"], updated["result"]) == (".plugins-ml-connector", "updated")
    assert (await good(server, "GET", f"connectors/{body['connector_id']}"))["description"] == "new"
    assert (await good(server, "DELETE", f"models/{model_id}"))["result"] == "deleted"
    assert (await ask(server, "POST", f"models/{model_id}/_deploy")).status == 404
    assert (await good(server, "DELETE", f"connectors/{body['connector_id']}"))["result"] == "deleted"


async def test_a_local_model_takes_its_time(server: Server) -> None:
    registered = await good(server, "POST", "models/_register?deploy=true", LOCAL)
    assert list(registered) == ["task_id", "status"]
    task = await good(server, "GET", f"tasks/{registered['task_id']}")
    assert (task["state"], task.get("model_id")) == ("CREATED", None)
    await server.advance("1s")
    task = await good(server, "GET", f"tasks/{registered['task_id']}")
    assert task["state"] == "COMPLETED"
    path = f"_predict/text_embedding/{task['model_id']}"
    [first, second] = (await good(server, "POST", path, {"text_docs": ["a", "b"]}))["inference_results"]
    assert first["output"][0]["shape"] == [384]
    assert first != second
    again = await good(server, "POST", path, {"text_docs": ["a"]})
    assert again["inference_results"] == [first]


async def test_a_local_model_that_is_in_no_list(server: Server) -> None:
    for name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
        registered = await good(server, "POST", "models/_register?deploy=true", {**LOCAL, "name": name})
        assert list(registered) == ["task_id", "status"]
        task = await good(server, "GET", f"tasks/{registered['task_id']}")
        assert (task["state"], task.get("error")) == ("CREATED", None)
        await server.advance("1s")
        task = await good(server, "GET", f"tasks/{registered['task_id']}")
        assert (task["state"], task["error"], task.get("model_id")) == (
            "FAILED",
            "This model is not in the pre-trained model list, please check your parameters.",
            None,
        )
    assert (await good(server, "GET", "models/_search", {"query": {"match_all": {}}}))["hits"]["hits"] == []


async def test_in_mode_auto_a_look_at_a_task_moves_the_time(serve: Servers) -> None:
    server = await serve(mode="auto")
    registered = await good(server, "POST", "models/_register", LOCAL)
    states = [(await good(server, "GET", f"tasks/{registered['task_id']}"))["state"] for _ in range(2)]
    assert states == ["CREATED", "COMPLETED"]


async def test_a_local_model_has_to_be_deployed_before_it_is_asked(server: Server) -> None:
    registered = await good(server, "POST", "models/_register", LOCAL)
    await server.advance("1s")
    model_id = (await good(server, "GET", f"tasks/{registered['task_id']}"))["model_id"]
    answer = await ask(server, "POST", f"models/{model_id}/_predict", {"text_docs": ["a"]})
    assert (answer.status, answer.error["type"], answer.reason) == (
        400,
        "illegal_argument_exception",
        f"Model not ready yet. Please run this first: POST /_plugins/_ml/models/{model_id}/_deploy",
    )
    await good(server, "POST", f"models/{model_id}/_deploy")
    assert (await good(server, "GET", f"models/{model_id}"))["model_state"] == "DEPLOYING"


async def test_a_remote_model_is_deployed_by_its_first_prediction(server: Server) -> None:
    model_id = await remote_model(server)
    answer = await good(server, "POST", f"models/{model_id}/_predict", ASKED)
    [result] = answer["inference_results"]
    assert result["status_code"] == 200
    assert result["output"][0]["dataAsMap"]["choices"][0]["message"]["role"] == "assistant"
    assert (await good(server, "GET", f"models/{model_id}"))["model_state"] == "DEPLOYED"
    setting = {"persistent": {"plugins.ml_commons.model_auto_deploy.enable": False}}
    await good(server, "PUT", "/_cluster/settings", setting)
    other = await remote_model(server, "another")
    assert (await ask(server, "POST", f"models/{other}/_predict", ASKED)).status == 400


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({}, 'Invalid payload: {"model":"gpt-4","messages":${parameters.messages}}'),
        ({"messages": "no json"}, 'Invalid payload: {"model":"gpt-4","messages":no json}'),
    ],
)
async def test_a_payload_that_is_no_json(server: Server, parameters: dict[str, str], reason: str) -> None:
    model_id = await remote_model(server)
    answer = await ask(server, "POST", f"models/{model_id}/_predict", {"parameters": parameters})
    assert (answer.status, answer.reason) == (400, reason)


async def test_a_payload_that_lacks_a_parameter(server: Server) -> None:
    action = {**CONNECTOR["actions"][0], "request_body": '{"prompt":"${parameters.prompt}","n":"${parameters.n:-1}"}'}
    body = {"name": "m", "function_name": "remote", "connector_id": await connector(server, actions=[action])}
    model_id = (await good(server, "POST", "models/_register", body))["model_id"]
    answer = await ask(server, "POST", f"models/{model_id}/_predict", {"parameters": {"x": "y"}})
    assert (answer.status, answer.reason) == (400, "Some parameter placeholder not filled in payload: prompt")
    await good(server, "POST", f"models/{model_id}/_predict", {"parameters": {"prompt": 'with "quotes"'}})


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "reason"),
    [
        ("connectors/_create", {}, 400, "illegal_argument_exception", "Connector name is null"),
        ("connectors/_create", None, 400, "parse_exception", "request body is required"),
        (
            "connectors/_create",
            {**CONNECTOR, "credential": {}},
            400,
            "illegal_argument_exception",
            "Connector credential is null or empty list",
        ),
        (
            "connectors/_create",
            {**CONNECTOR, "actions": [{"action_type": "predict", "method": "POST", "url": "http://evil.example/x"}]},
            400,
            "illegal_argument_exception",
            "Connector URL is not matching the trusted connector endpoint regex, URL is: http://evil.example/x",
        ),
        ("models/_register", {"name": "x"}, 400, "illegal_argument_exception", "model format is null"),
        (
            "models/_register",
            {"name": "x", "function_name": "remote"},
            400,
            "illegal_argument_exception",
            "You must provide connector content when creating a remote model without connector id!",
        ),
        (
            "models/_register",
            {"name": "x", "function_name": "remote", "connector_id": "nope"},
            404,
            "status_exception",
            "Failed to find connector:nope",
        ),
        ("models/_register", {"name": "x", "function_name": "nope"}, 400, "illegal_argument_exception", None),
        ("models/nope/_predict", {"parameters": {}}, 404, "status_exception", "Failed to find model"),
        ("agents/_register", {"name": "a"}, 400, "illegal_argument_exception", "Agent type can't be null"),
        (
            "agents/_register",
            {"name": "a", "type": "conversational"},
            400,
            "illegal_argument_exception",
            "We need model information for the conversational agent type",
        ),
        ("agents/nope/_execute", {}, 404, "status_exception", "Failed to get agent index"),
        (
            "model_groups/_register",
            {"name": "a<b"},
            400,
            "action_request_validation_exception",
            None,
        ),
    ],
)
async def test_what_is_refused(server: Server, path: str, body: Any, status: int, kind: str, reason: str) -> None:
    answer = await ask(server, "POST", path, body)
    assert (answer.status, answer.error["type"]) == (status, kind)
    assert reason is None or answer.reason == reason


async def test_a_model_without_a_group_gets_one_of_its_name(server: Server) -> None:
    first, second = await remote_model(server), await remote_model(server)
    groups = [(await good(server, "GET", f"models/{one}"))["model_group_id"] for one in (first, second)]
    assert groups[0] == groups[1]
    assert (await good(server, "GET", f"models/{second}"))["model_version"] == "2"
    refused = await ask(server, "POST", "model_groups/_register", {"name": "chat"})
    text = f"The name you provided is already being used by a model group with ID: {groups[0]}."
    assert (refused.status, refused.error["type"], refused.reason) == (400, "illegal_argument_exception", text)
    assert await good(server, "PUT", f"model_groups/{groups[0]}", {"description": "d"}) == {"status": "Updated"}
    assert (await ask(server, "DELETE", f"model_groups/{groups[0]}")).status == 409


async def test_agents(server: Server) -> None:
    model_id = await remote_model(server)
    body = {"name": "a", "type": "conversational", "llm": {"model_id": model_id}, "tools": [{"type": "ListIndexTool"}]}
    agent_id = (await good(server, "POST", "agents/_register", body))["agent_id"]
    assert (await good(server, "PUT", f"agents/{agent_id}", {"description": "new"}))["result"] == "updated"
    agent = await good(server, "GET", f"agents/{agent_id}")
    assert agent["description"] == "new"
    assert agent["tools"] == [{"include_output_in_agent_response": False, "type": "ListIndexTool"}]
    answer = await good(server, "POST", f"agents/{agent_id}/_execute", {"parameters": {"question": "q"}})
    assert answer["inference_results"][0]["output"][0]["name"] == "response"
    found = await good(server, "POST", "agents/_search", {"query": {"match": {"name": "a"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [agent_id]


async def test_what_a_workflow_makes_is_of_the_same_kind(serve: Servers) -> None:
    server = await serve(mode="auto", version="3.8.0")
    inputs = {**CONNECTOR, "credential": {"key": "k"}}
    nodes = [
        {"id": "c", "type": "create_connector", "user_inputs": inputs},
        {
            "id": "m",
            "type": "register_remote_model",
            "previous_node_inputs": {"c": "connector_id"},
            "user_inputs": {"name": "of workflow", "function_name": "remote", "deploy": True},
        },
    ]
    template = {"name": "t", "workflows": {"provision": {"nodes": nodes}}}
    created = await ask(server, "POST", f"{WORKFLOW}?provision=true&wait_for_completion_timeout=60s", template)
    resources = {one["resource_type"]: one["resource_id"] for one in created.json["resources_created"]}
    model_id = resources["model_id"]
    assert (await good(server, "POST", f"models/{model_id}/_predict", ASKED))["inference_results"]
    await good(server, "POST", f"models/{model_id}/_undeploy")
    model = await good(server, "GET", f"models/{model_id}")
    assert (model["model_state"], model["provisioned_by"]) == ("UNDEPLOYED", "flow-framework")
    await good(server, "PUT", f"models/{model_id}", {"description": "changed by a client"})
    assert (await good(server, "GET", f"models/{model_id}"))["description"] == "changed by a client"
    by_client = {"name": "of client", "function_name": "remote", "connector_id": resources["connector_id"]}
    await good(server, "POST", "models/_register", by_client)
    found = await good(server, "POST", "models/_search", {"query": {"match_all": {}}})
    assert {hit["_source"]["name"] for hit in found["hits"]["hits"]} == {"of workflow", "of client"}
    await ask(server, "POST", f"{WORKFLOW}/{created.json['workflow_id']}/_deprovision")
    assert (await ask(server, "GET", f"models/{model_id}")).status == 404


async def test_the_same_requests_give_the_same_ids(serve: Servers) -> None:
    first, second = await serve(), await serve()
    assert await connector(first) == await connector(second)
    assert await connector(first) != await connector(first)


async def test_frames(server: Server) -> None:
    model_id = await remote_model(server, query="?deploy=true")
    stats = await good(server, "GET", "stats")
    assert stats["ml_model_count"] == 1
    assert (await good(server, "GET", "stats/ml_connector_count"))["ml_connector_count"] == 1
    [node] = (await good(server, "GET", "profile/models"))["nodes"].values()
    assert list(node["models"]) == [model_id]
    assert (await good(server, "GET", "profile/tasks")) == {"nodes": {}}


def test_every_lazy_handler_is_there() -> None:
    later = [route.handler for route in router().routes if isinstance(route.handler, Later)]
    assert len(later) > 50
    assert all(callable(handler.imported()) for handler in later)
