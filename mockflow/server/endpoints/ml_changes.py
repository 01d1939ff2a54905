"""ML Commons: what clients create, register, update and deploy (docs/reference/opensearch.md, "ML Commons")."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from mockflow.cluster import machine_learning
from mockflow.cluster.world import World
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.plugin.resources import Made
from mockflow.server.endpoints import ml_tenants
from mockflow.server.endpoints.machine_learning import KINDS, Kind, missing, updated
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import object_error, refused


def _create(kind: str, answer: Callable[[Made], Mapping[str, Any]]) -> Handler:
    """POST of a new resource."""

    def handle(call: Call) -> Action:
        body = read_object(call)

        def act() -> Reply:
            ml_tenants.check_tenant(call)
            try:
                made = machine_learning.create(call.world, kind, body, call.request.caller.tenant_id)
            except RefusedError as error:
                raise refused(error) from None
            return Reply(200, answer(made))

        return act

    return handle


create_connector = _create("connector", lambda made: {"connector_id": made.id})
register_group = _create("model_group", lambda made: {"model_group_id": made.id, "status": "CREATED"})
register_agent = _create("agent", lambda made: {"agent_id": made.id})


def register_model(call: Call) -> Action:
    """Registers a model. The answer of a local one has no model_id: its task has it once it is done."""
    body = read_object(call)
    deploys = call.parameters.boolean("deploy")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        try:
            found = machine_learning.register_model(
                call.world, body, deploys=deploys, tenant_id=call.request.caller.tenant_id
            )
        except RefusedError as error:
            raise refused(error) from None
        model = found.model
        model_id = {"model_id": model.id} if model is not None and machine_learning.is_remote(model) else {}
        return Reply(200, {"task_id": found.task.id, "status": "CREATED", **model_id})

    return act


def deploy_model(call: Call) -> Action:
    """Deploys a model. A remote one is deployed at once."""
    model_id = call.path_value("id")
    body = read_object(call) if call.request.body else {}

    def act() -> Reply:
        model = _found(call, KINDS["model"], model_id)
        _check_nodes(call.world, body, deploys=True)
        task = machine_learning.deploy(call.world, model, call.request.caller.tenant_id)
        status = "COMPLETED" if machine_learning.is_remote(model) else "CREATED"
        return Reply(200, {"task_id": task.id, "task_type": "DEPLOY_MODEL", "status": status})

    return act


def undeploy_model(call: Call) -> Action:
    """Undeploys one model."""
    model_id = call.path_value("id")
    body = read_object(call) if call.request.body else {}

    def act() -> Reply:
        _found(call, KINDS["model"], model_id)
        _check_nodes(call.world, body)
        return _undeployed(call.world, [model_id])

    return act


def undeploy_models(call: Call) -> Action:
    """Undeploys the models that the body names; without a body, all."""
    body = read_object(call) if call.request.body else {}
    wanted = body.get("model_ids")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        _check_nodes(call.world, body)
        return _undeployed(call.world, [str(one) for one in wanted] if isinstance(wanted, list) and wanted else None)

    return act


def _check_nodes(world: World, body: Mapping[str, Any], *, deploys: bool = False) -> None:
    """Raises for a choice of nodes where a setting forbids it, as it does by default, or where none is there."""
    nodes = body.get("node_ids")
    if not isinstance(nodes, list) or not nodes:
        return
    if world.cluster_settings.text(_CUSTOM_PLAN) != "true":
        raise refused(RefusedError("Don't allow custom deployment plan"))
    if deploys and world.node_id not in nodes:
        raise refused(RefusedError("no eligible node found"))


_CUSTOM_PLAN: Final = "plugins.ml_commons.allow_custom_deployment_plan"


def _undeployed(world: World, models: list[str] | None) -> Reply:
    stats = machine_learning.undeploy(world, models)
    return Reply(200, {world.node_id: {"stats": stats}} if stats else {})


_UPDATES: Final[Mapping[str, Callable[[World, Made, Mapping[str, Any]], Made]]] = {
    "connector": machine_learning.update_connector,
    "model_group": machine_learning.update_group,
    "model": machine_learning.update_model,
    "agent": machine_learning.update_agent,
}
_EMPTY: Final = {
    "connector": "Failed to update connector: Request body is empty",
    "model_group": "Model group request has empty body",
    "model": "Update model request has empty body",
    "agent": "Update agent request has empty body",
}


def _update(kind: str) -> Handler:
    """PUT of a resource that exists."""

    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")
        if not call.request.body:
            raise object_error(400, "parse_exception", _EMPTY[kind])
        body = read_object(call)

        def act() -> Reply:
            made = _found(call, KINDS[kind], resource_id)
            try:
                _UPDATES[kind](call.world, made, body)
            except RefusedError as error:
                raise refused(error) from None
            if kind == "model_group":
                return Reply(200, {"status": "Updated"})
            return Reply(200, updated(KINDS[kind], resource_id, call.world.next_sequence_number()))

        return act

    return handle


update_connector = _update("connector")
update_group = _update("model_group")
update_model = _update("model")
update_agent = _update("agent")


def _found(call: Call, kind: Kind, resource_id: str) -> Made:
    """The resource; 404 where there is none, 403 for one of another tenant."""
    ml_tenants.check_tenant(call)
    made = read_resource(call.cluster, kind.name, resource_id)
    if made is None:
        raise missing(call.world, kind, kind.change, resource_id)
    ml_tenants.check_access(call, made.key)
    return made
