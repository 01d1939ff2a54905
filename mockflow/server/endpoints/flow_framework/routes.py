"""The routes of the flow-framework plugin, each with its access check."""

from typing import Final

from mockflow.server.endpoints.flow_framework.create import create, update
from mockflow.server.endpoints.flow_framework.plugin import (
    BASE,
    DISABLED,
    DISABLED_CREATE,
    FAILED,
    STATUS_FAILED,
    AccessCheck,
    for_tenants,
    for_workflow_users,
    plugin_handler,
)
from mockflow.server.endpoints.flow_framework.reads import get, get_status, get_steps, search, search_state
from mockflow.server.endpoints.flow_framework.runs import delete, deprovision, provision
from mockflow.server.rest.call import ApiRoute, Handler


def _route(
    method: str,
    path: str,
    operation: str,
    handler: Handler,
    check: AccessCheck = for_workflow_users,
    disabled: str = DISABLED,
    *,
    unwritable: str | None = FAILED,
    repeats: bool = False,
) -> ApiRoute:
    return ApiRoute(method, BASE + path, operation, plugin_handler(handler, check, disabled, unwritable), repeats)


def _search_routes(path: str, operation: str, handler: Handler) -> list[ApiRoute]:
    return [_route(method, path, operation, handler, for_tenants, unwritable=None) for method in ("GET", "POST")]


ROUTES: Final = (
    _route("POST", "", "create", create, for_tenants, DISABLED_CREATE),
    _route("PUT", "/{workflow_id}", "update", update, for_tenants, DISABLED_CREATE),
    _route("GET", "/{workflow_id}", "get", get),
    _route("DELETE", "/{workflow_id}", "delete", delete),
    _route("GET", "/{workflow_id}/_status", "get_status", get_status, unwritable=STATUS_FAILED, repeats=True),
    _route("POST", "/{workflow_id}/_provision", "provision", provision),
    _route("POST", "/{workflow_id}/_deprovision", "deprovision", deprovision),
    _route("GET", "/_steps", "get_steps", get_steps, for_tenants),
    *_search_routes("/_search", "search", search),
    *_search_routes("/state/_search", "search_state", search_state),
)
