"""The clock in Python, and the moves of it that cannot be."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mockflow import MockFlow, MockFlowError, NeverComesError, Scenario
from tests.support.python_api import STORY, create, poll

BY_POLLS = Scenario("by polls").workflow("w").at("0s", state="PROVISIONING").at_poll(3, state="COMPLETED")


@pytest.mark.parametrize(
    ("duration", "milliseconds"),
    [
        ("3s", 3_000),
        ("250ms", 250),
        ("2m", 120_000),
        (0, 0),
        (1500, 1_500),
        (timedelta(seconds=3), 3_000),
        (timedelta(milliseconds=1, microseconds=700), 2),
        (timedelta(days=1), 86_400_000),
    ],
)
@pytest.mark.parametrize("mode", ["frozen", "auto", "driven"])
def test_advance(mode: Any, duration: Any, milliseconds: int) -> None:
    with MockFlow(clock=mode) as cluster:
        before = cluster.clock.now
        cluster.clock.advance(duration)
        assert cluster.clock.elapsed == cluster.clock.now - before == milliseconds


@pytest.mark.parametrize(
    ("duration", "why"),
    [
        ("3", "it needs a unit"),
        ("soon", "is not a time"),
        ("-1s", "times are not negative"),
        (-1, "times are not negative"),
        (timedelta(seconds=-1), "times are not negative"),
        (1.5, "expected a time such as"),
        (True, "expected a time such as"),
        (None, "expected a time such as"),
    ],
)
def test_what_is_no_time(frozen: MockFlow, duration: Any, why: str) -> None:
    with pytest.raises(MockFlowError, match=why):
        frozen.clock.advance(duration)
    with pytest.raises(MockFlowError, match=why):
        frozen.workflow().status_at(duration)
    assert frozen.clock.elapsed == 0


def test_modes(frozen: MockFlow) -> None:
    clock = frozen.clock
    assert (clock.mode, clock.speed, clock.now) == ("frozen", 1.0, 1_767_225_600_000)
    clock.auto()
    assert (clock.mode, repr(clock)) == ("auto", "<clock: auto, 0 ms elapsed>")
    clock.real(speed=0.5)
    assert (clock.mode, clock.speed) == ("real", 0.5)
    assert repr(clock).startswith("<clock: real at speed 0.5, ")
    clock.real()
    assert clock.speed == 0.5
    clock.speed = 20
    assert clock.speed == 20
    clock.freeze()
    assert (clock.mode, clock.now) == ("frozen", clock.now)


@pytest.mark.parametrize("speed", [0, -1, 1e9])
def test_a_speed_that_cannot_be(frozen: MockFlow, speed: float) -> None:
    with pytest.raises(MockFlowError, match="speed: should be"):
        frozen.clock.real(speed)
    assert (frozen.clock.mode, frozen.clock.speed) == ("frozen", 1.0)


def test_a_mode_that_there_is_not(frozen: MockFlow) -> None:
    with pytest.raises(MockFlowError, match="mode: should be 'real', 'auto', 'frozen' or 'driven'"):
        frozen.clock.set_mode("fast")


@pytest.mark.parametrize("mode", ["auto", "frozen", "driven"])
def test_advance_to(mode: Any) -> None:
    with MockFlow(STORY, clock=mode) as cluster:
        cluster.clock.advance_to(state="PROVISIONING")
        assert cluster.clock.elapsed == 0
        cluster.clock.advance_to("COMPLETED", "w")
        assert cluster.clock.elapsed == 60_000
        assert poll(cluster.url) == "COMPLETED"


def test_next(frozen: MockFlow) -> None:
    frozen.clock.next()
    assert (frozen.clock.elapsed, frozen.workflow().state) == (60_000, "COMPLETED")
    with pytest.raises(NeverComesError, match="has no next moment: its timeline is at its end"):
        frozen.clock.next("w")


def test_next_counts_as_the_polls_that_are_waited_for() -> None:
    with MockFlow(BY_POLLS, clock="frozen") as cluster:
        with pytest.raises(NeverComesError, match="never comes to COMPLETED from here: its timeline waits for poll 3"):
            cluster.clock.advance_to("COMPLETED")
        cluster.clock.next()
        assert (cluster.workflow().state, cluster.workflow().polls, cluster.clock.elapsed) == ("COMPLETED", 3, 0)


@pytest.mark.parametrize("mode", ["auto", "frozen", "real", "driven"])
@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("FAILED", "its timeline has no such state; one of PROVISIONING, COMPLETED"),
        ("COMPLETE", "did you mean COMPLETED"),
    ],
)
def test_a_state_that_never_comes_is_an_error_and_no_wait(mode: Any, state: str, why: str) -> None:
    with MockFlow(STORY, clock=mode, speed=1e-6) as cluster:
        with pytest.raises(NeverComesError, match=f"never comes to {state} from here: .*{why}"):
            cluster.clock.advance_to(state=state)
        assert not cluster.workflow().polls


def test_a_state_that_is_past(frozen: MockFlow) -> None:
    frozen.clock.advance_to("COMPLETED")
    with pytest.raises(NeverComesError, match="no such moment ahead"):
        frozen.clock.advance_to("PROVISIONING")


def test_a_run_that_nobody_has_begun() -> None:
    with MockFlow(STORY.workflow("w", starts="provision"), clock="frozen") as cluster:
        moves: list[Callable[[], Any]] = [cluster.clock.next, lambda: cluster.clock.advance_to("COMPLETED")]
        for move in moves:
            with pytest.raises(NeverComesError, match='run of workflow "w" begins when a client provisions it'):
                move()


def test_which_workflow() -> None:
    with MockFlow(clock="frozen", step_time="10s") as cluster:
        moves: list[Callable[[], Any]] = [
            cluster.clock.next,
            lambda: cluster.clock.advance_to("COMPLETED"),
            cluster.workflow,
        ]
        for move in moves:
            with pytest.raises(MockFlowError, match="no single workflow: there is none"):
                move()
        created = create(cluster)
        cluster.clock.next()
        assert cluster.clock.elapsed == 10_000
        cluster.load(STORY)
        with pytest.raises(MockFlowError, match=f"no single workflow: there are 2, {created}, w; name one"):
            cluster.clock.next()
        with pytest.raises(MockFlowError, match='no workflow "nobody"'):
            cluster.clock.next("nobody")
        with pytest.raises(MockFlowError, match='no workflow ""'):
            cluster.clock.advance_to("COMPLETED", "")
        cluster.clock.advance_to("COMPLETED", created)
        assert cluster.clock.elapsed == 20_000
