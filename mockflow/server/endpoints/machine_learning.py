"""ML Commons: the models, connectors, agents, groups and tasks of workflows, under /_plugins/_ml.

Source: docs/reference/opensearch.md, "ML Commons".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.cluster.system_indices import ML_INDICES, ml_kinds
from mockflow.cluster.world import World
from mockflow.core.base.java_hash import hash_map
from mockflow.core.opensearch.search import Stored, empty_answer
from mockflow.core.plugin.resources import Made, body_of
from mockflow.server.endpoints import ml_tenants
from mockflow.server.endpoints.indices import no_such_index
from mockflow.server.endpoints.lazy import Later
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.endpoints.search import search_handler
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error

BASE: Final = "/_plugins/_ml"


@dataclass(frozen=True)
class _Missing:
    """The error for a resource that does not exist. None: there is none, and a DELETE says that it found nothing."""

    without_index: str
    with_index: str | None
    status_without_index: int = 404


@dataclass(frozen=True)
class Kind:
    """One kind of resource: its path, its name in the registry, and the errors where it is missing.

    `refusal` returns why a resource cannot be deleted.
    """

    path: str
    name: str
    get: _Missing
    delete: _Missing
    delete_before_3: _Missing | None = None
    refusal: Callable[[World, Made], Refusal | None] = lambda _, __: None
    change: _Missing = _Missing("", None)
    """The error of a PUT, and of a deployment or a prediction."""
    search_needs_index: bool = False
    """Whether a search without the index is an error; else it finds nothing."""

    @property
    def index(self) -> str:
        """Its system index."""
        return ML_INDICES[self.name]

    def missing_on_delete(self, world: World) -> _Missing:
        """The error of a DELETE in the world's release."""
        return self.delete_before_3 if self.delete_before_3 and world.version.minor < (3, 0) else self.delete


def _is_deployed(_: World, model: Made) -> Refusal | None:
    if not model.ready and model.ready_at is None:
        return None
    reason = "Model cannot be deleted in deploying or deployed state. Try undeploy model first then delete"
    return _status_error(400, reason)


def _is_used(world: World, connector: Made) -> Refusal | None:
    users = [model.id for model in world.resources.all_of("model") if model.inputs.get("connector_id") == connector.id]
    if not users:
        return None
    sentence = "models are still using this connector, please delete or update the models first"
    return _status_error(409, f"{len(users)} {sentence}: [{', '.join(users)}]")


def _has_models(world: World, group: Made) -> Refusal | None:
    if not _groups(world).get(group.id):
        return None
    return _status_error(409, "Cannot delete the model group when it has associated model versions")


def _is_running(_: World, task: Made) -> Refusal | None:
    if body_of(task).get("state") != "RUNNING":
        return None
    return object_error(500, "exception", "Task cannot be deleted in running state. Try after some time.")


_ALL: Final = (
    Kind(
        "models",
        "model",
        get=_Missing("Fail to find model", "Failed to find model with the provided model id: {id}"),
        delete=_Missing("Failed to find model", "Failed to find model"),
        change=_Missing("Failed to find model", "Failed to find model"),
        refusal=_is_deployed,
    ),
    Kind(
        "connectors",
        "connector",
        get=_Missing("Failed to find connector", "Failed to find connector with the provided connector id: {id}"),
        delete=_Missing("Failed to find connector", None),
        delete_before_3=_Missing("Failed to delete data object from index .plugins-ml-connector", None, 500),
        change=_Missing("Failed to find connector", "Failed to find connector with the provided connector id: {id}"),
        refusal=_is_used,
    ),
    Kind(
        "agents",
        "agent",
        get=_Missing("Failed to get agent index", "Failed to find agent with the provided agent id: {id}"),
        delete=_Missing("Failed to get agent index", "Fail to find ml agent"),
        change=_Missing("Failed to get agent index", "Failed to find agent with the provided agent id: {id}"),
        search_needs_index=True,
    ),
    Kind(
        "model_groups",
        "model_group",
        get=_Missing(
            "Failed to find model group index", "Failed to find model group with the provided model group id: {id}"
        ),
        delete=_Missing("Failed to delete data object from index .plugins-ml-model-group", None, 500),
        change=_Missing("Failed to find model group index", "Failed to find model group"),
        refusal=_has_models,
    ),
    Kind(
        "tasks",
        "task",
        get=_Missing("Failed to find task", "Failed to find task"),
        delete=_Missing("Failed to find task", "Failed to find task"),
        refusal=_is_running,
    ),
)


KINDS: Final = {kind.name: kind for kind in _ALL}
"""By the names in the registry."""


def _get(kind: Kind) -> Handler:
    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")
        call.parameters.boolean("return_content")

        def act() -> Reply:
            ml_tenants.check_tenant(call)
            made = read_resource(call.cluster, kind.name, resource_id)
            if made is None:
                raise missing(call.world, kind, kind.get, resource_id)
            ml_tenants.check_access(call, made.key)
            return Reply(200, {**_body(call.world, made), **ml_tenants.tenant_fields(call, made.key)})

        return act

    return handle


def _delete(kind: Kind) -> Handler:
    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")

        def act() -> Reply:
            ml_tenants.check_tenant(call)
            world = call.world
            made = world.resources.find((kind.name, resource_id))
            if made is not None:
                ml_tenants.check_access(call, made.key)
            if made is None:
                wanted = kind.missing_on_delete(world)
                if wanted.with_index is not None or not _has_index(world, kind):
                    raise missing(world, kind, wanted, resource_id)
            elif refusal := kind.refusal(world, made):
                raise refusal
            world.resources.delete((kind.name, resource_id))
            return Reply(200, _deleted(kind, resource_id, world.next_sequence_number(), was_there=made is not None))

        return act

    return handle


def _search(kind: Kind) -> Handler:
    def documents(call: Call) -> Iterable[Stored]:
        groups = _groups(call.world) if kind.name in ("model", "model_group") else {}
        for made in call.world.resources.all_of(kind.name):
            if ml_tenants.is_visible(call, made.key):
                body = {**_body(call.world, made, groups), **ml_tenants.tenant_fields(call, made.key)}
                yield Stored(made.id, _in_order(body))

    search = search_handler(kind.index, documents, lambda cluster, hit: read_resource(cluster, kind.name, hit))

    def handle(call: Call) -> Action:
        ml_tenants.check_tenant(call)
        action = search(call)

        def act() -> Any:
            if _has_index(call.world, kind):
                return action()
            if kind.search_needs_index:
                raise no_such_index(kind.index)
            return Reply(200, empty_answer())

        return act

    return handle


def _body(world: World, made: Made, groups: "_Groups | None" = None) -> dict[str, Any]:
    """The document of a resource. Models of one group have versions from 1 on; `groups`: see `_groups`."""
    body = body_of(made, world.version, world.node_id)
    if made.kind == "model_group":
        body["latest_version"] = len((_groups(world) if groups is None else groups).get(made.id, ()))
    elif made.kind == "model" and (group := made.inputs.get("model_group_id")):
        siblings = (_groups(world) if groups is None else groups).get(group, {})
        body["model_version"] = str(siblings.get(made.id, 1))
    return body


_Groups = Mapping[str, Mapping[str, int]]
"""The models of each group, with their versions."""


def _groups(world: World) -> _Groups:
    groups: dict[str, dict[str, int]] = {}
    for model in world.resources.all_of("model"):
        if isinstance(group := model.inputs.get("model_group_id"), str):
            models = groups.setdefault(group, {})
            models[model.id] = len(models) + 1
    return groups


def _in_order(value: Any) -> Any:
    """Objects in the order in which a search shows them, that of a HashMap."""
    if isinstance(value, Mapping):
        return hash_map({name: _in_order(content) for name, content in value.items()})
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def _has_index(world: World, kind: Kind) -> bool:
    return kind.name in ml_kinds(world)


def missing(world: World, kind: Kind, texts: _Missing, resource_id: str) -> Refusal:
    """The error of a request for a resource that does not exist."""
    if texts.with_index is not None and _has_index(world, kind):
        return _status_error(404, texts.with_index.format(id=resource_id))
    return _status_error(texts.status_without_index, texts.without_index)


def _status_error(status: int, reason: str) -> Refusal:
    return object_error(status, "status_exception", reason)


def _deleted(kind: Kind, resource_id: str, sequence_number: int, *, was_there: bool) -> dict[str, Any]:
    return {
        "_index": kind.index,
        "_id": resource_id,
        "_version": 2 if was_there else 1,
        "result": "deleted" if was_there else "not_found",
        "forced_refresh": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": sequence_number,
        "_primary_term": 1,
    }


def updated(kind: Kind, resource_id: str, sequence_number: int) -> dict[str, Any]:
    """The answer to a PUT."""
    return {
        "_index": kind.index,
        "_id": resource_id,
        "_version": 2,
        "result": "updated",
        "forced_refresh": True,
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": sequence_number,
        "_primary_term": 1,
    }


def _routes(kind: Kind) -> tuple[ApiRoute, ...]:
    singular = kind.path.removesuffix("s")
    search = _search(kind)
    return (
        *(
            ApiRoute(method, f"{BASE}/{kind.path}/_search", f"ml.search_{kind.path}", search)
            for method in ("GET", "POST")
        ),
        ApiRoute("GET", f"{BASE}/{kind.path}/{{id}}", f"ml.get_{singular}", _get(kind)),
        ApiRoute("DELETE", f"{BASE}/{kind.path}/{{id}}", f"ml.delete_{singular}", _delete(kind)),
    )


_CHANGES: Final = "ml_changes"
_FRAMES: Final = "ml_frames"
_ASKING: Final = "ml_predictions"
_MEMORIES: Final = "ml_memories"
_OTHERS: Final = (
    ("POST", "connectors/_create", "ml.create_connector", _CHANGES, "create_connector"),
    ("PUT", "connectors/{id}", "ml.update_connector", _CHANGES, "update_connector"),
    ("POST", "model_groups/_register", "ml.register_model_group", _CHANGES, "register_group"),
    ("PUT", "model_groups/{id}", "ml.update_model_group", _CHANGES, "update_group"),
    ("POST", "models/_register", "ml.register_model", _CHANGES, "register_model"),
    ("POST", "models/_upload", "ml.upload_model", _CHANGES, "register_model"),
    ("PUT", "models/{id}", "ml.update_model", _CHANGES, "update_model"),
    ("POST", "models/{id}/_deploy", "ml.deploy_model", _CHANGES, "deploy_model"),
    ("POST", "models/{id}/_load", "ml.load_model", _CHANGES, "deploy_model"),
    ("POST", "models/{id}/_undeploy", "ml.undeploy_model", _CHANGES, "undeploy_model"),
    ("POST", "models/{id}/_unload", "ml.unload_model", _CHANGES, "undeploy_model"),
    ("POST", "models/_undeploy", "ml.undeploy_model", _CHANGES, "undeploy_models"),
    ("POST", "models/_unload", "ml.unload_model", _CHANGES, "undeploy_models"),
    ("POST", "agents/_register", "ml.register_agents", _CHANGES, "register_agent"),
    ("PUT", "agents/{id}", "ml.update_agent", _CHANGES, "update_agent"),
    ("POST", "models/{id}/_predict", "ml.predict_model", _ASKING, "predict"),
    ("POST", "_predict/{algorithm_name}/{id}", "ml.predict", _ASKING, "predict"),
    ("POST", "agents/{id}/_execute", "ml.execute_agent", _ASKING, "execute_agent"),
    ("GET", "stats", "ml.get_stats", _FRAMES, "get_stats"),
    ("GET", "stats/{stat}", "ml.get_stats", _FRAMES, "get_stats"),
    ("GET", "{node_id}/stats", "ml.get_stats", _FRAMES, "get_stats"),
    ("GET", "{node_id}/stats/{stat}", "ml.get_stats", _FRAMES, "get_stats"),
    ("GET", "profile", "ml.get_profile", _FRAMES, "get_profile"),
    ("GET", "profile/models", "ml.get_profile_models", _FRAMES, "get_profile"),
    ("GET", "profile/models/{id}", "ml.get_profile_models", _FRAMES, "get_profile"),
    ("GET", "profile/tasks", "ml.get_profile_tasks", _FRAMES, "get_task_profile"),
    ("GET", "profile/tasks/{id}", "ml.get_profile_tasks", _FRAMES, "get_task_profile"),
    ("GET", "memory", "ml.get_all_memories", _MEMORIES, "get_memories"),
    ("POST", "memory", "ml.create_memory", _MEMORIES, "create_memory"),
    ("GET", "memory/_search", "ml.search_memory", _MEMORIES, "search_memories"),
    ("POST", "memory/_search", "ml.search_memory", _MEMORIES, "search_memories"),
    ("GET", "memory/{id}", "ml.get_memory", _MEMORIES, "get_memory"),
    ("PUT", "memory/{id}", "ml.update_memory", _MEMORIES, "update_memory"),
    ("DELETE", "memory/{id}", "ml.delete_memory", _MEMORIES, "delete_memory"),
    ("GET", "memory/{id}/_search", "ml.search_message", _MEMORIES, "search_messages"),
    ("POST", "memory/{id}/_search", "ml.search_message", _MEMORIES, "search_messages"),
    ("GET", "memory/{id}/messages", "ml.get_all_messages", _MEMORIES, "get_messages"),
    ("POST", "memory/{id}/messages", "ml.create_message", _MEMORIES, "create_message"),
    ("GET", "memory/message/{id}", "ml.get_message", _MEMORIES, "get_message"),
    ("PUT", "memory/message/{id}", "ml.update_message", _MEMORIES, "update_message"),
    ("GET", "memory/message/{id}/traces", "ml.get_message_traces", _MEMORIES, "get_traces"),
)

ROUTES: Final = (
    *(route for kind in _ALL for route in _routes(kind)),
    *(
        ApiRoute(method, f"{BASE}/{path}", operation, Later(f"{module}:{name}"))
        for method, path, operation, module, name in _OTHERS
    ),
)
