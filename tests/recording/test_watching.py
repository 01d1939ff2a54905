"""The loop of `mockflow record`, on a clock of its own."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockflow.cluster import polling
from mockflow.recording.status_history import StatusHistory
from mockflow.recording.watching import NoAnswerError, Pace, watch
from tests.recording.support import EPOCH, cluster_of, recorded
from tests.recording.test_round_trip import SHIPPED

Answer = Mapping[str, Any] | Exception


class Clock:
    def __init__(self, sleep: Callable[[int], None] = lambda _: None) -> None:
        self.time = 0
        self.pauses: list[int] = []
        self._sleep = sleep

    def now(self) -> int:
        return self.time

    def sleep(self, milliseconds: int) -> None:
        assert milliseconds > 0
        self.time += milliseconds
        self.pauses.append(milliseconds)
        self._sleep(milliseconds)


def answering(*answers: Answer) -> Callable[[str], Mapping[str, Any]]:
    """Each answer once, the last again and again."""
    left = list(answers)

    def ask(_: str) -> Mapping[str, Any]:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


def watched(
    *answers: Answer, timeout: int = 60_000, follow: bool = False
) -> tuple[bool, StatusHistory, Clock, list[str]]:
    history, clock, news = StatusHistory("w"), Clock(), list[str]()
    ended = watch(
        [history],
        answering(*answers),
        clock,
        Pace(100),
        timeout=timeout,
        follow=follow,
        news=lambda _, what: news.append(what),
    )
    return ended, history, clock, news


NOT_STARTED = {"state": "NOT_STARTED"}
RUNNING = {"state": "PROVISIONING"}
FAILED = {"state": "FAILED", "error": "x"}
AWAY = NoAnswerError("refused")


def test_ends_with_the_workflow() -> None:
    ended, history, clock, news = watched(NOT_STARTED, RUNNING, RUNNING, FAILED)
    assert ended
    assert history.is_final
    assert clock.pauses == [100, 100, 150]
    assert news == ["NOT_STARTED", "PROVISIONING", "FAILED"]


def test_looks_less_often_while_nothing_changes_and_often_again_when_it_does() -> None:
    _, _, clock, _ = watched(*[RUNNING] * 10, {**RUNNING, "error": "x"}, RUNNING, FAILED)
    assert clock.pauses[:9] == [100, 150, 225, 337, 506, 759, 1000, 1000, 1000]
    assert clock.pauses[10:] == [100, 100]


def test_ends_at_the_time_out_and_looks_once_more_then() -> None:
    ended, history, clock, _ = watched(NOT_STARTED, timeout=1234)
    assert not ended
    assert clock.time == 1234
    assert history.state == "NOT_STARTED"


def test_follow_goes_on_after_the_end() -> None:
    ended, history, _, news = watched(FAILED, NOT_STARTED, RUNNING, FAILED, timeout=5000, follow=True)
    assert ended
    assert len(history.changes) == 4
    assert news == ["FAILED", "NOT_STARTED", "PROVISIONING", "FAILED"]


def test_no_answer_is_waited_out_and_told_once() -> None:
    ended, history, _, news = watched(NOT_STARTED, AWAY, AWAY, AWAY, NOT_STARTED, FAILED)
    assert ended
    assert news == ["NOT_STARTED", "no response: refused", "responds again", "FAILED"]
    assert [(gap.start, gap.reason) for gap in history.gaps] == [(100, "refused")]
    assert history.gaps[0].end is not None


@pytest.mark.parametrize("first", [AWAY, NoAnswerError("404: no workflow w")], ids=str)
def test_what_does_not_pass_ends_it_before_the_first_answer(first: NoAnswerError) -> None:
    with pytest.raises(NoAnswerError, match=str(first)):
        watched(first, FAILED)


def test_what_passes_is_waited_out_from_the_beginning() -> None:
    ended, history, _, _ = watched(NoAnswerError("503", passes=True), FAILED)
    assert ended
    assert [gap.reason for gap in history.gaps] == ["503"]


def test_a_workflow_that_has_ended_is_asked_no_more() -> None:
    asked: list[str] = []

    def ask(workflow_id: str) -> Mapping[str, Any]:
        asked.append(workflow_id)
        return FAILED if workflow_id == "a" or len(asked) > 4 else RUNNING

    both = [StatusHistory("a"), StatusHistory("b")]
    assert watch(both, ask, Clock(), Pace(100), timeout=60_000, news=lambda *_: None)
    assert asked == ["a", "b", "b", "b", "b"]


def test_a_shipped_scenario_by_the_loop_itself() -> None:
    [scenario] = [one.scenario for one in SHIPPED if one.scenario.scenario == "failed-with-leftovers"]
    cluster = cluster_of(scenario)
    history = StatusHistory(scenario.workflow_id or "")
    clock = Clock(cluster.world.clock.advance)
    ask = lambda workflow_id: polling.poll(cluster.world, workflow_id, show_all=True).value  # noqa: E731
    assert watch([history], ask, clock, Pace(100), timeout=60_000, news=lambda *_: None)
    script = recorded(history).provision
    assert script is not None
    assert script.timeline is not None
    assert [keyframe.state for keyframe in script.timeline if keyframe.state] == ["PROVISIONING", "FAILED"]
    assert script.timeline[-1].at == "3s"
    assert cluster.world.now() - EPOCH <= 4000
