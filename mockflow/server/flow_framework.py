"""The flow-framework plugin's API: /_plugins/_flow_framework/workflow (contract.md)."""

from typing import Final

from mockflow.cluster import UnknownWorkflowError
from mockflow.server.call import Action, ApiRoute, Call, Reply
from mockflow.server.errors import plugin_error

BASE: Final = "/_plugins/_flow_framework/workflow"


def get_status(call: Call) -> Action:
    """A workflow's state and resources (contract.md, section 2)."""
    show_all = call.parameters.boolean("all")
    workflow_id = call.path_value("workflow_id")
    behaviour = call.cluster.version.behaviour
    if behaviour.status_takes_body:
        call.ignore_body()

    def act() -> Reply:
        try:
            return Reply(200, call.cluster.poll(workflow_id, show_all=show_all))
        except UnknownWorkflowError:
            raise plugin_error(404, behaviour.status_not_found.format(id=workflow_id)) from None

    return act


ROUTES: Final = (ApiRoute("GET", f"{BASE}/{{workflow_id}}/_status", "get_status", get_status),)
