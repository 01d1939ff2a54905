"""The journal in Python: what was asked, polling statistics, assertions, and the story that they tell."""

import json
import urllib.request
from typing import Any

import pytest

from mockflow import MockFlow, MockFlowError, Scenario
from mockflow.handle import Polling
from tests.support.python_api import SEMANTIC_SEARCH, STORY, WORKFLOW, create, poll, request


def polled(cluster: MockFlow, *pauses: int) -> None:
    """A poll, and one more after each of these pauses in ms."""
    poll(cluster.url)
    for pause in pauses:
        cluster.clock.advance(pause)
        poll(cluster.url)


# -- requests ------------------------------------------------------------------------------------------


def test_what_an_exchange_tells(frozen: MockFlow) -> None:
    frozen.clock.advance("90s")
    request(frozen.url, f"{WORKFLOW}?validation=none", {"name": "t", "workflows": {}})
    poll(frozen.url)
    created, looked = frozen.journal.requests()
    assert (created.number, created.operation, created.method, created.status) == (1, "create", "POST", 201)
    assert (created.target, created.body) == (f"{WORKFLOW}?validation=none", {"name": "t", "workflows": {}})
    assert created.answer == {"workflow_id": created.workflow_id}
    assert (created.is_poll, created.state, created.mode, created.elapsed) == (False, None, "frozen", 90_000)
    assert (looked.number, looked.operation, looked.workflow_id, looked.is_poll) == (2, "get_status", "w", True)
    assert (looked.state, looked.body, looked.answer["workflow_id"]) == ("PROVISIONING", None, "w")
    assert looked.headers["Host"] == f"127.0.0.1:{frozen.port}"
    assert 0 < created.wall <= looked.wall
    assert looked.took_ms >= 0


def test_filters(cluster: MockFlow) -> None:
    created = create(cluster)
    for workflow_id in ("w", created, "nobody", "w"):
        request(cluster.url, f"{WORKFLOW}/{workflow_id}/_status")
    request(cluster.url, "/_no/such/path")
    journal = cluster.journal
    assert [one.operation for one in journal.requests()] == ["create", *["get_status"] * 4, None]
    assert [one.workflow_id for one in journal.requests("get_status")] == ["w", created, "nobody", "w"]
    assert [one.operation for one in journal.requests(workflow_id=created)] == ["create", "get_status"]
    assert [one.number for one in journal.requests(status=404)] == [4]
    assert [one.number for one in journal.requests("get_status", "w", 200)] == [2, 5]
    assert journal.requests("get_status", "w", 404) == []
    with pytest.raises(MockFlowError, match='no operation "get_state"; did you mean get_status\\?'):
        journal.requests("get_state")
    with pytest.raises(MockFlowError, match=r'no operation "zzzzzz"$'):
        journal.assert_called("zzzzzz", times=0)


def test_what_is_asked_of_the_owners_door_is_not_in_it(cluster: MockFlow) -> None:
    request(cluster.url, "/_mockflow/clock")
    assert cluster.journal.requests() == []


def test_one_that_is_forgotten_leaves_its_number(cluster: MockFlow) -> None:
    poll(cluster.url)
    cluster.journal.clear()
    poll(cluster.url)
    assert [one.number for one in cluster.journal.requests()] == [2]


def test_a_client_that_is_cut_off() -> None:
    with MockFlow(Scenario("stuck").workflow("w").at("0s", state="PROVISIONING"), max_polls=3) as cluster:
        for _ in range(3):
            poll(cluster.url)
        with pytest.raises(OSError, match="closed connection"):
            poll(cluster.url)
        assert [(one.status, one.answer) for one in cluster.journal.requests(status=0)] == [(0, None)]
        assert "GET /workflow/w/_status -> no response" in cluster.journal.story()
        assert cluster.journal.polling().count == 3
        assert "the same answer 3 times" in str(cluster.stuck)


def test_secrets_are_hidden(cluster: MockFlow) -> None:
    secret = {"Authorization": "Basic c2VjcmV0", "Cookie": "secret", "X-Opaque-Id": "seen"}
    inputs = {"credential": {"access_key": "c2VjcmV0"}, "name": "seen"}
    node = {"id": "a", "type": "create_connector", "user_inputs": inputs}
    body = {"name": "t", "workflows": {"provision": {"nodes": [node]}}}
    headers = {"Content-Type": "application/json", **secret}
    asked = urllib.request.Request(f"{cluster.url}{WORKFLOW}?validation=none", json.dumps(body).encode(), headers)
    urllib.request.urlopen(asked, timeout=10).close()
    [exchange] = cluster.journal.requests()
    told = {name.lower(): value for name, value in exchange.headers.items()}
    assert [told[name] for name in ("authorization", "cookie", "x-opaque-id")] == ["(hidden)", "(hidden)", "seen"]
    [node] = exchange.body["workflows"]["provision"]["nodes"]
    assert node["user_inputs"] == {"credential": {"access_key": "(hidden)"}, "name": "seen"}
    assert request(cluster.url, f"{WORKFLOW}/{exchange.workflow_id}")[0] == 200
    assert "c2VjcmV0" not in json.dumps([vars(one) for one in cluster.journal.requests()])
    assert "c2VjcmV0" not in cluster.journal.story()


# -- assert_called -------------------------------------------------------------------------------------


def test_assert_called(cluster: MockFlow) -> None:
    polled(cluster, 0)
    request(cluster.url, f"{WORKFLOW}/nobody/_status")
    called = cluster.journal.assert_called
    called("get_status")
    called("get_status", times=3)
    called("get_status", times=2, workflow_id="w")
    called("get_status", times=1, status=404)
    called("create", times=0)


@pytest.mark.parametrize(
    ("operation", "given", "why"),
    [
        ("create", {}, "expected create to be called at least once, but it was called 0 times"),
        ("get_status", {"times": 0}, "expected get_status to be called 0 times, but it was called 1 time"),
        ("get_status", {"times": 2}, "expected get_status to be called 2 times, but it was called 1 time"),
        (
            "get_status",
            {"workflow_id": "v", "status": 200},
            "expected get_status to be called for workflow v answered with 200 at least once, "
            "but it was called 0 times",
        ),
    ],
)
def test_assert_called_fails_with_the_story(cluster: MockFlow, operation: str, given: Any, why: str) -> None:
    poll(cluster.url)
    with pytest.raises(AssertionError) as error:
        cluster.journal.assert_called(operation, **given)
    assert str(error.value) == f"{why}\n\n{cluster.journal.story()}"


# -- polling -------------------------------------------------------------------------------------------


def test_statistics(frozen: MockFlow) -> None:
    polled(frozen, 5_000, 7_500, 60_000, 1)
    polling = frozen.journal.polling()
    assert (polling.count, polling.intervals, polling.after_terminal) == (5, [5_000, 7_500, 60_000, 1], 1)
    assert len(polling.wall_intervals) == 4
    assert all(interval >= 0 for interval in polling.wall_intervals)
    assert polling.first is not None
    assert polling.last is not None
    assert (polling.first.number, polling.last.number, polling.last.state) == (1, 5, "COMPLETED")


def test_nothing_was_polled(cluster: MockFlow) -> None:
    assert cluster.journal.polling("w") == cluster.journal.polling() == Polling(())
    assert (Polling(()).count, Polling(()).first, Polling(()).last, Polling(()).intervals) == (0, None, None, [])


def test_what_is_no_poll(frozen: MockFlow) -> None:
    poll(frozen.url)
    request(frozen.url, f"{WORKFLOW}/w/_status?nonsense=1")
    request(frozen.url, f"{WORKFLOW}/w")
    assert frozen.workflow().state
    assert frozen.journal.polling().count == 1


def test_each_run_is_polled_by_itself() -> None:
    retry = Scenario("retry").match(everything=True).step("create_index", fails={}).attempt()
    with MockFlow(retry, clock="frozen", step_time="1s") as cluster:
        created = create(cluster)
        for _ in range(2):
            for _ in range(3):
                request(cluster.url, f"{WORKFLOW}/{created}/_status")
                cluster.clock.advance("1s")
            cluster.clock.advance("1h")
            made = [resource["resource_id"] for resource in cluster.workflow(created).resources]
            undone = f"{WORKFLOW}/{created}/_deprovision?allow_delete={','.join(made)}"
            assert request(cluster.url, undone, method="POST")[0] == 200
            assert request(cluster.url, f"{WORKFLOW}/{created}/_provision", method="POST")[0] == 202
            assert request(cluster.url, f"{WORKFLOW}/{created}/_provision", method="POST")[0] == 400
        polling = cluster.journal.polling(created)
        assert [len(run) for run in polling.runs] == [3, 3]
        assert [run[-1].state for run in polling.runs] == ["FAILED", "COMPLETED"]
        assert (polling.intervals, polling.after_terminal) == ([1000] * 4, 0)
        cluster.journal.assert_polling(min_interval="1s", max_interval="1s")


def test_polling_as_it_should_be(frozen: MockFlow) -> None:
    polled(frozen, 5_000, 55_000)
    journal = frozen.journal
    journal.assert_polling()
    journal.assert_polling("w", min_interval="5s", max_interval="55s")
    journal.assert_polling(min_interval=5_000, max_interval="1m", clock="virtual")


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({"min_interval": "6s"}, "poll 2 came 5s after the one before it (virtual clock), faster than 6s"),
        ({"max_interval": "54s"}, "poll 3 came 55s after the one before it (virtual clock), slower than 54s"),
        (
            {"min_interval": 5001, "max_interval": "1s"},
            "poll 2 came 5s after the one before it (virtual clock), f",
        ),
        ({"min_interval": "1h", "clock": "wall"}, "(wall clock), faster than 1h"),
        ({"max_interval": 0, "clock": "wall"}, "(wall clock), slower than 0s"),
    ],
)
def test_polling_at_wrong_intervals(frozen: MockFlow, bounds: Any, why: str) -> None:
    polled(frozen, 5_000, 55_000)
    with pytest.raises(AssertionError) as error:
        frozen.journal.assert_polling(**bounds)
    head, _, story = str(error.value).partition("\n\n")
    assert why in head
    assert story == frozen.journal.story()


def test_in_auto_the_wall_clock_counts(cluster: MockFlow) -> None:
    polled(cluster, 0)
    with pytest.raises(AssertionError, match=r"\(wall clock\), faster than 30s"):
        cluster.journal.assert_polling(min_interval="30s")
    cluster.journal.assert_polling(max_interval="30s")
    cluster.journal.assert_polling(min_interval="30s", clock="virtual")


def test_the_mode_that_counts_is_that_of_the_polls(frozen: MockFlow) -> None:
    polled(frozen, 5_000)
    frozen.clock.auto()
    frozen.journal.assert_polling(min_interval="5s", max_interval="5s")


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED"])
def test_polling_on_after_the_end(state: Any) -> None:
    ends = Scenario("ends").workflow("w").at("0s", state="PROVISIONING").at("1s", state=state)
    with MockFlow(ends, clock="frozen") as cluster:
        polled(cluster, 1_000)
        cluster.journal.assert_polling()
        poll(cluster.url)
        with pytest.raises(AssertionError, match=r"^1 poll after the end of the workflow\n"):
            cluster.journal.assert_polling()
        poll(cluster.url)
        with pytest.raises(AssertionError, match=r"^2 polls after the end of the workflow\n"):
            cluster.journal.assert_polling()
        cluster.journal.assert_polling(stops_after_terminal=False)


def test_polling_not_at_all(cluster: MockFlow) -> None:
    request(cluster.url, f"{WORKFLOW}/nobody/_status")
    for workflow_id, about in ((None, ""), ("w", " for workflow w"), ("nobody", " for workflow nobody")):
        with pytest.raises(AssertionError, match=f"^no status call was answered{about}\n"):
            cluster.journal.assert_polling(workflow_id)


def test_several_that_were_polled(frozen: MockFlow) -> None:
    frozen.load(Scenario("other").workflow("v").at("0s", state="COMPLETED"))
    polled(frozen)
    poll(frozen.url, "v")
    frozen.clock.advance("5s")
    polled(frozen)
    for use in (frozen.journal.polling, frozen.journal.assert_polling):
        with pytest.raises(AssertionError, match="2 workflows were polled; name one of v, w"):
            use()
    assert frozen.journal.polling("w").intervals == [5_000]
    frozen.journal.assert_polling("v")


@pytest.mark.parametrize("bound", ["5", "-1s", 1.5])
def test_a_bound_that_is_no_time(frozen: MockFlow, bound: Any) -> None:
    polled(frozen, 5_000)
    for name in ("min_interval", "max_interval"):
        with pytest.raises(MockFlowError, match="time"):
            frozen.journal.assert_polling(**{name: bound})


# -- the story -----------------------------------------------------------------------------------------

RETRY = (
    Scenario("retry")
    .workflow("retried")
    .match(name="*")
    .step("create_ingest_pipeline", takes="90s")
    .step("create_index", takes="250ms", fails={"status": "CONFLICT", "message": "it exists"})
)


def test_the_story() -> None:
    with MockFlow(STORY, RETRY, clock="frozen") as cluster:
        polled(cluster, 5_000, 55_000, 0)
        request(cluster.url, f"{WORKFLOW}/nobody/_status")
        assert create(cluster, SEMANTIC_SEARCH) == "retried"
        polled_until_failed = [poll(cluster.url, "retried")]
        while polled_until_failed[-1] == "PROVISIONING":
            cluster.clock.next("retried")
            polled_until_failed.append(poll(cluster.url, "retried"))
        request(cluster.url, "/_cat/nothing")
        cluster.load(Scenario("idle").workflow("never asked").at("0s", state="COMPLETED"))
        assert cluster.journal.story().splitlines() == [
            "mockflow received 10 requests, clock frozen:",
            "        0s  GET /workflow/w/_status -> 200 PROVISIONING, 1 resource  (2 times, until 5s)",
            "        1m  GET /workflow/w/_status -> 200 COMPLETED, 1 resource  (2 times)",
            "        1m  GET /workflow/nobody/_status -> 404 Fail to find workflow status of nobody",
            "        1m  POST /workflow?use_case=semantic_search&provision=true -> 202 workflow retried",
            "        1m  GET /workflow/retried/_status -> 200 PROVISIONING",
            "     2m30s  GET /workflow/retried/_status -> 200 PROVISIONING, 1 resource",
            "  2m30.25s  GET /workflow/retried/_status -> 200 FAILED, 1 resource: "
            "WorkflowStepException during step create_index, it exists, restStatus: CONFLICT",
            "  2m30.25s  GET /_cat/nothing -> 400 no handler found for uri [/_cat/nothing] and method [GET]",
            "",
            "hint: there is no workflow nobody; there is never asked, retried, w",
            "",
            "workflow w, by scenario story, begun by the first status call, 2m30.25s into its run:",
            "        0s  PROVISIONING, 1 resource  [seen by 2 polls]",
            "        1m  COMPLETED, 1 resource  [seen by 2 polls]",
            "",
            "workflow retried, by scenario retry, provisioned, 1m30.25s into its run:",
            "        0s  PROVISIONING  [seen by 1 poll]",
            "     1m30s  PROVISIONING, 1 resource  [seen by 1 poll]",
            "  1m30.25s  FAILED, 1 resource: WorkflowStepException during step create_index, it exists, "
            "restStatus: CONFLICT  [seen by 1 poll]",
        ]


def test_the_story_of_what_was_missed() -> None:
    script = STORY.at_poll(5, error="late")
    with MockFlow(script, clock="frozen") as cluster:
        cluster.clock.advance("1s")
        polled(cluster)
        cluster.clock.auto()
        polled(cluster)
        assert cluster.journal.story().splitlines() == [
            "mockflow received 2 requests, clock frozen, then auto:",
            "        1s  GET /workflow/w/_status -> 200 PROVISIONING, 1 resource  (2 times)",
            "",
            "workflow w, by scenario story, begun by the first status call, 1m into its run:",
            "        0s  PROVISIONING, 1 resource  [seen by 2 polls]",
            "        1m  COMPLETED, 1 resource  [seen by no poll]",
            "    poll 5  COMPLETED, 1 resource: late  [not reached]",
        ]


def test_the_story_of_nothing(frozen: MockFlow) -> None:
    assert frozen.journal.story() == "mockflow received no requests, clock frozen"
    with pytest.raises(AssertionError, match=r"mockflow received no requests, clock frozen$"):
        frozen.journal.assert_called("create")


def test_the_story_of_a_workflow_that_nobody_provisions() -> None:
    with MockFlow() as cluster:
        created = create(cluster, query="use_case=semantic_search")
        poll(cluster.url, created)
        assert cluster.journal.story().splitlines()[4:] == [
            f"workflow {created}, without a scenario, not begun:",
            "        0s  NOT_STARTED  [seen by 1 poll]",
        ]


def test_a_long_story_is_told_in_short(frozen: MockFlow) -> None:
    for number in range(60):
        request(frozen.url, f"/_path/{number}")
    request(frozen.url, f"/{'long/' * 100}")
    lines = frozen.journal.story().splitlines()
    assert len(lines) == 42
    assert lines[0] == "mockflow received 61 requests, clock frozen:"
    assert lines[21] == "            ... 21 lines more ..."
    assert lines[22].startswith("        0s  GET /_path/41 -> 400 ")
    assert all(len(line) < 400 for line in lines)


def test_a_story_whose_beginning_is_forgotten(frozen: MockFlow) -> None:
    polled(frozen, 0)
    frozen.journal.clear()
    polled(frozen)
    head = "mockflow received 3 requests (1 kept), clock frozen:"
    assert frozen.journal.story().splitlines()[0] == head


def test_a_step_that_no_run_has_had_is_in_the_story() -> None:
    with MockFlow() as cluster:
        cluster.fail_step("mine")
        cluster.fail("any", call=7, respond="unauthorized")
        cluster.fail("any", probability=0.1, respond="unauthorized")  # need not act
        cluster.load(Scenario("s").stub("GET /x", {"status": 200}).stub("GET /y", {"status": 200}, optional=True))
        assert cluster.journal.story().splitlines()[-4:] == [
            "planned, but without effect:",
            "  (added): faults: any call 7: unauthorized",
            "  s: stubs: GET /x",
            "  (added): plans: step mine fails with INTERNAL_SERVER_ERROR",
        ]
        for number in range(20):
            cluster.fail("create", call=number + 1, respond="unauthorized")
        assert cluster.journal.story().endswith("\n  ... 13 more ...")
