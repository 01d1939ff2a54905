"""Ingest and search pipelines, of workflows and of clients (docs/reference/opensearch.md, "Pipelines")."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.cluster import Cluster
from mockflow.core.base.wildcards import matches
from mockflow.core.plugin.resources import Made, body_of
from mockflow.server.endpoints.lazy import Later
from mockflow.server.endpoints.request_options import read_manager_timeout
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import object_error


def _get_pipelines(kind: str) -> Handler:
    def handle(call: Call) -> Action:
        wanted = _pipeline_id(call)

        def act() -> Reply:
            found: dict[str, Any] = {}
            for name in (wanted or "*").split(","):
                found |= {made.id: body_of(made) for made in _pipelines(call.cluster, kind, name)}
            return Reply(200 if found else 404, found)

        return act

    return handle


def _delete_pipeline(kind: str) -> Handler:
    """DELETE: before there has been any pipeline, a missing one counts as deleted."""

    def handle(call: Call) -> Action:
        name = _pipeline_id(call)
        call.parameters.time("timeout")

        def act() -> Reply:
            found = _pipelines(call.cluster, kind, name)
            if not found and name != "*" and call.world.resources.has_had(kind):
                raise object_error(404, "resource_not_found_exception", f"pipeline [{name}] is missing")
            for made in found:
                call.world.resources.delete((kind, made.id))
            return Reply(200, {"acknowledged": True})

        return act

    return handle


def _pipelines(cluster: Cluster, kind: str, name: str) -> list[Made]:
    """The existing pipelines of this name or pattern."""
    if "*" in name:
        return [made for made in cluster.world.resources.all_of(kind) if matches(name, made.id)]
    made = read_resource(cluster, kind, name)
    return [made] if made else []


def _pipeline_id(call: Call) -> str:
    read_manager_timeout(call.parameters)
    return call.value("id")


_PIPELINES: Final[Mapping[str, tuple[str, str]]] = {
    "/_ingest/pipeline": ("ingest_pipeline", "ingest"),
    "/_search/pipeline": ("search_pipeline", "search_pipeline"),
}


def _pipeline_routes(path: str, kind: str, namespace: str) -> tuple[ApiRoute, ...]:
    get = f"{namespace}.get_pipeline" if namespace == "ingest" else f"{namespace}.get"
    put = f"{namespace}.put_pipeline" if namespace == "ingest" else f"{namespace}.put"
    delete = f"{namespace}.delete_pipeline" if namespace == "ingest" else f"{namespace}.delete"
    return (
        ApiRoute("GET", path, get, _get_pipelines(kind)),
        ApiRoute("GET", f"{path}/{{id}}", get, _get_pipelines(kind)),
        ApiRoute("DELETE", f"{path}/{{id}}", delete, _delete_pipeline(kind)),
        ApiRoute("PUT", f"{path}/{{id}}", put, Later(f"{_CHANGES}:put_{kind.removesuffix('_pipeline')}")),
    )


_CHANGES: Final = "pipeline_changes"
_SIMULATE: Final = Later(f"{_CHANGES}:simulate")

ROUTES: Final = (
    *(route for path, (kind, namespace) in _PIPELINES.items() for route in _pipeline_routes(path, kind, namespace)),
    *(
        ApiRoute(method, path, "ingest.simulate", _SIMULATE)
        for path in ("/_ingest/pipeline/_simulate", "/_ingest/pipeline/{id}/_simulate")
        for method in ("GET", "POST")
    ),
)
