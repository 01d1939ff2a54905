"""wait_for_completion_timeout of create, provision and reprovision."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest
from aiohttp import ClientConnectionError, ClientSession

from mockflow.cluster import Cluster, Settings
from mockflow.server.serving import Serving
from tests.server.endpoints.flow_framework.conftest import Open
from tests.support.flow_framework import DEPLOYMENT, NOOP, Answer, Door, node, template

_STEPS: Final = "{steps: {register_model_2: {fails: {status: NOT_FOUND, message: no connector}}}}"
FAILS: Final = f"scenario: fails\nmatch: everything\nprovision: {_STEPS}\nreprovision: {_STEPS}"
NO_TIME: Final = "failed to parse setting [wait_for_completion_timeout] with value [{}] as a time value"
ERROR: Final = "WorkflowStepException during step register_model_2, no connector, restStatus: NOT_FOUND"

Begin = Callable[[Door, str], Coroutine[Any, Any, Answer]]


async def create(door: Door, timeout: str) -> Answer:
    return await door.post(f"?provision=true&wait_for_completion_timeout={timeout}", DEPLOYMENT)


async def provision(door: Door, timeout: str) -> Answer:
    workflow_id = await door.create(DEPLOYMENT)
    return await door.provision(workflow_id, f"?wait_for_completion_timeout={timeout}")


async def reprovision(door: Door, timeout: str) -> Answer:
    """Adds two nodes, one after the other, so that it takes two steps' time as well."""
    workflow_id = await door.create(NOOP)
    await door.provision(workflow_id)
    await door.advance("1s")
    nodes = template(node("a"), *DEPLOYMENT["workflows"]["provision"]["nodes"])
    return await door.put(workflow_id, nodes, f"?reprovision=true&wait_for_completion_timeout={timeout}")


each = pytest.mark.parametrize("begin", [create, provision, reprovision])


def check_end(answer: Answer, status: int = 202) -> None:
    """The status document of all=false, completed."""
    assert answer.status == status
    assert list(answer.json) == ["workflow_id", "state", "resources_created"]
    assert answer.json["state"] == "COMPLETED"
    assert len(answer.json["resources_created"]) == 3


# -- auto ----------------------------------------------------------------------------------------------


@each
async def test_auto_answers_at_once_with_the_end(open_door: Open, begin: Begin) -> None:
    door = await open_door(mode="auto")
    answer = await begin(door, "10s")
    check_end(answer)
    workflow_id = answer.json["workflow_id"]
    assert (await door.status(workflow_id)).json == answer.json, "and the run is there"


@each
async def test_auto_skips_no_farther_than_the_timeout(open_door: Open, begin: Begin) -> None:
    door = await open_door(mode="auto")
    answer = await begin(door, "1500ms")
    assert (answer.status, answer.json["state"], len(answer.json["resources_created"])) == (202, "PROVISIONING", 1)


@each
async def test_auto_tells_a_failure_as_an_error(open_door: Open, begin: Begin) -> None:
    door = await open_door(mode="auto")
    await door.load(FAILS)
    answer = await begin(door, "10s")
    error = ERROR if begin is not reprovision else "no connector during step register_model_2, restStatus: NOT_FOUND"
    assert answer.told == (404, {"error": error})
    workflow_id = next(iter(door.cluster.world.workflows))
    status = await door.status(workflow_id)
    assert (status.status, status.json["state"], status.json["error"]) == (200, "FAILED", error)


async def test_a_failure_without_a_text_is_told_in_the_plugins_own_words(open_door: Open) -> None:
    door = await open_door(mode="auto")
    await door.load(
        "scenario: s\nunrealistic: true\nmatch: everything\nprovision: {timeline: [{at: 1s, state: FAILED}]}"
    )
    assert (await create(door, "10s")).told == (500, {"error": "Failed to get workflow."})


async def test_auto_ends_at_the_timeout_where_the_run_waits_for_polls(open_door: Open) -> None:
    door = await open_door(mode="auto")
    await door.load("scenario: s\nmatch: everything\nprovision: {timeline: [{at: 0s}, {at_poll: 2, state: COMPLETED}]}")
    answer = await create(door, "10s")
    assert (answer.status, answer.json["state"]) == (202, "PROVISIONING")
    clock = (await door.ask("GET", "/_mockflow/clock")).json
    assert clock["elapsed_ms"] == 10_000


# -- frozen --------------------------------------------------------------------------------------------


@each
async def test_frozen_answers_when_the_clock_is_far_enough(door: Door, begin: Begin) -> None:
    request = asyncio.create_task(begin(door, "10s"))
    await door.until_waiting(1)
    await door.advance("1999ms")
    await asyncio.sleep(0.01)
    assert not request.done()
    await door.advance("1ms")
    check_end(await request)
    await door.until_waiting(0)


@each
async def test_frozen_answers_at_the_timeout(door: Door, begin: Begin) -> None:
    request = asyncio.create_task(begin(door, "1500ms"))
    await door.until_waiting(1)
    await door.advance("1500ms")
    answer = await request
    assert (answer.status, answer.json["state"], len(answer.json["resources_created"])) == (202, "PROVISIONING", 1)
    await door.advance("1s")
    assert await door.state(answer.json["workflow_id"]) == "COMPLETED"


async def test_frozen_answers_a_failure_at_its_time(door: Door) -> None:
    await door.load(FAILS)
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    await door.advance("2s")
    assert (await request).told == (404, {"error": ERROR})


async def test_the_time_of_the_answer_is_that_of_the_clock(door: Door) -> None:
    """Moved beyond the end and the timeout, it tells what is then."""
    request = asyncio.create_task(create(door, "1s"))
    await door.until_waiting(1)
    await door.advance("1h")
    check_end(await request)


async def test_two_clients_wait_each_for_its_own_run(door: Door) -> None:
    first = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    await door.advance("1s")
    second = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(2)
    await door.advance("1s")
    check_end(await first)
    await door.until_waiting(1)
    assert not second.done()
    await door.advance("1s")
    check_end(await second)


async def test_others_are_answered_meanwhile(door: Door) -> None:
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    workflow_id = next(iter(door.cluster.world.workflows))
    assert await door.state(workflow_id) == "PROVISIONING"
    assert (await door.provision(workflow_id)).status == 400
    request.cancel()


async def test_a_client_that_goes_away_leaves_nothing_behind(door: Door) -> None:
    tasks = len(asyncio.all_tasks())
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    request.cancel()
    await door.until_waiting(0)
    await asyncio.gather(request, return_exceptions=True)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= tasks + 1, "no more than the server's one idle connection"
    await door.advance("2s")
    assert await door.state(next(iter(door.cluster.world.workflows))) == "COMPLETED", "the run goes on"


async def test_the_owner_may_let_time_go_on(door: Door) -> None:
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    await door.clock({"speed": 1000})
    await door.clock({"mode": "real"})
    check_end(await request)


async def test_the_owner_may_change_to_auto(door: Door) -> None:
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    await door.clock({"mode": "auto"})
    check_end(await request)


async def test_a_poll_may_end_the_run(door: Door) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {timeline: [{at: 0s}, {at_poll: 2, state: COMPLETED}]}")
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    workflow_id = next(iter(door.cluster.world.workflows))
    await door.status(workflow_id)
    await door.status(workflow_id)
    answer = await request
    assert answer.told == (202, {"workflow_id": workflow_id, "state": "COMPLETED"})


# -- real ----------------------------------------------------------------------------------------------


@each
async def test_real_answers_when_the_time_has_passed(open_door: Open, begin: Begin) -> None:
    check_end(await begin(await open_door(mode="real", speed=1000.0), "1h"))


async def test_real_answers_at_the_timeout(open_door: Open) -> None:
    door = await open_door(mode="real", speed=1000.0, step_time=3_600_000)
    answer = await create(door, "2s")
    assert answer.told == (202, {"workflow_id": answer.json["workflow_id"], "state": "PROVISIONING"})


# -- the run or its workflow goes away -----------------------------------------------------------------


async def waiting_for_a_run(door: Door) -> tuple[str, "asyncio.Task[Answer]"]:
    request = asyncio.create_task(create(door, "10s"))
    await door.until_waiting(1)
    return next(iter(door.cluster.world.workflows)), request


async def test_the_run_is_replaced(door: Door) -> None:
    workflow_id, request = await waiting_for_a_run(door)
    assert (await door.deprovision(workflow_id)).status == 200
    assert (await request).told == (202, {"workflow_id": workflow_id, "state": "NOT_STARTED"})


async def test_the_template_is_deleted(door: Door) -> None:
    workflow_id, request = await waiting_for_a_run(door)
    await door.delete(workflow_id, "?clear_status=true")
    await door.advance("2s")
    check_end(await request)


BROUGHT = """
scenario: s
workflow_id: w
template: {name: t, workflows: {provision: {nodes: [{id: n, type: noop}]}}}
provision: {step_time: 5s}
"""


async def test_the_workflow_is_gone(door: Door) -> None:
    await door.load(BROUGHT)
    request = asyncio.create_task(door.provision("w", "?wait_for_completion_timeout=10s"))
    await door.until_waiting(1)
    await door.ask("DELETE", "/_mockflow/scenarios/s")
    lost = "Workflow timed out, failed to fetch current state"
    assert (await request).told == (202, {"workflow_id": "w", "error": lost, "state": "UNKNOWN"})


@pytest.mark.parametrize("change", ["remove", "replace"])
async def test_the_scenario_that_speaks_for_it_changes_and_the_run_goes_on(door: Door, change: str) -> None:
    await door.load("scenario: s\nmatch: everything\nprovision: {step_time: 5s}")
    _, request = await waiting_for_a_run(door)
    if change == "remove":
        await door.ask("DELETE", "/_mockflow/scenarios/s")
    else:
        await door.load("scenario: s\nmatch: everything\nprovision: {step_time: 5s}\ndescription: another")
    await door.advance("10s")
    check_end(await request)


async def test_a_reset_ends_the_wait_and_touches_nothing_of_the_new_world(door: Door) -> None:
    workflow_id, request = await waiting_for_a_run(door)
    await door.ask("POST", "/_mockflow/reset", {"mode": "auto"})
    assert (await request).json["state"] == "UNKNOWN"
    clock = (await door.ask("GET", "/_mockflow/clock")).json
    assert clock["elapsed_ms"] == 0
    assert (await door.status(workflow_id)).status == 404


async def test_shutting_down_ends_the_wait() -> None:
    cluster = Cluster(Settings(mode="frozen"))
    serving = Serving(cluster)
    async with ClientSession() as session:
        door = Door(cluster, await serving.start(), session)
        workflow_id, request = await waiting_for_a_run(door)
        await serving.stop()
        try:
            answer = await request
        except ClientConnectionError:
            return
        assert answer.told == (202, {"workflow_id": workflow_id, "state": "PROVISIONING"})


# -- a clock that nothing moves ------------------------------------------------------------------------

STANDS: Final = (
    "POST /_plugins/_flow_framework/workflow?provision=true&wait_for_completion_timeout=10s waits for the run of "
    'workflow {}, 2s from now; the clock is frozen, and {{"advance": "2s"}} to /_mockflow/clock moves it there '
    '(in Python clock.advance("2s"), from another thread)'
)


async def test_the_log_and_the_story_tell_what_a_request_waits_for(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mockflow.server.rest.waiting.TELL_SECONDS", 0.0)
    workflow_id, request = await waiting_for_a_run(door)
    while not caplog.messages:  # noqa: ASYNC110 - the log tells nobody
        await asyncio.sleep(0)
    text = STANDS.format(workflow_id)
    assert (await door.ask("GET", "/_mockflow/journal")).json["waiting"] == [text]
    story = (await door.ask("GET", "/_mockflow/story")).json["story"]
    assert story.startswith(f"mockflow answered no requests, clock frozen\n\nnot answered yet:\n  {text}\n")
    await door.advance("500ms")
    assert "1500ms" in (await door.ask("GET", "/_mockflow/journal")).json["waiting"][0]
    await door.advance("1500ms")
    check_end(await request)
    assert (await door.ask("GET", "/_mockflow/journal")).json["waiting"] == []
    assert caplog.messages == [text]


async def test_a_test_ends_a_wait_that_nothing_ends(open_door: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.server.rest.waiting.TELL_SECONDS", 0.0)
    monkeypatch.setattr("mockflow.server.rest.waiting.END_SECONDS", 0.01)
    door = await open_door(ends_stuck=True)
    workflow_id, request = await waiting_for_a_run(door)
    with pytest.raises(ClientConnectionError):
        await request
    journal = (await door.ask("GET", "/_mockflow/journal")).json
    assert journal["stuck"] == f"{STANDS.format(workflow_id)}; nothing has moved the clock for 10ms"
    assert (journal["waiting"], [one["status"] for one in journal["exchanges"]]) == ([], [0])


async def test_a_wait_that_time_does_not_end_says_so(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mockflow.server.rest.waiting.TELL_SECONDS", 0.0)
    request = asyncio.create_task(door.ask("GET", "/_cluster/health/none?wait_for_status=green&timeout=-1"))
    while not caplog.messages:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert caplog.messages == [
        "GET /_cluster/health/none?wait_for_status=green&timeout=-1 waits for the health that it names, "
        "and time alone does not bring it"
    ]
    request.cancel()


# -- values --------------------------------------------------------------------------------------------


@each
async def test_minus_one_does_not_wait(door: Door, begin: Begin) -> None:
    answer = await begin(door, "-1")
    assert (answer.status, list(answer.json)) == (202, ["workflow_id"])


@each
@pytest.mark.parametrize("zero", ["0", "0s", "0ms"])
async def test_zero_times_out_at_once(door: Door, begin: Begin, zero: str) -> None:
    answer = await begin(door, zero)
    assert answer.told == (202, {"workflow_id": answer.json["workflow_id"], "state": "PROVISIONING"})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("5", f"{NO_TIME.format('5')}: unit is missing or unrecognized"),
        ("soon", f"{NO_TIME.format('soon')}: unit is missing or unrecognized"),
        ("-5s", f"{NO_TIME.format('-5s')}: negative durations are not supported"),
        ("1.5s", "failed to parse [1.5s], fractional time values are not supported"),
    ],
)
async def test_bad_values(door: Door, value: str, reason: str) -> None:
    workflow_id = await door.create(NOOP)
    query = f"?wait_for_completion_timeout={value}"
    for answer in (
        await door.post(query + "&provision=true", NOOP),
        await door.post(query, NOOP),
        await door.put(workflow_id, NOOP, query + "&reprovision=true"),
        await door.provision(workflow_id, query),
        await door.provision("nope", query),
    ):
        assert (answer.status, answer.json["error"]["type"]) == (400, "illegal_argument_exception")
        assert answer.reason == reason
    assert await door.state(workflow_id) == "NOT_STARTED"


async def test_a_refusal_does_not_wait(door: Door) -> None:
    workflow_id = await door.create(DEPLOYMENT, "?provision=true")
    assert (await door.provision(workflow_id, "?wait_for_completion_timeout=10s")).status == 400
    assert (await door.post("?provision=true&wait_for_completion_timeout=10s", {})).status == 400


# -- substitutions -------------------------------------------------------------------------------------

NAMED: Final = template(node("i", "create_index", index_name="${{ nm }}", configurations="{}"))


@pytest.mark.parametrize("more", ["", "&wait_for_completion_timeout=-1"])
async def test_a_create_that_does_not_wait_keeps_them(open_door: Open, more: str) -> None:
    door = await open_door()
    assert await door.resources(await door.create(NAMED, f"?provision=true&nm=books{more}")) == []
    await door.advance("1h")
    assert (await door.ask("GET", "/books")).status == 200


async def test_a_provision_that_waits_keeps_them(open_door: Open) -> None:
    door = await open_door(mode="auto")
    workflow_id = await door.create(NAMED)
    answer = await door.provision(workflow_id, "?wait_for_completion_timeout=5s&nm=books")
    assert answer.json["resources_created"][0]["resource_id"] == "books"
