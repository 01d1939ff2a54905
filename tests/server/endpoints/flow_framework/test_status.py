"""GET /workflow/{id}/_status of a client's own workflow; test_provision shows its run."""

import pytest

from tests.support.flow_framework import DEPLOYMENT, NOOP, WORKFLOW, Door


async def test_an_empty_id(door: Door) -> None:
    for _ in range(2):
        assert (await door.status("")).told == (404, {"error": "Failed to get workflow status of: "})
        await door.create(NOOP)


@pytest.mark.parametrize("query", ["?all=true", "?all", "?all="])
async def test_all(door: Door, query: str) -> None:
    workflow_id = await door.create(NOOP)
    assert "provisioning_progress" in (await door.status(workflow_id, query)).json


@pytest.mark.parametrize("query", ["", "?all=false", "?all=%20"])
async def test_not_all(door: Door, query: str) -> None:
    workflow_id = await door.create(NOOP)
    assert (await door.status(workflow_id, query)).json == {"workflow_id": workflow_id, "state": "NOT_STARTED"}


@pytest.mark.parametrize("value", ["True", "1", "yes"])
async def test_a_bad_boolean_is_told_before_the_id_is_looked_up(door: Door, value: str) -> None:
    answer = await door.status("nope", f"?all={value}")
    assert answer.status == 400
    assert answer.reason == f"Failed to parse value [{value}] as only [true] or [false] are allowed."


async def test_unknown_parameters_and_a_body(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    answer = await door.status(workflow_id, "?al=true")
    path = f"{WORKFLOW}/{workflow_id}/_status"
    assert (answer.status, answer.reason) == (
        400,
        f"request [{path}] contains unrecognized parameter: [al] -> did you mean [all]?",
    )
    assert (await door.ask("GET", path, "no JSON")).status == 200


async def test_a_failed_workflow_is_http_200(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {create_connector: {fails: timeout}}}")
    workflow_id = await door.provisioned(DEPLOYMENT)
    answer = await door.status(workflow_id)
    assert (answer.status, answer.json["state"]) == (200, "FAILED")


async def test_other_methods(door: Door) -> None:
    answer = await door.ask("POST", f"{WORKFLOW}/w/_status")
    assert answer.told == (
        405,
        {
            "error": f"Incorrect HTTP method for uri [{WORKFLOW}/w/_status] and method [POST], allowed: [GET]",
            "status": 405,
        },
    )
