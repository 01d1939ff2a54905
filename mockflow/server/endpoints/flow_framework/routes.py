"""The routes of the flow-framework plugin, each with its access check.

All handlers but that of the status are imported for their first request.
"""

from typing import Final

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
from mockflow.server.endpoints.flow_framework.status import get_status
from mockflow.server.endpoints.lazy import Later
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


def _later(name: str) -> Handler:
    return Later(f"flow_framework.{name}")


ROUTES: Final = (
    _route("POST", "", "create", _later("create:create"), for_tenants, DISABLED_CREATE),
    _route("PUT", "/{workflow_id}", "update", _later("create:update"), for_tenants, DISABLED_CREATE),
    _route("GET", "/{workflow_id}", "get", _later("reads:get")),
    _route("DELETE", "/{workflow_id}", "delete", _later("runs:delete")),
    _route("GET", "/{workflow_id}/_status", "get_status", get_status, unwritable=STATUS_FAILED, repeats=True),
    _route("POST", "/{workflow_id}/_provision", "provision", _later("runs:provision")),
    _route("POST", "/{workflow_id}/_deprovision", "deprovision", _later("runs:deprovision")),
    _route("GET", "/_steps", "get_steps", _later("reads:get_steps"), for_tenants),
    *_search_routes("/_search", "search", _later("reads:search")),
    *_search_routes("/state/_search", "search_state", _later("reads:search_state")),
)
