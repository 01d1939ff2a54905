"""PUT /workflow/{id}?reprovision=true: what may change of a provisioned workflow."""

from copy import deepcopy
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import (
    CONNECTOR,
    DEPLOYMENT,
    EPOCH,
    INDEX,
    MODEL,
    NOOP,
    SEARCH,
    Body,
    Door,
    node,
    template,
)

REPROVISION: Final = "?reprovision=true"
UNCHANGED: Final = {"error": "Template does not contain any modifications"}
DELETION: Final = {"error": "Workflow Step deletion is not supported when reprovisioning a template."}
CONNECTOR_STAYS: Final = {"error": "Workflow Step create_connector_1 does not support updates when reprovisioning."}
MODEL_STAYS: Final = {"error": "Workflow Step register_model_2 does not support updates when reprovisioning."}
GROUP: Final = node("group", "register_model_group", name="g")


def changed(body: Body, node_id: str, **inputs: Any) -> Body:
    """`body` with other inputs of one node."""
    copy = deepcopy(body)
    (found,) = [it for it in copy["workflows"]["provision"]["nodes"] if it["id"] == node_id]
    found["user_inputs"] = {**found.get("user_inputs", {}), **inputs}
    return copy


def more(body: Body, *nodes: Body) -> Body:
    return {**body, "workflows": {"provision": {"nodes": [*body["workflows"]["provision"]["nodes"], *nodes]}}}


def refused_state(workflow_id: str) -> dict[str, str]:
    return {
        "error": f"The template can not be reprovisioned unless its provisioning state is DONE or FAILED: {workflow_id}"
    }


async def test_a_new_node_is_created_and_the_others_are_kept(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    before = (await door.status(workflow_id, "?all=true")).json
    answer = await door.put(workflow_id, more(DEPLOYMENT, GROUP), REPROVISION)
    assert answer.told == (202, {"workflow_id": workflow_id})

    running = (await door.status(workflow_id, "?all=true")).json
    assert (running["state"], running["provisioning_progress"]) == ("PROVISIONING", "IN_PROGRESS")
    assert running["resources_created"] == before["resources_created"]
    assert running["provision_start_time"] == EPOCH + 3_600_000
    assert running["provision_end_time"] == before["provision_end_time"], "the old one stays meanwhile"

    await door.advance("1s")
    after = (await door.status(workflow_id, "?all=true")).json
    assert (after["state"], after["provisioning_progress"]) == ("COMPLETED", "DONE")
    assert after["provision_end_time"] == EPOCH + 3_601_000
    assert after["resources_created"][:-1] == before["resources_created"]
    new = after["resources_created"][-1]
    assert (new["workflow_step_name"], new["workflow_step_id"]) == ("register_model_group", "group")


async def test_a_changed_node_is_updated_and_makes_no_entry(door: Door) -> None:
    workflow_id = await door.provisioned(SEARCH)
    before = await door.resources(workflow_id)
    settings = {"settings": {"number_of_replicas": 2}}
    answer = await door.put(workflow_id, changed(SEARCH, "create_index_4", configurations=settings), REPROVISION)
    assert answer.status == 202
    await door.advance("1h")
    assert await door.state(workflow_id) == "COMPLETED"
    assert await door.resources(workflow_id) == before


async def test_the_template_is_the_new_one(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.put(workflow_id, {**more(DEPLOYMENT, GROUP), "description": "new"}, REPROVISION)
    document = (await door.get(workflow_id)).json
    assert document["description"] == "new"
    assert [it["id"] for it in document["workflows"]["provision"]["nodes"]][-1] == "group"
    assert document["created_time"] == EPOCH
    assert document["last_updated_time"] == document["last_provisioned_time"] == EPOCH + 3_600_000


async def test_after_a_failure_the_error_goes(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {steps: {register_model_2: {fails: timeout}}}")
    workflow_id = await door.provisioned(DEPLOYMENT)
    assert "error" in (await door.status(workflow_id)).json
    assert (await door.put(workflow_id, more(DEPLOYMENT, GROUP), REPROVISION)).status == 202
    assert "error" not in (await door.status(workflow_id)).json


@pytest.mark.parametrize("duration", [None, "500ms"])
async def test_not_before_a_provisioning_has_ended(door: Door, duration: str | None) -> None:
    workflow_id = await door.create(DEPLOYMENT)
    if duration:
        await door.provision(workflow_id)
        await door.advance(duration)
    # The state is told before anything that is wrong with the change.
    for body in (more(DEPLOYMENT, GROUP), DEPLOYMENT, NOOP):
        assert (await door.put(workflow_id, body, REPROVISION)).told == (400, refused_state(workflow_id))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (DEPLOYMENT, UNCHANGED),
        ({**DEPLOYMENT, "name": "another", "ui_metadata": {"x": 1}}, UNCHANGED),
        (template(MODEL, CONNECTOR), UNCHANGED),
        (template(CONNECTOR), DELETION),
        (NOOP, DELETION),
        (changed(DEPLOYMENT, "create_connector_1", name="other"), CONNECTOR_STAYS),
        (changed(DEPLOYMENT, "register_model_2", deploy=False), MODEL_STAYS),
        (changed(more(DEPLOYMENT, GROUP), "create_connector_1", name="other"), CONNECTOR_STAYS),
        # deletion is told before a change that cannot be made
        (changed(template(CONNECTOR), "create_connector_1", name="other"), DELETION),
    ],
    ids=[
        "the same",
        "other words",
        "another order",
        "a node less",
        "another node",
        "changed",
        "undeployed",
        "and more",
        "both",
    ],
)
async def test_refused_changes(door: Door, body: Body, error: dict[str, str]) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    before = (await door.get(workflow_id)).json, (await door.status(workflow_id, "?all=true")).json
    assert (await door.put(workflow_id, body, REPROVISION)).told == (400, error)
    assert ((await door.get(workflow_id)).json, (await door.status(workflow_id, "?all=true")).json) == before


async def test_other_previous_node_inputs_are_a_change(door: Door) -> None:
    body = template(node("a"), node("b"), INDEX | {"previous_node_inputs": {"a": "x"}})
    workflow_id = await door.provisioned(body)
    body = template(node("a"), node("b"), INDEX | {"previous_node_inputs": {"b": "x"}})
    assert (await door.put(workflow_id, body, REPROVISION)).status == 202


async def test_without_a_provision_workflow(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    error = {"error": f"Failed to get workflow state for workflow {workflow_id}"}
    assert (await door.put(workflow_id, {"name": "n"}, REPROVISION)).told == (500, error)
    both = f"{REPROVISION}&update_fields=true"  # the stored template with another name
    assert (await door.put(workflow_id, {"name": "n"}, both)).told == (400, CONNECTOR_STAYS), (
        "its credential is encrypted"
    )
    workflow_id = await door.provisioned(NOOP)
    assert (await door.put(workflow_id, {"name": "n"}, both)).told == (400, UNCHANGED)


async def test_after_an_update_of_fields_credentials_count_as_changed(door: Door) -> None:
    workflow_id = await door.provisioned(template(CONNECTOR))
    assert (await door.put(workflow_id, template(CONNECTOR), REPROVISION)).told == (400, UNCHANGED)
    assert (await door.put(workflow_id, {"description": "new"}, "?update_fields=true")).status == 201
    assert (await door.put(workflow_id, template(CONNECTOR), REPROVISION)).told == (400, CONNECTOR_STAYS)
    assert (await door.deprovision(workflow_id)).status == 200
    await door.put(workflow_id, template(CONNECTOR))
    await door.provision(workflow_id)
    await door.advance("1h")
    assert (await door.put(workflow_id, template(CONNECTOR), REPROVISION)).told == (400, UNCHANGED), "stored anew"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (template(node("a"), node("b", "nope")), 501, "Workflow step type [nope] is not implemented."),
        (
            template(node("a"), node("i", "create_index", index_name="i")),
            400,
            "Workflow validation failed for workflow {id}",
        ),
        (template(node("a", x="y")), 400, "Unable to find update step for step: noop"),
        (template(node("a", node_timeout="soon")), 400, "Failed to get workflow state for workflow {id}"),
        (template(node("a", node_timeout=5)), 500, "Failed to get workflow state for workflow {id}"),
    ],
)
async def test_without_validation_the_graph_is_sorted_all_the_same(
    door: Door, body: Body, status: int, error: str
) -> None:
    workflow_id = await door.provisioned(NOOP)
    answer = await door.put(workflow_id, body, f"{REPROVISION}&validation=none")
    assert answer.told == (status, {"error": error.format(id=workflow_id)})


# -- nodes that make no resource -----------------------------------------------------------------------

LOST: Final = (
    'Cannot invoke "org.opensearch.flowframework.workflow.ProcessNode.id()" because "<parameter1>" is null during '
    "step , restStatus: INTERNAL_SERVER_ERROR"
)
FIRST: Final = node("first", "noop")


def an_index(name: str, **more: Any) -> Body:
    return node(name, "create_index", index_name=name, configurations="{}", **more)


@pytest.mark.parametrize("version", ["3.8.0", "2.19.6"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([FIRST], [FIRST, an_index("new", after={"first": "x"})]),
        ([FIRST, an_index("old", after={"first": "x"})], [FIRST, an_index("old", after={"first": "x"}), node("a")]),
        (
            [node("tool", "create_tool", type="T"), an_index("old")],
            [
                node("tool", "create_tool", type="T"),
                an_index("old"),
                node("agent", "register_agent", after={"tool": "tools"}, name="a", type="flow"),
            ],
        ),
    ],
)
async def test_a_node_after_an_unchanged_one_without_resource(
    open_door: Open, version: str, before: list[Body], after: list[Body]
) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.provisioned(template(*before))
    listed = await door.resources(workflow_id)
    assert (await door.put(workflow_id, template(*after), REPROVISION)).status in (201, 202)
    await door.advance("1h")
    status = (await door.status(workflow_id)).json
    assert (status["state"], status["error"]) == ("FAILED", LOST)
    assert await door.resources(workflow_id) == listed


async def test_an_unchanged_node_without_resource_that_none_follows(door: Door) -> None:
    workflow_id = await door.provisioned(template(FIRST, an_index("old")))
    body = template(FIRST, an_index("old"), an_index("new", after={"old": "x"}))
    assert (await door.put(workflow_id, body, REPROVISION)).status == 202
    await door.advance("1h")
    assert (await door.state(workflow_id), await door.resources(workflow_id)) == ("COMPLETED", ["old", "new"])


async def test_true_is_not_one(door: Door) -> None:
    """And 1 is 1.0."""
    workflow_id = await door.provisioned(template(node("n", number=1)))
    assert (await door.put(workflow_id, template(node("n", number=1.0)), REPROVISION)).json == UNCHANGED
    refusal = {"error": "Unable to find update step for step: noop"}
    assert (await door.put(workflow_id, template(node("n", number=True)), REPROVISION)).told == (400, refusal)


# -- what an update step sends -------------------------------------------------------------------------


def a_pipeline(kind: str, pipeline_id: str, description: str, **more: Any) -> Body:
    configurations: Body = {"description": description, **({"processors": []} if kind == "ingest" else {}), **more}
    return node("p", f"create_{kind}_pipeline", pipeline_id=pipeline_id, configurations=configurations)


@pytest.mark.parametrize(("kind", "path"), [("ingest", "/_ingest/pipeline/"), ("search", "/_search/pipeline/")])
async def test_an_update_makes_the_pipeline_that_is_not_there(door: Door, kind: str, path: str) -> None:
    """It is in no list, so it stays."""
    workflow_id = await door.provisioned(template(an_index("i"), a_pipeline(kind, "p", "", foo=1)))
    assert (await door.state(workflow_id), (await door.ask("GET", path + "p")).status) == ("FAILED", 404)
    body = template(an_index("i"), a_pipeline(kind, "p", "good"))
    assert (await door.put(workflow_id, body, REPROVISION)).status == 202
    await door.advance("1h")
    assert (await door.state(workflow_id), await door.resources(workflow_id)) == ("COMPLETED", ["i"])
    assert (await door.ask("GET", path + "p")).json["p"]["description"] == "good"
    assert (await door.deprovision(workflow_id, "?allow_delete=i,p")).status == 200
    assert (await door.ask("GET", path + "p")).status == 200


async def test_an_update_of_another_name(door: Door) -> None:
    workflow_id = await door.provisioned(template(a_pipeline("search", "one", "first")))
    assert (await door.put(workflow_id, template(a_pipeline("search", "two", "second")), REPROVISION)).status == 202
    await door.advance("1h")
    assert await door.resources(workflow_id) == ["one"]
    found = (await door.ask("GET", "/_search/pipeline")).json
    assert {name: body["description"] for name, body in found.items()} == {"one": "first", "two": "second"}
