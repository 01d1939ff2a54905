"""Moves of time through the control API: to a state or the next moment of a workflow, or to the start of its run.

A move that is refused changes nothing: the run that it would begin is only rehearsed until the move is known to be
possible.
"""

from mockflow.cluster import runs
from mockflow.cluster.causes import RunKind
from mockflow.cluster.moments import next_moment
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.cluster.world import World
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.status import Fields
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
    world.clock.check_advance(time - elapsed)
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
        world.clock.check_advance(following - elapsed)
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
    run = workflow.run or _begun(world, workflow)
    if workflow.scenario:
        world.active.restart_counts(workflow.scenario.scenario)
        world.model_scripts.restart_counts(workflow.scenario.scenario)
    workflow.restart(Run(run.timeline, world.now()), world.lead)
    world.run_moved(workflow)
    world.clock.notify()  # as when another run begins
    return workflow


def begins_next(workflow: Workflow) -> RunKind | None:
    """The event that would begin the workflow's first run: look or provision; None where it has begun."""
    if workflow.run:
        return None
    return "provision" if workflow.begins == "provision" else "look"


def upcoming(world: World, workflow: Workflow) -> Run:
    """The workflow's run, or the run that would begin now by the event of `begins_next`. It writes nothing.

    Where the plugin would refuse that run, or no script is known before the provision, it is one in which nothing
    happens.
    """
    if workflow.run:
        return workflow.run
    kind = begins_next(workflow)
    if kind and workflow.scenario and workflow.scenario.brings_workflow and workflow.stored:
        try:
            return Run(runs.rehearse(world, workflow, kind).timeline, world.now())
        except FlowFrameworkError:
            pass
    return Run(IDLE, world.now())


def fields_now(world: World, workflow: Workflow, run: Run) -> Fields:
    """The fields that a status read would be answered now, before its own poll counts. It writes nothing.

    `run` is the workflow's `upcoming` run. One that a status read begins is shown from its beginning; before a
    provision there is none, whatever its script says.
    """
    if begins_next(workflow) != "look":
        return world.fields(workflow)
    return {**workflow.owned, **run.fields(run.position(0))}


def _to_be_moved(world: World, workflow_id: str) -> tuple[Workflow, Run]:
    """The workflow, and its run or the one that the move begins."""
    workflow = world.find(workflow_id)
    if workflow.run is None and workflow.begins == "provision":
        raise NeverError(f'the run of workflow "{workflow_id}" begins when a client provisions it')
    if workflow.run is None:
        return workflow, Run(_look(world, workflow).timeline, world.now())
    return workflow, workflow.run


def _begin_if_idle(world: World, workflow: Workflow) -> None:
    if workflow.run is None:
        _begun(world, workflow)


def _begun(world: World, workflow: Workflow) -> Run:
    world.begin(workflow, runs.for_status_read(world, workflow))
    assert workflow.run is not None
    return workflow.run


def _look(world: World, workflow: Workflow) -> Beginning:
    try:
        return runs.rehearse(world, workflow, "look")
    except FlowFrameworkError as error:
        raise NeverError(f'the run of workflow "{workflow.id}" cannot begin: {error}') from None
