"""Polls one after another: what was told before does not change what is told now."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Settings, moving, polling
from mockflow.core.scenario.model import Scenario

TIMELINE = (
    {"at": "0s", "state": "PROVISIONING"},
    {"at": "1s", "error": "e"},
    {"at_poll": 4, "state": "FAILED"},
    {"at": "2s", "tenant_id": "t"},
)
STEPS = st.lists(st.tuples(st.integers(0, 1500), st.booleans()), min_size=1, max_size=12)


def cluster_of(*timeline: dict[str, Any]) -> Cluster:
    scenario = Scenario.model_validate(
        {"scenario": "s", "workflow_id": "w", "starts": "load", "provision": {"timeline": list(timeline)}}
    )
    return Cluster(Settings(mode="frozen"), (LoadedScenario(scenario),))


@given(STEPS)
def test_an_answer_is_that_of_the_moment_whatever_was_told_before(steps: list[tuple[int, bool]]) -> None:
    polled = cluster_of(*TIMELINE[:2])
    now = 0
    for pause, show_all in steps:
        polled.world.clock.advance(pause)
        now += pause
        fresh = cluster_of(*TIMELINE[:2])
        fresh.world.clock.advance(now)
        assert (
            polling.poll(polled.world, "w", show_all=show_all).value
            == polling.poll(fresh.world, "w", show_all=show_all).value
        )


@given(STEPS)
def test_the_poll_that_a_keyframe_waits_for_is_never_missed(steps: list[tuple[int, bool]]) -> None:
    cluster = cluster_of(*TIMELINE)
    elapsed = 0
    reached: int | None = None
    for number, (pause, show_all) in enumerate(steps, 1):
        cluster.world.clock.advance(pause)
        elapsed += pause
        if reached is None and number >= 4 and elapsed >= 1000:
            reached = elapsed
        answer = polling.poll(cluster.world, "w", show_all=show_all).value
        assert answer["state"] == ("PROVISIONING" if reached is None else "FAILED")
        if show_all:
            assert ("tenant_id" in answer) == (reached is not None and elapsed >= reached + 2000)


def test_a_run_that_begins_anew_is_told_from_its_beginning() -> None:
    cluster = cluster_of(*TIMELINE)

    def states(polls: int) -> list[str]:
        return [polling.poll(cluster.world, "w").value["state"] for _ in range(polls)]

    cluster.world.clock.advance(5_000)
    assert states(5) == ["PROVISIONING"] * 3 + ["FAILED"] * 2
    cluster.world.clock.advance(5_000)
    assert polling.poll(cluster.world, "w", show_all=True).value["tenant_id"] == "t"
    moving.restart(cluster.world, "w")
    assert states(1) == ["PROVISIONING"]
    cluster.world.clock.advance(60_000)
    assert states(4) == ["PROVISIONING"] * 2 + ["FAILED"] * 2
