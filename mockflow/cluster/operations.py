"""What clients do with workflows: create, update, provision, reprovision, deprovision, delete.

Each checks the plugin's rules in the plugin's order and raises FlowFrameworkError where one does not hold
(contract.md, sections 3 to 5).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from mockflow.cluster import access, runs
from mockflow.cluster.cluster import Cluster, UnknownWorkflowError
from mockflow.cluster.workflow import Beginning, StoredTemplate, Workflow
from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import NOBODY, Caller
from mockflow.core.plugin import lifecycle
from mockflow.core.plugin.graph import NodeTimeoutError, sequence_of
from mockflow.core.plugin.resources import key_of
from mockflow.core.plugin.template import Template
from mockflow.core.script.plan import Deprovision
from mockflow.core.script.timeline import Timeline

MAX_LEFT: Final = 10_000
"""So many statuses may be left of templates that were deleted; the plugin has no bound for them."""
NO_PARAMS: Mapping[str, str] = {}


def create(
    cluster: Cluster, template: Template, *, validate: bool, headers: Mapping[str, str], caller: Caller = NOBODY
) -> Workflow:
    """Stores a new workflow, which is the caller's; `headers` are for scenarios that match them."""
    if validate:
        check_graphs(cluster, template)
    limit = cluster.flow_framework.max_workflows
    there = len(cluster.workflows)
    if there >= limit and (there >= limit + MAX_LEFT or len(stored_workflows(cluster)) >= limit):
        raise FlowFrameworkError(f"Maximum workflows limit reached: {limit}")
    scenario = cluster.scenarios.speaker(name=template.name or "", use_case=template.use_case or "", headers=headers)
    now = cluster.now()
    workflow_id = cluster.new_workflow_id(scenario.workflow_id if scenario else None)
    sent = {"tenant_id": template.tenant_id} if template.tenant_id is not None else {}
    owned = {**sent, **access.owned_by(caller)}
    workflow = Workflow(workflow_id, scenario, StoredTemplate(template, now, now), owned)
    cluster.add(workflow)
    return workflow


def update(cluster: Cluster, workflow_id: str, template: Template, *, validate: bool) -> Workflow:
    """Replaces the template of a workflow that is not provisioned."""
    if validate:
        check_graphs(cluster, template)
    workflow = with_template(cluster, workflow_id)
    before = cluster.fields(workflow)
    lifecycle.check_updatable(workflow_id, before)
    _store(cluster, workflow, template)
    return workflow


def update_fields(cluster: Cluster, workflow_id: str, changes: Template) -> Workflow:
    """Changes some fields of a template, whatever the workflow's state."""
    workflow = with_template(cluster, workflow_id)
    assert workflow.stored is not None
    _store(cluster, workflow, with_fields(cluster, workflow_id, changes), is_made=workflow.stored.is_made)
    return workflow


def with_fields(cluster: Cluster, workflow_id: str, changes: Template) -> Template:
    """The workflow's template with the fields that `changes` has."""
    stored = with_template(cluster, workflow_id).stored
    assert stored is not None
    return stored.template.updated(changes)


def provision(
    cluster: Cluster, workflow_id: str, params: Mapping[str, str] = NO_PARAMS, caller: Caller = NOBODY
) -> Workflow:
    """Begins the provisioning of a workflow; `params` are put in for ``${{ name }}``."""
    workflow = with_template(cluster, workflow_id)
    if workflow.kind not in (None, "look"):  # the first provision of a scenario's own workflow begins it anew
        refusal = cluster.version.behaviour.already_provisioned
        lifecycle.check_provisionable(workflow_id, cluster.fields(workflow), refusal)
    beginning = runs.provision(cluster, workflow, params)
    access.check_active(cluster, caller, "provision")
    cluster.begin(workflow, beginning)
    assert workflow.stored is not None
    workflow.stored = workflow.stored.changed(last_provisioned_time=cluster.now())
    return workflow


def reprovision(cluster: Cluster, workflow_id: str, template: Template, *, validate: bool) -> Workflow:
    """Changes a provisioned workflow by what `template` has more or otherwise."""
    if validate:
        check_graphs(cluster, template)
    workflow = with_template(cluster, workflow_id)
    assert workflow.stored is not None
    lifecycle.check_reprovisionable(workflow_id, cluster.fields(workflow))
    old, new = workflow.stored.template.provision, template.provision
    if old is None or new is None:
        raise FlowFrameworkError(f"Failed to get workflow state for workflow {workflow_id}", "INTERNAL_SERVER_ERROR")
    changes = lifecycle.changes_between(old, new)
    limit, catalogue = cluster.flow_framework.max_workflow_steps, cluster.version.steps
    sequence = sequence_of(new, workflow_id=workflow_id, max_steps=limit, catalogue=catalogue)
    cluster.begin(workflow, runs.reprovision(cluster, workflow, sequence, changes))
    _store(cluster, workflow, template)
    workflow.stored = replace(workflow.stored, last_provisioned_time=cluster.now())
    return workflow


def deprovision(
    cluster: Cluster, workflow_id: str, allow_delete: Collection[str], caller: Caller = NOBODY
) -> tuple[Workflow, FlowFrameworkError | None]:
    """Begins the deprovisioning; the refusal is the answer at its end, None where nothing is left."""
    try:
        workflow = cluster.find(workflow_id)
    except UnknownWorkflowError:
        status = cluster.version.behaviour.unknown_state_status
        raise FlowFrameworkError(f"Failed to get workflow state for workflow {workflow_id}", status) from None
    access.check_active(cluster, caller, "deprovision")
    script = workflow.scenario.deprovision if workflow.scenario else None
    plan = script.attempt(workflow.attempts["deprovision"]) if script else Deprovision()
    outcome = lifecycle.deprovisioned(
        cluster.fields(workflow),
        allow_delete=allow_delete,
        keeps=plan.keeps,
        takes=parse_duration(plan.takes),
        deletes_named=cluster.version.behaviour.deletes_named_resources,
    )
    cluster.resources.leave(workflow, map(key_of, outcome.forgotten))
    forgets = outcome.refusal is None and workflow.stored is None
    cluster.begin(workflow, Beginning(Timeline.of(outcome.moments), "deprovision", forgets_workflow=forgets))
    for resource in outcome.deleted:
        if resource["workflow_step_name"] != "deploy_model":  # that one is only undeployed
            cluster.resources.delete(key_of(resource), by=workflow)
    return workflow, outcome.refusal


def delete(cluster: Cluster, workflow_id: str, *, clear_status: bool) -> StoredTemplate | None:
    """Deletes the template in any state; the status goes too if the rules let it. None: there was no template."""
    try:
        workflow = cluster.find(workflow_id)
    except UnknownWorkflowError:
        return None
    stored, workflow.stored = workflow.stored, None
    fields = cluster.fields(workflow)
    if not lifecycle.keeps_status_after_delete(fields, clear_status=clear_status):
        cluster.resources.leave(workflow, map(key_of, fields.get("resources_created") or ()))
        cluster.forget(workflow)
    return stored


def with_template(cluster: Cluster, workflow_id: str) -> Workflow:
    """The workflow, if its template is there."""
    try:
        workflow = cluster.find(workflow_id)
    except UnknownWorkflowError:
        workflow = None
    if workflow is None or workflow.stored is None:
        raise FlowFrameworkError(f"Failed to retrieve template ({workflow_id}) from global context.", "NOT_FOUND")
    return workflow


def stored_workflows(cluster: Cluster) -> list[Workflow]:
    """All workflows that have a template."""
    return [workflow for workflow in cluster.workflows.values() if workflow.stored]


def check_graphs(cluster: Cluster, template: Template) -> None:
    """The checks of ``validation=all``."""
    limit, steps = cluster.flow_framework.max_workflow_steps, cluster.version.steps
    for graph in template.workflows.values():
        try:
            sequence_of(graph, workflow_id=None, max_steps=limit, catalogue=steps)
        except NodeTimeoutError as error:
            message = f"Workflow validation failed for template {template.name}"
            raise FlowFrameworkError(message, error.status_in_validation) from None


def _store(cluster: Cluster, workflow: Workflow, template: Template, *, is_made: bool = False) -> None:
    assert workflow.stored is not None
    workflow.stored = workflow.stored.changed(template=template, last_updated_time=cluster.now(), is_made=is_made)
