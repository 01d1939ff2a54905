"""ML Commons: the models, connectors, agents, groups and tasks of workflows, under /_plugins/_ml.

Source: docs/reference/opensearch.md, "ML Commons".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.search import Stored
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.endpoints.search import search_handler
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error

BASE: Final = "/_plugins/_ml"


@dataclass(frozen=True)
class Kind:
    """One kind of resource: its path, its name in the registry, its system index, the error if it is missing."""

    path: str
    name: str
    index: str
    missing: str


_KINDS: Final = (
    Kind("models", "model", ".plugins-ml-model", "Failed to find model with the provided model id: {id}"),
    Kind(
        "connectors",
        "connector",
        ".plugins-ml-connector",
        "Failed to find connector with the provided connector id: {id}",
    ),
    Kind("agents", "agent", ".plugins-ml-agent", "Failed to find agent with the provided agent id: {id}"),
    Kind(
        "model_groups",
        "model_group",
        ".plugins-ml-model-group",
        "Failed to find model group with the provided model group id: {id}",
    ),
    Kind("tasks", "task", ".plugins-ml-task", "Fail to find task"),
)


def _get(kind: Kind) -> Handler:
    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")
        call.parameters.boolean("return_content")

        def act() -> Reply:
            made = read_resource(call.cluster, kind.name, resource_id)
            if made is None:
                raise _missing(kind, resource_id)
            return Reply(200, made.body)

        return act

    return handle


def _delete(kind: Kind) -> Handler:
    def handle(call: Call) -> Action:
        resource_id = call.path_value("id")

        def act() -> Reply:
            if call.world.resources.find((kind.name, resource_id)) is None:
                raise _missing(kind, resource_id)
            call.world.resources.delete((kind.name, resource_id))
            return Reply(200, _deleted(kind, resource_id, call.world.next_sequence_number()))

        return act

    return handle


def _search(kind: Kind) -> Handler:
    def documents(call: Call) -> Iterable[Stored]:
        return (Stored(made.id, made.body) for made in call.world.resources.all_of(kind.name))

    return search_handler(kind.index, documents, lambda cluster, hit: read_resource(cluster, kind.name, hit))


def _missing(kind: Kind, resource_id: str) -> Refusal:
    return object_error(404, "status_exception", kind.missing.format(id=resource_id))


def _deleted(kind: Kind, resource_id: str, sequence_number: int) -> dict[str, Any]:
    return {
        "_index": kind.index,
        "_id": resource_id,
        "_version": 2,
        "result": "deleted",
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


ROUTES: Final = tuple(route for kind in _KINDS for route in _routes(kind))
