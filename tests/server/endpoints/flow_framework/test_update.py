"""PUT /workflow/{id}: the whole template, or some fields of it."""

from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import DEPLOYMENT, EPOCH, NOOP, WORKFLOW, YAML, Door, node, template

ONLY: Final = (
    "Only the parameters [use_case, pretty, workflow_id, provision, reprovision, format, error_trace, human, "
    "update_fields, wait_for_completion_timeout, filter_path, validation] are permitted unless the provision parameter "
    "is set to true."
)
INVALID: Final = "IOException: template content invalid for specified Content-Type."
NEW: Final = {**template(node("b")), "name": "new", "description": "d"}


def missing(workflow_id: str) -> dict[str, str]:
    return {"error": f"Failed to retrieve template ({workflow_id}) from global context."}


def not_updatable(workflow_id: str) -> dict[str, str]:
    message = f"The template can not be updated unless its provisioning state is NOT_STARTED: {workflow_id}. "
    return {"error": message + "Deprovision the workflow to reset the state."}


async def shown(door: Door, workflow_id: str) -> dict[str, Any]:
    document: dict[str, Any] = (await door.get(workflow_id)).json
    return {name: value for name, value in document.items() if not name.endswith("_time")}


# -- the whole template --------------------------------------------------------------------------------


async def test_replaces_the_template(door: Door) -> None:
    workflow_id = await door.create({**NOOP, "use_case": "OLD", "ui_metadata": {"x": 1}})
    assert (await door.put(workflow_id, NEW)).told == (201, {"workflow_id": workflow_id})
    document = await shown(door, workflow_id)
    assert (document["name"], document["description"], document["use_case"]) == ("new", "d", "")
    assert "ui_metadata" not in document
    assert [it["id"] for it in document["workflows"]["provision"]["nodes"]] == ["b"]


@pytest.mark.parametrize(("version", "status"), [("2.19.6", 201), ("3.0.0", 202), ("3.8.0", 202)])
@pytest.mark.parametrize("more", ["", "&index=books", "&wait_for_completion_timeout=5s", "&validation=none"])
async def test_with_provision_it_is_only_stored(open_door: Open, version: str, status: int, more: str) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.create(NOOP)
    for body in (DEPLOYMENT, {"name": "without workflows"}, DEPLOYMENT):
        answer = await door.put(workflow_id, body, f"?provision=true{more}")
        assert answer.told == (status, {"workflow_id": workflow_id})
        await door.advance("1h")
        state = {"workflow_id": workflow_id, "state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}
        assert (await door.status(workflow_id, "?all=true")).json == state
        assert "last_provisioned_time" not in await shown(door, workflow_id)
    assert (await shown(door, workflow_id))["name"] == "deployment", "the last one is stored"


async def test_with_provision_a_provisioned_workflow_is_refused_as_without(door: Door) -> None:
    workflow_id = await door.provisioned(NOOP)
    answer = await door.put(workflow_id, NOOP, "?provision=true")
    assert answer.status == 400
    assert answer.json["error"].startswith("The template can not be updated unless its provisioning state is NOT_")


async def test_from_a_use_case(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    body = {"create_ingest_pipeline.model_id": "m"}
    assert (await door.put(workflow_id, body, "?use_case=semantic_search")).status == 201
    assert (await shown(door, workflow_id))["use_case"] == "SEMANTIC_SEARCH"


async def test_yaml_in_is_yaml_out(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    answer = await door.put(workflow_id, "name: n", content_type=YAML)
    assert (answer.status, answer.text) == (201, f'---\nworkflow_id: "{workflow_id}"\n')


async def test_after_a_deprovision_it_may_be_replaced_again(door: Door) -> None:
    workflow_id = await door.provisioned(NOOP)
    assert (await door.put(workflow_id, NEW)).told == (400, not_updatable(workflow_id))
    await door.deprovision(workflow_id)
    assert (await door.put(workflow_id, NEW)).status == 201


@pytest.mark.parametrize(("duration", "state"), [("500ms", "PROVISIONING"), ("1h", "COMPLETED"), ("1h", "FAILED")])
async def test_not_while_something_is_provisioned(door: Door, duration: str, state: str) -> None:
    if state == "FAILED":
        await door.load("scenario: s\nmatch: everything\nprovision: {steps: {noop: {fails: timeout}}}")
    workflow_id = await door.create(NOOP, "?provision=true")
    await door.advance(duration)
    assert await door.state(workflow_id) == state
    for query in ("", "?provision=true", "?validation=none"):
        assert (await door.put(workflow_id, NEW, query)).told == (400, not_updatable(workflow_id))
    assert (await shown(door, workflow_id))["name"] == "test"


# -- some fields ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "new"),
        ("description", "new"),
        ("use_case", "new"),
        ("version", {"template": "2.0.0", "compatibility": ["3.0.0"]}),
        ("ui_metadata", {"new": True}),
    ],
)
async def test_changes_one_field_and_leaves_the_others(door: Door, field: str, value: Any) -> None:
    workflow_id = await door.create(
        {
            **NOOP,
            "name": "old",
            "description": "old",
            "use_case": "old",
            "version": {"template": "1.0.0"},
            "ui_metadata": {"old": 1},
        }
    )
    before = await shown(door, workflow_id)
    answer = await door.put(workflow_id, {field: value}, "?update_fields=true")
    assert answer.told == (201, {"workflow_id": workflow_id})
    assert await shown(door, workflow_id) == {**before, field: value}


async def test_fields_may_change_in_any_state(door: Door) -> None:
    workflow_id = await door.create(DEPLOYMENT, "?provision=true")
    for name in ("while provisioning", "when done"):
        assert (await door.put(workflow_id, {"name": name}, "?update_fields=true")).status == 201
        assert (await shown(door, workflow_id))["name"] == name
        await door.advance("1h")
    assert len(await door.resources(workflow_id)) == 3, "the run went on"


async def test_no_field_is_no_change(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    before = await shown(door, workflow_id)
    assert (await door.put(workflow_id, {}, "?update_fields=true")).status == 201
    assert await shown(door, workflow_id) == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"workflows": {}}, "You can not update the field [workflows] without updating the whole template."),
        ({"name": "n", "user": {}}, "You can not update the field [user] without updating the whole template."),
        ({"created_time": 1}, "You can not update the field [created_time] without updating the whole template."),
        # before what is wrong inside of it
        (template(), "You can not update the field [workflows] without updating the whole template."),
        ({"version": {"x": 1}}, "Unable to parse field [version] in a version object."),
        (
            {"workflows": {}, "version": {"x": 1}},
            "You can not update the field [workflows] without updating the whole template.",
        ),
        ({"name": []}, INVALID),
        ("no JSON", INVALID),
        ("", INVALID),
        ("[]", INVALID),
    ],
    ids=str,
)
async def test_refused_fields(door: Door, body: Any, message: str) -> None:
    workflow_id = await door.create(NOOP)
    before = (await door.get(workflow_id)).json
    assert (await door.put(workflow_id, body, "?update_fields=true")).told == (400, {"error": message})
    assert (await door.get(workflow_id)).json == before


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "body", "status", "error"),
    [
        ("?foo=1", NOOP, 400, ONLY),
        ("?foo=1&reprovision=true", NOOP, 400, ONLY),
        ("?foo=1&provision=true&reprovision=true", NOOP, 400, ONLY),
        (
            "?provision=true&update_fields=true&foo=1",
            NOOP,
            400,
            "You can not use both the provision and update_fields parameters in the same request.",
        ),
        (
            "?reprovision=true&use_case=nope",
            NOOP,
            400,
            "You cannot use the reprovision and use_case parameters in the same request.",
        ),
        (
            "?wait_for_completion_timeout=5s&update_fields=true",
            NOOP,
            400,
            "Request parameter 'wait_for_completion_timeout' is not allowed unless the 'provision' or 'reprovision' "
            "parameter is set to true.",
        ),
        ("?use_case=nope", NOOP, 400, "Unable to find substitution ready file for use case: nope"),
        ("", "no JSON", 400, INVALID),
        ("?provision=true", "", 400, INVALID),
        ("", {"foo": 1}, 400, "Unable to parse field [foo] in a template object."),
        ("", {}, 400, "A template object requires a name."),
    ],
)
async def test_what_is_wrong_with_the_request_is_told_before_the_id_is_looked_up(
    door: Door, query: str, body: Any, status: int, error: str
) -> None:
    workflow_id = await door.create(NOOP)
    for wanted in (workflow_id, "nope"):
        assert (await door.put(wanted, body, query)).told == (status, {"error": error})


@pytest.mark.parametrize("query", ["", "?update_fields=true", "?reprovision=true", "?provision=true"])
async def test_an_unknown_id(door: Door, query: str) -> None:
    body = {"name": "n"} if "fields" in query else NOOP
    for error in ({"error": "Failed to retrieve template (nope)."}, missing("nope")):
        assert (await door.put("nope", body, query)).told == (404, error)
        await door.create(NOOP)


@pytest.mark.parametrize("query", ["", "?reprovision=true", "?provision=true"])
async def test_the_id_is_looked_up_before_the_graph_is_checked(open_door: Open, query: str) -> None:
    bad, refusal = template(node("a", "nope")), {"error": "Workflow step type [nope] is not implemented."}
    door = await open_door()
    workflow_id = await door.create(NOOP)
    assert (await door.put("nope", bad, query)).told == (404, missing("nope"))
    assert (await door.put(workflow_id, bad, query)).told == (501, refusal)
    if "reprovision" not in query:
        door = await open_door(opensearch_version="2.16.0")
        await door.create(NOOP)
        assert (await door.put("nope", bad, query)).told == (501, refusal)


async def test_after_delete_the_id_is_unknown(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.delete(workflow_id)
    assert (await door.put(workflow_id, NOOP)).told == (404, missing(workflow_id))


async def test_post_with_an_id_in_the_query_is_an_update(door: Door) -> None:
    """The plugin has one handler for both and asks only whether there is a workflow_id."""
    workflow_id = await door.create(NOOP)
    answer = await door.ask("POST", f"{WORKFLOW}?workflow_id={workflow_id}", NEW)
    assert answer.told == (201, {"workflow_id": workflow_id})
    assert (await shown(door, workflow_id))["name"] == "new"


async def test_the_state_stays_not_started(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    await door.put(workflow_id, NEW)
    expected = {"workflow_id": workflow_id, "state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}
    assert (await door.status(workflow_id, "?all=true")).json == expected
    assert (await door.get(workflow_id)).json["created_time"] == EPOCH
