"""Moments: the times at which something changes for a run, or for the cluster as a whole."""

from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World


def next_moment(world: World, workflow: Workflow, elapsed: int) -> int | None:
    """The elapsed ms at which something changes next: a keyframe, or an edge of a fault's window or an outage."""
    following = workflow.run.next_time(elapsed) if workflow.run else None
    if not world.intercepts or workflow.run is None:
        return following
    edge = world.active.next_edge(workflow, elapsed, world.began)
    return min((time for time in (following, edge) if time is not None), default=None)


def until_next_moment(world: World) -> int | None:
    """The ms until time alone changes something next, in a workflow or for all; None where nothing changes any more."""
    waits = [
        following - elapsed
        for workflow in world.living()
        if workflow.run and (following := next_moment(world, workflow, elapsed := world.elapsed(workflow))) is not None
    ]
    if world.intercepts:
        edge = world.active.next_world_edge(world.elapsed_ms)
        waits += [] if edge is None else [edge - world.elapsed_ms]
    return min(waits, default=None)
