"""What replaces placeholders in inputs, and what does not (docs/reference/plugin.md, "Provision")."""

from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, Body, Door, edge, node, template

BAD_NAME: Final = 'must not contain the following characters [ , ", *, \\, <, |, ,, >, /, ?]'
ML: Final = "/_plugins/_ml"


def pipeline(node_id: str, pipeline_id: str, **more: Any) -> Body:
    """A search pipeline, which may have any name."""
    return node(node_id, "create_search_pipeline", pipeline_id=pipeline_id, configurations="{}", **more)


@pytest.fixture(params=["3.8.0", "2.19.6"])
async def release(request: pytest.FixtureRequest, open_door: Open) -> Door:
    return await open_door(opensearch_version=request.param)


async def run(door: Door, body: Body, query: str = "", sent: Any = None) -> Body:
    """The status after a provisioning."""
    workflow_id = await door.create(body)
    assert (await door.provision(workflow_id, query, sent)).status in (200, 202)
    await door.advance("1h")
    status: Body = (await door.status(workflow_id)).json
    return status


def names(status: Body) -> list[str]:
    return [resource["resource_id"] for resource in status["resources_created"]]


@pytest.mark.parametrize(("node_id", "is_found"), [("my_node", True), ("n1", True), ("my-node", False), ("n.1", False)])
async def test_an_output_of_a_node_whose_id_is_a_word(release: Door, node_id: str, is_found: bool) -> None:
    written = f"${{{{ {node_id}.pipeline_id }}}}-2"
    body = template(pipeline(node_id, "p"), pipeline("next", written, after={node_id: "pipeline_id_of"}))
    body["workflows"]["provision"]["edges"] = [edge(node_id, "next")]
    assert names(await run(release, body)) == ["p", "p-2" if is_found else written]


async def test_an_output_wins_over_a_parameter(release: Door) -> None:
    body = template(pipeline("a", "p"), pipeline("b", "${{ a.pipeline_id }}-2"), edges=[edge("a", "b")])
    assert names(await run(release, body, "?a.pipeline_id=x")) == ["p", "p-2"]


async def test_a_parameter_is_escaped_as_in_json(release: Door) -> None:
    value = 'say "a" or \\ or\nb'
    body = template(
        pipeline("plain", "${{ p }}"),
        node(
            "json",
            "create_search_pipeline",
            pipeline_id="in-json",
            configurations='{"description": "${{ p }}", "request_processors": []}',
        ),
    )
    status = await run(release, body, sent={"p": value})
    assert sorted(names(status)) == ["in-json", 'say \\"a\\" or \\\\ or\\nb']
    assert (await release.ask("GET", "/_search/pipeline/in-json")).json["in-json"]["description"] == value


async def test_neither_in_arrays_nor_in_keys(release: Door) -> None:
    """So a connector cannot take the URL of its action from a parameter."""
    action = {**CONNECTOR["user_inputs"]["actions"][0], "url": "${{ url }}"}
    inputs = {**CONNECTOR["user_inputs"], "actions": [action]}
    status = await run(release, template({**CONNECTOR, "user_inputs": inputs}), "?url=https://a.example.com")
    assert status["state"] == "FAILED"

    parameters = {"model": "${{ model }}", "${{ model }}": "x"}
    inputs = {**CONNECTOR["user_inputs"], "parameters": parameters}
    (made,) = names(await run(release, template({**CONNECTOR, "user_inputs": inputs}), "?model=m"))
    body = (await release.ask("GET", f"{ML}/connectors/{made}")).json
    assert body["parameters"] == {"model": "m", "${{ model }}": "x"}


async def test_user_params_win_over_the_inputs_of_nodes(release: Door) -> None:
    body = template(node("i", "create_index", index_name="own", configurations="{}"))
    body["workflows"]["provision"]["user_params"] = {"index_name": "of-all", "unread": "x"}
    assert names(await run(release, body)) == ["of-all"]
    body["workflows"]["provision"]["user_params"] = {"index_name": "${{ p }}"}
    assert BAD_NAME in (await run(release, body))["error"]
    assert names(await run(release, body, "?p=given")) == ["given"]


async def test_a_model_is_in_the_group_of_any_earlier_node(release: Door) -> None:
    body = template(
        CONNECTOR,
        node("group", "register_model_group", name="models"),
        node("model", "register_remote_model", after={CONNECTOR["id"]: "connector_id"}, name="m"),
        edges=[edge("group", "model")],
    )
    made = {one["workflow_step_id"]: one["resource_id"] for one in (await run(release, body))["resources_created"]}
    model = (await release.ask("GET", f"{ML}/models/{made['model']}")).json
    assert model["model_group_id"] == made["group"]
