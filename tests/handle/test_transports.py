"""Every command does the same in this process and over HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mockflow import ClusterHandle, MockFlow, MockFlowError, Scenario
from tests.support.python_api import STORY, create, ended, poll
from tests.support.served import Served

Use = Callable[[ClusterHandle], Any]

OTHER: Final = Scenario("other/1").workflow("a b").at("0s", state="FAILED", error="ä")
USES: Final[dict[str, list[Use]]] = {
    "clock": [
        lambda c: c.clock.mode,
        lambda c: (c.clock.now, c.clock.elapsed, c.clock.speed),
        lambda c: c.clock.advance("3s"),
        lambda c: repr(c.clock),
        lambda c: c.clock.advance_to("COMPLETED"),
        lambda c: c.clock.elapsed,
        lambda c: c.clock.advance_to("FAILED"),
        lambda c: c.clock.advance("3"),
        lambda c: c.clock.next(),
        lambda c: c.clock.next("nobody"),
        lambda c: c.clock.real(0),
        lambda c: c.clock.auto(),
        lambda c: c.clock.mode,
    ],
    "scenarios": [
        lambda c: c.scenarios(),
        lambda c: c.load(OTHER),
        lambda c: c.load("scenario: x\nworkflowid: w\n"),
        lambda c: c.load("no/such/file.yaml"),
        lambda c: c.load(Scenario("twin").workflow("w").at("0s", state="FAILED")),
        lambda c: c.scenarios(),
        lambda c: [workflow.id for workflow in c.workflows()],
        lambda c: c.workflow(),
        lambda c: c.workflow("a b").status,
        lambda c: c.remove("nobody"),
        lambda c: c.remove("other/1"),
        lambda c: c.scenarios(),
    ],
    "workflow": [
        lambda c: c.workflow().state,
        lambda c: c.workflow("nobody"),
        lambda c: poll(c.url),
        lambda c: c.workflow("w").status_at("1m"),
        lambda c: c.workflow().status_at("1"),
        lambda c: c.workflow().timeline,
        lambda c: (c.workflow().resources, c.workflow().polls, c.workflow().elapsed),
        lambda c: c.workflow().restart(),
        lambda c: repr(c.workflow()),
    ],
    "steps": [
        lambda c: c.clock.auto(),
        lambda c: c.fail_step("create_index", message="no"),
        lambda c: ended(c, create(c)),
        lambda c: c.fail_step("create_index", status="TEAPOT"),
        lambda c: c.fail_step("create_index", timeout=True, takes="1s"),
        lambda c: ended(c, create(c, {"create_ingest_pipeline.model_id": "m", "create_index.name": "o"})),
    ],
    "journal": [
        lambda c: [poll(c.url) for _ in range(3)],
        lambda c: c.clock.next(),
        lambda c: poll(c.url),
        lambda c: c.journal.polling().intervals,
        lambda c: [(r.number, r.operation, r.workflow_id, r.state, r.elapsed, r.mode) for r in c.journal.requests()],
        lambda c: c.journal.requests("get_statuss"),
        lambda c: len(c.journal.requests("get_status", "w", 200)),
        lambda c: c.journal.story(),
        lambda c: c.journal.assert_called("create"),
        lambda c: c.journal.assert_polling(min_interval="1h"),
        lambda c: c.coverage(),
        lambda c: c.stuck,
        lambda c: c.journal.clear(),
        lambda c: c.journal.requests(),
    ],
    "reset": [
        lambda c: c.load(OTHER),
        lambda c: c.clock.advance("1h"),
        lambda c: c.reset(mode="auto", keep=["scenarios"]),
        lambda c: (c.clock.mode, c.clock.elapsed, c.scenarios()),
        lambda c: c.reset(mode="fast"),
        lambda c: c.reset(nonsense=1),
        lambda c: c.reset(),
        lambda c: (c.clock.mode, c.scenarios()),
    ],
}


def outcome(use: Use, cluster: ClusterHandle) -> Any:
    """What it gives, or how it fails."""
    try:
        return use(cluster)
    except (MockFlowError, AssertionError) as error:
        problems = getattr(error, "problems", None)
        return type(error), str(error), getattr(error, "status", None), problems


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenarios") / "story.yaml"
    path.write_text(STORY.yaml(), "utf-8")
    return path


@pytest.fixture(scope="module")
def server(story: Path) -> Iterator[Served]:
    with Served("--frozen", "--quiet", story) as started:
        yield started


@pytest.mark.parametrize("name", USES)
def test_the_same_over_http(server: Served, story: Path, name: str) -> None:
    remote = MockFlow.connect(server.url + "/")
    assert remote.url == server.url
    remote.reset()
    with MockFlow(story, clock="frozen") as here:
        for number, use in enumerate(USES[name]):
            assert outcome(use, here) == outcome(use, remote), f"{name}, command {number}"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9", "no mockflow at http://127.0.0.1:9: .*refused"),
        ("http://no.such.host.invalid:80", "no mockflow at"),
        ("ftp://x", "no mockflow at ftp://x"),
        ("localhost:9200", "no mockflow at localhost:9200"),
        ("", "no mockflow at"),
    ],
)
def test_nobody_there(url: str, why: str) -> None:
    cluster = MockFlow.connect(url)
    for use in (cluster.scenarios, lambda: cluster.clock.mode, cluster.journal.story):
        with pytest.raises(MockFlowError, match=why):
            use()


class Turn(asyncio.Lock):
    """A lock that tells whether it was asked for."""

    asked = False

    async def acquire(self) -> Any:
        self.asked = True
        return await super().acquire()


async def test_a_command_of_another_thread_waits_for_a_change_in_a_pause() -> None:
    """Otherwise scenarios that are loaded over HTTP meanwhile would be refused when some of them are in force."""
    async with MockFlow() as cluster:
        turn = Turn()
        await turn.acquire()
        cluster.cluster.turn, turn.asked = turn, False
        load = asyncio.create_task(
            asyncio.to_thread(cluster.load, Scenario("other").workflow("o").at("0s", state="FAILED"))
        )
        while not (turn.asked or load.done()):  # noqa: ASYNC110 - the lock tells nobody
            await asyncio.sleep(0)
        assert cluster.scenarios() == []
        turn.release()
        await load
        assert cluster.scenarios() == ["other"]


def test_somebody_else_is_there(cluster: MockFlow) -> None:
    elsewhere = MockFlow.connect(f"{cluster.url}/_plugins")
    with pytest.raises(MockFlowError, match=r"the server answered 400; is it mockflow\?") as error:
        elsewhere.scenarios()
    assert error.value.status == 400
