"""What two real nodes answered and mockflow once answered otherwise, where no other test of this folder has it."""

import asyncio
from typing import Any, Final

import pytest

from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import JSON, NOOP, WORKFLOW, Body, Door, node, template

BOTH: Final = pytest.mark.parametrize("version", ["2.19.6", "3.8.0"])
INDEX: Final = template(node("i", "create_index", index_name="books", configurations="{}"))
BAD_INDEX: Final = template(node("i", "create_index", index_name="BAD", configurations="{}"))
NO_CONTENT: Final = "IOException: template content invalid for specified Content-Type."


# -- updates and runs ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("body", [INDEX, {"name": "bare"}], ids=["an index", "no workflows"])
async def test_an_update_with_provision_stores_the_template_alone(open_door: Open, version: str, body: Body) -> None:
    door = await open_door(mode="auto", opensearch_version=version)
    workflow_id = await door.create(NOOP)
    for more in ("", "&wait_for_completion_timeout=2s"):
        answer = await door.put(workflow_id, body, f"?provision=true{more}")
        assert answer.told == (202 if version == "3.8.0" else 201, {"workflow_id": workflow_id})
    assert await door.state(workflow_id) == "NOT_STARTED"
    assert "last_provisioned_time" not in (await door.get(workflow_id)).json
    assert (await door.ask("GET", "/books")).status == 404


async def test_in_2_19_a_failed_run_lets_the_request_wait_for_its_time_out(open_door: Open) -> None:
    door = await open_door(opensearch_version="2.19.6", step_time=1)
    waiting = asyncio.create_task(door.post("?provision=true&wait_for_completion_timeout=5s", BAD_INDEX))
    await door.until_waiting(1)
    await door.advance("4999ms")
    assert not waiting.done()
    await door.advance("1ms")
    answer = await waiting
    error = "Invalid index name [BAD], must be lowercase during step i, restStatus: BAD_REQUEST"
    assert answer.told == (201, {"workflow_id": answer.json["workflow_id"], "error": error, "state": "FAILED"})


async def test_since_3_0_a_failed_run_ends_the_request(open_door: Open) -> None:
    door = await open_door(mode="auto", opensearch_version="3.8.0")
    answer = await door.post("?provision=true&wait_for_completion_timeout=5s", BAD_INDEX)
    error = "WorkflowStepException during step i, Invalid index name [BAD], must be lowercase, restStatus: BAD_REQUEST"
    assert answer.told == (400, {"error": error})


@pytest.mark.parametrize(("version", "keys"), [("2.19.6", {"workflow_id"}), ("3.8.0", {"workflow_id", "state"})])
async def test_a_reprovision_that_waits(open_door: Open, version: str, keys: set[str]) -> None:
    door = await open_door(mode="auto", opensearch_version=version)
    workflow_id = await door.create(NOOP, "?provision=true&wait_for_completion_timeout=5s")
    more = template(node("a"), node("b"))
    answer = await door.put(workflow_id, more, "?reprovision=true&wait_for_completion_timeout=5s")
    assert answer.status in (201, 202)
    assert answer.json.keys() == keys


@BOTH
async def test_a_create_that_waits_loses_its_substitutions(open_door: Open, version: str) -> None:
    door = await open_door(mode="auto", opensearch_version=version)
    body = template(node("i", "create_index", index_name="${{ nm }}", configurations="{}"))
    assert (await door.post("?provision=true&nm=books", body)).status in (201, 202)
    answer = await door.post("?provision=true&nm=books&wait_for_completion_timeout=1h", body)
    assert answer.status == {"2.19.6": 201, "3.8.0": 400}[version]
    assert "Invalid index name [${{ nm }}], must not contain" in answer.json["error"]


@BOTH
@pytest.mark.parametrize(
    ("sent", "clears"), [("=true", True), ("=True", True), ("=yes", False), ("", False), ("=", False)]
)
async def test_any_text_is_a_clear_status(open_door: Open, version: str, sent: str, clears: bool) -> None:
    door = await open_door(opensearch_version=version)
    workflow_id = await door.provisioned(INDEX)
    answer = await door.delete(workflow_id, f"?clear_status{sent}")
    assert (answer.status, answer.json["result"]) == (200, "deleted")
    assert (await door.status(workflow_id)).status == (404 if clears else 200)


# -- templates -----------------------------------------------------------------------------------------


@BOTH
async def test_names_are_trimmed_and_what_is_empty_is_left_out(open_door: Open, version: str) -> None:
    door = await open_door(opensearch_version=version)
    sent = {"name": " x ", "description": " a\t", "use_case": " U", "ui_metadata": {}, "tenant_id": "t"}
    stored = (await door.get(await door.create(sent))).json
    assert [stored[name] for name in ("name", "description", "use_case")] == ["x", "a", "U"]
    assert stored["workflows"] == {}
    assert "ui_metadata" not in stored
    assert list(stored)[-1] == "tenant_id"


@BOTH
@pytest.mark.parametrize("text", ['{"name":"a"} xyz', '{"name":"a"}{}', '{"name":"x","ui_metadata":null}'])
async def test_odd_templates_that_are_taken(open_door: Open, version: str, text: str) -> None:
    assert (await (await open_door(opensearch_version=version)).post("", text)).status == 201


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"version": {"template": "1.0.0", "foo": 1}}, "Unable to parse field [version] in a version object."),
        ({"created_time": "2020-01-01T00:00:00Z"}, NO_CONTENT),
        ({"version": {"compatibility": ["3.0.0-SNAPSHOT"]}}, NO_CONTENT),
    ],
)
async def test_odd_templates_that_are_refused(door: Door, body: Body, error: str) -> None:
    assert (await door.post("", {"name": "x", **body})).told == (400, {"error": error})


async def test_the_same_edge_twice_is_kept_twice(door: Door) -> None:
    edges = [{"source": "a", "dest": "b"}] * 2
    workflow_id = await door.create(template(node("a"), node("b"), edges=edges))
    assert (await door.get(workflow_id)).json["workflows"]["provision"]["edges"] == edges


# -- routes, parameters and errors ---------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (f"{WORKFLOW}/_search", "POST, GET"),
        (f"{WORKFLOW}/_steps", "GET"),
        ("/_plugins/_ml/models/_search", "POST, GET"),
    ],
)
async def test_a_literal_path_wins(open_door: Open, version: str, method: str, path: str, allowed: str) -> None:
    door = await open_door(opensearch_version=version)
    answer = await door.ask(method, path, NOOP if method == "PUT" else None)
    listed = answer.json["error"].rpartition("allowed: [")[2].rstrip("]").split(", ")
    assert (answer.status, sorted(listed)) == (405, sorted(allowed.split(", ")))


@BOTH
@pytest.mark.parametrize(("asked", "status"), [("nope", 400), ("%20create_index", 400), ("create_index,", 200)])
async def test_steps_are_named_exactly(open_door: Open, version: str, asked: str, status: int) -> None:
    door = await open_door(opensearch_version=version)
    answer = await door.ask("GET", f"{WORKFLOW}/_steps?workflow_step={asked}")
    assert answer.status == status
    assert status == 200 or answer.json == {"error": "Failed to retrieve workflow step json."}


@pytest.mark.parametrize(("sent", "status"), [("-1s", 400), ("-1", 201)])
async def test_a_negative_time_to_wait(door: Door, sent: str, status: int) -> None:
    answer = await door.post(f"?wait_for_completion_timeout={sent}", NOOP)
    assert answer.status == status
    assert status == 201 or answer.json["error"].startswith(
        "Request parameter 'wait_for_completion_timeout' is not allowed unless"
    )


async def test_an_unknown_parameter_of_a_disabled_plugin(door: Door) -> None:
    await door.ask("PUT", "/_cluster/settings", {"persistent": {"plugins.flow_framework.enabled": False}})
    answer = await door.post("?foo=bar", NOOP)
    assert (answer.status, answer.reason) == (400, f"request [{WORKFLOW}] contains unrecognized parameter: [foo]")


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/_x", 400)])
async def test_head_of_what_is_not_there(door: Door, path: str, status: int) -> None:
    answer = await door.ask("HEAD", path)
    assert (answer.status, answer.content_type) == (status, f"{JSON}; charset=UTF-8")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("wait_for_status=foo", "No enum constant org.opensearch.cluster.health.ClusterHealthStatus.FOO"),
        (
            "master_timeout=1s&cluster_manager_timeout=1s",
            "Please only use one of the request parameters [master_timeout, cluster_manager_timeout].",
        ),
        ("expand_wildcards=foo", "No valid expand wildcard value [foo]"),
    ],
)
async def test_bad_parameters_of_cluster_health(door: Door, query: str, reason: str) -> None:
    answer: Any = await door.ask("GET", f"/_cluster/health?{query}")
    assert (answer.status, answer.reason) == (400, reason)
