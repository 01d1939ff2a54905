"""Phases of outages: the active ones, when the port closes, and their early end."""

from collections.abc import Iterator
from dataclasses import dataclass

from mockflow.cluster.active import ActiveOutage
from mockflow.cluster.active_scenario import ActiveScenario
from mockflow.cluster.skipping import after_intercepted
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.faults import outages


@dataclass(frozen=True)
class ActivePhase:
    """The phase that an outage is in now."""

    active: ActiveOutage
    window: outages.Window
    workflow: Workflow | None
    """The workflow by whose run it goes; None means the time of the cluster as a whole."""
    elapsed: int
    """The elapsed ms by which it goes, when it was found active."""

    @property
    def is_over(self) -> bool:
        """Whether it was ended early."""
        return self.key in self.active.over

    @property
    def key(self) -> tuple[str, int, int]:
        """Workflow id, number of its run, number of the phase."""
        return (
            (self.workflow.id, self.workflow.serial, self.window.number)
            if self.workflow
            else ("", 0, self.window.number)
        )


def active_phases(world: World) -> Iterator[ActivePhase]:
    """The phases that outages are in now, one of each outage at most."""
    for outages_of, times in _awake(world):
        found: dict[ActiveOutage, list[tuple[int, Workflow | None]]] = {}
        for elapsed, workflow in times:
            for active in outages_of.outages_at(elapsed):
                found.setdefault(active, []).append((elapsed, workflow))
        for active in sorted(found, key=lambda one: one.number):
            phases = (
                ActivePhase(active, window, workflow, elapsed)
                for elapsed, workflow in found[active]
                if (window := active.phase_at(elapsed))
            )
            if phase := next((one for one in phases if not one.is_over), None):
                yield phase


def until_port_closes(world: World) -> int | None:
    """The ms until a phase port_closed may begin by time alone; None where none is ahead."""
    waits = [
        begin - elapsed
        for outages_of, times in _awake(world)
        for elapsed, _ in times
        if (begin := outages_of.next_closing(elapsed)) is not None
    ]
    for time, now in zip(world.outages.next_times(), (world.clock.now(), world.elapsed_ms), strict=True):
        waits += [] if time is None else [time - now]
    return min(waits, default=None)


def _awake(world: World) -> list[tuple[ActiveScenario, list[tuple[int, Workflow | None]]]]:
    """The scenarios with an outage that is in a phase now, in order, and the elapsed times that count for each.

    These are of its runs or, where it has no workflow, of the world. All other runs sleep afterwards.
    """
    now, since_began = world.clock.now(), world.elapsed_ms
    found: dict[str, tuple[ActiveScenario, list[tuple[int, Workflow | None]]]] = {}
    for run in world.outages.awake(now, since_began):
        outages_of = world.active.outages_of(run.scenario)
        workflow = world.workflow_of(run)
        is_there = workflow is not None and workflow.run is not None if run.workflow_id else True
        if outages_of is None or not is_there or outages_of.scenario.has_workflow != (workflow is not None):
            world.outages.drop(run)
            continue
        elapsed = world.elapsed(workflow) if workflow else since_began
        if outages_of.outages_at(elapsed):
            found.setdefault(run.scenario, (outages_of, []))[1].append((elapsed, workflow))
        elif (begin := outages_of.next_outage(elapsed)) is not None:
            world.outages.sleep(run, (now if workflow else since_began) + begin - elapsed)
        else:
            world.outages.drop(run)
    for _, times in found.values():
        times.sort(key=lambda one: one[1].number if one[1] else 0)
    return sorted(found.values(), key=lambda one: one[0].rank)


def end_early(world: World, phase: ActivePhase) -> None:
    """Ends a phase before its time. In mode auto the time skips to its end."""
    phase.active.over.add(phase.key)
    while world.clock.mode == "auto" and _elapsed_now(world, phase) < phase.window.end:
        after_intercepted(world, phase.workflow, phase.active.scenario.scenario)


def _elapsed_now(world: World, phase: ActivePhase) -> int:
    return world.elapsed(phase.workflow) if phase.workflow else world.elapsed_ms
