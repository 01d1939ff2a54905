"""Provisioning and deprovisioning workflows, and deleting them."""

from collections.abc import Awaitable, Mapping
from typing import Any, Final

from mockflow.cluster import Cluster, Workflow, operations, polling
from mockflow.core.base.tokens import START_OBJECT, VALUE_STRING, ContentError, Tokens
from mockflow.core.opensearch.plugin_indices import TEMPLATE_INDEX
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.failures import status_in
from mockflow.core.plugin.status import FINAL_STATES, status_document
from mockflow.core.plugin.versions import SUBSTITUTIONS
from mockflow.server.endpoints.flow_framework.plugin import FAILED, TIMEOUT, ignore_body
from mockflow.server.rest.body import unexpected_start
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.content import read_content
from mockflow.server.rest.errors import plugin_error
from mockflow.server.rest.waiting import run_end

_STATE_LOST: Final = "Workflow timed out, failed to fetch current state"


def provision(call: Call) -> Action:
    """Provisions a workflow; parameters and body are substitution values (docs/reference/plugin.md, "Provision")."""
    workflow_id = call.path_value("workflow_id")
    known = call.world.version.parameters
    timeout = call.parameters.time(TIMEOUT) if TIMEOUT in known else None
    params = call.parameters.rest() if SUBSTITUTIONS in known else {}
    call.ignore_body()

    def act() -> Reply | Awaitable[Reply]:
        values = {**params, **_string_map(call, params)}
        workflow = operations.provision(call.world, workflow_id, values, call.request.caller)
        return accepted_reply(call, workflow, call.world.version.behaviour.provision_accepted, timeout)

    return act


def _string_map(call: Call, params: Mapping[str, str]) -> Mapping[str, str]:
    """The body's substitution values, read by the rules of the plugin's _provision."""
    if not call.request.body:
        return {}
    tokens = Tokens(read_content(call.request))
    values: dict[str, str] = {}
    try:
        if tokens.next() != START_OBJECT:
            raise unexpected_start(call.request, tokens.kind)
        for key in tokens.fields():
            if key in params:
                raise FlowFrameworkError(f"Duplicate key {key}")
            if tokens.kind != VALUE_STRING:
                raise FlowFrameworkError("Request body fields must have string values")
            values[key] = tokens.text()
    except ContentError:
        raise FlowFrameworkError("Request body parsing failed") from None
    return values


def accepted_reply(
    call: Call, workflow: Workflow, status: int, timeout: int | None, *, tells_state: bool = True
) -> Reply | Awaitable[Reply]:
    """The response at once; with a timeout in ms (-1 means none), when the run has ended or the timeout has passed."""
    if timeout is None or timeout < 0:
        return Reply(status, {"workflow_id": workflow.id})
    return _completed(call, workflow, status, timeout, tells_state=tells_state)


async def _completed(call: Call, workflow: Workflow, status: int, timeout: int, *, tells_state: bool) -> Reply:
    cluster, world = call.cluster, call.world
    fails_at_once = world.version.behaviour.ends_wait_on_failure
    await run_end(cluster, call.request, workflow, timeout, ended_by=FINAL_STATES if fails_at_once else {"COMPLETED"})
    if not tells_state and cluster.world is world:
        polling.mark_seen(world, workflow)
        return Reply(status, {"workflow_id": workflow.id})
    if not cluster.world.holds(workflow):
        gone = {"workflow_id": workflow.id, "error": _STATE_LOST, "state": "UNKNOWN"}
        return Reply(status, gone)
    polling.mark_seen(cluster.world, workflow)
    fields = cluster.world.fields(workflow)
    if fields.get("state") == "FAILED" and fails_at_once:
        error = fields.get("error")
        raise plugin_error(status_in(error), error or FAILED)
    return Reply(status, status_document(workflow.id, fields, show_all=False))


def deprovision(call: Call) -> Action:
    """Deletes the workflow's resources, and waits until they are gone (docs/reference/plugin.md, "Deprovision")."""
    workflow_id = call.path_value("workflow_id")
    known = call.world.version.parameters
    allowed = call.parameters.text("allow_delete") if "allow_delete" in known else None
    ignore_body(call)

    async def act() -> Reply:
        allow_delete = {name.strip() for name in (allowed or "").split(",")} - {""}
        workflow, refusal = operations.deprovision(call.world, workflow_id, allow_delete, call.request.caller)
        await run_end(call.cluster, call.request, workflow)
        if refusal:
            raise refusal
        return Reply(200, {"workflow_id": workflow_id})

    return act


def delete(call: Call) -> Action:
    """Deletes the template in any state (docs/reference/plugin.md, "Delete")."""
    workflow_id = call.path_value("workflow_id")
    clear_status = call.parameters.text("clear_status") if "clear_status" in call.world.version.parameters else None
    ignore_body(call)

    def act() -> Reply:
        if not call.world.has_templates:
            raise FlowFrameworkError("There are no templates in the global context", "NOT_FOUND")
        clear = (clear_status or "").lower() == "true"  # read by Java's parseBoolean
        stored = operations.delete(call.world, workflow_id, clear_status=clear)
        return Reply(200, _delete_document(workflow_id, stored.version + 1 if stored else None, call.cluster))

    return act


def _delete_document(workflow_id: str, version: int | None, cluster: Cluster) -> dict[str, Any]:
    return {
        "_index": TEMPLATE_INDEX,
        "_id": workflow_id,
        "_version": version or 1,
        "result": "deleted" if version else "not_found",
        "forced_refresh": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": cluster.world.next_sequence_number(),
        "_primary_term": 1,
    }
