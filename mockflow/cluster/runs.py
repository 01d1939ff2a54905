"""How a run of a workflow goes: by its scenario's timeline, by a plan, or step by step."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mockflow.cluster.made import made_by_script, made_by_steps
from mockflow.cluster.workflow import Beginning, RunKind, Workflow
from mockflow.core.compiler import compile_run
from mockflow.core.graph import Sequence, sequence_of
from mockflow.core.ids import resource_id
from mockflow.core.lifecycle import fresh, idle, provisioned, reprovisioned
from mockflow.core.rest_status import FlowFrameworkError
from mockflow.core.scenario import Attempt, RunScript
from mockflow.core.simulation import Setting, simulate
from mockflow.core.steps import STEPS, Step
from mockflow.core.suggest import did_you_mean

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster

log: Final = logging.getLogger("mockflow")


def looked_at(cluster: "Cluster", workflow: Workflow) -> Beginning:
    """The run of a workflow that a scenario brings, begun by a look: the first attempt of its provisioning."""
    scenario = workflow.scenario
    assert scenario is not None
    if scenario.provision is None:
        return Beginning(idle(), "look")
    attempt = scenario.provision.attempt(0)
    if attempt.timeline is None:
        return provision(cluster, workflow, {}, kind="look")
    timeline = compile_run(attempt.timeline, scenario=scenario.scenario, workflow_id=workflow.id)
    return Beginning(timeline, "look", made_by_script(cluster, workflow, timeline))


def sequence(cluster: "Cluster", workflow: Workflow, catalogue: Mapping[str, Step]) -> Sequence | None:
    """The workflow's steps in order, checked; None where nobody has sent its template, so nobody checks it."""
    stored = workflow.stored
    assert stored is not None
    if stored.is_made:
        return None
    if stored.template.provision is None:
        message = f"Failed to retrieve template from global context for workflow {workflow.id}"
        raise FlowFrameworkError(message, "INTERNAL_SERVER_ERROR")
    limit = cluster.flow_framework.max_workflow_steps
    return sequence_of(stored.template.provision, workflow_id=workflow.id, max_steps=limit, catalogue=catalogue)


def provision(
    cluster: "Cluster", workflow: Workflow, params: Mapping[str, str], *, kind: RunKind = "provision"
) -> Beginning:
    """The run after a client's provision. Raises FlowFrameworkError where the graph is not right."""
    # A look asks for nothing that the version could refuse: a script is played whatever its template's steps.
    steps = sequence(cluster, workflow, STEPS if kind == "look" else cluster.version.steps)
    attempt = _attempt(workflow, "provision")
    if attempt.timeline is not None or steps is None:
        name = workflow.scenario.scenario if workflow.scenario else ""
        keyframes = attempt.timeline or ()
        timeline = compile_run(keyframes, scenario=name, workflow_id=workflow.id, state="PROVISIONING")
        return Beginning(timeline, kind, made_by_script(cluster, workflow, timeline))
    attempt = _with_next_steps(cluster, attempt, steps)
    played = _known_steps(workflow, attempt, steps)
    simulation = simulate(steps, _setting(cluster, workflow, attempt, params))
    before = fresh(workflow.fields(cluster.elapsed(workflow)))
    timeline = provisioned(before, simulation, cluster.version.behaviour.step_error)
    return Beginning(timeline, kind, made_by_steps(cluster, workflow, simulation), played)


def reprovision(cluster: "Cluster", workflow: Workflow, steps: Sequence, changes: Mapping[str, str]) -> Beginning:
    """The run after a client's reprovision; `steps` are those of the new template."""
    attempt = _attempt(workflow, "reprovision")
    before = workflow.fields(cluster.elapsed(workflow))
    if attempt.timeline is not None:
        name = workflow.scenario.scenario if workflow.scenario else ""
        timeline = compile_run(attempt.timeline, scenario=name, workflow_id=workflow.id, state="PROVISIONING")
        return Beginning(timeline, "reprovision", made_by_script(cluster, workflow, timeline))
    attempt = _with_next_steps(cluster, attempt, steps)
    played = _known_steps(workflow, attempt, steps)
    held = before.get("resources_created") or []
    simulation = simulate(steps, _setting(cluster, workflow, attempt, {}), changes, held)
    timeline = reprovisioned(before, simulation, cluster.version.behaviour.step_error)
    return Beginning(timeline, "reprovision", made_by_steps(cluster, workflow, simulation), played)


def _attempt(workflow: Workflow, kind: RunKind) -> Attempt:
    script: RunScript | None = getattr(workflow.scenario, kind) if workflow.scenario else None
    return script.attempt(workflow.attempts[kind]) if script else Attempt()


def _with_next_steps(cluster: "Cluster", attempt: Attempt, steps: Sequence) -> Attempt:
    """The attempt with what the owner has said of the next run; what its steps use is used up."""
    names = {name for node in steps.nodes for name in (node.id, node.type)}
    used = {name: cluster.next_steps.pop(name) for name in tuple(cluster.next_steps) if name in names}
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


def _setting(cluster: "Cluster", workflow: Workflow, attempt: Attempt, params: Mapping[str, str]) -> Setting:
    runs = workflow.attempts["provision"] + workflow.attempts["reprovision"]
    owner = workflow.scenario.scenario if workflow.scenario else str(cluster.settings.seed)

    def new_id(kind: str, step_id: str) -> str:
        # Each further run makes further resources; the first one's ids are those that a script would get.
        return resource_id(kind, owner, workflow.id, f"{step_id} {runs}" if runs else step_id)

    return Setting(
        plan=attempt,
        step_time=cluster.settings.step_time,
        new_id=new_id,
        params=params,
        indexes=_Indexes(cluster),
        tells_why_no_index=cluster.version.behaviour.tells_why_no_index,
    )


class _Indexes:
    """The names of the indexes that are there, or that a run under way is about to make."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster

    def __contains__(self, name: object) -> bool:
        key = ("index", str(name))
        return self._cluster.resources.find(key) is not None or self._cluster.resources.is_coming(key)
