"""Workflows from the plugin's use cases (contract.md, sections 3 and 10)."""

import json
from typing import Any, Final

import pytest

from mockflow.core.plugin.use_cases import use_cases
from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import SECRET, YAML, Door
from tests.support.paths import SHARED

TABLE: Final = SHARED / "use_cases.json"
NAMES: Final = list(use_cases((3, 2)))  # those of the default version
UNNAMED: Final = ("open_ai_embedding_model_deploy", "openai_chat_model_deploy")
"""Those whose model is named by a placeholder that nothing replaces, which the plugin refuses from 3.0 on."""
each = pytest.mark.parametrize("name", NAMES)
each_named = pytest.mark.parametrize("name", [name for name in NAMES if name not in UNNAMED])
each_that_ends_well = pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in (*UNNAMED, "semantic_search_with_reindex")]
)


def required(name: str) -> dict[str, str]:
    return {key: f"given {key}" for key in use_cases()[name]["required"]}


def test_there_are_twenty_one_and_those_of_agentic_search_are_the_last() -> None:
    assert len(use_cases()) == 21
    assert set(use_cases()) - set(NAMES) == {
        "agentic_search_with_flow_agent",
        "agentic_search_with_conversational_agent",
    }


@pytest.mark.skipif(not TABLE.exists(), reason=f"{TABLE} is not here")
def test_they_are_those_of_the_plugin() -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    assert sorted(table) == sorted(use_cases())
    for name, case in table.items():
        assert sorted(case["required"]) == sorted(use_cases()[name]["required"])


@each_that_ends_well
async def test_is_created_provisioned_and_taken_away(door: Door, name: str) -> None:
    workflow_id = await door.create(required(name), f"?use_case={name}&provision=true")
    await door.advance("1h")
    assert await door.state(workflow_id) == "COMPLETED"
    resources = (await door.status(workflow_id)).json["resources_created"]
    steps = {it["id"]: it["type"] for it in use_cases()[name]["template"]["workflows"]["provision"]["nodes"]}
    made = {it["workflow_step_id"] for it in resources}
    assert made == {node_id for node_id, step in steps.items() if step != "create_tool"}
    assert all(it["workflow_step_name"] in (steps[it["workflow_step_id"]], "deploy_model") for it in resources)
    everything = ",".join(it["resource_id"] for it in resources)
    assert (await door.deprovision(workflow_id, f"?allow_delete={everything}")).status == 200
    assert (await door.delete(workflow_id)).json["result"] == "deleted"


@each
async def test_requires_its_parameters(door: Door, name: str) -> None:
    names = use_cases()[name]["required"]
    for body in (None, {}, {"unknown": "x"}):
        answer = await door.post(f"?use_case={name}", body)
        if not names:
            assert answer.status == 201
            continue
        message = f"Missing the following required parameters for use case [{name}] : [{', '.join(names)}]"
        assert answer.told == (400, {"error": message})


@each
async def test_all_but_one_required_parameter(door: Door, name: str) -> None:
    for missing in required(name):
        body = {key: value for key, value in required(name).items() if key != missing}
        message = f"Missing the following required parameters for use case [{name}] : [{missing}]"
        assert (await door.post(f"?use_case={name}", body)).told == (400, {"error": message})


@each_named
async def test_defaults_stand_where_nothing_is_given(door: Door, name: str) -> None:
    document = (await door.get(await door.create(required(name), f"?use_case={name}"))).json
    assert document["name"] == use_cases()[name]["defaults"]["template.name"]
    assert "${{template." not in json.dumps(document)


@pytest.mark.parametrize("name", UNNAMED)
async def test_a_model_without_a_name_is_refused(open_door: Open, name: str) -> None:
    door = await open_door(opensearch_version="3.8.0")
    answer = await door.post(f"?use_case={name}", required(name))
    assert answer.status == 400
    assert answer.json["error"].startswith(
        "Validation Failed: 1: Model description [node register_model] can only contain"
    )
    older = await open_door(opensearch_version="2.19.6")
    assert (await older.post(f"?use_case={name}", required(name))).status == 201


async def test_the_use_case_that_reindexes_fails(door: Door) -> None:
    name = "semantic_search_with_reindex"
    workflow_id = await door.create(required(name), f"?use_case={name}&provision=true")
    await door.advance("1h")
    assert await door.state(workflow_id) == "FAILED"


async def shown(door: Door, body: dict[str, Any]) -> dict[str, Any]:
    query = "?use_case=semantic_search"
    workflow_id = await door.create({"create_ingest_pipeline.model_id": "m1", **body}, query)
    document: dict[str, Any] = (await door.get(workflow_id)).json
    return document


async def test_values_replace_defaults_and_unknown_keys_are_ignored(door: Door) -> None:
    document = await shown(door, {"template.name": "mine", "create_index.name": "my-index", "unknown.key": "x"})
    pipeline, index = document["workflows"]["provision"]["nodes"]
    assert document["name"] == "mine"
    assert index["user_inputs"]["index_name"] == "my-index"
    assert '"model_id":"m1"' in pipeline["user_inputs"]["configurations"]
    assert "unknown.key" not in json.dumps(document)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        (768, "768"),
        (1.5, "1.5"),
        (True, "true"),
        (["a", 2, True], '["a", 2, "true"]'),
        ({"k": "v", "b": 1}, "{b=1, k=v}"),
        ("${{ not.again }}", "${{ not.again }}"),
        ('with "quotes" and \\', 'with "quotes" and \\'),
    ],
    ids=str,
)
async def test_kinds_of_values(door: Door, value: Any, text: str) -> None:
    assert (await shown(door, {"template.description": value}))["description"] == text


async def test_parameters_beside_the_body_are_for_the_run(door: Door) -> None:
    workflow_id = await door.create(
        {"create_ingest_pipeline.model_id": "m", "create_index.name": "${{ index }}"},
        "?use_case=semantic_search&provision=true&index=books",
    )
    await door.advance("1h")
    assert "books" in await door.resources(workflow_id)


async def test_a_body_in_yaml(door: Door) -> None:
    body = "create_connector.credential.key: " + SECRET
    answer = await door.post("?use_case=cohere_chat_model_deploy", body, content_type=YAML)
    assert (answer.status, answer.content_type) == (201, "application/yaml")


async def test_an_unknown_use_case_is_not_guessed(door: Door) -> None:
    for name in ("SEMANTIC_SEARCH", "semantic search", ""):
        message = f"Unable to find substitution ready file for use case: {name}"
        assert (await door.post(f"?use_case={name}", {})).told == (400, {"error": message})
