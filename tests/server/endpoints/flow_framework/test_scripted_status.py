"""GET _status: fields, their order, presence and absence, times, and the 404."""

import json
from typing import Final

import pytest

from mockflow.cluster import LoadedScenario, polling
from tests.support.server import CONNECTOR, EPOCH, MODEL, NOT_STARTED, STORY, WORKFLOW, Server, Servers, cluster_of

# Written in an order that is not the answer's.
EVERYTHING: Final = """
scenario: everything
workflow_id: all
provision:
  timeline:
    - at: 0s
      all_shared_principals: ["user:a"]
      tenant_id: t
      resources_created:
        - {resource_id: c1, resource_type: connector_id, workflow_step_id: s1, workflow_step_name: create_connector}
      user_outputs: {k: {n: [1, 2.5, null, true]}}
      user: {name: u, backend_roles: [], roles: [r], custom_attribute_names: [], user_requested_tenant: null}
      provision_end_time: 1700000000002
      provision_start_time: 1700000000001
      provisioning_progress: FAILED
      state: FAILED
      error: "café broke, restStatus: NOT_FOUND"
"""

RESOURCE_BYTES: Final = (
    '"resources_created":[{"workflow_step_name":"create_connector","workflow_step_id":"s1",'
    '"resource_type":"connector_id","resource_id":"c1"}]'
)


# -- fields --------------------------------------------------------------------------------------------


async def test_the_brief_answer_byte_for_byte(serve: Servers) -> None:
    answer = await (await serve(EVERYTHING)).status("all")
    assert answer.body.decode() == (
        '{"workflow_id":"all","error":"café broke, restStatus: NOT_FOUND","state":"FAILED",' + RESOURCE_BYTES + "}"
    )


async def test_the_answer_with_all_byte_for_byte(serve: Servers) -> None:
    answer = await (await serve(EVERYTHING)).status("all", "?all=true")
    assert answer.body.decode() == (
        '{"workflow_id":"all","error":"café broke, restStatus: NOT_FOUND","state":"FAILED",'
        '"provisioning_progress":"FAILED",'
        '"provision_start_time":1700000000001,"provision_end_time":1700000000002,'
        '"user":{"name":"u","backend_roles":[],"roles":["r"],"custom_attribute_names":[],"user_requested_tenant":null},'
        '"user_outputs":{"k":{"n":[1,2.5,null,true]}},' + RESOURCE_BYTES + ","
        '"tenant_id":"t","all_shared_principals":["user:a"]}'
    )


async def test_what_is_empty_or_null_is_absent(serve: Servers) -> None:
    script = """
    scenario: empty
    workflow_id: e
    provision:
      timeline: [{at: 0s, state: PROVISIONING, error: null, user_outputs: {}, resources_created: []}]
    """
    server = await serve(script)
    assert (await server.status("e")).json == {"workflow_id": "e", "state": "PROVISIONING"}
    assert (await server.status("e", "?all=true")).json == {
        "workflow_id": "e",
        "state": "PROVISIONING",
        "provisioning_progress": "IN_PROGRESS",
        "provision_start_time": EPOCH,
    }


async def test_the_three_answers_of_a_run(server: Server) -> None:
    assert (await server.status()).json == NOT_STARTED
    await server.advance("2s")
    assert (await server.status()).json == {
        "workflow_id": "w",
        "state": "PROVISIONING",
        "resources_created": [CONNECTOR],
    }
    await server.advance("4s")
    last = {"workflow_id": "w", "state": "COMPLETED", "resources_created": [CONNECTOR, MODEL]}
    assert (await server.status()).json == last
    await server.advance("36500d")
    assert (await server.status()).json == last


async def test_a_keyframe_is_reached_at_its_very_millisecond(server: Server) -> None:
    await server.status()
    await server.advance("1999ms")
    assert (await server.status()).json["state"] == "NOT_STARTED"
    await server.advance("1ms")
    assert (await server.status()).json["state"] == "PROVISIONING"


async def test_progress_and_times_follow_the_state(server: Server) -> None:
    seen = []
    for step in ("0s", "2s", "4s", "9s"):
        await server.advance(step)
        seen.append((await server.status(query="?all=true")).json)
    progress = [answer["provisioning_progress"] for answer in seen]
    times = [(answer.get("provision_start_time"), answer.get("provision_end_time")) for answer in seen]
    assert progress == ["NOT_STARTED", "IN_PROGRESS", "DONE", "DONE"]
    assert times == [(None, None), (EPOCH + 2000, None), *[(EPOCH + 2000, EPOCH + 6000)] * 2]


async def test_times_count_from_the_first_look(server: Server) -> None:
    await server.advance("1h")
    assert (await server.status()).json == NOT_STARTED
    await server.advance("2s")
    assert (await server.status(query="?all=true")).json["provision_start_time"] == EPOCH + 3_600_000 + 2000


async def test_a_failed_workflow_is_no_http_error(serve: Servers) -> None:
    script = (
        "{scenario: f, workflow_id: f, provision: {timeline: [{at: 0s, state: PROVISIONING},"
        "{at: 1s, state: FAILED, error: 'WorkflowStepException during step s, no, restStatus: NOT_FOUND'}]}}"
    )
    server = await serve(script)
    await server.status("f")
    await server.advance("1s")
    answer = await server.status("f", "?all=true")
    assert answer.status == 200
    assert answer.json == {
        "workflow_id": "f",
        "error": "WorkflowStepException during step s, no, restStatus: NOT_FOUND",
        "state": "FAILED",
        "provisioning_progress": "FAILED",
        "provision_start_time": EPOCH,
        "provision_end_time": EPOCH + 1000,
    }


async def test_looking_twice_gives_the_same_bytes(server: Server) -> None:
    await server.advance("6s")
    for query in ("", "?all=true", "?pretty", "?format=yaml"):
        assert (await server.status(query=query)).raw == (await server.status(query=query)).raw


async def test_the_owners_look_does_not_change_what_a_client_sees(serve: Servers) -> None:
    script = "{scenario: p, workflow_id: p, starts: provision, provision: {timeline: [{at: 0s, state: PROVISIONING}]}}"
    server = await serve(script)
    seen = (await server.ask("/_mockflow/workflows/p/status?at=0s")).json
    assert seen["state"] == "PROVISIONING"
    assert (await server.status("p", "?all=true")).json == {
        "workflow_id": "p",
        "state": "NOT_STARTED",
        "provisioning_progress": "NOT_STARTED",
    }


# -- ids and the 404 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2.12.0", "Fail to find workflow"),
        ("2.13.0", "Fail to find workflow nope"),
        ("2.14.0", "Fail to find workflow nope"),
        ("2.15.0", "Fail to find workflow status of nope"),
        ("2.19.4", "Fail to find workflow status of nope"),
        ("3.0.0", "Fail to find workflow status of nope"),
        ("3.8.0", "Fail to find workflow status of nope"),
    ],
)
async def test_an_unknown_id(serve: Servers, version: str, message: str) -> None:
    for scenarios, error in (([], "Failed to get workflow status of: nope"), ([STORY], message)):
        server = await serve(*scenarios, version=version)
        for query in ("", "?all=true"):
            answer = await server.status("nope", query)
            assert answer.status == 404
            assert answer.body.decode() == json.dumps({"error": error}, separators=(",", ":"))


@pytest.mark.parametrize(
    ("workflow_id", "in_the_path"),
    [
        ("w 1/2", "w%201%2F2"),
        ("a,b*c", "a,b*c"),
        ("a+b", "a+b"),
        ("a+b", "a%2Bb"),
        ("100%", "100%25"),
        ("größe", "gr%C3%B6%C3%9Fe"),
        ("_steps", "_steps"),
        ("-_8xL8bowB8y25Tqfen", "-_8xL8bowB8y25Tqfen"),
    ],
)
async def test_any_id_can_stand_in_the_path(serve: Servers, workflow_id: str, in_the_path: str) -> None:
    script = json.dumps({"scenario": "s", "workflow_id": workflow_id})
    answer = await (await serve(script)).status(in_the_path)
    assert (answer.status, answer.json) == (200, {"workflow_id": workflow_id, "state": "NOT_STARTED"})


async def test_the_404_names_the_decoded_id(server: Server) -> None:
    assert (await server.status("w%201%2F2")).error == "Fail to find workflow status of w 1/2"


async def test_ids_differ_by_case(server: Server) -> None:
    assert (await server.status("W")).status == 404


async def test_a_path_whose_escapes_are_broken(server: Server) -> None:
    answer = await server.status("%zz")
    assert (answer.status, answer.header("Allow")) == (405, "GET")
    assert answer.json == {"error": "Unexpected HTTP method, allowed: [GET]", "status": 405}


@pytest.mark.parametrize("target", ["/w/_status/", "/w/_status//"])
async def test_slashes_at_the_end_do_not_count(server: Server, target: str) -> None:
    assert (await server.ask(WORKFLOW + target)).json == NOT_STARTED


# -- a body --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2.14.0", "2.19.0", "3.2.0"])
@pytest.mark.parametrize("body", ["{}", '{"query":', "[1", "\x00"])
async def test_a_body_is_ignored(serve: Servers, version: str, body: str) -> None:
    server = await serve(STORY, version=version)
    answer = await server.ask(f"{WORKFLOW}/w/_status", body=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.json) == (200, NOT_STARTED)


@pytest.mark.parametrize("version", ["2.12.0", "2.13.1"])
async def test_a_body_is_refused_in_old_versions(serve: Servers, version: str) -> None:
    server = await serve(STORY, version=version)
    answer = await server.ask(f"{WORKFLOW}/w%31/_status", body="{}", headers={"Content-Type": "application/json"})
    assert answer.status == 400
    assert answer.reason == f"request [GET {WORKFLOW}/w1/_status] does not support having a body"


async def test_a_body_of_a_strange_type_is_refused_although_ignored(server: Server) -> None:
    answer = await server.ask(f"{WORKFLOW}/w/_status", body="{}", headers={"Content-Type": "text/plain"})
    assert answer.status == 406


async def test_a_poll_that_is_refused_does_not_begin_the_run(server: Server) -> None:
    assert (await server.status(query="?foo")).status == 400
    assert (await server.status(query="?all=True")).status == 400
    assert server.cluster.world.workflows["w"].run is None


# -- the log of what nothing moves ---------------------------------------------------------------------


async def test_the_log_tells_once_what_would_move_a_frozen_clock(caplog: pytest.LogCaptureFixture) -> None:
    cluster = cluster_of(STORY, max_polls=3)
    with caplog.at_level("WARNING", "mockflow"):
        for _ in range(9):
            polling.poll(cluster.world, "w")
    assert caplog.messages == [
        'workflow w: the same answer 3 times; the clock is frozen, and {"advance": "2s"} '
        "to /_mockflow/clock brings its next moment"
    ]


async def test_the_log_tells_once_that_a_script_is_at_its_end(caplog: pytest.LogCaptureFixture) -> None:
    cluster = cluster_of(STORY, mode="auto", max_polls=3)
    with caplog.at_level("WARNING", "mockflow"):
        for _ in range(9):
            polling.poll(cluster.world, "w")
    assert caplog.messages == [
        "workflow w: the same answer 3 times, and nothing in its script changes any more",
    ]


def test_a_scenario_of_the_tests_is_loaded() -> None:
    """Guards the helper: a script with problems would otherwise test nothing."""
    with pytest.raises(AssertionError):
        cluster_of("scenario: x\nworkflow_id: w\nstate: FAILED")
    assert isinstance(cluster_of(STORY).world.scenarios["story"], LoadedScenario)
