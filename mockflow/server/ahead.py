"""What takes long is done in another thread before the request has its turn: the loop goes on meanwhile."""

from collections.abc import Mapping
from functools import partial

from mockflow.cluster import Cluster
from mockflow.server.http.messages import Request
from mockflow.server.request_line import read_line
from mockflow.server.rest import content
from mockflow.server.rest.call import refuse_unreadable_body
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.router import Found
from mockflow.server.rest.worker import LARGE, in_thread


async def read_ahead(cluster: Cluster, request: Request) -> None:
    """Reads a large body, and checks the large steps of a workflow that is provisioned, as the handler will."""
    if len(request.body) > LARGE:
        await _read_body(cluster, request)
    if request.method == "POST" and request.target.partition("?")[0].endswith("/_provision"):
        await _check_steps(cluster, request)


async def _read_body(cluster: Cluster, request: Request) -> None:
    try:
        _, values, found = read_line(request.method, request.target)
        refuse_unreadable_body(request)
    except Refusal:
        return  # its turn will tell
    operation = found.route.operation if isinstance(found, Found) else ""
    if operation in ("create", "update"):
        from mockflow.server.rest import template_body

        updates = Parameters(values, {}).is_set("update_fields")
        world = cluster.world
        arguments = request, values.get("use_case"), updates, world.version, world.own_use_cases()
        await in_thread(template_body.read_ahead, *arguments)
        if _provisions(values):
            await in_thread(template_body.check_ahead, *arguments)
    elif operation and operation != "bulk":  # whose body is no single value; its handler reads it in a thread too
        await in_thread(partial(content.read_ahead, request, as_tokens=operation == "provision"))
        if operation == "cluster.put_settings":
            from mockflow.server.endpoints import cluster_settings

            await in_thread(cluster_settings.read_ahead, request)


def _provisions(values: Mapping[str, str]) -> bool:
    return values.get("provision", "false") != "false" or values.get("reprovision", "false") != "false"


async def _check_steps(cluster: Cluster, request: Request) -> None:
    workflow_id = request.target.partition("?")[0].split("/")[-2]
    workflow = cluster.world.workflows.get(workflow_id)
    if workflow is None or workflow.stored is None:
        return
    from mockflow.core.plugin.step_checks.ahead import check_ahead, large_steps

    nodes = large_steps(workflow.stored.template)
    if nodes:
        await in_thread(check_ahead, nodes, cluster.world.version)
