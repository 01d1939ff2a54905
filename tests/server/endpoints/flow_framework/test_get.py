"""GET of a template: its fields, their order, its times, and what is never shown."""

import json
from typing import Final

import pytest

from tests.support.flow_framework import (
    DEPLOYMENT,
    EPOCH,
    NOOP,
    SECRET,
    WORKFLOW,
    YAML,
    Door,
    edge,
    node,
    template,
)

WHOLE: Final = {
    "ui_metadata": {"z": 1, "a": [True, None, 1.5]},
    "workflows": {
        "provision": {
            "edges": [edge("b", "c")],
            "nodes": [
                {"user_inputs": {"z": "1", "a": {"k": "v"}}, "type": "noop", "id": "b"},
                {"id": "c", "type": "noop"},
                {"type": "noop", "previous_node_inputs": {"b": "x", "c": "y"}, "id": "d"},
            ],
            "user_params": {"p": "q"},
        }
    },
    "version": {"compatibility": ["2.12.0", "3.0.0"], "template": "1.0.0"},
    "use_case": "CASE",
    "description": "whole",
    "name": "n",
}


async def test_every_field_in_the_plugins_order(door: Door) -> None:
    answer = await door.get(await door.create(WHOLE))
    expected = {
        "name": "n",
        "description": "whole",
        "use_case": "CASE",
        "version": {"template": "1.0.0", "compatibility": ["2.12.0", "3.0.0"]},
        "workflows": {
            "provision": {
                "user_params": {"p": "q"},
                "nodes": [
                    {
                        "id": "b",
                        "type": "noop",
                        "previous_node_inputs": {},
                        "user_inputs": {"z": "1", "a": {"k": "v"}},
                    },
                    {"id": "c", "type": "noop", "previous_node_inputs": {}, "user_inputs": {}},
                    {"id": "d", "type": "noop", "previous_node_inputs": {"c": "y", "b": "x"}, "user_inputs": {}},
                ],
                "edges": [edge("b", "c"), edge("c", "d"), edge("b", "d")],
            }
        },
        "ui_metadata": {"z": 1, "a": [True, None, 1.5]},
        "created_time": EPOCH,
        "last_updated_time": EPOCH,
    }
    assert answer.status == 200
    assert answer.text == json.dumps(expected, separators=(",", ":"))


async def test_what_was_not_sent_is_absent_or_empty(door: Door) -> None:
    answer = await door.get(await door.create({"name": "n"}))
    assert answer.json == {
        "name": "n",
        "description": "",
        "use_case": "",
        "workflows": {},
        "created_time": EPOCH,
        "last_updated_time": EPOCH,
    }


async def test_what_it_answers_may_be_sent_back(door: Door) -> None:
    """The fields that the server sets are read with the others, and set anew."""
    workflow_id = await door.create(DEPLOYMENT)
    await door.advance("5s")
    document = (await door.get(workflow_id)).json
    back = {**document, "last_provisioned_time": 1, "user": {"name": "u"}, "tenant_id": None}
    assert (await door.put(workflow_id, back, "?validation=none")).status == 201
    assert (await door.get(workflow_id)).json == {**document, "last_updated_time": EPOCH + 5000}
    assert (await door.post("?validation=none", back)).status == 201


async def test_an_edge_that_follows_from_an_input_stands_once(door: Door) -> None:
    body = template(node("a"), node("b", after={"a": "x"}), edges=[edge("a", "b")])
    document = (await door.get(await door.create(body))).json
    assert document["workflows"]["provision"]["edges"] == [edge("a", "b")]


async def test_times(door: Door) -> None:
    async def times(workflow_id: str) -> dict[str, int]:
        document = (await door.get(workflow_id)).json
        return {name: value - EPOCH for name, value in document.items() if name.endswith("_time")}

    await door.advance("1s")
    workflow_id = await door.create(NOOP)
    assert await times(workflow_id) == {"created_time": 1000, "last_updated_time": 1000}
    await door.advance("1s")
    await door.put(workflow_id, NOOP)
    assert await times(workflow_id) == {"created_time": 1000, "last_updated_time": 2000}
    await door.advance("1s")
    await door.put(workflow_id, {"description": "d"}, "?update_fields=true")
    assert await times(workflow_id) == {"created_time": 1000, "last_updated_time": 3000}
    await door.advance("1s")
    await door.provision(workflow_id)
    expected = {"created_time": 1000, "last_updated_time": 3000, "last_provisioned_time": 4000}
    assert await times(workflow_id) == expected
    await door.advance("1m")
    await door.deprovision(workflow_id)
    assert await times(workflow_id) == expected


async def test_of_an_unknown_id(door: Door) -> None:
    await door.create(NOOP)
    missing = {"error": "Failed to retrieve template (nope) from global context."}
    assert (await door.get("nope")).told == (404, missing)


async def test_before_any_create(door: Door) -> None:
    assert (await door.get("nope")).told == (404, {"error": "There are no templates in the global_context"})


async def test_refuses_unknown_parameters_and_ignores_a_body(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    path = f"{WORKFLOW}/{workflow_id}"
    answer = await door.ask("GET", path + "?foo=1")
    assert (answer.status, answer.reason) == (400, f"request [{path}] contains unrecognized parameter: [foo]")
    assert (await door.ask("GET", path, "no JSON")).status == 200


# -- credentials ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/json", YAML])
async def test_credentials_are_never_shown_again(door: Door, content_type: str) -> None:
    workflow_id = await door.create(
        json.dumps(DEPLOYMENT), content_type=content_type, headers={"Accept": "application/json"}
    )
    await door.provision(workflow_id)
    await door.advance("1h")
    connector_id = (await door.resources(workflow_id))[0]
    shown = [
        await door.get(workflow_id),
        await door.status(workflow_id, "?all=true"),
        await door.ask("GET", f"/_plugins/_ml/connectors/{connector_id}"),
        await door.ask("GET", "/_mockflow/workflows"),
        await door.ask("GET", f"/_mockflow/workflows/{workflow_id}"),
        await door.ask("GET", f"/_mockflow/workflows/{workflow_id}/status"),
        await door.ask("GET", "/_mockflow/scenarios"),
        await door.ask("POST", f"{WORKFLOW}/_search", {"query": {"match_all": {}}}),
        await door.ask("POST", f"{WORKFLOW}/state/_search", {"query": {"match_all": {}}}),
        await door.ask("POST", "/_plugins/_ml/connectors/_search", {"query": {"match_all": {}}}),
    ]
    for answer in shown:
        assert answer.status == 200
        assert SECRET not in answer.text
        assert "credential" not in answer.text
    assert SECRET not in (await door.ask("GET", "/_mockflow/journal")).text


async def test_the_other_inputs_of_the_node_are_shown(door: Door) -> None:
    document = (await door.get(await door.create(DEPLOYMENT))).json
    inputs = document["workflows"]["provision"]["nodes"][0]["user_inputs"]
    assert list(inputs) == ["actions", "parameters", "version", "protocol", "name", "description"]


async def test_credentials_of_a_use_case_are_not_shown(door: Door) -> None:
    workflow_id = await door.create(
        {"create_connector.credential.key": SECRET}, "?use_case=cohere_chat_model_deploy&provision=true"
    )
    await door.advance("1h")
    for path in (f"{WORKFLOW}/{workflow_id}", f"/_mockflow/workflows/{workflow_id}", "/_mockflow/journal"):
        assert SECRET not in (await door.ask("GET", path)).text


async def test_credentials_that_a_provision_brings_are_not_shown(door: Door) -> None:
    connector = {**DEPLOYMENT["workflows"]["provision"]["nodes"][0]}
    connector["user_inputs"] = {**connector["user_inputs"], "credential": {"key": "${{ key }}"}}
    workflow_id = await door.create(template(connector))
    assert (await door.provision(workflow_id, body={"key": SECRET})).status == 202
    await door.advance("1h")
    (connector_id,) = await door.resources(workflow_id)
    for path in (f"{WORKFLOW}/{workflow_id}", f"/_plugins/_ml/connectors/{connector_id}"):
        assert SECRET not in (await door.ask("GET", path)).text


async def test_a_refused_template_does_not_tell_its_credentials(door: Door) -> None:
    body = template(node("a", "create_connector", credential={"key": SECRET}))
    assert SECRET not in (await door.post(body=body)).text
