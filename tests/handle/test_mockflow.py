"""`MockFlow`: starting, ending, loading, and what it says where it does not serve."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mockflow import ClusterHandle, MockFlow, MockFlowError, Scenario, ScenarioError
from tests.support.paths import SCENARIOS
from tests.support.python_api import STORY, poll

GOOD = "scenario: {0}\nworkflow_id: {0}\nprovision: {{timeline: [{{at: 0s, state: PROVISIONING}}]}}\n"
EXAMPLE = SCENARIOS / "docs-example.yaml"


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate())


def is_free(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) != 0


# -- starting and ending -------------------------------------------------------------------------------


def test_in_a_thread_of_its_own(cluster: MockFlow) -> None:
    assert cluster.url == f"http://{cluster.host}:{cluster.port}"
    assert [poll(cluster.url) for _ in range(3)] == ["PROVISIONING", "COMPLETED", "COMPLETED"]
    assert repr(cluster) == f"<MockFlow at {cluster.url}>"


async def test_in_the_running_loop() -> None:
    before = threads()
    async with MockFlow(STORY, clock="frozen") as cluster, aiohttp.ClientSession(cluster.url) as session:
        assert threads() == before
        seen = []
        for _ in range(2):
            async with session.get("/_plugins/_flow_framework/workflow/w/_status") as response:
                seen.append((await response.json())["state"])
            cluster.clock.advance("1m")
        assert seen == ["PROVISIONING", "COMPLETED"]


async def test_of_another_thread_too() -> None:
    async with MockFlow(STORY) as cluster:
        assert await asyncio.to_thread(poll, cluster.url) == "PROVISIONING"
        assert await asyncio.to_thread(lambda: cluster.clock.elapsed) == 60_000


async def test_in_a_thread_beside_a_running_loop() -> None:
    with MockFlow(STORY) as cluster:
        assert poll(cluster.url) == "PROVISIONING"  # although this blocks the loop


def test_it_leaves_nothing_behind() -> None:
    before = threads()
    with MockFlow(STORY) as cluster:
        port = cluster.port
        assert not is_free(port)
    assert threads() == before
    assert is_free(port)


def test_an_exception_within_ends_it() -> None:
    before = threads()
    with pytest.raises(ZeroDivisionError), MockFlow():
        raise ZeroDivisionError
    assert threads() == before


def test_worlds_side_by_side_have_nothing_in_common() -> None:
    with MockFlow(STORY) as one, MockFlow(STORY) as other:
        poll(one.url)
        assert (one.clock.elapsed, other.clock.elapsed) == (60_000, 0)
        assert other.journal.requests() == []


def test_a_fixed_port_and_one_in_use() -> None:
    with MockFlow() as cluster:
        port = cluster.port
        before = threads()
        with pytest.raises(MockFlowError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"), MockFlow(port=port):
            pass
        assert threads() == before
    with MockFlow(port=port) as cluster:
        assert cluster.port == port


async def test_a_port_in_use_in_the_running_loop(cluster: MockFlow) -> None:
    with pytest.raises(MockFlowError, match="cannot listen on"):
        async with MockFlow(port=cluster.port):
            pass


def test_a_host_that_is_not_here() -> None:
    why = r"cannot listen on no\.such\.host\.invalid:0"
    with pytest.raises(MockFlowError, match=why), MockFlow(host="no.such.host.invalid"):
        pass


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"version": "1.0.0"}, "is not supported"),
        ({"step_time": "5"}, "it needs a unit"),
        ({"step_time": 1.5}, "expected a time such as"),
        ({"step_time": -1}, "times are not negative"),
        ({"clock": "fast"}, 'unknown clock "fast"; one of real, auto, frozen'),
        ({"clock": "frosen"}, "did you mean frozen"),
        ({"clock": "real", "speed": 0}, "a speed is above 0"),
        ({"max_polls": 0}, "max_polls is at least 1, not 0"),
        ({"epoch": -1}, "an epoch is in milliseconds since 1970"),
        ({"epoch": 10**400}, "and is at most 253402300799999"),
        ({"epoch": float("nan")}, 'and is a whole number, not "nan"'),
        ({"seed": 2**63}, "a seed is at most 9223372036854775807"),
        ({"seed": "random"}, 'a seed is a whole number, not "random"'),
        ({"max_polls": float("inf")}, 'max_polls is a whole number, not "inf"'),
        ({"max_polls": 10**10}, "max_polls is at most 1000000000"),
        ({"step_time": "36501d"}, "longer than a century"),
        ({"clock": "real", "speed": float("nan")}, "a speed is above 0 and at most 1000000"),
        ({"clock": "real", "speed": "9"}, "a speed is above 0 and at most 1000000"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(MockFlowError, match=why):
        MockFlow(**settings)


def test_settings() -> None:
    with MockFlow(clock="real", speed=1000, version="2.19.0", step_time=0, seed=7, epoch=1000) as cluster:
        assert (cluster.clock.mode, cluster.clock.speed) == ("real", 1000)
        assert cluster.clock.now >= 1000


# -- where it does not serve ---------------------------------------------------------------------------

# The first three are known after its end too.
USES: list[Callable[[ClusterHandle], Any]] = [
    lambda cluster: cluster.url,
    lambda cluster: cluster.host,
    lambda cluster: cluster.port,
    lambda cluster: cluster.load(STORY),
    lambda cluster: cluster.clock.advance("1s"),
    lambda cluster: cluster.clock.mode,
    lambda cluster: cluster.clock.next(),
    lambda cluster: cluster.workflow("w"),
    lambda cluster: cluster.workflows(),
    lambda cluster: cluster.journal.requests(),
    lambda cluster: cluster.journal.story(),
    lambda cluster: cluster.journal.assert_polling(),
    lambda cluster: cluster.coverage(),
    lambda cluster: cluster.fail_step("create_index"),
    lambda cluster: cluster.reset(),
    lambda cluster: cluster.patch_sleep("tests").__enter__(),
]


@pytest.mark.parametrize("use", USES)
def test_before_it_has_started(use: Callable[[MockFlow], Any]) -> None:
    cluster = MockFlow(STORY)
    with pytest.raises(MockFlowError, match="this MockFlow was not started; use it in a with statement"):
        use(cluster)
    assert repr(cluster) == "<MockFlow, not running>"
    assert not hasattr(cluster, "no_such_thing")


@pytest.mark.parametrize("use", USES[3:])
def test_after_its_end(use: Callable[[MockFlow], Any]) -> None:
    with MockFlow(STORY) as cluster:
        pass
    with pytest.raises(MockFlowError, match="this MockFlow has stopped; use it within its with statement"):
        use(cluster)
    assert repr(cluster) == "<MockFlow, not running>"
    assert is_free(cluster.port)


def test_a_workflow_and_a_journal_after_the_end() -> None:
    with MockFlow(STORY) as cluster:
        workflow, journal, clock = cluster.workflow("w"), cluster.journal, cluster.clock
    for use in (lambda: workflow.state, journal.requests, lambda: clock.now):
        with pytest.raises(MockFlowError, match="this MockFlow has stopped"):
            use()


def test_it_starts_once() -> None:
    cluster = MockFlow()
    with cluster, pytest.raises(MockFlowError, match="this MockFlow was started before"), cluster:
        pass
    with pytest.raises(MockFlowError, match="this MockFlow was started before; make a new one"), cluster:
        pass


async def test_to_stop_what_does_not_run() -> None:
    cluster = MockFlow()
    await cluster.stop()
    async with cluster:
        assert cluster.port
    await cluster.stop()


def test_its_loop_has_gone_without_stopping_it() -> None:
    cluster = MockFlow(STORY)

    async def start() -> None:
        await cluster.start()
        cluster.clock.freeze()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(start())
    assert (cluster.clock.mode, cluster.clock.elapsed) == ("frozen", 0)  # never waits for a loop that stands still
    loop.run_until_complete(cluster.stop())
    loop.close()


def test_a_loop_that_is_blocked_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.handle.transport._SECONDS", 0.01)
    free, asked = threading.Event(), threading.Event()

    async def block() -> None:
        async with MockFlow() as cluster:

            def ask() -> None:
                with pytest.raises(MockFlowError, match="use with instead of async with"):
                    cluster.clock.advance("1s")
                asked.set()

            thread = threading.Thread(target=ask)
            thread.start()
            free.wait(20)
            await asyncio.sleep(0)
            assert cluster.clock.elapsed == 0  # what was given up is not done later
            thread.join()

    def watch() -> None:
        asked.wait(20)
        free.set()

    watching = threading.Thread(target=watch)
    watching.start()
    asyncio.run(block())
    watching.join()
    assert asked.is_set()


# -- loading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [EXAMPLE, str(EXAMPLE), EXAMPLE.read_text("utf-8")],
    ids=["path", "text of a path", "yaml"],
)
def test_sources(source: str | Path) -> None:
    with MockFlow(source) as cluster:
        assert cluster.scenarios() == ["docs-example"]
        cluster.remove("docs-example")
        assert (cluster.scenarios(), cluster.workflows()) == ([], [])
        cluster.load(source)
        assert cluster.workflow().state == "NOT_STARTED"


def test_a_folder_and_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("one", "deep/two"):
        (tmp_path / f"{name}.yaml").write_text(GOOD.format(Path(name).name))
    (tmp_path / "three.yml").write_text(GOOD.format("three") + "---\n" + GOOD.format("four"))
    (tmp_path / "notes.txt").write_text("not YAML: [")
    with MockFlow(tmp_path, STORY) as cluster:
        assert sorted(cluster.scenarios()) == ["four", "one", "story", "three", "two"]
    with MockFlow() as cluster:
        cluster.load(tmp_path, STORY)
        assert sorted(workflow.id for workflow in cluster.workflows()) == ["four", "one", "three", "two", "w"]


def test_a_scenario_takes_the_place_of_one_of_its_name(cluster: MockFlow) -> None:
    poll(cluster.url)
    cluster.load(STORY.at("2m", state="FAILED"))
    assert cluster.scenarios() == ["story"]
    assert [poll(cluster.url) for _ in range(3)] == ["PROVISIONING", "COMPLETED", "FAILED"]


def test_a_file_in_other_letters(tmp_path: Path) -> None:
    path = tmp_path / "ä ö.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.format("größe").encode())
    with MockFlow() as cluster:
        cluster.load(path)
        assert cluster.workflow("größe").id == "größe"


PROBLEMS = [
    ("bad.yaml", "scenario: x\nprovison: {}\n", r"bad\.yaml:2:1: unknown key"),
    ("empty.yaml", "", r"empty\.yaml: no scenario in this file"),
    ("odd.yaml", "scenario: [", r"odd\.yaml:1:12: "),
    ("twice.yaml", GOOD.format("x") + "---\n" + GOOD.format("x"), r"twice\.yaml:5:11: two scenarios named"),
    ("latin.yaml", b"scenario: gr\xfc\xdfe\n", r"latin\.yaml"),
]


@pytest.mark.parametrize(("name", "text", "why"), PROBLEMS, ids=[problem[0] for problem in PROBLEMS])
def test_problems_have_their_places(tmp_path: Path, name: str, text: str | bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScenarioError, match=why) as error:
        MockFlow(path)
    assert error.value.problems[0]["file"] == str(path)
    with MockFlow(STORY) as cluster:
        for source in (path, str(path), tmp_path):
            with pytest.raises(ScenarioError, match=why):
                cluster.load(source)
        assert cluster.scenarios() == ["story"]


def test_all_problems_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.format("a") + "oops: 1\n")
    (tmp_path / "b.yaml").write_text(GOOD.format("b"))
    (tmp_path / "c.yaml").write_text(GOOD.format("b"))
    with MockFlow() as cluster:
        with pytest.raises(ScenarioError) as error:
            cluster.load(tmp_path)
        assert cluster.scenarios() == []
    assert [(Path(problem["file"]).name, problem["line"]) for problem in error.value.problems] == [
        ("a.yaml", 4),
        ("c.yaml", 1),
        ("c.yaml", 2),
    ]
    assert all(f"{problem['file']}:{problem['line']}:" in str(error.value) for problem in error.value.problems)


def test_problems_of_a_text(cluster: MockFlow) -> None:
    with pytest.raises(ScenarioError, match=r"^text:2:1: unknown key \"workflowid\"; did you mean workflow_id\?$"):
        cluster.load("scenario: x\nworkflowid: w\n")


def test_paths_that_lead_nowhere(tmp_path: Path, cluster: MockFlow) -> None:
    for source in (tmp_path / "none.yaml", str(tmp_path / "none.yaml")):
        with pytest.raises(ScenarioError, match=r"none\.yaml: no such file or folder$"):
            cluster.load(source)
    with pytest.raises(ScenarioError, match=r"no \.yaml file in this folder"):
        cluster.load(tmp_path)
    with pytest.raises(ScenarioError, match="no such file or folder; YAML text has a line break"):
        cluster.load("{scenario: x, workflow_id: w}")


@pytest.mark.parametrize("source", [None, 3, {"scenario": "x"}, b"scenario: x\n"])
def test_what_is_no_scenario(source: Any) -> None:
    with pytest.raises(MockFlowError, match="a scenario is a path, YAML text or a built Scenario, not"):
        MockFlow(source)


def test_two_scenarios_that_claim_the_same(cluster: MockFlow) -> None:
    twin = Scenario("twin").workflow("w").at("0s", state="FAILED")
    why = 'workflow_id "w" of scenario "twin" belongs to scenario "story"'
    with pytest.raises(ScenarioError, match=why):
        cluster.load(twin)
    with pytest.raises(ScenarioError, match=why):
        MockFlow(STORY, twin)
    assert cluster.scenarios() == ["story"]


def test_a_scenario_that_is_not_there(cluster: MockFlow) -> None:
    with pytest.raises(MockFlowError, match='no scenario "a/b"'):
        cluster.remove("a/b")
