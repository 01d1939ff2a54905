"""What workflows have created, on its own endpoints: indexes and pipelines (consumers.md, section 2, row 15)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mockflow.cluster import Cluster, skipping
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.indices import InvalidIndexNameError, NoSuchIndexError, resolved
from mockflow.core.plugin.resources import Made
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error

ACKNOWLEDGED: Final = {"acknowledged": True}
_INDEX_BOOLEANS: Final = {
    "ignore_unavailable": False,
    "allow_no_indices": True,
    "flat_settings": False,
    "include_defaults": False,
    "local": False,
}
_CLUSTER_TIMEOUTS: Final = ("cluster_manager_timeout", "master_timeout", "timeout")


def look_at(cluster: Cluster, kind: str, name: str) -> Made | None:
    """What is there now; in mode auto the runs that make it then skip on, as after a poll."""
    made = cluster.world.resources.find((kind, name))
    for workflow in tuple(cluster.world.resources.makers((kind, name))):
        skipping.after_read(cluster.world, workflow)
    return made


# -- indexes -------------------------------------------------------------------------------------------


def _index_handler(part: str | None) -> Handler:
    """GET of an index, or of its mappings or settings alone."""

    def handle(call: Call) -> Action:
        find = _read_expression(call)

        def act() -> Reply:
            bodies = {made.id: made.body for made in find()}
            return Reply(200, {name: {part: body[part]} if part else body for name, body in bodies.items()})

        return act

    return handle


def index_exists(call: Call) -> Action:
    """HEAD: 200 or 404, without a body."""
    find = _read_expression(call)

    def act() -> Reply:
        try:
            find()
        except Refusal:
            return Reply(404, "")
        return Reply(200, "")

    return act


def delete_index(call: Call) -> Action:
    """Deletes indexes behind their workflow's back; a later deprovision takes that for done."""
    find = _read_expression(call)

    def act() -> Reply:
        for made in find():
            call.world.resources.delete(("index", made.id))
        return Reply(200, ACKNOWLEDGED)

    return act


def _read_expression(call: Call) -> Callable[[], list[Made]]:
    """What the path names, to be resolved when the call is acted on."""
    flags = {name: call.parameters.boolean(name, default) for name, default in _INDEX_BOOLEANS.items()}
    for name in _CLUSTER_TIMEOUTS:
        call.parameters.time(name)
    call.parameters.text("expand_wildcards")
    expression = call.path_value("index")

    def find() -> list[Made]:
        existing = {made.id: made for made in call.world.resources.all_of("index")}
        for part in expression.split(","):
            look_at(call.cluster, "index", part)
        names = resolve_indices(
            expression,
            existing,
            ignore_unavailable=flags["ignore_unavailable"],
            allow_no_indices=flags["allow_no_indices"],
        )
        return [existing[name] for name in names]

    return find


def resolve_indices(
    expression: str, names: Iterable[str], *, ignore_unavailable: bool, allow_no_indices: bool
) -> list[str]:
    """The names that an index expression stands for; OpenSearch's 404 or 400 where it is not right."""
    try:
        return resolved(expression, names, ignore_unavailable=ignore_unavailable, allow_no_indices=allow_no_indices)
    except NoSuchIndexError as error:
        raise no_such_index(str(error)) from None
    except InvalidIndexNameError as error:
        name, reason = error.args
        kind, message = "invalid_index_name_exception", f"Invalid index name [{name}], {reason}"
        raise object_error(400, kind, message, index=name, index_uuid="_na_") from None


def no_such_index(name: str) -> Refusal:
    """404 for an index that is not there."""
    meta: dict[str, Any] = {
        "index": name,
        "resource.id": name,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }
    return object_error(404, "index_not_found_exception", f"no such index [{name}]", **meta)


# -- pipelines -----------------------------------------------------------------------------------------


def _get_pipelines(kind: str) -> Handler:
    def handle(call: Call) -> Action:
        wanted = _pipeline_id(call)

        def act() -> Reply:
            found: dict[str, Any] = {}
            for name in (wanted or "*").split(","):
                found |= {made.id: made.body for made in _pipelines(call.cluster, kind, name)}
            return Reply(200 if found or wanted in ("", "*") else 404, found)

        return act

    return handle


def _delete_pipeline(kind: str) -> Handler:
    def handle(call: Call) -> Action:
        name = _pipeline_id(call)

        def act() -> Reply:
            found = _pipelines(call.cluster, kind, name)
            if not found and name != "*":
                raise object_error(404, "resource_not_found_exception", f"pipeline [{name}] is missing")
            for made in found:
                call.world.resources.delete((kind, made.id))
            return Reply(200, ACKNOWLEDGED)

        return act

    return handle


def _pipelines(cluster: Cluster, kind: str, name: str) -> list[Made]:
    """The pipelines that are there of this name or pattern."""
    if "*" in name:
        return [made for made in cluster.world.resources.all_of(kind) if matches(name, made.id)]
    made = look_at(cluster, kind, name)
    return [made] if made else []


def _pipeline_id(call: Call) -> str:
    for name in _CLUSTER_TIMEOUTS:
        call.parameters.time(name)
    call.parameters.boolean("local")
    return call.path_value("id")


_PIPELINES: Final[Mapping[str, tuple[str, str]]] = {
    "/_ingest/pipeline": ("ingest_pipeline", "ingest"),
    "/_search/pipeline": ("search_pipeline", "search_pipeline"),
}


def _pipeline_routes(path: str, kind: str, namespace: str) -> tuple[ApiRoute, ...]:
    get = f"{namespace}.get_pipeline" if namespace == "ingest" else f"{namespace}.get"
    delete = f"{namespace}.delete_pipeline" if namespace == "ingest" else f"{namespace}.delete"
    return (
        ApiRoute("GET", path, get, _get_pipelines(kind)),
        ApiRoute("GET", f"{path}/{{id}}", get, _get_pipelines(kind)),
        ApiRoute("DELETE", f"{path}/{{id}}", delete, _delete_pipeline(kind)),
    )


ROUTES: Final = (
    ApiRoute("GET", "/{index}", "indices.get", _index_handler(None)),
    ApiRoute("HEAD", "/{index}", "indices.exists", index_exists),
    ApiRoute("DELETE", "/{index}", "indices.delete", delete_index),
    ApiRoute("GET", "/{index}/_mapping", "indices.get_mapping", _index_handler("mappings")),
    ApiRoute("GET", "/{index}/_settings", "indices.get_settings", _index_handler("settings")),
    *(route for path, (kind, namespace) in _PIPELINES.items() for route in _pipeline_routes(path, kind, namespace)),
)
