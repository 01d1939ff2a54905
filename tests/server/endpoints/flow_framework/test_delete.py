"""DELETE /workflow/{id}: the template, and perhaps the status."""

from typing import Any

import pytest

from tests.support.flow_framework import DEPLOYMENT, NOOP, SEARCH, WORKFLOW, Body, Door

FIELDS = ["_index", "_id", "_version", "result", "forced_refresh", "_shards", "_seq_no", "_primary_term"]


def told(workflow_id: str, document: dict[str, Any]) -> tuple[Any, ...]:
    """What a delete document says that does not depend on what went before."""
    assert list(document) == FIELDS
    assert document["_index"] == ".plugins-flow-framework-templates"
    assert document["_id"] == workflow_id
    assert list(document["_shards"]) == ["total", "successful", "failed"]
    assert document["_shards"]["failed"] == 0
    assert all(isinstance(document[name], int) for name in ("_version", "_seq_no", "_primary_term"))
    return document["result"], document["_version"]


async def has_status(door: Door, workflow_id: str) -> bool:
    answer = await door.status(workflow_id)
    if answer.status == 404:
        assert answer.json == {"error": f"Fail to find workflow status of {workflow_id}"}
    return answer.status == 200


@pytest.mark.parametrize(
    ("body", "duration", "query", "keeps_status"),
    [
        (NOOP, None, "", False),
        (DEPLOYMENT, None, "", False),
        (NOOP, "0ms", "", True),
        (NOOP, "0ms", "?clear_status=true", True),
        (NOOP, "1h", "", False),
        (DEPLOYMENT, "1500ms", "", True),
        (DEPLOYMENT, "1500ms", "?clear_status=true", True),
        (DEPLOYMENT, "1h", "", True),
        (DEPLOYMENT, "1h", "?clear_status=false", True),
        (DEPLOYMENT, "1h", "?clear_status=true", False),
        (DEPLOYMENT, "1h", "?clear_status=TRUE", False),
        (DEPLOYMENT, "1h", "?clear_status=True", False),
        (DEPLOYMENT, "1h", "?clear_status=", True),
        (DEPLOYMENT, "1h", "?clear_status", True),
        (DEPLOYMENT, "1h", "?clear_status=yes", True),
        (DEPLOYMENT, "1h", "?clear_status=1", True),
    ],
)
async def test_in_any_state(door: Door, body: Body, duration: str | None, query: str, keeps_status: bool) -> None:
    workflow_id = await door.create(body)
    version = 1
    if duration:
        await door.provision(workflow_id)
        await door.advance(duration)
        version = 2  # with last_provisioned_time
    answer = await door.delete(workflow_id, query)
    assert answer.status == 200
    assert told(workflow_id, answer.json) == ("deleted", version + 1)
    assert (await door.get(workflow_id)).status == 404
    assert await has_status(door, workflow_id) == keeps_status


async def test_the_run_goes_on_without_the_template(door: Door) -> None:
    workflow_id = await door.create(DEPLOYMENT, "?provision=true")
    await door.delete(workflow_id)
    await door.advance("1h")
    assert await door.state(workflow_id) == "COMPLETED"
    assert len(await door.resources(workflow_id)) == 3


async def test_a_failed_workflow_without_resources(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {noop: {fails: timeout}}}")
    workflow_id = await door.provisioned(NOOP)
    assert await door.state(workflow_id) == "FAILED"
    await door.delete(workflow_id)
    assert not await has_status(door, workflow_id)


async def test_a_second_time_there_is_nothing(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.delete(workflow_id)
    assert told(workflow_id, (await door.delete(workflow_id)).json)[0] == "not_found"
    assert await has_status(door, workflow_id), "that of the resources stays"


async def test_a_second_time_may_clear_the_status(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.delete(workflow_id)
    assert (await door.delete(workflow_id, "?clear_status=true")).json["result"] == "not_found"
    assert not await has_status(door, workflow_id)


async def test_the_plugin_has_templates_even_after_the_last_one(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    await door.delete(workflow_id)
    error = {"error": f"Failed to retrieve template ({workflow_id}) from global context."}
    assert (await door.get(workflow_id)).told == (404, error)


async def test_sequence_numbers_rise(door: Door) -> None:
    first, second = await door.create(NOOP), await door.create(NOOP)
    numbers = [(await door.delete(workflow_id)).json["_seq_no"] for workflow_id in (first, second, "nope")]
    assert numbers == sorted(set(numbers))


async def test_an_unknown_id_is_200(door: Door) -> None:
    await door.create(NOOP)
    answer = await door.delete("nope")
    assert answer.status == 200
    assert told("nope", answer.json) == ("not_found", 1)


async def test_before_any_create(door: Door) -> None:
    error = {"error": "There are no templates in the global context"}
    assert (await door.delete("nope")).told == (404, error)
    assert (await door.delete("nope", "?clear_status=true")).told == (404, error)


async def test_unknown_parameters_and_a_body(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    answer = await door.delete(workflow_id, "?force=true")
    assert answer.status == 400
    assert answer.reason.startswith(f"request [{WORKFLOW}/{workflow_id}] contains unrecognized parameter: [force]")
    assert (await door.ask("DELETE", f"{WORKFLOW}/{workflow_id}", "no JSON")).status == 200


async def test_clear_status_leaves_the_resources_in_the_cluster(door: Door) -> None:
    workflow_id = await door.provisioned(SEARCH)
    connector, model, *_ = await door.resources(workflow_id)
    await door.delete(workflow_id, "?clear_status=true")
    await door.advance("1h")
    for path in (
        "/books",
        "/_ingest/pipeline/embed",
        f"/_plugins/_ml/models/{model}",
        f"/_plugins/_ml/connectors/{connector}",
    ):
        assert (await door.ask("GET", path)).status == 200
