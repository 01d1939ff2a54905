"""Plays runs: computes how a run goes, by its scenario's timeline, by a plan, or step by step as the plugin would.

A run follows from its cause and the script alone, so it can be played again after the script has changed. Nothing
here changes the world or logs: a run is also played to show what would come (`mockflow.cluster.runs.rehearse`).
"""

from mockflow.cluster.causes import Cause
from mockflow.cluster.made import made_by_script
from mockflow.cluster.stored_template import StoredTemplate
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.cluster.world import World
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import Sequence, sequence_of
from mockflow.core.plugin.steps import STEPS
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.models import Attempt
from mockflow.core.script.timeline import IDLE, Timeline


def play(world: World, workflow: Workflow, cause: Cause) -> Beginning:
    """The run that `cause` begins, by what the workflow's scenario says now.

    Raises FlowFrameworkError where the plugin refuses the template's graph.
    """
    played = _reprovisioned if cause.kind == "reprovision" else _provisioned
    return played(world, workflow, cause)


def _provisioned(world: World, workflow: Workflow, cause: Cause) -> Beginning:
    by_read = cause.kind == "look"
    script = workflow.scenario.provision if workflow.scenario else None
    if by_read and script is None:
        return Beginning(IDLE, cause.kind, cause=cause)
    attempt = script.attempt(cause.attempt) if script else Attempt()
    steps = None
    try:
        steps = _sequence(world, workflow, cause.stored, by_read=by_read)
    except FlowFrameworkError:
        if attempt.timeline is None or not by_read:
            raise
    if attempt.timeline is not None or steps is None:
        state = "NOT_STARTED" if by_read and attempt.timeline else "PROVISIONING"
        return _scripted(world, workflow, cause, attempt, steps, state)
    return _stepwise(world, workflow, cause, attempt, steps)


def _reprovisioned(world: World, workflow: Workflow, cause: Cause) -> Beginning:
    script = workflow.scenario.reprovision if workflow.scenario else None
    attempt = script.attempt(cause.attempt) if script else Attempt()
    if attempt.timeline is not None:
        return _scripted(world, workflow, cause, attempt, cause.steps, "PROVISIONING")
    assert cause.steps is not None
    return _stepwise(world, workflow, cause, attempt, cause.steps)


def _stepwise(world: World, workflow: Workflow, cause: Cause, attempt: Attempt, steps: Sequence) -> Beginning:
    from mockflow.cluster.stepwise import stepwise

    return stepwise(world, workflow, cause, attempt, steps)


def _scripted(
    world: World, workflow: Workflow, cause: Cause, attempt: Attempt, steps: Sequence | None, state: str
) -> Beginning:
    """A run by its timeline, which has the last word; `state` is the state before the first keyframe.

    What is wrong with the inputs of its steps, where they are known, is only reported.
    """
    name = workflow.scenario.scenario if workflow.scenario else ""
    timeline = compile_run(attempt.timeline or (), scenario=name, workflow_id=workflow.id, state=state)
    problems: tuple[str, ...] = ()
    if steps and not _fails(timeline):
        from mockflow.cluster.stepwise import input_problems

        problems = input_problems(world, workflow, cause, steps)
    return Beginning(timeline, cause.kind, made_by_script(cause, timeline), cause=cause, input_problems=problems)


def _fails(timeline: Timeline) -> bool:
    return any(fields.get("state") == "FAILED" for segment in timeline.segments for fields in segment.snapshots)


def _sequence(world: World, workflow: Workflow, stored: StoredTemplate | None, *, by_read: bool) -> Sequence | None:
    """The workflow's steps in order, checked; None where no client has sent its template, which is then not checked.

    A status read is not refused for steps that the version does not have, for their number, or for names; a provision
    is.
    """
    if stored is None or stored.is_made:
        return None
    if stored.template.provision is None:
        message = f"Failed to retrieve template from global context for workflow {workflow.id}"
        raise FlowFrameworkError(message, "INTERNAL_SERVER_ERROR")
    catalogue = STEPS if by_read else world.version.steps
    graph = stored.template.provision
    limit = len(graph.nodes) if by_read else world.flow_framework.max_workflow_steps
    sequence = sequence_of(graph, workflow_id=workflow.id, max_steps=limit, catalogue=catalogue)
    if not by_read and not world.trusts_inputs(workflow.scenario):
        from mockflow.core.plugin.step_checks.names import check_names

        check_names(graph.nodes, world.version)
    return sequence
