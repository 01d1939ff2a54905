"""The common parts of all calls of the plugin: its path, access checks, and its errors as responses."""

from collections.abc import Awaitable, Callable
from typing import Final

from mockflow.cluster import access
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import plugin_error
from mockflow.server.rest.filter_path import is_filter

BASE: Final = "/_plugins/_flow_framework/workflow"
TIMEOUT: Final = "wait_for_completion_timeout"
FAILED: Final = "Failed to get workflow."
"""The plugin's general error message (docs/reference/plugin.md, "Shapes")."""
STATUS_FAILED: Final = "Failed to get workflow status."
"""The same of `_status`."""
DISABLED: Final = "This API is disabled. To enable it, update the setting [plugins.flow_framework.enabled] to true."
DISABLED_CREATE: Final = "This API is disabled. To enable it, set [plugins.flow_framework.enabled] to true."

AccessCheck = Callable[[Call], None]
"""Raises FlowFrameworkError if the caller may not make the call; applied only if security or tenants are on."""


def for_tenants(call: Call) -> None:
    """Admits callers that name their tenant, if there are tenants."""
    access.check_tenant(call.world, call.request.caller)


def for_workflow_users(call: Call) -> None:
    """Admits callers with access to the workflow in the path."""
    for_tenants(call)
    access.check(call.world, call.request.caller, call.path_value("workflow_id"))


def plugin_handler(
    handler: Handler, check: AccessCheck, disabled: str = DISABLED, unwritable: str | None = FAILED
) -> Handler:
    """`handler` with the access check, 403 while the plugin is disabled, and the plugin's errors as responses.

    `unwritable` is the error of a response that its ``filter_path`` keeps from being written; the call has had its
    effect. None means the core's error (docs/reference/opensearch.md, "filter_path").
    """

    def handle(call: Call) -> Action:
        action = handler(call)
        is_unwritable = unwritable is not None and not is_filter(call.parameters.text("filter_path") or "")

        def act() -> Reply | Awaitable[Reply]:
            world = call.world
            if not world.flow_framework.enabled:
                raise plugin_error(403, disabled)
            try:
                if world.is_guarded:
                    check(call)
                reply = action()
            except FlowFrameworkError as error:
                raise plugin_error(error.code, error.message) from None
            if not isinstance(reply, Reply):
                return _awaited(reply, unwritable if is_unwritable else None)
            if is_unwritable:
                raise plugin_error(400, unwritable or FAILED)
            return reply

        return act

    return handle


def refuse_early(call: Call) -> None:
    """Refuses what `plugin_handler` would refuse for every tenant later: a disabled plugin and a missing tenant."""
    if not call.world.flow_framework.enabled:
        raise plugin_error(403, DISABLED)
    try:
        for_tenants(call)
    except FlowFrameworkError as error:
        raise plugin_error(error.code, error.message) from None


def is_refused(call: Call) -> bool:
    """Whether the plugin refuses the request, as disabled or without a tenant, before it reads all parameters."""
    return not call.world.flow_framework.enabled or access.lacks_tenant(call.world, call.request.caller)


def ignore_body(call: Call) -> None:
    """Accepts an unused body; before 2.14 the plugin's calls refuse one."""
    if call.world.version.behaviour.status_takes_body:
        call.ignore_body()


def is_admin(call: Call) -> bool:
    """Whether the caller is an administrator, who sees the users of workflows."""
    user = call.request.caller.user
    return user is not None and user.is_admin


async def _awaited(reply: Awaitable[Reply], unwritable: str | None) -> Reply:
    try:
        awaited = await reply
    except FlowFrameworkError as error:
        raise plugin_error(error.code, error.message) from None
    if unwritable is not None:
        raise plugin_error(400, unwritable)
    return awaited
