"""Which phases of outages are under way, against a look at every outage and every run."""

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockflow.cluster import Cluster, LoadedScenario, Mode, NeverError, Settings, moving, operations, polling, scenarios
from mockflow.cluster.phases import active_phases, end_early, until_port_closes
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import UnknownWorkflowError, World
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.scenario.model import Scenario
from tests.support.counting import counting

pytestmark = pytest.mark.slow

KINDS: Final[tuple[dict[str, Any], ...]] = ({"workflow_id": "w1"}, {"workflow_id": "w2"}, {"match": "everything"}, {})
PHASES: Final = ("port_closed", "yellow", "not_recovered")
outages = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.integers(0, 8).map("{}s".format),
            "phases": st.lists(
                st.fixed_dictionaries({"phase": st.sampled_from(PHASES), "takes": st.sampled_from(["1s", "3s"])}),
                min_size=1,
                max_size=2,
            ),
        }
    ),
    max_size=3,
)
scripts = st.tuples(st.integers(0, 3), outages)
actions = st.one_of(
    st.tuples(st.just("advance"), st.integers(0, 4000)),
    st.tuples(st.sampled_from(["poll", "restart", "forget", "create", "end", "check"]), st.integers(0, 3)),
    st.tuples(st.just("put"), scripts),
    st.tuples(st.just("remove"), st.integers(0, 3)),
)


def scenario(number: int, listed: Any) -> LoadedScenario:
    faults = [{"on": "any", "call": 1_000_000, "respond": "too_many_requests"}]  # a cluster scenario needs something
    timeline = [{"at": "1s", "state": "PROVISIONING"}, {"at": "9s", "state": "COMPLETED"}]
    script = {"scenario": f"s{number}", "outages": listed, "faults": faults, **KINDS[number]}
    return LoadedScenario(
        Scenario.model_validate({**script, **({"provision": {"timeline": timeline}} if KINDS[number] else {})})
    )


def times(world: World, one: Scenario) -> list[tuple[int, Workflow | None]]:
    found: list[tuple[int, Workflow | None]] = [] if one.has_workflow else [(world.elapsed_ms, None)]
    return found + [
        (world.elapsed(workflow), workflow)
        for workflow in world.workflows.values()
        if workflow.scenario and workflow.scenario.scenario == one.scenario and workflow.run
    ]


def naively(world: World) -> list[Any]:
    """Of each outage, the first run whose phase was not ended early."""
    found = []
    for active in world.active._scenarios.values():
        for outage in active.outages:
            for elapsed, workflow in times(world, active.scenario):
                window = next((one for one in outage.windows if one.begin <= elapsed < one.end), None)
                key = (workflow.id, workflow.serial) if workflow else ("", 0)
                if window and (*key, window.number) not in outage.over:
                    found.append((active.scenario.scenario, outage.number, *key, window.number, elapsed))
                    break
    return found


def first_closing(world: World) -> int | None:
    waits = [
        window.begin - elapsed
        for active in world.active._scenarios.values()
        for outage in active.outages
        for elapsed, _ in times(world, active.scenario)
        for window in outage.windows
        if window.phase == "port_closed" and window.begin > elapsed
    ]
    return min(waits, default=None)


def act(cluster: Cluster, kind: str, value: Any) -> None:
    world = cluster.world
    workflows = list(world.workflows.values()) if kind in ACTS else []
    if kind == "advance":
        world.clock.advance(value)
    elif kind == "put":
        scenarios.load(world, [scenario(*value)])
    elif kind == "remove" and f"s{value}" in world.scenarios:
        scenarios.remove(world, f"s{value}")
    elif kind == "create":
        nodes = [{"id": "n", "type": "noop"}]
        template = parse_template({"name": "x", "workflows": {"provision": {"nodes": nodes}}})
        made = operations.create(world, template, validate=False, headers={})
        operations.provision(world, made.id)
    elif kind == "end" and (phases := list(active_phases(world))):
        end_early(world, phases[value % len(phases)])
    elif workflows:
        ACTS[kind](world, workflows[value % len(workflows)])


ACTS: Final[dict[str, Any]] = {
    "poll": lambda world, workflow: polling.poll(world, workflow.id),
    "restart": lambda world, workflow: moving.restart(world, workflow.id),
    "forget": lambda world, workflow: world.forget(workflow),
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["auto", "frozen"]), st.lists(scripts, max_size=4), st.lists(actions, max_size=20))
def test_the_phases_under_way(mode: Mode, loaded: list[Any], steps: list[Any]) -> None:
    first = {number: scenario(number, listed) for number, listed in loaded}
    cluster = Cluster(Settings(mode=mode, step_time=2000), tuple(first.values()))
    for kind, value in steps:
        try:
            act(cluster, kind, value)
        except (NeverError, UnknownWorkflowError):
            continue
        world = cluster.world
        shown = [
            (one.active.scenario.scenario, one.active.number, *one.key, one.elapsed) for one in active_phases(world)
        ]
        assert shown == naively(world)
        wait, closing = until_port_closes(world), first_closing(world)
        assert closing is None or (wait is not None and 0 < wait <= closing)


def test_runs_that_no_outage_concerns_are_not_looked_at(monkeypatch: Any) -> None:
    """300 runs whose outages are ahead, and 300 scenarios whose outages are ahead: nothing is asked of them."""
    outage = [{"at": "1h", "phases": [{"phase": "yellow", "takes": "1m"}]}]
    base = {"outages": outage, "starts": "load", "provision": {"timeline": [{"at": "1s", "state": "PROVISIONING"}]}}
    loaded = [{"scenario": f"s{number}", "workflow_id": f"w{number}", **base} for number in range(300)]
    loaded += [{"scenario": f"c{number}", "outages": outage} for number in range(300)]
    cluster = Cluster(Settings(mode="auto"), tuple(LoadedScenario(Scenario.model_validate(one)) for one in loaded))
    world = cluster.world
    asked: list[Any] = []
    assert list(active_phases(world)) == []
    monkeypatch.setattr(World, "elapsed", counting(asked, World.elapsed))
    assert list(active_phases(world)) == []
    assert asked == []
    polling.poll(world, "w7")
    asked.clear()
    assert list(active_phases(world)) == []
    assert [workflow.id for _, workflow in asked] == ["w7"]
    world.clock.advance(3_600_000)
    assert len(list(active_phases(world))) == 600


def test_polls_leave_no_trace_in_the_schedule() -> None:
    outage = [{"at": "1h", "phases": [{"phase": "yellow", "takes": "1s"}]}]
    timeline = [{"at": f"{at}ms", "tenant_id": f"{at}"} for at in range(1, 1000)]
    script = {"scenario": "s", "workflow_id": "w", "outages": outage, "provision": {"timeline": timeline}}
    cluster = Cluster(Settings(mode="auto"), (LoadedScenario(Scenario.model_validate(script)),))
    for _ in range(900):
        polling.poll(cluster.world, "w")
        assert list(active_phases(cluster.world)) == []
    assert len(cluster.world.outages._by_clock._heap) < 100
