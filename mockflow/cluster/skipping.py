"""Mode auto: a run skips to its next moment after a client has read its status, and to its end where a request waits.

Each run has a lead over the clock. The world's lead is that of the workflow that is furthest ahead.
"""

from mockflow.cluster.moments import next_moment
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.plugin.resources import Made


def after_read(world: World, workflow: Workflow) -> None:
    """Skips to the run's next moment in mode auto, after a client has read its state in another way than by a poll."""
    if world.clock.mode == "auto" and workflow.run:
        to_next_moment(world, workflow, world.elapsed(workflow))


def until_ready(world: World, made: Made) -> None:
    """Skips in mode auto to the time at which a resource that a client has looked at becomes ready."""
    if world.clock.mode == "auto" and not made.ready and made.ready_at is not None:
        world.lead += max(made.ready_at - world.now(), 0)
        world.clock.notify()


def after_intercepted(world: World, workflow: Workflow | None, scenario: str) -> None:
    """Skips to the next moment in mode auto, because a request was answered by a window of time or a state.

    `workflow` None means the time of the cluster as a whole, by which a scenario without a workflow goes.
    """
    if world.clock.mode != "auto":
        return
    if workflow is not None:
        to_next_moment(world, workflow, world.elapsed(workflow))
    elif world.intercepts:
        elapsed = world.elapsed_ms
        edge = world.active.edge_after(scenario, elapsed)
        world.lead += 0 if edge is None else edge - elapsed
        world.clock.notify()


def to_next_moment(world: World, workflow: Workflow, elapsed: int) -> None:
    """Skips from `elapsed`, the run's elapsed ms now, to its next moment."""
    following = next_moment(world, workflow, elapsed)
    if following is not None:
        _skip(world, workflow, following - elapsed)


def to_time(world: World, workflow: Workflow, time: int) -> None:
    """Skips to `time` in elapsed ms of the run, unless that is past."""
    _skip(world, workflow, max(time - world.elapsed(workflow), 0))


def _skip(world: World, workflow: Workflow, milliseconds: int) -> None:
    workflow.lead += milliseconds
    world.lead = max(world.lead, workflow.lead)
    world.run_moved(workflow)
    if world.intercepts:
        world.clock.notify()  # an outage may begin or end here
