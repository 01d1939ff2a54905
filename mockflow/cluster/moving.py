"""Moves of time through the control API: to a state or the next moment of a workflow, or to the start of its run."""

from mockflow.cluster import runs
from mockflow.cluster.moments import next_moment
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import IDLE


class NeverError(ValueError):
    """Time alone never leads to the wanted moment."""


def advance_to_state(world: World, workflow_id: str, state: str) -> None:
    """Moves the clock to where `state` holds. Raises NeverError and UnknownWorkflowError."""
    workflow, run = _to_be_moved(world, workflow_id)
    elapsed = world.elapsed(workflow)
    time = run.time_of_state(elapsed, state)
    if time is None:
        known = run.timeline.states()
        reason = "its timeline has no such moment ahead"
        if state not in known:
            reason = f"its timeline has no such state; {did_you_mean(state, known)}"
        elif run.next_poll:
            reason = f"its timeline waits for poll {run.next_poll}"
        raise NeverError(f'workflow "{workflow_id}" never comes to {state} from here: {reason}')
    _begin_if_idle(world, workflow)
    world.clock.advance(time - elapsed)


def advance_to_next(world: World, workflow_id: str) -> None:
    """Moves the clock to the workflow's next moment; the polls that it waits for count as made.

    Raises NeverError and UnknownWorkflowError.
    """
    workflow, run = _to_be_moved(world, workflow_id)
    elapsed = world.elapsed(workflow)
    following = next_moment(world, workflow, elapsed) if workflow.run else run.next_time(elapsed)
    if following is not None:
        _begin_if_idle(world, workflow)
        world.clock.advance(following - elapsed)
    elif (poll := run.next_poll) is not None:
        _begin_if_idle(world, workflow)
        workflow.skip_polls(poll, elapsed)
    else:
        raise NeverError(f'workflow "{workflow_id}" has no next moment: its timeline is at its end')


def restart(world: World, workflow_id: str) -> Workflow:
    """Begins the workflow's run from 0 again, by the same script. The counts of its scenario's faults restart too.

    Raises NeverError and UnknownWorkflowError.
    """
    workflow, run = _to_be_moved(world, workflow_id)
    _begin_if_idle(world, workflow)
    if workflow.scenario:
        world.active.restart_counts(workflow.scenario.scenario)
    workflow.restart(Run(run.timeline, world.now()), world.lead)
    world.run_moved(workflow)
    world.clock.notify()  # as when another run begins
    return workflow


def upcoming(world: World, workflow: Workflow) -> Run:
    """The workflow's run, or the run that a status read would begin now."""
    if workflow.run:
        return workflow.run
    if workflow.scenario and workflow.scenario.brings_workflow:
        return Run(runs.for_status_read(world, workflow).timeline, world.now())
    return Run(IDLE, world.now())


def _to_be_moved(world: World, workflow_id: str) -> tuple[Workflow, Run]:
    """The workflow, and its run or the one that the move begins."""
    workflow = world.find(workflow_id)
    if workflow.run is None and workflow.begins == "provision":
        raise NeverError(f'the run of workflow "{workflow_id}" begins when a client provisions it')
    return workflow, upcoming(world, workflow)


def _begin_if_idle(world: World, workflow: Workflow) -> None:
    if workflow.run is None:
        world.begin(workflow, runs.for_status_read(world, workflow))
