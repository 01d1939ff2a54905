"""How a run of a workflow goes: by its scenario's timeline, by a plan, or step by step.

A run follows from its cause and the script alone: what began it can be played again when the script has changed.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mockflow.cluster.causes import Cause, RunKind, There
from mockflow.cluster.made import made_by_script, made_by_steps
from mockflow.cluster.workflow import Beginning, StoredTemplate, Workflow
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import Sequence, sequence_of
from mockflow.core.plugin.lifecycle import fresh, provisioned, reprovisioned
from mockflow.core.plugin.simulation import Setting, simulate
from mockflow.core.plugin.steps import STEPS, Step
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.models import Attempt
from mockflow.core.script.timeline import IDLE, Timeline

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster

log: Final = logging.getLogger("mockflow")


def looked_at(cluster: "Cluster", workflow: Workflow) -> Beginning:
    """The run of a workflow that a scenario brings, begun by a look: the first attempt of its provisioning."""
    return _provisioned(cluster, workflow, _cause(cluster, workflow, "look"))


def provision(cluster: "Cluster", workflow: Workflow, params: Mapping[str, str]) -> Beginning:
    """The run after a client's provision. Raises FlowFrameworkError where the graph is not right."""
    return _provisioned(cluster, workflow, _cause(cluster, workflow, "provision", params=params))


def reprovision(cluster: "Cluster", workflow: Workflow, steps: Sequence, changes: Mapping[str, str]) -> Beginning:
    """The run after a client's reprovision; `steps` are those of the new template."""
    return _reprovisioned(cluster, workflow, _cause(cluster, workflow, "reprovision", steps=steps, changes=changes))


def again(cluster: "Cluster", workflow: Workflow, cause: Cause) -> Beginning:
    """The run that began with `cause`, by what the workflow's scenario says now. Raises as `provision` does."""
    play = _reprovisioned if cause.kind == "reprovision" else _provisioned
    return play(cluster, workflow, cause)


def _cause(cluster: "Cluster", workflow: Workflow, kind: RunKind, **more: Any) -> Cause:
    return Cause(
        kind=kind,
        now=cluster.now(),
        stored=workflow.stored,
        before=workflow.fields(cluster.elapsed(workflow)),
        attempt=workflow.attempts["provision" if kind == "look" else kind],
        runs=workflow.attempts["provision"] + workflow.attempts["reprovision"],
        there=There(cluster.resources),
        **more,
    )


def _provisioned(cluster: "Cluster", workflow: Workflow, cause: Cause) -> Beginning:
    by_look = cause.kind == "look"
    script = workflow.scenario.provision if workflow.scenario else None
    if by_look and script is None:
        return Beginning(IDLE, cause.kind, cause=cause)
    attempt = script.attempt(cause.attempt) if script else Attempt()
    steps = None
    if attempt.timeline is None or not by_look:
        # A look asks for nothing that the version could refuse: a script is played whatever its template's steps.
        steps = _sequence(cluster, workflow, cause.stored, STEPS if by_look else cluster.version.steps)
    if attempt.timeline is not None or steps is None:
        return _scripted(workflow, cause, attempt, "NOT_STARTED" if by_look and attempt.timeline else "PROVISIONING")
    return _stepwise(cluster, workflow, cause, attempt, steps)


def _reprovisioned(cluster: "Cluster", workflow: Workflow, cause: Cause) -> Beginning:
    script = workflow.scenario.reprovision if workflow.scenario else None
    attempt = script.attempt(cause.attempt) if script else Attempt()
    if attempt.timeline is not None:
        return _scripted(workflow, cause, attempt, "PROVISIONING")
    assert cause.steps is not None
    return _stepwise(cluster, workflow, cause, attempt, cause.steps)


def _scripted(workflow: Workflow, cause: Cause, attempt: Attempt, state: str) -> Beginning:
    """A run by its timeline; `state` is that before its first keyframe."""
    name = workflow.scenario.scenario if workflow.scenario else ""
    timeline = compile_run(attempt.timeline or (), scenario=name, workflow_id=workflow.id, state=state)
    return Beginning(timeline, cause.kind, made_by_script(cause, timeline), cause=cause)


def _stepwise(cluster: "Cluster", workflow: Workflow, cause: Cause, attempt: Attempt, steps: Sequence) -> Beginning:
    """A run by its plan, or with what the plugin itself would do."""
    attempt = _with_next_steps(cluster, cause, attempt, steps)
    played = _known_steps(workflow, attempt, steps)
    setting = _setting(cluster, workflow, cause, attempt)
    error_format = cluster.version.behaviour.step_error
    if cause.kind == "reprovision":
        held = cause.before.get("resources_created") or []
        simulation = simulate(steps, setting, cause.changes, held)
        moments = reprovisioned(cause.before, simulation, error_format)
    else:
        simulation = simulate(steps, setting)
        moments = provisioned(fresh(cause.before), simulation, error_format)
    timeline = Timeline.of(moments)
    return Beginning(timeline, cause.kind, made_by_steps(workflow, cause, simulation), played, cause=cause)


def _sequence(
    cluster: "Cluster", workflow: Workflow, stored: StoredTemplate | None, catalogue: Mapping[str, Step]
) -> Sequence | None:
    """The workflow's steps in order, checked; None where nobody has sent its template, so nobody checks it."""
    if stored is None or stored.is_made:
        return None
    if stored.template.provision is None:
        message = f"Failed to retrieve template from global context for workflow {workflow.id}"
        raise FlowFrameworkError(message, "INTERNAL_SERVER_ERROR")
    limit = cluster.flow_framework.max_workflow_steps
    return sequence_of(stored.template.provision, workflow_id=workflow.id, max_steps=limit, catalogue=catalogue)


def _with_next_steps(cluster: "Cluster", cause: Cause, attempt: Attempt, steps: Sequence) -> Attempt:
    """The attempt with what the owner has said of the next run; what its steps use is used up."""
    if cause.planned is None:
        names = {name for node in steps.nodes for name in (node.id, node.type)}
        cause.planned = {name: cluster.next_steps.pop(name) for name in tuple(cluster.next_steps) if name in names}
    used = cause.planned
    if not used:
        return attempt
    # What the owner says of a type wins over what the script says of one node of that type.
    by_type = {node.id: used[node.type] for node in steps.nodes if node.type in used}
    return attempt.model_copy(update={"steps": {**attempt.steps, **by_type, **used}})


def _known_steps(workflow: Workflow, attempt: Attempt, steps: Sequence) -> list[str]:
    """The keys of the attempt's plan that nodes have; the others are reported."""
    known = list(dict.fromkeys(name for node in steps.nodes for name in (node.id, node.type)))
    for name in attempt.steps:
        if name not in known:
            scenario = workflow.scenario.scenario if workflow.scenario else ""
            message = 'scenario %s: no step "%s" in the template of workflow %s; %s'
            log.warning(message, scenario, name, workflow.id, did_you_mean(name, known))
    return [name for name in attempt.steps if name in known]


def _setting(cluster: "Cluster", workflow: Workflow, cause: Cause, attempt: Attempt) -> Setting:
    owner = workflow.scenario.scenario if workflow.scenario else str(cluster.settings.seed)

    def new_id(kind: str, step_id: str) -> str:
        # Each further run makes further resources; the first one's ids are those that a script would get.
        return resource_id(kind, owner, workflow.id, f"{step_id} {cause.runs}" if cause.runs else step_id)

    return Setting(
        step_time=attempt.step_ms(cluster.settings.step_time),
        new_id=new_id,
        plan=attempt.planned(),
        params=cause.params,
        indexes=cause.there,
        tells_why_no_index=cluster.version.behaviour.tells_why_no_index,
    )
