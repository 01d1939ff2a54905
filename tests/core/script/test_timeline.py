"""Properties of timelines: a snapshot is the fold of all keyframes reached, whenever and however one asks."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Settings, polling
from mockflow.core.scenario.model import Scenario

STATES = ("NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED")


@st.composite
def timelines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Keyframes in order of time, each with some of the fields."""
    times = sorted(draw(st.sets(st.integers(0, 5_000), min_size=1, max_size=12)))
    field = st.fixed_dictionaries(
        {},
        optional={
            "state": st.sampled_from(STATES),
            "error": st.none() | st.sampled_from(["a", "b"]),
            "user_outputs": st.none() | st.just({"x": 1}),
            "tenant_id": st.none() | st.just("t"),
        },
    )
    return [{"at": f"{time}ms", **draw(field)} for time in times]


def cluster_of(timeline: list[dict[str, Any]], mode: Any = "frozen", starts: str = "load") -> Cluster:
    scenario = Scenario.model_validate(
        {"scenario": "s", "workflow_id": "w", "starts": starts, "provision": {"timeline": timeline}}
    )
    return Cluster(Settings(mode=mode), (LoadedScenario(scenario),))


def folded(timeline: list[dict[str, Any]], elapsed: int) -> dict[str, Any]:
    """The scripted fields that hold at `elapsed`, by the words of the design alone."""
    held: dict[str, Any] = {"state": "NOT_STARTED"}
    for keyframe in timeline:
        if int(keyframe["at"].removesuffix("ms")) <= elapsed:
            held |= {key: value for key, value in keyframe.items() if key != "at"}
    return {key: value for key, value in held.items() if value is not None}


@given(timelines(), st.integers(0, 6_000))
def test_a_snapshot_is_the_fold_of_all_earlier_keyframes(timeline: list[dict[str, Any]], elapsed: int) -> None:
    cluster = cluster_of(timeline)
    cluster.world.clock.advance(elapsed)
    answer = polling.poll(cluster.world, "w", show_all=True).value
    scripted = {key: answer[key] for key in ("state", "error", "user_outputs", "tenant_id") if key in answer}
    assert scripted == folded(timeline, elapsed)


@given(timelines(), st.integers(0, 6_000), st.booleans())
def test_asking_twice_gives_the_same_bytes(timeline: list[dict[str, Any]], elapsed: int, show_all: bool) -> None:
    cluster = cluster_of(timeline)
    cluster.world.clock.advance(elapsed)
    first = polling.poll(cluster.world, "w", show_all=show_all).json
    assert polling.poll(cluster.world, "w", show_all=show_all).json == first


@given(timelines(), st.integers(0, 3_000), st.integers(0, 3_000))
def test_two_steps_forward_are_one(timeline: list[dict[str, Any]], first: int, second: int) -> None:
    once, twice = cluster_of(timeline), cluster_of(timeline)
    once.world.clock.advance(first + second)
    twice.world.clock.advance(first)
    polling.poll(twice.world, "w")
    twice.world.clock.advance(second)
    assert polling.poll(once.world, "w", show_all=True).json == polling.poll(twice.world, "w", show_all=True).json
    assert once.world.now() == twice.world.now()


@given(timelines())
def test_auto_shows_every_keyframe_in_order(timeline: list[dict[str, Any]]) -> None:
    cluster = cluster_of(timeline, mode="auto", starts="first_status")
    times = [int(keyframe["at"].removesuffix("ms")) for keyframe in timeline]
    for time in times if times[0] == 0 else [0, *times]:
        answer = polling.poll(cluster.world, "w", show_all=True).value
        assert answer["state"] == folded(timeline, time)["state"]


def test_auto_shows_the_keyframes_before_an_at_poll() -> None:
    timeline: list[dict[str, Any]] = [
        {"at": "0s", "error": "start"},
        {"at": "1s", "error": "a"},
        {"at": "2s", "error": "b"},
        {"at_poll": 2, "error": "c"},
        {"at_poll": 3, "error": "d"},
    ]
    cluster = cluster_of(timeline, mode="auto", starts="first_status")
    assert [polling.poll(cluster.world, "w").value["error"] for _ in range(6)] == ["start", "a", "b", "c", "d", "d"]


def test_an_at_poll_is_reached_by_that_poll_and_times_after_it_count_from_there() -> None:
    timeline: list[dict[str, Any]] = [
        {"at": 0, "state": "PROVISIONING"},
        {"at_poll": 3, "error": "third"},
        {"at": "+2s", "state": "COMPLETED"},
    ]
    cluster = cluster_of(timeline)
    assert "error" not in polling.poll(cluster.world, "w").value
    cluster.world.clock.advance(60_000)
    assert "error" not in polling.poll(cluster.world, "w").value
    assert polling.poll(cluster.world, "w").value["error"] == "third"
    cluster.world.clock.advance(1_999)
    assert polling.poll(cluster.world, "w").value["state"] == "PROVISIONING"
    cluster.world.clock.advance(1)
    answer = polling.poll(cluster.world, "w", show_all=True).value
    assert answer["state"] == "COMPLETED"
    assert answer["provision_end_time"] - answer["provision_start_time"] == 62_000
