"""Timelines, which have the last word, and trust_inputs, with which no inputs are checked."""

import json
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, MODEL, Body, Door, node, template

INDEX: Final = node("i", "create_index", index_name="books", configurations={})


def with_inputs(body: Body, **inputs: Any) -> Body:
    return {**body, "user_inputs": {**body["user_inputs"], **inputs}}


# -- timelines ----------------------------------------------------------------------------------------------

GOES_ON: Final = (
    "scenario: s\nmatch: everything\nprovision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 1s, state: COMPLETED}]}"
)
ENDS: Final = GOES_ON.replace("state: COMPLETED", "state: FAILED, error: e")


async def problems_of(door: Door, workflow_id: str) -> list[str]:
    problems: list[str] = (await door.ask("GET", f"/_mockflow/workflows/{workflow_id}")).json["input_problems"]
    return problems


async def test_a_timeline_goes_on_and_the_problem_is_reported(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    await door.load(GOES_ON)
    workflow_id = await door.provisioned(template(with_inputs(INDEX, index_name="Books")))
    assert await door.state(workflow_id) == "COMPLETED"
    error = (
        "WorkflowStepException during step i, Invalid index name [Books], must be lowercase, restStatus: BAD_REQUEST"
    )
    assert await problems_of(door, workflow_id) == [error]
    coverage = (await door.ask("GET", "/_mockflow/coverage")).json
    assert coverage["input_problems"] == [f"workflow {workflow_id}: {error}"]
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == [
        f"scenario s: its timeline goes on although a real cluster would end workflow {workflow_id} with: {error}"
    ]


@pytest.mark.parametrize(
    ("scenario", "name"), [(GOES_ON, "books"), (ENDS, "Books"), (f"{GOES_ON}\ntrust_inputs: true", "Books")]
)
async def test_nothing_to_report(door: Door, caplog: pytest.LogCaptureFixture, scenario: str, name: str) -> None:
    await door.load(scenario)
    workflow_id = await door.provisioned(template(with_inputs(INDEX, index_name=name)))
    assert (await problems_of(door, workflow_id), caplog.records) == ([], [])


async def test_the_steps_of_a_timeline_that_a_scenario_brings(door: Door) -> None:
    body = json.dumps(template(with_inputs(INDEX, index_name="Books")))
    await door.load(f"{GOES_ON.replace('match: everything', 'workflow_id: w')}\ntemplate: {body}")
    assert await door.state("w") == "PROVISIONING"
    assert len(await problems_of(door, "w")) == 1


async def test_a_script_that_is_loaded_again_finds_what_was_there(door: Door) -> None:
    """A run is played again in the cluster that it has found."""
    plan = "scenario: s\nmatch: everything\nprovision: {steps: {m: {takes: %s}}}"
    await door.load(plan % "10s")
    first = await door.provisioned(template(CONNECTOR))
    (connector,) = await door.resources(first)
    model = with_inputs({**MODEL, "id": "m", "previous_node_inputs": {}}, connector_id=connector)
    second = await door.create(template(model), "?provision=true")
    assert (await door.deprovision(first)).status == 200
    await door.load(plan % "5s")
    await door.advance("5s")
    assert await door.state(second) == "COMPLETED"


# -- trust_inputs ------------------------------------------------------------------------------------------------

BAD: Final = template(
    with_inputs(INDEX, index_name="Books"),
    node("m", "register_remote_model", name="a<b>", connector_id="nope"),
    node("n", "noop", delay="abc"),
    node("a", "register_agent", name="root", type="nope", tools_order=5, llm="no JSON"),
)


async def test_a_cluster_that_trusts(open_door: Open) -> None:
    door = await open_door(mode="frozen", trust_inputs=True)
    workflow_id = await door.provisioned(BAD)
    assert await door.state(workflow_id) == "COMPLETED"
    again = await door.provisioned(template(with_inputs(INDEX, index_name="Books")))
    assert "index [Books/" in (await door.status(again)).json["error"], "what exists is not made again"


async def test_a_scenario_that_trusts(open_door: Open) -> None:
    door = await open_door(opensearch_version="3.8.0")
    await door.load("scenario: s\nmatch: {name: trusted}\ntrust_inputs: true")
    assert await door.state(await door.provisioned({**BAD, "name": "trusted"})) == "COMPLETED"
    assert (await door.post("", BAD)).status == 400


async def test_a_reset_changes_it(open_door: Open) -> None:
    door = await open_door(opensearch_version="3.8.0")
    for trusts, status in ((True, 201), (False, 400)):
        assert (await door.ask("POST", "/_mockflow/reset", {"trust_inputs": trusts})).status == 200
        assert (await door.post("", BAD)).status == status
