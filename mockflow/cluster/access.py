"""Whose a workflow is, and who may come near it: backend roles and tenants (contract.md, section 9)."""

from typing import Any, Final, Literal

from mockflow.cluster.cluster import Cluster, UnknownWorkflowError
from mockflow.cluster.workflow import Workflow
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import Caller, may_access
from mockflow.core.plugin.status import Fields


def owned_by(caller: Caller) -> Fields:
    """The fields of status and template that say that a workflow is the caller's."""
    owned: dict[str, Any] = {}
    if caller.user:
        owned["user"] = caller.user.document()
    if caller.tenant_id is not None:
        owned["tenant_id"] = caller.tenant_id
    return owned


def check_tenant(cluster: Cluster, caller: Caller) -> None:
    """Refuses who does not say for which tenant it asks, where there are several."""
    if cluster.flow_framework.multi_tenancy_enabled and not caller.tenant_id:
        raise FlowFrameworkError("Tenant ID header is missing or has no value", "FORBIDDEN")


def check_creator(cluster: Cluster, caller: Caller) -> None:
    """Refuses whose workflow nobody could be told from another's, where backend roles are a filter."""
    if not cluster.flow_framework.filter_by_backend_roles:
        return
    if caller.user is None:
        raise FlowFrameworkError("Filter by backend roles is enabled and User is null")
    if not caller.user.backend_roles:
        user = f"User {caller.user.name} does not have any backend roles configured"
        raise FlowFrameworkError(f"Filter by backend roles is enabled, but {user}", "FORBIDDEN")


def check(cluster: Cluster, caller: Caller, workflow_id: str) -> None:
    """Refuses a workflow of another tenant, or of a user whose backend roles the caller has none of."""
    try:
        workflow = cluster.find(workflow_id)
    except UnknownWorkflowError:
        return  # each operation has words of its own for that
    if not _is_of_tenant(cluster, caller, workflow):
        raise FlowFrameworkError("No permission to access this resource", "FORBIDDEN")
    if not _is_of_roles(cluster, caller, workflow):
        status = cluster.version.behaviour.other_users_status
        raise FlowFrameworkError(f"User does not have permissions to access workflow: {workflow_id}", status)


def sees(cluster: Cluster, caller: Caller, workflow: Workflow) -> bool:
    """Whether the caller finds it by a search."""
    return _is_of_tenant(cluster, caller, workflow) and _is_of_roles(cluster, caller, workflow)


def check_active(cluster: Cluster, caller: Caller, kind: Literal["provision", "deprovision"]) -> None:
    """Refuses a tenant's run beyond those that it may have at once."""
    if caller.tenant_id is None:
        return
    limit: int = getattr(cluster.flow_framework, f"max_active_{kind}s_per_tenant")
    mine = (w for w in cluster.living() if cluster.fields(w).get("tenant_id") == caller.tenant_id)
    if sum(_IS_ACTIVE[kind](cluster, workflow) for workflow in mine) >= limit:
        message = f"Exceeded max simultaneous {kind}ing requests: {limit}"
        raise FlowFrameworkError(message, "TOO_MANY_REQUESTS")


def _is_of_tenant(cluster: Cluster, caller: Caller, workflow: Workflow) -> bool:
    """A workflow whose scenario names no tenant is everybody's."""
    if not cluster.flow_framework.multi_tenancy_enabled:
        return True
    return cluster.fields(workflow).get("tenant_id") in (None, caller.tenant_id)


def _is_of_roles(cluster: Cluster, caller: Caller, workflow: Workflow) -> bool:
    """A workflow whose scenario names no user is everybody's."""
    if not cluster.flow_framework.filter_by_backend_roles:
        return True
    owner = cluster.fields(workflow).get("user")
    return owner is None or may_access(caller.user, owner)


def _is_deprovisioning(cluster: Cluster, workflow: Workflow) -> bool:
    end = workflow.end() if workflow.kind == "deprovision" else None
    return end is not None and cluster.elapsed(workflow) < end


_IS_ACTIVE: Final = {"provision": Cluster.is_provisioning, "deprovision": _is_deprovisioning}
