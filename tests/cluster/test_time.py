"""Properties of time: how it is cut makes no difference, and no mode loses a keyframe (design: the three modes)."""

from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from mockflow.cluster import DEFAULT_EPOCH, Clock, Cluster, LoadedScenario, Mode, Settings, moving, polling
from mockflow.cluster.timeline_rows import timeline_of
from mockflow.core.scenario.model import Scenario

STATES: Final = ("NOT_STARTED", "PROVISIONING", "COMPLETED", "FAILED")
milliseconds = st.integers(0, 10_000)
modes = st.sampled_from(["frozen", "auto"])


class Wall:
    """A wall clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@st.composite
def scripts(draw: st.DrawFn, workflow_id: str = "w") -> Scenario:
    """A scenario whose keyframes all differ: `tenant_id` counts them. Some wait for a poll."""
    timeline: list[dict[str, Any]] = []
    poll = 0
    for number in range(draw(st.integers(1, 6))):
        fields = {"tenant_id": str(number), "state": draw(st.sampled_from(STATES))}
        if draw(st.booleans()) and draw(st.booleans()):
            poll += draw(st.integers(1, 4))
            timeline.append({"at_poll": poll, **fields})
        else:
            timeline.append({"at": f"+{draw(st.integers(1, 3_000))}ms", **fields})
    return Scenario.model_validate(
        {"scenario": f"of {workflow_id}", "workflow_id": workflow_id, "provision": {"timeline": timeline}}
    )


def cluster_of(*scenarios: Scenario, mode: Mode = "frozen") -> Cluster:
    return Cluster(Settings(mode=mode), tuple(map(LoadedScenario, scenarios)))


def look(cluster: Cluster, workflow_id: str = "w") -> dict[str, Any]:
    return polling.poll(cluster.world, workflow_id, show_all=True).value


def keyframe(answer: dict[str, Any]) -> int:
    """The number of the keyframe that an answer shows; -1 before the first."""
    return int(answer.get("tenant_id", -1))


# -- how time is cut -----------------------------------------------------------------------------------


@given(scripts(), milliseconds, milliseconds, modes)
def test_two_advances_are_as_good_as_one(script: Scenario, first: int, second: int, mode: Mode) -> None:
    in_two, in_one = cluster_of(script, mode=mode), cluster_of(script, mode=mode)
    for cluster in (in_two, in_one):
        look(cluster)
    in_two.world.clock.advance(first)
    in_two.world.clock.advance(second)
    in_one.world.clock.advance(first + second)
    assert in_two.world.now() == in_one.world.now()
    assert polling.poll(in_two.world, "w", show_all=True).json == polling.poll(in_one.world, "w", show_all=True).json


@given(scripts(), st.lists(milliseconds, max_size=8))
def test_looks_of_the_owner_in_between_change_nothing(script: Scenario, steps: list[int]) -> None:
    watched, alone = cluster_of(script), cluster_of(script)
    for cluster in (watched, alone):
        look(cluster)
    for step in steps:
        watched.world.clock.advance(step)
        workflow = watched.world.find("w")
        timeline_of(moving.upcoming(watched.world, workflow))
        alone.world.clock.advance(step)
    assert look(watched) == look(alone)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 1000)), max_size=10))
def test_a_real_clock_passes_at_its_speeds_and_never_goes_back(steps: list[tuple[float, float]]) -> None:
    wall = Wall()
    clock = Clock("real", epoch=DEFAULT_EPOCH, wall=wall)
    expected = float(DEFAULT_EPOCH)
    for seconds, speed in steps:
        before = clock.now()
        clock.set_speed(speed)
        assert clock.now() == before
        wall.seconds += seconds
        expected += seconds * speed * 1000
        assert clock.now() >= before
        assert abs(clock.now() - expected) <= 2


@given(scripts(), st.integers(1, 1000), st.integers(0, 20_000))
def test_real_time_at_a_speed_shows_what_frozen_time_shows(script: Scenario, speed: int, elapsed: int) -> None:
    wall = Wall()
    real, frozen = cluster_of(script, mode="real"), cluster_of(script)
    real.world.clock = Clock("real", speed, DEFAULT_EPOCH, wall)
    for cluster in (real, frozen):
        look(cluster)
    wall.seconds += elapsed / 1000
    frozen.world.clock.advance(real.world.now() - DEFAULT_EPOCH)
    assert abs(real.world.now() - DEFAULT_EPOCH - elapsed * speed) <= 1
    assert look(real) == look(frozen)


@given(st.lists(st.tuples(st.sampled_from(["real", "auto", "frozen"]), st.floats(0, 100), milliseconds), max_size=10))
def test_a_change_of_mode_is_no_jump(steps: list[tuple[Mode, float, int]]) -> None:
    wall = Wall()
    clock = Clock("frozen", epoch=DEFAULT_EPOCH, wall=wall)
    for mode, seconds, advance in steps:
        before = clock.now()
        clock.set_mode(mode)
        assert clock.now() == before
        wall.seconds += seconds
        if mode != "real":
            assert clock.now() == before
        passed = clock.now()
        clock.advance(advance)
        assert clock.now() == passed + advance


# -- nothing is lost -----------------------------------------------------------------------------------


def seen_in_auto(script: Scenario, workflow_id: str = "w") -> list[int]:
    """The keyframes that a loop of polls alone sees, until nothing changes any more."""
    cluster = cluster_of(script, mode="auto")
    return [keyframe(look(cluster, workflow_id)) for _ in range(60)]


def length_of(script: Scenario) -> int:
    """How many keyframes it has."""
    assert script.provision
    assert script.provision.timeline
    return len(script.provision.timeline)


@given(scripts())
def test_in_auto_a_loop_sees_every_keyframe_once_and_in_order(script: Scenario) -> None:
    numbers = list(dict.fromkeys(seen := seen_in_auto(script)))
    assert seen == sorted(seen)
    assert [number for number in numbers if number >= 0] == list(range(length_of(script)))


@given(scripts("a"), scripts("b"), st.lists(st.booleans(), min_size=20, max_size=60))
def test_in_auto_two_workflows_polled_in_any_turn_are_both_seen_whole(
    one: Scenario, other: Scenario, turns: list[bool]
) -> None:
    cluster = cluster_of(one, other, mode="auto")
    seen: dict[str, list[int]] = {"a": [], "b": []}
    for turn in turns:
        workflow_id = "a" if turn else "b"
        seen[workflow_id].append(keyframe(look(cluster, workflow_id)))
    for script, workflow_id in ((one, "a"), (other, "b")):
        looks = seen[workflow_id]
        assert looks == seen_in_auto(script, workflow_id)[: len(looks)]


@given(scripts("a"), scripts("b"), st.lists(st.sampled_from("ab"), max_size=60))
def test_in_auto_the_clusters_now_is_the_furthest_and_never_goes_back(
    one: Scenario, other: Scenario, turns: list[str]
) -> None:
    cluster = cluster_of(one, other, mode="auto")
    for workflow_id in turns:
        before = cluster.world.now()
        look(cluster, workflow_id)
        leads = [workflow.lead for workflow in cluster.world.workflows.values()]
        assert cluster.world.now() == max(before, cluster.world.clock.now() + max(leads))


@given(scripts())
def test_next_after_next_passes_through_every_keyframe(script: Scenario) -> None:
    cluster = cluster_of(script)
    workflow = cluster.world.find("w")
    numbers = []
    while True:
        run = moving.upcoming(cluster.world, workflow)
        numbers.append(int(run.fields(run.position(cluster.world.elapsed(workflow))).get("tenant_id", -1)))
        if run.next_time(cluster.world.elapsed(workflow)) is None and run.next_poll is None:
            break
        moving.advance_to_next(cluster.world, "w")
    assert [number for number in numbers if number >= 0] == list(range(length_of(script)))


@given(scripts(), st.sampled_from(STATES))
def test_until_a_state_is_the_first_time_at_which_it_holds(script: Scenario, state: str) -> None:
    cluster, stepped = cluster_of(script), cluster_of(script)
    try:
        moving.advance_to_state(cluster.world, "w", state)
    except ValueError:
        assert cluster.world.now() == DEFAULT_EPOCH
        return
    run = moving.upcoming(stepped.world, stepped.world.find("w"))
    reached = cluster.world.elapsed_ms
    assert run.fields(run.position(reached))["state"] == state
    times: set[int] = {0}
    while (following := run.next_time(max(times))) is not None:
        times.add(following)
    assert [time for time in times if time < reached and run.fields(run.position(time))["state"] == state] == []


# -- waits ---------------------------------------------------------------------------------------------


def test_what_waits_first_goes_on_first() -> None:
    clock, called = Clock("frozen"), []

    def waits(number: int) -> None:
        clock.on_move(lambda: called.append(number))

    for number in range(50):
        waits(number)
    clock.advance(1)
    assert called == list(range(50))
