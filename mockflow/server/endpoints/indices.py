"""Indices that workflows have created: read, exists, delete (docs/reference/opensearch.md, "Indices")."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from mockflow.core.opensearch.indices import InvalidIndexNameError, NoSuchIndexError, resolved
from mockflow.core.plugin.resources import Made
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error

_INDEX_BOOLEANS: Final = {
    "ignore_unavailable": False,
    "allow_no_indices": True,
    "flat_settings": False,
    "include_defaults": False,
    "local": False,
}
_CLUSTER_TIMEOUTS: Final = ("cluster_manager_timeout", "master_timeout", "timeout")


def _index_handler(part: str | None) -> Handler:
    """A handler for GET of indices; `part` selects their mappings or settings."""

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
    """Deletes indices without their workflow; a later deprovision treats them as deleted."""
    find = _read_expression(call)

    def act() -> Reply:
        for made in find():
            call.world.resources.delete(("index", made.id))
        return Reply(200, {"acknowledged": True})

    return act


def _read_expression(call: Call) -> Callable[[], list[Made]]:
    """A function that finds the indices of the path when the action runs."""
    flags = {name: call.parameters.boolean(name, default) for name, default in _INDEX_BOOLEANS.items()}
    for name in _CLUSTER_TIMEOUTS:
        call.parameters.time(name)
    call.parameters.text("expand_wildcards")
    expression = call.path_value("index")

    def find() -> list[Made]:
        existing = {made.id: made for made in call.world.resources.all_of("index")}
        for part in expression.split(","):
            read_resource(call.cluster, "index", part)
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
    """The names that an index expression selects; 404 for a missing index, 400 for an invalid name."""
    try:
        return resolved(expression, names, ignore_unavailable=ignore_unavailable, allow_no_indices=allow_no_indices)
    except NoSuchIndexError as error:
        raise no_such_index(str(error)) from None
    except InvalidIndexNameError as error:
        name, reason = error.args
        kind, message = "invalid_index_name_exception", f"Invalid index name [{name}], {reason}"
        raise object_error(400, kind, message, index=name, index_uuid="_na_") from None


def no_such_index(name: str) -> Refusal:
    """404 for a missing index."""
    meta: dict[str, Any] = {
        "index": name,
        "resource.id": name,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }
    return object_error(404, "index_not_found_exception", f"no such index [{name}]", **meta)


ROUTES: Final = (
    ApiRoute("GET", "/{index}", "indices.get", _index_handler(None)),
    ApiRoute("HEAD", "/{index}", "indices.exists", index_exists),
    ApiRoute("DELETE", "/{index}", "indices.delete", delete_index),
    ApiRoute("GET", "/{index}/_mapping", "indices.get_mapping", _index_handler("mappings")),
    ApiRoute("GET", "/{index}/_settings", "indices.get_settings", _index_handler("settings")),
)
