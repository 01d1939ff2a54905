"""Templates, data streams, snapshots and tasks: mockflow has none, and clients list and clean them all the same.

(docs/reference/documents.md, "Empty lists")
"""

from collections.abc import Callable
from typing import Any

from mockflow.cluster import index_listing
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error


def _list(empty: dict[str, Any], missing: Callable[[str], Refusal | None]) -> Handler:
    """GET and HEAD: the empty list; the error for one that is named."""

    def handle(call: Call) -> Action:
        _read_parameters(call)
        name = call.value("name")

        def act() -> Reply:
            named = [part for part in name.split(",") if part and "*" not in part and part != "_all"]
            if not named:
                return Reply(200, empty)
            refusal = missing(named[0])
            if refusal is None:
                return Reply(404, empty)
            raise refusal

        return act

    return handle


def _delete(missing: Callable[[str], Refusal]) -> Handler:
    """DELETE: there is nothing, so only ``*`` succeeds."""

    def handle(call: Call) -> Action:
        _read_parameters(call)
        name = call.value("name")

        def act() -> Reply:
            if name != "*":
                raise missing(name)
            return Reply(200, {"acknowledged": True})

        return act

    return handle


def _not_found(what: str) -> Callable[[str], Refusal]:
    return lambda name: object_error(404, "resource_not_found_exception", f"{what} matching [{name}] not found")


def _no_template(name: str) -> Refusal:
    return object_error(404, "index_template_missing_exception", f"index_template [{name}] missing")


def _no_repository(name: str) -> Refusal:
    return object_error(404, "repository_missing_exception", f"[{name}] missing")


def _nothing(_: str) -> None:
    return None


def _read_parameters(call: Call) -> None:
    parameters = call.parameters
    read_manager_timeout(parameters)
    parameters.time("timeout")
    for name in ("local", "flat_settings", "detailed", "wait_for_completion"):
        parameters.boolean(name)
    for name in ("expand_wildcards", "actions", "nodes", "parent_task_id", "group_by"):
        parameters.text(name)


get_templates = _list({}, _nothing)
delete_template = _delete(_no_template)
get_index_templates = _list({"index_templates": []}, _not_found("index template"))
delete_index_template = _delete(_no_template)
get_component_templates = _list({"component_templates": []}, _not_found("component template"))
delete_component_template = _delete(_no_template)
get_data_streams = _list({"data_streams": []}, _not_found("data_streams"))
delete_data_stream = _delete(_not_found("data_streams"))
get_repositories = _list({}, _no_repository)
list_tasks = _list({"nodes": {}}, _nothing)
pending_tasks = _list({"tasks": []}, _nothing)


def resolve_index(call: Call) -> Action:
    """GET /_resolve/index/{name}: the indices and aliases that an expression means."""
    options = read_indices_options(call.parameters)
    expression = call.value("name")

    def act() -> Reply:
        names = found_indices(call.world, expression, options)
        aliases, closed = index_listing.indices_by_alias(call.world), index_listing.closed(call.world)
        of_index = {name: sorted(alias for alias in aliases if name in aliases[alias]) for name in names}
        indices = [
            {
                "name": name,
                **({"aliases": of_index[name]} if of_index[name] else {}),
                "attributes": ["closed" if name in closed else "open"],
            }
            for name in sorted(names)
        ]
        chosen = sorted({alias for listed in of_index.values() for alias in listed})
        listed = [{"name": alias, "indices": sorted(aliases[alias])} for alias in chosen]
        return Reply(200, {"indices": indices, "aliases": listed, "data_streams": []})

    return act
