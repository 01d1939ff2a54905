"""What differs between releases, from 2.12 to the newest."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.plugin.versions import NEWEST
from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import CONNECTOR, NOOP, WORKFLOW, Door, node, template

pytestmark = pytest.mark.slow

VERSIONS: Final = (
    *(f"2.{minor}.0" for minor in range(12, 20)),
    "2.19.3",
    "2.19.4",
    *(f"3.{minor}.0" for minor in range(int(NEWEST.split(".")[1]) + 1)),
)
each = pytest.mark.parametrize("version", VERSIONS)
GROUP: Final = template(node("g", "register_model_group", name="g"))
INDEX: Final = template(node("i", "create_index", index_name="books", configurations="{}"))


def since(**values: Any) -> Callable[[str], Any]:
    """Version -> the value of the last of these that it has come to: ``v2_16=...``."""
    table = [(tuple(int(part) for part in name[1:].split("_")), value) for name, value in values.items()]

    def at(version: str) -> Any:
        release = tuple(int(part) for part in version.split("."))
        return [value for begin, value in table if begin <= release][-1]

    return at


async def opened(open_door: Open, version: str) -> Door:
    return await open_door(opensearch_version=version)


# -- status codes --------------------------------------------------------------------------------------

PROVISIONED: Final = since(v2_12=200, v3_0=202)
CREATED_AND_PROVISIONED: Final = since(v2_12=201, v3_0=202)


@each
async def test_status_codes_of_success(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    workflow_id = await door.create(NOOP)
    answers = {
        "create": await door.post(body=NOOP),
        "update": await door.put(workflow_id, NOOP),
        "create and provision": await door.post("?provision=true", NOOP),
        "provision": await door.provision(workflow_id),
        "status": await door.status(workflow_id),
        "get": await door.get(workflow_id),
        "steps": await door.ask("GET", f"{WORKFLOW}/_steps"),
        "deprovision": await door.deprovision(workflow_id),
        "update and provision": await door.put(workflow_id, NOOP, "?provision=true"),
        "delete": await door.delete(workflow_id),
    }
    assert {name: answer.status for name, answer in answers.items()} == {
        "create": 201,
        "update": 201,
        "create and provision": CREATED_AND_PROVISIONED(version),
        "provision": PROVISIONED(version),
        "status": 200,
        "get": 200,
        "steps": 200,
        "deprovision": 200,
        "update and provision": CREATED_AND_PROVISIONED(version),
        "delete": 200,
    }


@each
async def test_reprovision_and_its_code(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    workflow_id = await door.provisioned(NOOP)
    answer = await door.put(workflow_id, template(node("a"), node("b")), "?reprovision=true")
    assert answer.status == since(v2_12=400, v2_17=201, v3_0=202)(version)


@each
async def test_synchronous_codes(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    await door.clock({"mode": "auto"})
    workflow_id = await door.create(NOOP)
    query = "?wait_for_completion_timeout=10s"
    provisioned = await door.provision(workflow_id, query)
    created = await door.post(query + "&provision=true", NOOP)
    known = since(v2_12=False, v2_19=True)(version)
    if version.startswith("2.12"):
        assert (provisioned.status, created.status) == (400, 400), "2.12 knows no parameters of any name"
        return
    assert (provisioned.status, created.status) == (PROVISIONED(version), CREATED_AND_PROVISIONED(version))
    for answer in (provisioned, created):  # before 2.19 it is a substitution like any other
        assert answer.json.get("state") == ("COMPLETED" if known else None)


# -- messages ------------------------------------------------------------------------------------------

NOT_FOUND: Final = since(
    v2_12="Fail to find workflow", v2_13="Fail to find workflow nope", v2_15="Fail to find workflow status of nope"
)
AGAIN: Final = since(
    v2_12="The template has already been provisioned: {id}",
    v2_14="The workflow provisioning state is DONE and can not be provisioned unless its state is NOT_STARTED: {id}. "
    "Deprovision the workflow to reset the state.",
)


@each
async def test_unknown_ids(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    template_missing = {"error": "Failed to retrieve template (nope) from global context."}
    assert (await door.get("nope")).told == (404, {"error": "There are no templates in the global_context"})
    await door.create(NOOP)
    assert (await door.status("nope")).told == (404, {"error": NOT_FOUND(version)})
    assert (await door.get("nope")).told == (404, template_missing)
    assert (await door.provision("nope")).told == (404, template_missing)
    assert (await door.deprovision("nope")).told == (
        since(v2_12=500, v2_16=404)(version),
        {"error": "Failed to get workflow state for workflow nope"},
    )
    assert (await door.delete("nope")).json["result"] == "not_found"


@each
async def test_a_second_provision(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    workflow_id = await door.provisioned(NOOP)
    assert (await door.provision(workflow_id)).told == (400, {"error": AGAIN(version).format(id=workflow_id)})


# -- error texts ---------------------------------------------------------------------------------------

PACKAGE: Final = "org.opensearch.flowframework.exception"
OWN: Final = since(
    v2_12=f"{PACKAGE}.WorkflowStepException during step create_connector_1",
    v2_13=f"{PACKAGE}.WorkflowStepException during step create_connector_1, restStatus: NOT_FOUND",
    v2_14="no model during step create_connector_1, restStatus: NOT_FOUND",
    v3_1="WorkflowStepException during step create_connector_1, no model, restStatus: NOT_FOUND",
)
FOREIGN: Final = since(
    v2_12="java.lang.IllegalStateException during step create_connector_1",
    v2_13="java.lang.IllegalStateException during step create_connector_1, restStatus: CONFLICT",
    v2_14="java.lang.IllegalStateException during step create_connector_1, restStatus: CONFLICT",
    v3_1="IllegalStateException during step create_connector_1, restStatus: CONFLICT",
)


@each
@pytest.mark.parametrize(
    ("fails", "text"),
    [
        ("{status: NOT_FOUND, message: no model}", OWN),
        ("{status: CONFLICT, message: not told, exception: IllegalStateException}", FOREIGN),
    ],
    ids=["the plugin's own", "another"],
)
async def test_the_error_of_a_failed_step(
    open_door: Open, version: str, fails: str, text: Callable[[str], str]
) -> None:
    door = await opened(open_door, version)
    await door.load(f"scenario: s\nmatch: everything\nprovision: {{steps: {{create_connector: {{fails: {fails}}}}}}}")
    workflow_id = await door.provisioned(template(CONNECTOR))
    answer = await door.status(workflow_id)
    assert answer.told == (200, {"workflow_id": workflow_id, "error": text(version), "state": "FAILED"})


@pytest.mark.parametrize("version", [version for version in VERSIONS if version >= "2.19"])
async def test_a_synchronous_failure_is_an_http_error(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    await door.clock({"mode": "auto"})
    await door.load(
        "scenario: s\nmatch: everything\n"
        "provision: {steps: {create_connector: {fails: {status: NOT_FOUND, message: no model}}}}"
    )
    began = door.cluster.world.now()
    answer = await door.post("?provision=true&wait_for_completion_timeout=10s", template(CONNECTOR))
    took = door.cluster.world.now() - began
    if version >= "3":
        assert answer.told == (404, {"error": OWN(version)})
        assert took < 10_000
        return
    workflow_id = answer.json["workflow_id"]
    assert answer.told == (201, {"workflow_id": workflow_id, "error": OWN(version), "state": "FAILED"})
    assert took == 10_000, "the call lasts for the whole time-out"


@pytest.mark.parametrize("version", [version for version in VERSIONS if version >= "2.19"])
@pytest.mark.parametrize("fails", [False, True])
async def test_a_synchronous_reprovision(open_door: Open, version: str, fails: bool) -> None:
    door = await opened(open_door, version)
    await door.clock({"mode": "auto"})
    if fails:
        plan = "{steps: {b: {fails: {status: NOT_FOUND, message: no model}}}}"
        await door.load(f"scenario: s\nmatch: everything\nreprovision: {plan}")
    workflow_id = await door.create(template(node("a")))
    await door.provision(workflow_id, "?wait_for_completion_timeout=1h")
    began = door.cluster.world.now()
    query = "?reprovision=true&wait_for_completion_timeout=10s"
    answer = await door.put(workflow_id, template(node("a"), node("b")), query)
    took = door.cluster.world.now() - began
    if version < "3":
        assert answer.told == (201, {"workflow_id": workflow_id}), "it does not say how it ended"
        assert (took == 10_000) == fails
    elif fails:
        assert answer.told == (404, {"error": "no model during step b, restStatus: NOT_FOUND"})
    else:
        assert answer.told == (202, {"workflow_id": workflow_id, "state": "COMPLETED"})


HIDDEN: Final = "Failed to create the index books"
TOLD: Final = "index [books/{uuid}] already exists"
EXISTS: Final = since(
    v2_13=f"{PACKAGE}.WorkflowStepException during step i, restStatus: INTERNAL_SERVER_ERROR",
    v2_14=f"{HIDDEN} during step i, restStatus: INTERNAL_SERVER_ERROR",
    v2_19_3=f"{TOLD} during step i, restStatus: BAD_REQUEST",
    v3_0=f"{HIDDEN} during step i, restStatus: INTERNAL_SERVER_ERROR",
    v3_1=f"WorkflowStepException during step i, {HIDDEN}, restStatus: INTERNAL_SERVER_ERROR",
    v3_2=f"WorkflowStepException during step i, {TOLD}, restStatus: BAD_REQUEST",
)


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_an_index_that_is_there_already(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    await door.provisioned(INDEX)
    uuid = (await door.ask("GET", "/books")).json["books"]["settings"]["index"]["uuid"]
    assert len(uuid) == 22
    second = await door.provisioned(INDEX)
    assert (await door.status(second)).json["error"] == EXISTS(version).format(uuid=uuid)


# -- parameters, bodies, headers -----------------------------------------------------------------------


@each
@pytest.mark.parametrize(
    ("method", "path", "parameter", "known"),
    [
        ("POST", "/w/_deprovision", "allow_delete", since(v2_12=False, v2_16=True)),
        ("DELETE", "/w", "clear_status", since(v2_12=False, v2_15=True)),
        ("GET", "/_steps", "workflow_step", since(v2_12=False, v2_13=True)),
        ("POST", "/w/_provision", "any_name", since(v2_12=False, v2_13=True)),
    ],
)
async def test_unknown_parameters(
    open_door: Open, version: str, method: str, path: str, parameter: str, known: Callable[[str], bool]
) -> None:
    door = await opened(open_door, version)
    answer = await door.ask(method, f"{WORKFLOW}{path}?{parameter}=noop")
    refused = answer.status == 400 and "unrecognized parameter: [" + parameter in answer.text
    assert refused is not known(version)


@each
async def test_parameters_of_create(open_door: Open, version: str) -> None:
    """Those that the version does not know are substitutions, which need provision=true."""
    door = await opened(open_door, version)
    names = ["reprovision", "update_fields", "use_case", "wait_for_completion_timeout"]
    answer = await door.post("?foo=1", NOOP)
    if version.startswith("2.12"):
        assert answer.reason == f"request [{WORKFLOW}] contains unrecognized parameter: [foo]"
        return
    known = {
        "reprovision": since(v2_12=False, v2_17=True),
        "update_fields": since(v2_12=False, v2_16=True),
        "use_case": since(v2_12=False, v2_13=True),
        "wait_for_completion_timeout": since(v2_12=False, v2_19=True),
    }
    always = ["pretty", "workflow_id", "provision", "format", "error_trace", "human", "filter_path", "validation"]
    listed = hash_map_order([*always, *(name for name in names if known[name](version))])
    message = f"Only the parameters [{', '.join(listed)}] are permitted unless the provision parameter is set to true."
    assert answer.told == (400, {"error": message})
    for name in names:
        if not known[name](version):
            assert (await door.post(f"?{name}=false", NOOP)).told == (400, {"error": message})


@each
async def test_a_body_that_nobody_asked_for(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    workflow_id = await door.create(NOOP)
    path = f"{WORKFLOW}/{workflow_id}"
    for method, target in (
        ("GET", path + "/_status"),
        ("GET", path),
        ("GET", WORKFLOW + "/_steps"),
        ("POST", path + "/_deprovision"),
        ("DELETE", path),
    ):
        answer = await door.ask(method, target, {})
        if since(v2_12=False, v2_14=True)(version):
            assert answer.status == 200
        else:
            assert (answer.status, answer.reason) == (
                400,
                f"request [{method} {target}] does not support having a body",
            )


@each
async def test_the_version_header(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    for path in ("/", f"{WORKFLOW}/nope/_status", "/_no/such/path"):
        async with door.session.get(door.url + path) as response:
            expected = f"OpenSearch/{version} (opensearch)" if version >= "3" else None
            assert response.headers.get("X-OpenSearch-Version") == expected


# -- steps and resources -------------------------------------------------------------------------------


@each
async def test_the_catalogue(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    catalogue = (await door.ask("GET", f"{WORKFLOW}/_steps")).json
    assert len(catalogue) == since(v2_12=14, v2_13=17, v2_15=18, v2_16=18, v2_17=21)(version)
    assert ("create_index" in catalogue) is since(v2_12=False, v2_13=True)(version)
    assert ("reindex" in catalogue) is since(v2_12=False, v2_15=True)(version)


@each
async def test_a_step_that_the_version_does_not_know(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    reindex = template(node("r", "reindex", source_index="a", destination_index="b"))
    answer = await door.post(body=reindex)
    if since(v2_12=False, v2_15=True)(version):
        assert answer.status == 201
    else:
        assert answer.told == (501, {"error": "Workflow step type [reindex] is not implemented."})


@pytest.mark.parametrize("version", VERSIONS[1:])
async def test_deprovisioning_an_index(open_door: Open, version: str) -> None:
    """Before 2.16 it is only forgotten; since then it is deleted, if the client allows that."""
    door = await opened(open_door, version)
    workflow_id = await door.provisioned(INDEX)
    answer = await door.deprovision(workflow_id)
    if since(v2_12=True, v2_16=False)(version):
        assert answer.status == 200
        assert (await door.ask("GET", "/books")).status == 200
        return
    message = "These resources require the allow_delete parameter to deprovision: [index_name books]."
    assert answer.told == (403, {"error": message})
    assert (await door.deprovision(workflow_id, "?allow_delete=books")).status == 200
    assert (await door.ask("GET", "/books")).status == 404


@each
async def test_what_does_not_differ(open_door: Open, version: str) -> None:
    door = await opened(open_door, version)
    workflow_id = await door.create(GROUP, "?provision=true")
    assert (await door.status(workflow_id)).json == {"workflow_id": workflow_id, "state": "PROVISIONING"}
    await door.advance("1s")
    document = (await door.status(workflow_id, "?all=true")).json
    assert list(document) == [
        "workflow_id",
        "state",
        "provisioning_progress",
        "provision_start_time",
        "provision_end_time",
        "resources_created",
    ]
    assert (await door.deprovision(workflow_id)).json == {"workflow_id": workflow_id}
    assert await door.state(workflow_id) == "NOT_STARTED"


# -- times of a template -------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "has_times"), [("2.12.0", False), ("2.13.0", True), ("3.2.0", True)])
async def test_times_of_a_template_came_with_2_13(open_door: Open, version: str, has_times: bool) -> None:
    door = await opened(open_door, version)
    template_document = (await door.get(await door.create(NOOP))).json
    assert ("created_time" in template_document, "last_updated_time" in template_document) == (has_times, has_times)
