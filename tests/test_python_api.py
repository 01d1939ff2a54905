"""The Python API, as a program's own tests use it: MockFlow, its clock, workflows, journal, and virtual sleep."""

import asyncio
import json
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mockflow import ClusterHandle, MockFlow, MockFlowError, NeverComesError, Scenario, ScenarioError
from tests.cli.support import Served

ID: Final = "8xL8bowB8y25Tqfenm50"
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
SCENARIOS: Final = Path(__file__).parent.parent / "scenarios"
STORY: Final = (
    Scenario("story")
    .workflow(ID)
    .at("0s", state="PROVISIONING")
    .created("create_connector", "create_connector_1")
    .at("1m", state="COMPLETED")
)


@pytest.fixture
def cluster() -> Iterator[MockFlow]:
    with MockFlow(STORY) as started:
        yield started


def ask(cluster: ClusterHandle, path: str, body: Any = None, method: str | None = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(cluster.url + WORKFLOW + path, content, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def status(cluster: ClusterHandle) -> Any:
    return ask(cluster, f"/{ID}/_status")


# -- starting and loading ------------------------------------------------------------------------------


def test_a_polling_loop_sees_every_keyframe_and_never_waits(cluster: MockFlow) -> None:
    assert [status(cluster)["state"] for _ in range(3)] == ["PROVISIONING", "COMPLETED", "COMPLETED"]
    assert cluster.url == f"http://{cluster.host}:{cluster.port}"


async def test_it_serves_in_the_running_loop() -> None:
    async with MockFlow(SCENARIOS / "docs-example.yaml", clock="frozen") as cluster:
        assert (await asyncio.to_thread(status, cluster))["state"] == "NOT_STARTED"
        cluster.clock.advance("2s")
        assert (await asyncio.to_thread(status, cluster))["state"] == "PROVISIONING"


@pytest.mark.parametrize(
    "source",
    [SCENARIOS / "docs-example.yaml", str(SCENARIOS / "docs-example.yaml"), STORY, STORY.yaml()],
    ids=["path", "text of a path", "built", "yaml"],
)
def test_sources(source: Any) -> None:
    with MockFlow(source) as cluster:
        assert [workflow.id for workflow in cluster.workflows()] == [ID]
        cluster.remove(cluster.scenarios()[0])
        assert cluster.workflows() == []
        cluster.load(source)
        assert cluster.workflow().id == ID


def test_problems_of_a_scenario_have_their_places(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("scenario: x\nworkflow_id: w\nprovison: {}\n")
    with pytest.raises(ScenarioError, match=r"bad\.yaml:3:1: unknown key"):
        MockFlow(tmp_path / "bad.yaml")
    with MockFlow() as cluster:
        with pytest.raises(ScenarioError, match=r"text:2:1: unknown key"):
            cluster.load("scenario: x\nworkflowid: w\n")
        with pytest.raises(ScenarioError, match="no such file"):
            cluster.load(str(tmp_path / "nowhere.yaml"))
        assert cluster.scenarios() == []


def test_before_it_has_started_it_says_so() -> None:
    with pytest.raises(MockFlowError, match="has not started"):
        MockFlow().clock.advance("1s")


def test_a_port_in_use_and_bad_settings(cluster: MockFlow) -> None:
    with pytest.raises(MockFlowError, match="cannot listen"), MockFlow(port=cluster.port):
        pass
    with pytest.raises(MockFlowError, match="not known here"):
        MockFlow(version="1.0.0")
    with pytest.raises(MockFlowError, match="it needs a unit"):
        MockFlow(step_time="5")


# -- clock and workflows -------------------------------------------------------------------------------


def test_a_frozen_clock_moves_by_hand() -> None:
    with MockFlow(STORY, clock="frozen") as cluster:
        workflow = cluster.workflow(ID)
        assert status(cluster)["state"] == "PROVISIONING"
        cluster.clock.advance("59s")
        assert (workflow.state, workflow.elapsed, cluster.clock.elapsed) == ("PROVISIONING", 59_000, 59_000)
        cluster.clock.next()
        assert status(cluster)["state"] == workflow.state == "COMPLETED"
        assert workflow.polls == 2
        assert workflow.status_at("1s")["state"] == "PROVISIONING"
        assert [(moment.at, moment.status["state"]) for moment in workflow.timeline] == [
            (0, "PROVISIONING"),
            (60_000, "COMPLETED"),
        ]
        workflow.restart()
        cluster.clock.advance_to(state="COMPLETED")
        assert cluster.clock.elapsed == 120_000
        with pytest.raises(NeverComesError, match="never comes to FAILED"):
            cluster.clock.advance_to(state="FAILED")
        cluster.clock.auto()
        assert cluster.clock.mode == "auto"


def test_which_workflow() -> None:
    with MockFlow() as cluster:
        with pytest.raises(MockFlowError, match="there is none"):
            cluster.workflow()
        cluster.load(STORY, Scenario("other").workflow("w").at("0s", state="PROVISIONING"))
        with pytest.raises(MockFlowError, match=f"there are 2: {ID}, w"):
            cluster.clock.next()
        with pytest.raises(MockFlowError, match='no workflow "nobody"'):
            cluster.workflow("nobody")


def test_a_step_fails_once_in_the_next_run(cluster: MockFlow) -> None:
    cluster.fail_step("create_index", status="BAD_REQUEST", message="no space")
    body = {"create_ingest_pipeline.model_id": "m"}
    ends = []
    for index in ("one", "two"):
        given = {**body, "create_index.name": index}
        workflow_id = ask(cluster, "?use_case=semantic_search&provision=true", given)["workflow_id"]
        ends.append([ask(cluster, f"/{workflow_id}/_status") for _ in range(4)][-1])
    assert [end["state"] for end in ends] == ["FAILED", "COMPLETED"]
    expected = "WorkflowStepException during step create_index, no space, restStatus: BAD_REQUEST"
    assert ends[0]["error"] == expected
    with pytest.raises(MockFlowError, match="unknown status"):
        cluster.fail_step("create_index", status="TEAPOT")


def test_the_same_commands_reach_a_server_that_is_up_already(server: Served) -> None:
    cluster = MockFlow.connect(server.url)
    cluster.reset(mode="frozen")
    cluster.load(STORY)
    assert status(cluster)["state"] == "PROVISIONING"
    cluster.clock.advance_to(state="COMPLETED")
    assert cluster.workflow().state == "COMPLETED"
    assert [request.operation for request in cluster.journal.requests()] == ["get_status"]
    with pytest.raises(NeverComesError):
        cluster.clock.next()


@pytest.fixture
def server() -> Iterator[Served]:
    with Served("--frozen", "--quiet") as started:
        yield started


def test_nobody_there() -> None:
    with pytest.raises(MockFlowError, match=r"no mockflow at http://127\.0\.0\.1:9: "):
        MockFlow.connect("http://127.0.0.1:9").scenarios()


# -- journal and coverage ------------------------------------------------------------------------------


def test_the_journal_tells_what_was_asked_and_answered(cluster: MockFlow) -> None:
    status(cluster)
    with pytest.raises(urllib.error.HTTPError):
        ask(cluster, "/nobody/_status")
    first, second = cluster.journal.requests("get_status")
    assert (first.number, first.workflow_id, first.status, first.state) == (1, ID, 200, "PROVISIONING")
    assert (second.workflow_id, second.status, second.is_poll) == ("nobody", 404, False)
    cluster.journal.assert_called("get_status", times=2)
    with pytest.raises(AssertionError, match="create was to be called at least once") as error:
        cluster.journal.assert_called("create")
    assert str(error.value).splitlines()[2:] == [
        "mockflow was asked 2 times, clock auto:",
        f"        0s  GET /workflow/{ID}/_status -> 200 PROVISIONING, 1 resource",
        "        1m  GET /workflow/nobody/_status -> 404 Fail to find workflow status of nobody",
        "",
        f"workflow {ID}, by scenario story, begun by the first look, 1m into its run:",
        "        0s  PROVISIONING, 1 resource  [told 1 time]",
        "        1m  COMPLETED, 1 resource  [never told]",
    ]
    cluster.journal.clear()
    assert cluster.journal.requests() == []


def test_secrets_are_hidden(cluster: MockFlow) -> None:
    request = urllib.request.Request(
        f"{cluster.url}{WORKFLOW}/{ID}/_status", headers={"Authorization": "Basic c2VjcmV0"}
    )
    urllib.request.urlopen(request, timeout=10).close()
    [exchange] = cluster.journal.requests()
    assert exchange.headers["Authorization"] == "(hidden)"


def test_wrong_polling_is_told(cluster: MockFlow) -> None:
    with pytest.raises(AssertionError, match="no status call was answered"):
        cluster.journal.assert_polling()
    for _ in range(4):
        status(cluster)
    assert cluster.journal.polling().after_terminal == 2
    with pytest.raises(AssertionError, match="2 polls after the workflow had come to its end"):
        cluster.journal.assert_polling()
    with pytest.raises(AssertionError, match=r"faster than 1h"):
        cluster.journal.assert_polling(min_interval="1h")
    with pytest.raises(
        AssertionError, match=r"poll 2 came 1m after the one before it \(virtual clock\), slower than 1s"
    ):
        cluster.journal.assert_polling(max_interval="1s", clock="virtual")


def test_coverage(cluster: MockFlow) -> None:
    status(cluster)
    assert [(str(part), part.seen) for part in cluster.coverage().parts] == [
        ("story: provision: 0s, PROVISIONING, 1 created", True),
        ("story: provision: 1m, COMPLETED", False),
    ]
    with pytest.raises(AssertionError, match="never observed:\n  story: provision: 1m, COMPLETED"):
        cluster.coverage().assert_complete()
    status(cluster)
    cluster.coverage().assert_complete()


# -- virtual sleep -------------------------------------------------------------------------------------

CONSUMER: Final = """
import asyncio
import time as t
from time import monotonic, sleep

def deploy(ask):
    began = monotonic()
    while monotonic() - began < 600:
        if ask()["state"] in ("COMPLETED", "FAILED"):
            return "done"
        sleep(5)
    return "timed out"

async def deploy_async(ask):
    began = t.time()
    while t.time() - began < 600:
        if ask()["state"] in ("COMPLETED", "FAILED"):
            return "done"
        await asyncio.sleep(5)
    return "timed out"
"""


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = types.ModuleType("a_consumer")
    exec(CONSUMER, module.__dict__)
    monkeypatch.setitem(sys.modules, "a_consumer", module)
    return module


def test_a_consumer_that_sleeps_is_tested_with_its_true_intervals(cluster: MockFlow, consumer: Any) -> None:
    real = (time.sleep, time.monotonic)
    with cluster.patch_sleep("a_consumer"):
        assert consumer.deploy(lambda: status(cluster)) == "done"
    assert cluster.journal.polling().intervals == [5_000] * 12
    cluster.journal.assert_polling(min_interval="5s", max_interval="5s", clock="virtual")
    assert (time.sleep, time.monotonic, consumer.sleep) == (*real, real[0])
    assert cluster.clock.mode == "auto"


async def test_so_is_an_async_one(cluster: MockFlow, consumer: Any) -> None:
    with cluster.patch_sleep("a_consumer"):
        assert await consumer.deploy_async(lambda: status(cluster)) == "done"
    assert cluster.journal.polling().intervals == [5_000] * 12


def test_it_gives_up_when_it_would(consumer: Any) -> None:
    with MockFlow(Scenario("stuck").workflow(ID).at("0s", state="PROVISIONING")) as cluster:
        with cluster.patch_sleep():
            assert consumer.deploy(lambda: status(cluster)) == "timed out"
        assert cluster.journal.polling().count == 120


def test_a_module_that_nobody_imported(cluster: MockFlow) -> None:
    with (
        pytest.raises(MockFlowError, match='no module "no_such_module" is imported'),
        cluster.patch_sleep("no_such_module"),
    ):
        pass
    assert cluster.clock.mode == "auto"


# -- the builder ---------------------------------------------------------------------------------------


def test_a_built_scenario_is_the_yaml_it_prints() -> None:
    plan = (
        Scenario("1e3", description="on")
        .match(name="bedrock*", header={"X-Mockflow-Scenario": "yes"})
        .step("register_remote_model", takes="30s", fails={"status": "REQUEST_TIMEOUT", "message": "null"})
        .attempt()
        .step_time("10ms")
        .deprovision(keeps=["create_index_1"])
        .deprovision()
    )
    model = plan.build()
    assert (model.scenario, model.description) == ("1e3", "on")
    assert model.provision is not None
    assert model.provision.attempts is not None
    assert model.provision.attempts[0].steps["register_remote_model"].takes == "30s"
    assert model.provision.attempts[1].step_time == "10ms"
    assert model.deprovision is not None
    assert model.deprovision.attempt(0).keeps == ("create_index_1",)


def test_each_call_gives_a_new_scenario() -> None:
    begun = Scenario("x").workflow("w").at("0s", state="PROVISIONING")
    ended = begun.at("1s", state="COMPLETED")
    assert "COMPLETED" in str(ended)
    assert "COMPLETED" not in str(begun)


def test_problems_of_a_built_scenario_show_its_yaml() -> None:
    with pytest.raises(ScenarioError) as error:
        Scenario("x").workflow("w").at("0s", state="PROVISIONNING").build()
    assert 'Scenario("x"):6:5: unknown state "PROVISIONNING"; did you mean PROVISIONING?' in str(error.value)
    assert "state: PROVISIONNING" in str(error.value)
