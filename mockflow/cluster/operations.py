"""The operations of clients on workflows: create, update, provision, reprovision, deprovision, delete.

Each checks the plugin's rules in the plugin's order and raises FlowFrameworkError where one does not hold
(docs/reference/plugin.md, "Create and update", "Provision", "Reprovision", "Deprovision", "Delete").
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from mockflow.cluster import access, runs, scenarios
from mockflow.cluster.stored_template import StoredTemplate
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.cluster.world import UnknownWorkflowError, World
from mockflow.core.base.bounds import STATUSES_LEFT
from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import NOBODY, Caller
from mockflow.core.plugin import lifecycle
from mockflow.core.plugin.graph import InvalidStepsError, NodeTimeoutError, sequence_of
from mockflow.core.plugin.reprovision_changes import changes_between
from mockflow.core.plugin.resources import key_of
from mockflow.core.plugin.step_checks.names import check_names
from mockflow.core.plugin.substitution import check_growth
from mockflow.core.plugin.template import Template
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.plan import Deprovision
from mockflow.core.script.timeline import Timeline

NO_PARAMS: Mapping[str, str] = {}


def create(
    world: World, template: Template, *, validate: bool, headers: Mapping[str, str], caller: Caller = NOBODY
) -> Workflow:
    """Stores a new workflow, which the caller owns. `headers` are those of the request; scenarios may match them."""
    scenario = scenarios.matching(world, name=template.name or "", use_case=template.use_case or "", headers=headers)
    if validate:
        check_graphs(world, template, scenario)
    limit = world.flow_framework.max_workflows
    there = len(world.workflows)
    if there >= limit and (there >= limit + STATUSES_LEFT or len(stored_workflows(world)) >= limit):
        raise FlowFrameworkError(f"Maximum workflows limit reached: {limit}")
    lifecycle.check_indexable(template)
    now = world.now()
    workflow_id = world.new_workflow_id(scenario.workflow_id if scenario else None)
    sent = {"tenant_id": template.tenant_id} if template.tenant_id is not None else {}
    owned = {**sent, **access.owned_by(caller)}
    stored = StoredTemplate(template, now, now, keeps_times=world.version.behaviour.keeps_times)
    workflow = Workflow(workflow_id, scenario, stored, owned)
    world.add(workflow)
    return workflow


def update(world: World, workflow_id: str, template: Template, *, validate: bool) -> Workflow:
    """Replaces the template of a workflow that is not provisioned."""
    workflow = _to_update(world, workflow_id, template, validate=validate)
    before = world.fields(workflow)
    lifecycle.check_updatable(workflow_id, before)
    lifecycle.check_indexable(template)
    _store(world, workflow, template)
    workflow.written = world.now()
    return workflow


def update_fields(world: World, workflow_id: str, changes: Template) -> Workflow:
    """Changes some fields of a template, whatever the workflow's state. Its credentials are encrypted once more."""
    workflow = _to_update(world, workflow_id, changes, validate=False)
    assert workflow.stored is not None
    changed = with_fields(world, workflow_id, changes)
    lifecycle.check_indexable(changed)
    _store(world, workflow, changed, is_made=workflow.stored.is_made, renewed_credentials=True)
    return workflow


def with_fields(world: World, workflow_id: str, changes: Template) -> Template:
    """The workflow's template with the fields that `changes` has."""
    stored = with_template(world, workflow_id).stored
    assert stored is not None
    return stored.template.updated(changes)


def provision(
    world: World, workflow_id: str, params: Mapping[str, str] = NO_PARAMS, caller: Caller = NOBODY
) -> Workflow:
    """Begins the provisioning of a workflow; `params` replace ``${{ name }}`` in its template."""
    workflow = _to_provision(world, workflow_id, caller)
    if workflow.kind not in (None, "look"):  # the first provision of a workflow that a scenario brings begins it anew
        refusal = world.version.behaviour.already_provisioned
        lifecycle.check_provisionable(workflow_id, world.fields(workflow), refusal)
    if workflow.stored and (graph := workflow.stored.template.provision):
        check_growth(graph.nodes, params)
    world.begin(workflow, runs.for_provision(world, workflow, params))
    _write(world, workflow, last_provisioned_time=world.now())
    return workflow


def reprovision(
    world: World,
    workflow_id: str,
    template: Template,
    *,
    validate: bool,
    fields_only: bool = False,
    caller: Caller = NOBODY,
) -> Workflow:
    """Changes a provisioned workflow by the steps that `template` adds or changes.

    With `fields_only` the new template is the stored one with the fields that `template` has.
    """
    workflow = _to_update(world, workflow_id, template, validate=validate and not fields_only)
    assert workflow.stored is not None
    access.check_active(world, caller, "provision")
    lifecycle.check_reprovisionable(workflow_id, world.fields(workflow))
    stored = workflow.stored
    if fields_only:
        template = stored.template.updated(template)
    old, new = stored.template.provision, template.provision
    if old is None or new is None:
        raise _no_state(workflow_id, "INTERNAL_SERVER_ERROR")
    limit, catalogue = world.flow_framework.max_workflow_steps, world.version.steps
    try:
        sequence = sequence_of(new, workflow_id=workflow_id, max_steps=limit, catalogue=catalogue)
    except NodeTimeoutError as error:
        raise _no_state(workflow_id, error.status_in_validation) from None
    except InvalidStepsError:
        raise FlowFrameworkError(f"Workflow validation failed for workflow {workflow_id}") from None
    renewed = stored.renewed_credentials or fields_only  # the plugin compares them with their encrypted form
    changes = changes_between(old, new, renewed_credentials=renewed)
    world.begin(workflow, runs.for_reprovision(world, workflow, sequence, changes))
    _store(world, workflow, template)
    workflow.stored = replace(workflow.stored, last_provisioned_time=world.now())
    return workflow


def deprovision(
    world: World, workflow_id: str, allow_delete: Collection[str], caller: Caller = NOBODY
) -> tuple[Workflow, FlowFrameworkError | None]:
    """Begins the deprovisioning. The second value is the error at its end, None where no resource is left."""
    access.check_active(world, caller, "deprovision")
    behaviour = world.version.behaviour
    try:
        workflow = world.with_status(workflow_id)
    except UnknownWorkflowError:
        raise _no_state(workflow_id, behaviour.unknown_state_status) from None
    script = workflow.scenario.deprovision if workflow.scenario else None
    plan = script.attempt(workflow.attempts["deprovision"]) if script else Deprovision()
    outcome = lifecycle.deprovisioned(
        world.fields(workflow),
        allow_delete=allow_delete,
        keeps=plan.keeps,
        takes=parse_duration(plan.takes),
        rules=lifecycle.DeprovisionRules(behaviour.deletes_named_resources, behaviour.takes_not_found_for_deleted),
        exists=lambda resource: world.resources.find(key_of(resource)) is not None,
        times_out=world.flow_framework.request_timeout == 0,
    )
    world.resources.leave(workflow, map(key_of, outcome.forgotten))
    forgets = outcome.refusal is None and workflow.stored is None
    world.begin(workflow, Beginning(Timeline.of(outcome.moments), "deprovision", forgets_workflow=forgets))
    for resource in outcome.deleted:
        if resource["workflow_step_name"] != "deploy_model":  # that one is only undeployed
            world.resources.delete(key_of(resource), by=workflow)
    return workflow, outcome.refusal


def delete(world: World, workflow_id: str, *, clear_status: bool) -> StoredTemplate | None:
    """Deletes the template in any state, and the status where the rules allow it. None: there was no template."""
    try:
        workflow = world.find(workflow_id)
    except UnknownWorkflowError:
        return None
    stored, workflow.stored = workflow.stored, None
    fields = world.fields(workflow)
    if not lifecycle.keeps_status_after_delete(fields, clear_status=clear_status):
        world.resources.leave(workflow, map(key_of, fields.get("resources_created") or ()))
        world.forget(workflow)
    return stored


def with_template(world: World, workflow_id: str) -> Workflow:
    """The workflow, if its template exists."""
    try:
        workflow = world.find(workflow_id)
    except UnknownWorkflowError:
        workflow = None
    if workflow is None or workflow.stored is None:
        raise FlowFrameworkError(f"Failed to retrieve template ({workflow_id}) from global context.", "NOT_FOUND")
    return workflow


def _to_update(world: World, workflow_id: str, template: Template, *, validate: bool) -> Workflow:
    """The workflow to update, if its template exists and the graph of the new one is valid."""
    behaviour = world.version.behaviour
    if behaviour.update_looks_up_first and not world.has_templates:
        raise FlowFrameworkError(f"Failed to retrieve template ({workflow_id}).", "NOT_FOUND")
    if behaviour.update_looks_up_first:
        with_template(world, workflow_id)
    if validate:
        known = world.workflows.get(workflow_id)
        check_graphs(world, template, known.scenario if known else None)
    return with_template(world, workflow_id)


def _to_provision(world: World, workflow_id: str, caller: Caller) -> Workflow:
    """The workflow to provision, if its template exists and its tenant may begin another run."""
    access.check_active(world, caller, "provision")
    if not world.has_templates:
        raise FlowFrameworkError(f"Failed to get template {workflow_id}", "INTERNAL_SERVER_ERROR")
    return with_template(world, workflow_id)


def stored_workflows(world: World) -> list[Workflow]:
    """All workflows that have a template."""
    return [workflow for workflow in world.workflows.values() if workflow.stored]


def check_graphs(world: World, template: Template, scenario: Scenario | None = None) -> None:
    """The checks of ``validation=all``. `scenario` is the one of the workflow."""
    limit, steps = world.flow_framework.max_workflow_steps, world.version.steps
    for graph in template.workflows.values():
        try:
            sequence_of(graph, workflow_id=None, max_steps=limit, catalogue=steps)
        except NodeTimeoutError as error:
            message = f"Workflow validation failed for template {template.name}"
            raise FlowFrameworkError(message, error.status_in_validation) from None
        if not world.trusts_inputs(scenario):
            check_names(graph.nodes, world.version)


def _no_state(workflow_id: str, status: str) -> FlowFrameworkError:
    return FlowFrameworkError(f"Failed to get workflow state for workflow {workflow_id}", status)


def _store(world: World, workflow: Workflow, template: Template, **changes: bool) -> None:
    new = {"template": template, "last_updated_time": world.now(), "is_made": False, "renewed_credentials": False}
    _write(world, workflow, **{**new, **changes})


def _write(world: World, workflow: Workflow, **changes: Any) -> None:
    assert workflow.stored is not None
    workflow.stored = workflow.stored.changed(seq_no=world.next_sequence_number(), **changes)
