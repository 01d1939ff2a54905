"""Access to workflows by tenant and backend roles (docs/reference/plugin.md, "Access control and tenants")."""

from typing import Any, Final, Literal

from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import UnknownWorkflowError, World
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import Caller, may_access
from mockflow.core.plugin.status import Fields


def owned_by(caller: Caller) -> Fields:
    """The fields of status and template that make the caller the owner of a workflow."""
    owned: dict[str, Any] = {}
    if caller.user:
        owned["user"] = caller.user.document()
    if caller.tenant_id is not None:
        owned["tenant_id"] = caller.tenant_id
    return owned


def lacks_tenant(world: World, caller: Caller) -> bool:
    """Whether the request names no tenant, where multi-tenancy is enabled."""
    return world.flow_framework.multi_tenancy_enabled and not caller.tenant_id


def check_tenant(world: World, caller: Caller) -> None:
    """Refuses a request without a tenant, where multi-tenancy is enabled."""
    if lacks_tenant(world, caller):
        raise FlowFrameworkError("Tenant ID header is missing or has no value", "FORBIDDEN")


def check_creator(world: World, caller: Caller) -> None:
    """Refuses the creation of a workflow by a caller without backend roles, where these are a filter."""
    if not world.flow_framework.filter_by_backend_roles:
        return
    if caller.user is None:
        raise FlowFrameworkError("Filter by backend roles is enabled and User is null")
    if not caller.user.backend_roles:
        user = f"User {caller.user.name} does not have any backend roles configured"
        raise FlowFrameworkError(f"Filter by backend roles is enabled, but {user}", "FORBIDDEN")


def check(world: World, caller: Caller, workflow_id: str) -> None:
    """Refuses a workflow of another tenant, or of a user with whom the caller shares no backend role.

    The tenant is that of the template, which is looked up first: so a workflow without one is refused.
    """
    try:
        workflow = world.find(workflow_id)
    except UnknownWorkflowError:
        workflow = None
    if world.flow_framework.multi_tenancy_enabled and (workflow is None or workflow.stored is None):
        raise _no_template(world, workflow_id)
    if workflow is None:
        return  # each operation has its own error for that
    if not _is_of_tenant(world, caller, workflow):
        raise FlowFrameworkError("No permission to access this resource", "FORBIDDEN")
    if not _is_of_roles(world, caller, workflow):
        status = world.version.behaviour.other_users_status
        raise FlowFrameworkError(f"User does not have permissions to access workflow: {workflow_id}", status)


def sees(world: World, caller: Caller, workflow: Workflow) -> bool:
    """Whether the caller's searches find the workflow."""
    return _is_of_tenant(world, caller, workflow) and _is_of_roles(world, caller, workflow)


def check_active(world: World, caller: Caller, kind: Literal["provision", "deprovision"]) -> None:
    """Refuses a run beyond the number that a tenant may have at once."""
    if caller.tenant_id is None:
        return
    limit: int = getattr(world.flow_framework, f"max_active_{kind}s_per_tenant")
    mine = (w for w in world.living() if world.fields(w).get("tenant_id") == caller.tenant_id)
    if sum(_IS_ACTIVE[kind](world, workflow) for workflow in mine) >= limit:
        message = f"Exceeded max simultaneous {kind}ing requests: {limit}"
        raise FlowFrameworkError(message, "TOO_MANY_REQUESTS")


def _no_template(world: World, workflow_id: str) -> FlowFrameworkError:
    if not world.has_templates:
        return FlowFrameworkError("Failed to get workflow.", "INTERNAL_SERVER_ERROR")
    return FlowFrameworkError(f"Failed to retrieve template ({workflow_id}) from global context.", "NOT_FOUND")


def _is_of_tenant(world: World, caller: Caller, workflow: Workflow) -> bool:
    """A workflow whose scenario names no tenant belongs to all tenants."""
    if not world.flow_framework.multi_tenancy_enabled:
        return True
    return world.fields(workflow).get("tenant_id") in (None, caller.tenant_id)


def _is_of_roles(world: World, caller: Caller, workflow: Workflow) -> bool:
    """A workflow whose scenario names no user belongs to all users."""
    if not world.flow_framework.filter_by_backend_roles:
        return True
    owner = world.fields(workflow).get("user")
    return owner is None or may_access(caller.user, owner)


def _is_provisioning(world: World, workflow: Workflow) -> bool:
    return world.fields(workflow).get("state") == "PROVISIONING"


def _is_deprovisioning(world: World, workflow: Workflow) -> bool:
    end = workflow.end() if workflow.kind == "deprovision" else None
    return end is not None and world.elapsed(workflow) < end


_IS_ACTIVE: Final = {"provision": _is_provisioning, "deprovision": _is_deprovisioning}
