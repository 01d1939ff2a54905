"""POST /workflow/{id}/_deprovision: what goes, what stays, what is answered."""

import asyncio
from typing import Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import (
    CONNECTOR,
    DEPLOYMENT,
    EPOCH,
    MODEL,
    NOOP,
    SEARCH,
    Body,
    Door,
    edge,
    node,
    template,
)

NAMED: Final = template(
    node("p", "create_ingest_pipeline", pipeline_id="p", configurations='{"processors":[]}'),
    node("s", "create_search_pipeline", pipeline_id="sp", configurations="{}"),
    node("i", "create_index", index_name="i", configurations="{}"),
    edges=[edge("p", "s"), edge("s", "i")],
)


def fresh(workflow_id: str) -> dict[str, str]:
    return {"workflow_id": workflow_id, "state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}


def needs(*resources: str) -> str:
    return f"These resources require the allow_delete parameter to deprovision: [{', '.join(resources)}]."


def failed(*resources: str) -> str:
    return f"Failed to deprovision some resources: [{', '.join(resources)}]."


# -- outcomes ------------------------------------------------------------------------------------------


async def test_nothing_left(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    assert (await door.deprovision(workflow_id)).told == (200, {"workflow_id": workflow_id})
    assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)


@pytest.mark.parametrize("duration", [None, "0ms", "1h"])
async def test_a_workflow_without_resources(door: Door, duration: str | None) -> None:
    workflow_id = await door.create(NOOP)
    if duration:
        await door.provision(workflow_id)
        await door.advance(duration)
    assert (await door.deprovision(workflow_id)).told == (200, {"workflow_id": workflow_id})
    assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)


async def test_only_what_needs_allow_delete_is_left(door: Door) -> None:
    workflow_id = await door.provisioned(SEARCH)
    message = needs("pipeline_id embed", "index_name books")
    assert (await door.deprovision(workflow_id)).told == (403, {"error": message})
    document = (await door.status(workflow_id, "?all=true")).json
    assert (document["state"], document["provisioning_progress"]) == ("COMPLETED", "DONE")
    assert document["provision_end_time"] == EPOCH + 3_600_000
    assert sorted(await door.resources(workflow_id)) == ["books", "embed"]
    assert (await door.deprovision(workflow_id)).told == (403, {"error": message}), "and so again"


@pytest.mark.parametrize(
    ("allow_delete", "left"),
    [
        ("i,sp,p", []),
        ("p,i,sp,x", []),
        ("i%2Csp%2Cp", []),
        ("i", ["pipeline_id sp", "pipeline_id p"]),
        ("sp,i", ["pipeline_id p"]),
        ("p", ["index_name i", "pipeline_id sp"]),
        ("x", ["index_name i", "pipeline_id sp", "pipeline_id p"]),
        ("", ["index_name i", "pipeline_id sp", "pipeline_id p"]),
    ],
)
async def test_allow_delete_names_what_may_go(door: Door, allow_delete: str, left: list[str]) -> None:
    workflow_id = await door.provisioned(NAMED)
    answer = await door.deprovision(workflow_id, f"?allow_delete={allow_delete}")
    if not left:
        assert answer.told == (200, {"workflow_id": workflow_id})
        assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)
        return
    assert answer.status == 403
    told = answer.json["error"]
    beginning, _, rest = told.partition("[")
    assert beginning == "These resources require the allow_delete parameter to deprovision: "
    assert sorted(rest.removesuffix("].").split(", ")) == sorted(left)
    assert sorted(await door.resources(workflow_id)) == sorted(it.split()[1] for it in left)


async def test_then_the_rest_with_allow_delete(door: Door) -> None:
    workflow_id = await door.provisioned(SEARCH)
    assert (await door.deprovision(workflow_id)).status == 403
    assert (await door.deprovision(workflow_id, "?allow_delete=books,embed")).status == 200
    assert await door.state(workflow_id) == "NOT_STARTED"


async def test_a_failed_workflow_of_which_something_is_left_is_completed(door: Door) -> None:
    """So the plugin has it; the old error stays."""
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {create_index_4: {fails: timeout}}}")
    workflow_id = await door.provisioned(SEARCH)
    error = (await door.status(workflow_id)).json["error"]
    assert (await door.deprovision(workflow_id)).told == (403, {"error": needs("pipeline_id embed")})
    document = (await door.status(workflow_id)).json
    assert (document["state"], document["error"]) == ("COMPLETED", error)


KEEPS: Final = (
    "scenario: s\nmatch: everything\ndeprovision: {attempts: [{keeps: [create_connector_1, register_model_2]}, {}]}"
)


async def test_what_cannot_be_deleted_is_told_in_a_202(door: Door) -> None:
    await door.load(KEEPS)
    workflow_id = await door.provisioned(DEPLOYMENT)
    connector, model, _ = await door.resources(workflow_id)
    message = failed(f"model_id {model}", f"connector_id {connector}")
    assert (await door.deprovision(workflow_id)).told == (202, {"error": message})
    assert await door.state(workflow_id) == "COMPLETED"
    assert set(await door.resources(workflow_id)) == {connector, model}
    assert (await door.deprovision(workflow_id)).told == (200, {"workflow_id": workflow_id})
    assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)


async def test_both_kinds_in_one_202(door: Door) -> None:
    await door.load(KEEPS)
    workflow_id = await door.provisioned(SEARCH)
    connector, model, *_ = await door.resources(workflow_id)
    message = (
        f"{failed(f'model_id {model}', f'connector_id {connector}')} {needs('pipeline_id embed', 'index_name books')}"
    )
    assert (await door.deprovision(workflow_id)).told == (202, {"error": message})


async def test_while_it_is_being_provisioned(door: Door) -> None:
    """Nothing in the plugin refuses it; the run is over then."""
    workflow_id = await door.create(DEPLOYMENT, "?provision=true")
    await door.advance("1s")
    assert (await door.deprovision(workflow_id)).status == 200
    await door.advance("1h")
    assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)


async def test_after_the_template_was_deleted_the_status_goes_too(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.delete(workflow_id)
    assert await door.state(workflow_id) == "COMPLETED"
    assert (await door.deprovision(workflow_id)).told == (200, {"workflow_id": workflow_id})
    missing = {"error": f"Fail to find workflow status of {workflow_id}"}
    assert (await door.status(workflow_id)).told == (404, missing)


# -- refusals ------------------------------------------------------------------------------------------


async def test_an_unknown_id(door: Door) -> None:
    for _ in range(2):
        error = {"error": "Failed to get workflow state for workflow nope"}
        assert (await door.deprovision("nope")).told == (404, error)
        await door.create(NOOP)


async def test_unknown_parameters(door: Door) -> None:
    answer = await door.deprovision("nope", "?allow_deletes=x&force=true")
    assert answer.status == 400
    assert answer.reason == (
        "request [/_plugins/_flow_framework/workflow/nope/_deprovision] contains unrecognized parameters: "
        "[allow_deletes] -> did you mean [allow_delete]?, [force]"
    )


async def test_a_body_is_ignored(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    path = f"/_plugins/_flow_framework/workflow/{workflow_id}/_deprovision"
    assert (await door.ask("POST", path, "no JSON")).status == 200


# -- how long it takes ---------------------------------------------------------------------------------

SLOW: Final = "scenario: s\nmatch: everything\ndeprovision: {takes: 4s}"


async def test_resources_vanish_one_by_one_and_the_answer_comes_at_the_end(door: Door) -> None:
    await door.load(SLOW)
    workflow_id = await door.provisioned(DEPLOYMENT)
    connector, model, _ = await door.resources(workflow_id)
    request = asyncio.create_task(door.deprovision(workflow_id))
    await door.until_waiting(1)
    for left in ([connector, model, model], [connector, model], [connector], []):
        document = (await door.status(workflow_id, "?all=true")).json
        assert (document["state"], document["provisioning_progress"]) == ("COMPLETED", "DONE"), (
            "there is no other state"
        )
        assert [it["resource_id"] for it in document.get("resources_created", [])] == left
        assert (await door.ask("GET", f"/_plugins/_ml/connectors/{connector}")).status == (200 if left else 404)
        assert not request.done()
        await door.advance("1s")
    assert (await request).told == (200, {"workflow_id": workflow_id})
    assert (await door.status(workflow_id, "?all=true")).json == fresh(workflow_id)


async def test_a_refusal_comes_at_the_end_too(door: Door) -> None:
    await door.load(SLOW)
    workflow_id = await door.provisioned(SEARCH)
    request = asyncio.create_task(door.deprovision(workflow_id))
    await door.until_waiting(1)
    await door.advance("3999ms")
    await asyncio.sleep(0)
    assert not request.done()
    await door.advance("1ms")
    assert (await request).status == 403
    assert sorted(await door.resources(workflow_id)) == ["books", "embed"]


async def test_in_auto_the_answer_comes_at_once(open_door: Open) -> None:
    door = await open_door(mode="auto")
    await door.load(SLOW)
    workflow_id = await door.create(DEPLOYMENT, "?provision=true")
    while await door.state(workflow_id) != "COMPLETED":
        pass
    assert (await door.deprovision(workflow_id)).status == 200
    assert await door.state(workflow_id) == "NOT_STARTED"


async def test_a_client_that_goes_away_does_not_stop_it(door: Door) -> None:
    await door.load(SLOW)
    workflow_id = await door.provisioned(DEPLOYMENT)
    request = asyncio.create_task(door.deprovision(workflow_id))
    await door.until_waiting(1)
    request.cancel()
    await door.until_waiting(0)
    await door.advance("4s")
    assert await door.state(workflow_id) == "NOT_STARTED"


# -- what others have deleted ----------------------------------------------------------------------------

ML: Final = "/_plugins/_ml"
REGISTERED: Final = MODEL | {"user_inputs": {**MODEL["user_inputs"], "deploy": False}}
PIPES: Final = {"processors": [{"set": {"field": "a", "value": 1}}]}


@pytest.mark.parametrize(
    ("step", "path", "kind"),
    [
        (node("i", "create_index", index_name="gone", configurations={}), "/gone", "index_name"),
        (
            node("p", "create_ingest_pipeline", pipeline_id="gone", configurations=PIPES),
            "/_ingest/pipeline/gone",
            "pipeline_id",
        ),
        (
            node("s", "create_search_pipeline", pipeline_id="gone", configurations={}),
            "/_search/pipeline/gone",
            "pipeline_id",
        ),
    ],
    ids=["index", "ingest pipeline", "search pipeline"],
)
async def test_what_has_a_name_and_is_gone_cannot_be_deprovisioned(
    door: Door, step: Body, path: str, kind: str
) -> None:
    workflow_id = await door.provisioned(template(step))
    assert (await door.ask("DELETE", path)).status == 200
    for _ in range(2):
        answer = await door.deprovision(workflow_id, "?allow_delete=gone")
        assert answer.told == (202, {"error": failed(f"{kind} gone")})
        assert (await door.state(workflow_id), await door.resources(workflow_id)) == ("COMPLETED", ["gone"])
    assert (await door.deprovision(workflow_id)).told == (403, {"error": needs(f"{kind} gone")}), "it is not tried"


@pytest.mark.parametrize("version", ["2.13.0", "2.15.0"])
async def test_a_release_that_deletes_no_pipelines_forgets_those_that_are_gone(open_door: Open, version: str) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.provisioned(template(node("s", "create_index", index_name="gone", configurations={})))
    assert (await door.ask("DELETE", "/gone")).status in (200, 404)
    assert (await door.deprovision(workflow_id)).status == 200


@pytest.mark.parametrize(("version", "status"), [("2.15.0", 202), ("2.16.0", 200), ("2.19.6", 200), ("3.8.0", 200)])
async def test_a_connector_and_a_model_that_are_gone_count_as_deprovisioned(
    open_door: Open, version: str, status: int
) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.provisioned(template(CONNECTOR, REGISTERED))
    connector, model = await door.resources(workflow_id)
    for path in (f"{ML}/models/{model}", f"{ML}/connectors/{connector}"):
        assert (await door.ask("DELETE", path)).status == 200
    answer = await door.deprovision(workflow_id)
    assert answer.status == status
    assert await door.resources(workflow_id) == ([] if status == 200 else [model, connector])


async def test_an_agent_that_is_gone_counts_as_deprovisioned(door: Door) -> None:
    agent = node("a", "register_agent", name="agent", type="flow")
    workflow_id = await door.provisioned(template(agent))
    (agent_id,) = await door.resources(workflow_id)
    assert (await door.ask("DELETE", f"{ML}/agents/{agent_id}")).status == 200
    assert (await door.deprovision(workflow_id)).told == (200, {"workflow_id": workflow_id})
