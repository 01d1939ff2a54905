"""POST /workflow/{id}/_provision: parameters, body, what is refused, and the run."""

import json
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import DEPLOYMENT, EPOCH, NOOP, SEARCH, WORKFLOW, YAML, Door, node, template

NAMED: Final = template(node("i", "create_index", index_name="${{ name }}", configurations="${{ more }}"))
PARSING: Final = "Request body parsing failed"
STRINGS: Final = "Request body fields must have string values"


def refused_state(workflow_id: str, progress: str) -> dict[str, str]:
    message = f"The workflow provisioning state is {progress} and can not be provisioned unless its state is "
    return {"error": f"{message}NOT_STARTED: {workflow_id}. Deprovision the workflow to reset the state."}


# -- accepted ------------------------------------------------------------------------------------------


async def test_answers_202_and_the_id_alone(door: Door) -> None:
    workflow_id = await door.create(NOOP)
    answer = await door.provision(workflow_id)
    assert (answer.status, answer.text) == (202, f'{{"workflow_id":"{workflow_id}"}}')


async def test_the_status_from_moment_to_moment(door: Door) -> None:
    """One step a second; a registered model that is deployed at once makes two entries."""
    workflow_id = await door.create(SEARCH)
    assert (await door.status(workflow_id, "?all=true")).json == {
        "workflow_id": workflow_id,
        "state": "NOT_STARTED",
        "provisioning_progress": "NOT_STARTED",
    }
    await door.provision(workflow_id)
    for entries in (0, 1, 3, 4):
        document = (await door.status(workflow_id, "?all=true")).json
        expected = ["workflow_id", "state", "provisioning_progress", "provision_start_time"]
        assert list(document) == [*expected, *(["resources_created"] if entries else [])]
        assert (document["state"], document["provisioning_progress"]) == ("PROVISIONING", "IN_PROGRESS")
        assert document["provision_start_time"] == EPOCH
        assert len(document.get("resources_created", [])) == entries
        await door.advance("1s")
    document = (await door.status(workflow_id, "?all=true")).json
    assert (document["state"], document["provisioning_progress"]) == ("COMPLETED", "DONE")
    assert document["provision_end_time"] == EPOCH + 4000
    assert [
        (it["workflow_step_name"], it["workflow_step_id"], it["resource_type"]) for it in document["resources_created"]
    ] == [
        ("create_connector", "create_connector_1", "connector_id"),
        ("register_remote_model", "register_model_2", "model_id"),
        ("deploy_model", "register_model_2", "model_id"),
        ("create_ingest_pipeline", "create_pipeline_3", "pipeline_id"),
        ("create_index", "create_index_4", "index_name"),
    ]
    connector, model, deployed, pipeline, index = (it["resource_id"] for it in document["resources_created"])
    assert len({connector, model}) == 2
    assert model == deployed
    assert (pipeline, index) == ("embed", "books")


async def test_the_brief_status_has_neither_progress_nor_times(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    assert list((await door.status(workflow_id)).json) == ["workflow_id", "state", "resources_created"]


async def test_steps_without_a_path_between_them_run_in_parallel(door: Door) -> None:
    groups = [node(name, "register_model_group", name=name) for name in "abc"]
    workflow_id = await door.create(template(*groups), "?provision=true")
    await door.advance("1s")
    assert await door.state(workflow_id) == "COMPLETED"
    assert len(await door.resources(workflow_id)) == 3


# -- substitution values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("?name=books&more={}", None),
        ("", {"name": "books", "more": "{}"}),
        ("?name=books", {"more": "{}"}),
        ("?name=books&more={}&unused=x", {"unused too": "x"}),
        ("?name=books&more={}&pretty&human=true&format=json&filter_path=workflow_id&error_trace=false", None),
        ("?name=books&more={}", {}),
    ],
)
async def test_parameters_and_body_together(door: Door, query: str, body: Any) -> None:
    workflow_id = await door.create(NAMED)
    assert (await door.provision(workflow_id, query, body)).status == 202
    await door.advance("1m")
    assert await door.resources(workflow_id) == ["books"]


async def test_they_hold_for_this_run_alone(door: Door) -> None:
    workflow_id = await door.create(NAMED)
    for name in ("first", "second"):
        await door.provision(workflow_id, f"?name={name}&more={{}}")
        await door.advance("1m")
        assert await door.resources(workflow_id) == [name]
        assert (await door.deprovision(workflow_id, f"?allow_delete={name}")).status == 200
    inputs = (await door.get(workflow_id)).json["workflows"]["provision"]["nodes"][0]["user_inputs"]
    assert inputs["index_name"] == "${{ name }}"


def pipeline_named(name: str) -> dict[str, Any]:
    """A template of a search pipeline, which may have any name."""
    return template(node("s", "create_search_pipeline", pipeline_id=name, configurations="{}"))


@pytest.mark.parametrize("written", ["${{name}}", "${{  name }}", "${{ ${{ name }}", "${{\nname}}"])
async def test_white_space_does_not_matter(door: Door, written: str) -> None:
    workflow_id = await door.create(pipeline_named(written))
    await door.provision(workflow_id, "?name=idx")
    await door.advance("1s")
    assert await door.resources(workflow_id) == [written[: written.rindex("$")] + "idx"]


async def test_a_placeholder_without_end_stays_and_takes_no_time(door: Door) -> None:
    """The server answers others meanwhile: each character is read once."""
    written = "${{ " * 200_000
    workflow_id = await door.create(pipeline_named(written))
    assert (await door.provision(workflow_id)).status == 202
    await door.advance("1s")
    assert await door.resources(workflow_id) == [written]


async def test_what_nobody_gives_stays_as_it_is(door: Door) -> None:
    workflow_id = await door.create(pipeline_named("${{ name }}"))
    await door.provision(workflow_id)
    await door.advance("1m")
    assert await door.resources(workflow_id) == ["${{ name }}"]


async def test_a_body_in_yaml_is_answered_in_yaml(door: Door) -> None:
    workflow_id = await door.create(NAMED)
    answer = await door.provision(workflow_id, "", 'name: books\nmore: "{}"\n', content_type=YAML)
    assert (answer.status, answer.text) == (202, f'---\nworkflow_id: "{workflow_id}"\n')
    await door.advance("1m")
    assert await door.resources(workflow_id) == ["books"]


# -- refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "body", "message"),
    [
        ("?name=a", {"name": "b"}, "Duplicate key name"),
        ("?name=a", {"name": "a"}, "Duplicate key name"),
        ("?name=a", {"name": 1}, "Duplicate key name"),
        ("", {"a": 1}, STRINGS),
        ("", {"a": True}, STRINGS),
        ("", {"a": None}, STRINGS),
        ("", {"a": ["b"]}, STRINGS),
        ("", {"a": {"b": "c"}}, STRINGS),
        ("", {"a": "b", "c": 1}, STRINGS),
        ("", "no JSON", PARSING),
        ("", '{"a": "b"', PARSING),
        ("", '{"a": "b", "a": "c"}', PARSING),
        ("", "{", PARSING),
        ("?a=b", '{"a": "b"', "Duplicate key a"),
    ],
    ids=str,
)
async def test_refused_bodies(door: Door, query: str, body: Any, message: str) -> None:
    workflow_id = await door.create(NAMED)
    # What is wrong with the body is told before the id is looked up.
    for wanted in (workflow_id, "nope"):
        assert (await door.provision(wanted, query, body)).told == (400, {"error": message})
    assert await door.state(workflow_id) == "NOT_STARTED"


@pytest.mark.parametrize(
    ("body", "line", "column", "kind"),
    [
        ("[]", 1, 1, "START_ARRAY"),
        (' \n  "a"', 2, 3, "VALUE_STRING"),
        ("null", 1, 1, "VALUE_NULL"),
        ("1.5", 1, 1, "VALUE_NUMBER"),
        ("true", 1, 1, "VALUE_BOOLEAN"),
        (" ", 1, 0, "null"),
    ],
)
async def test_bodies_that_are_no_objects(door: Door, body: str, line: int, column: int, kind: str) -> None:
    answer = await door.provision(await door.create(NAMED), "", body)
    reason = f"Failed to parse object: expecting token of type [START_OBJECT] but found [{kind}]"
    cause = {"type": "parsing_exception", "reason": reason, "line": line, "col": column}
    assert answer.told == (400, {"error": {"root_cause": [cause], **cause}, "status": 400})


async def test_what_follows_the_object_does_not_matter(door: Door) -> None:
    workflow_id = await door.create(NAMED)
    assert (await door.provision(workflow_id, "", '{"name": "books", "more": "{}"} and more')).status == 202
    await door.advance("1m")
    assert await door.resources(workflow_id) == ["books"]


@pytest.mark.parametrize(("body", "message"), [("a: b\na: c", PARSING), ("a: 1", STRINGS), ("a: [", STRINGS)])
async def test_refused_bodies_in_yaml(door: Door, body: str, message: str) -> None:
    workflow_id = await door.create(NAMED)
    answer = await door.provision(workflow_id, "", body, content_type=YAML)
    assert (answer.status, answer.text) == (400, f'---\nerror: "{message}"\n')


async def test_a_body_of_another_type(door: Door) -> None:
    workflow_id = await door.create(NAMED)
    answer = await door.provision(workflow_id, "", json.dumps({"a": "b"}), content_type="text/plain")
    assert answer.told == (406, {"error": "Content-Type header [text/plain] is not supported", "status": 406})


async def test_without_a_body_its_type_does_not_matter(door: Door) -> None:
    workflow_id = await door.create(NAMED)
    path = f"{WORKFLOW}/{workflow_id}/_provision"
    assert (await door.ask("POST", path, headers={"Content-Type": "text/plain"})).status == 202


async def test_an_unknown_id(door: Door) -> None:
    assert (await door.provision("nope", "?a=b")).told == (500, {"error": "Failed to get template nope"})
    await door.create(NOOP)
    error = {"error": "Failed to retrieve template (nope) from global context."}
    assert (await door.provision("nope", "?a=b", {"c": "d"})).told == (404, error)


async def test_a_deleted_template(door: Door) -> None:
    workflow_id = await door.provisioned(DEPLOYMENT)
    await door.delete(workflow_id)
    error = {"error": f"Failed to retrieve template ({workflow_id}) from global context."}
    assert (await door.provision(workflow_id)).told == (404, error)
    assert await door.state(workflow_id) == "COMPLETED"


@pytest.mark.parametrize(("duration", "progress"), [("0ms", "IN_PROGRESS"), ("1h", "DONE"), ("1h", "FAILED")])
async def test_a_second_time(door: Door, duration: str, progress: str) -> None:
    if progress == "FAILED":
        await door.load("scenario: s\nmatch: everything\nprovision: {steps: {create_connector: {fails: timeout}}}")
    workflow_id = await door.create(DEPLOYMENT)
    assert (await door.provision(workflow_id)).status == 202
    await door.advance(duration)
    before = (await door.status(workflow_id, "?all=true")).json
    assert before["provisioning_progress"] == progress
    for _ in range(2):
        assert (await door.provision(workflow_id)).told == (400, refused_state(workflow_id, progress))
    assert (await door.status(workflow_id, "?all=true")).json == before
    await door.advance("1h")
    assert (await door.deprovision(workflow_id)).status == 200
    assert (await door.provision(workflow_id)).status == 202, "after a deprovision it may begin again"


async def test_the_state_is_told_before_the_graph(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {timeline: [{at: 0s, state: COMPLETED}]}")
    workflow_id = await door.create(template(node("a", "nope")), "?validation=none")
    assert (await door.provision(workflow_id)).status == 501


# -- failures ------------------------------------------------------------------------------------------


async def test_a_failed_step(door: Door) -> None:
    await door.load(
        "scenario: s\nmatch: everything\n"
        "provision: {steps: {register_model_2: {takes: 3s, fails: {status: NOT_FOUND, message: no connector}}}}"
    )
    workflow_id = await door.create(SEARCH, "?provision=true")
    await door.advance("3999ms")
    assert await door.state(workflow_id) == "PROVISIONING"
    await door.advance("1ms")
    document = (await door.status(workflow_id, "?all=true")).json
    assert list(document) == [
        "workflow_id",
        "error",
        "state",
        "provisioning_progress",
        "provision_start_time",
        "provision_end_time",
        "resources_created",
    ]
    assert document["error"] == (
        "WorkflowStepException during step register_model_2, no connector, restStatus: NOT_FOUND"
    )
    assert (document["state"], document["provisioning_progress"]) == ("FAILED", "FAILED")
    assert document["provision_end_time"] - document["provision_start_time"] == 4000
    assert [it["workflow_step_id"] for it in document["resources_created"]] == ["create_connector_1"]
    await door.advance("1h")
    assert (await door.status(workflow_id, "?all=true")).json == document


async def test_the_error_stays_until_the_next_run_is_over(door: Door) -> None:
    """A deprovisioning that leaves nothing makes a fresh document."""
    await door.load("scenario: s\nmatch: everything\nprovision: {attempts: [{steps: {noop: {fails: timeout}}}, {}]}")
    workflow_id = await door.provisioned(NOOP)
    assert (await door.status(workflow_id)).json[
        "error"
    ] == "TimeoutException during step a, restStatus: INTERNAL_SERVER_ERROR"
    await door.deprovision(workflow_id)
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "NOT_STARTED"}
    await door.provision(workflow_id)
    await door.advance("1m")
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "COMPLETED"}


@pytest.mark.parametrize("timeout", ["0", "0s", "999micros"])
async def test_a_time_out_of_nothing(open_door: Open, timeout: str) -> None:
    """It is no time, not no time-out; what the step has begun is made all the same."""
    nodes = [node("n", node_timeout=timeout), node("i", "create_index", index_name="i", configurations="{}")]
    for version, error in (
        ("3.8.0", "TimeoutException during step i, restStatus: GATEWAY_TIMEOUT"),
        ("2.19.6", "java.util.concurrent.TimeoutException during step i, restStatus: INTERNAL_SERVER_ERROR"),
    ):
        door = await open_door(opensearch_version=version)
        assert await door.state(await door.provisioned(template(nodes[0]))) == "COMPLETED"
        nodes[1]["user_inputs"]["node_timeout"] = timeout
        status = (await door.status(await door.provisioned(template(*nodes)))).json
        assert (status["state"], status["error"]) == ("FAILED", error)
        assert (await door.ask("GET", "/i")).status == 200
