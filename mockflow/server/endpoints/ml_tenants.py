"""Tenants of ML Commons' resources: a resource belongs to the tenant of the workflow that made it.

Source: docs/reference/opensearch.md, "ML Commons" (measured on 3.8.0).
"""

from typing import Any

from mockflow.cluster import access
from mockflow.core.plugin.resources import Key
from mockflow.server.rest.call import Call
from mockflow.server.rest.errors import object_error


def check_tenant(call: Call) -> None:
    """403 for a request that names no tenant, where multi-tenancy is enabled."""
    if access.lacks_tenant(call.world, call.request.caller):
        raise object_error(403, "status_exception", "Tenant ID header is missing or has no value")


def check_access(call: Call, key: Key) -> None:
    """403 for a resource of another tenant."""
    if not is_visible(call, key):
        raise object_error(403, "status_exception", "You don't have permission to access this resource")


def is_visible(call: Call, key: Key) -> bool:
    """Whether the resource is one of the caller's tenant, or of none."""
    return tenant_fields(call, key).get("tenant_id") in (None, call.request.caller.tenant_id)


def tenant_fields(call: Call, key: Key) -> dict[str, Any]:
    """The field that names the resource's tenant; empty without multi-tenancy or a tenant."""
    world = call.world
    if not world.flow_framework.multi_tenancy_enabled:
        return {}
    made = world.resources.peek(key)
    if made is not None and made.tenant_id is not None:
        return {"tenant_id": made.tenant_id}
    for workflow in reversed(tuple(world.resources.makers(key))):
        tenant = world.fields(workflow).get("tenant_id")
        if tenant is not None:
            return {"tenant_id": tenant}
    return {}
