"""Phases of outages: the active ones, when the port closes, and their early end."""

from collections.abc import Iterator
from dataclasses import dataclass

from mockflow.cluster.active import ActiveOutage
from mockflow.cluster.conditions import times_of
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
    for active in world.active.outages:
        for elapsed, workflow in times_of(world, active.scenario):
            window = next((one for one in active.windows if one.begin <= elapsed < one.end), None)
            if window and not (phase := ActivePhase(active, window, workflow, elapsed)).is_over:
                yield phase
                break


def until_port_closes(world: World) -> int | None:
    """The ms until the next phase port_closed begins by time alone; None where none is ahead."""
    waits = (
        window.begin - elapsed
        for active in world.active.outages
        for elapsed, _ in times_of(world, active.scenario)
        for window in active.windows
        if window.phase == "port_closed" and window.begin > elapsed
    )
    return min(waits, default=None)


def end_early(world: World, phase: ActivePhase) -> None:
    """Ends a phase before its time. In mode auto the time skips to its end."""
    phase.active.over.add(phase.key)
    while world.clock.mode == "auto" and _elapsed_now(world, phase) < phase.window.end:
        after_intercepted(world, phase.workflow, phase.active.scenario.scenario)


def _elapsed_now(world: World, phase: ActivePhase) -> int:
    return world.elapsed(phase.workflow) if phase.workflow else world.elapsed_ms
