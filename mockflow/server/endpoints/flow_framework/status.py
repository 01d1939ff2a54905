"""The status of a workflow, which clients poll."""

from mockflow.cluster import UnknownWorkflowError, polling
from mockflow.server.endpoints.flow_framework.plugin import ignore_body
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import plugin_error


def get_status(call: Call) -> Action:
    """A workflow's state and resources (docs/reference/plugin.md, "Status document")."""
    show_all = call.parameters.boolean("all")
    workflow_id = call.path_value("workflow_id")
    world, is_peek = call.world, call.is_peek
    behaviour = world.version.behaviour
    ignore_body(call)

    def act() -> Reply:
        if not (world.has_states and workflow_id):
            raise plugin_error(404, f"Failed to get workflow status of: {workflow_id}")
        try:
            read = polling.peek if is_peek else polling.poll
            return Reply(200, read(world, workflow_id, show_all=show_all))
        except UnknownWorkflowError:
            raise plugin_error(404, behaviour.status_not_found.format(id=workflow_id)) from None

    return act
