"""Runs that are simulated step by step, by a plan or as the plugin would do it, with what their inputs make fail.

It is imported for the first such run: the checks of steps are large, and a scripted timeline needs none.
"""

from collections.abc import Mapping

from mockflow.cluster.causes import Cause
from mockflow.cluster.made import made_by_steps
from mockflow.cluster.surroundings import around
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.cluster.world import World
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.plugin.failures import ERROR_FORMATS
from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.lifecycle import fresh, provisioned, reprovisioned
from mockflow.core.plugin.planned import KEEP
from mockflow.core.plugin.simulation import Setting, Simulation, rehearse, simulate
from mockflow.core.script.models import Attempt
from mockflow.core.script.plan import StepPlan
from mockflow.core.script.timeline import Timeline


def stepwise(world: World, workflow: Workflow, cause: Cause, attempt: Attempt, steps: Sequence) -> Beginning:
    """A run by its plan, or as the plugin would do it (docs/reference/plugin.md, "Provision" and "Reprovision")."""
    planned = _planned(world, cause, steps)
    attempt = _with_planned(attempt, planned, steps)
    played, unknown = _known_steps(workflow, attempt, steps)
    setting = _setting(world, workflow, cause, attempt)
    behaviour = world.version.behaviour
    if cause.kind == "reprovision":
        held = cause.before.get("resources_created") or []
        simulation = simulate(steps, setting, cause.changes, held)
        moments = reprovisioned(cause.before, simulation, behaviour.reprovision_step_error)
    else:
        simulation = simulate(steps, setting)
        moments = provisioned(fresh(cause.before), simulation, behaviour.step_error)
    made = made_by_steps(workflow, cause, simulation)
    played = _executed(played, simulation, cause.changes)
    timeline = Timeline.of(moments)
    return Beginning(timeline, cause.kind, made, played, cause=cause, planned=planned, unknown_steps=unknown)


def input_problems(world: World, workflow: Workflow, cause: Cause, steps: Sequence) -> tuple[str, ...]:
    """The errors of the steps that would fail on their inputs."""
    setting = _setting(world, workflow, cause, Attempt())
    if setting.trusts_inputs:
        return ()
    done = rehearse(steps, setting, cause.changes, cause.before.get("resources_created") or [])
    told = ERROR_FORMATS[world.version.behaviour.step_error]
    return tuple(told(step.node.id, step.failure) for step in done if step.failure)


def _planned(world: World, cause: Cause, steps: Sequence) -> Mapping[str, StepPlan]:
    """The steps of the control API's plan that the run uses: those it has taken already, else those of its steps."""
    if cause.planned is not None:
        return cause.planned
    names = {name for node in steps.nodes for name in (node.id, node.type)}
    return {name: plan for name, plan in world.next_steps.items() if name in names}


def _with_planned(attempt: Attempt, planned: Mapping[str, StepPlan], steps: Sequence) -> Attempt:
    """The attempt with the control API's plan, which takes precedence over the script."""
    if not planned:
        return attempt
    # Its plan for a type also takes precedence over the script's plan for one node of that type.
    by_type = {node.id: planned[node.type] for node in steps.nodes if node.type in planned}
    return attempt.model_copy(update={"steps": {**attempt.steps, **by_type, **planned}})


def _known_steps(workflow: Workflow, attempt: Attempt, steps: Sequence) -> tuple[list[str], tuple[str, ...]]:
    """The keys of the attempt's plan that match nodes, and a warning for each of the others."""
    known = dict.fromkeys(name for node in steps.nodes for name in (node.id, node.type))
    scenario = workflow.scenario.scenario if workflow.scenario else ""
    unknown = tuple(
        f'scenario {scenario}: no step "{name}" in the template of workflow {workflow.id}; {did_you_mean(name, known)}'
        for name in attempt.steps
        if name not in known
    )
    return [name for name in attempt.steps if name in known], unknown


def _executed(keys: list[str], simulation: Simulation, changes: Mapping[str, str] | None) -> list[str]:
    """The keys of the plan that match executed steps: none after a failure, and none that a reprovision keeps."""
    nodes = [step.node for step in simulation.steps if not changes or changes[step.node.id] != KEEP]
    names = {name for node in nodes for name in (node.id, node.type)}
    return [key for key in keys if key in names]


def _setting(world: World, workflow: Workflow, cause: Cause, attempt: Attempt) -> Setting:
    owner = workflow.scenario.scenario if workflow.scenario else str(world.settings.seed)

    def new_id(kind: str, step_id: str) -> str:
        # Each further run makes other resources; the ids of the first run are those that a script would get.
        return resource_id(kind, owner, workflow.id, f"{step_id} {cause.runs}" if cause.runs else step_id)

    return Setting(
        step_time=attempt.step_ms(world.settings.step_time),
        new_id=new_id,
        around=around(world, cause.there),
        plan=attempt.planned(),
        params=cause.params,
        trusts_inputs=world.trusts_inputs(workflow.scenario),
        workflow_id=workflow.id,
    )
