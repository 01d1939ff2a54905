"""Aliases: read, exists, put, delete, and the actions of POST /_aliases (docs/reference/documents.md, "Aliases")."""

from typing import Any

from mockflow.cluster import World, client_indices, index_listing
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.indices.alias_actions import AliasAction, read_actions, shown_alias
from mockflow.core.opensearch.indices.listing import OPEN_AND_CLOSED, SOME_INDICES
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument


def get_alias(call: Call) -> Action:
    """GET and HEAD: the aliases by index. 404 if one that is named is missing, with those that are there."""
    options = read_indices_options(call.parameters, OPEN_AND_CLOSED)
    call.parameters.boolean("local")
    expression, name = call.value("index"), call.value("name")
    wanted = [part for part in name.split(",") if part]

    def act() -> Reply:
        found: dict[str, Any] = {}
        seen: set[str] = set()
        for index in found_indices(call.world, expression, options):
            aliases = index_listing.body(call.world, index)["aliases"]
            chosen = {alias: aliases[alias] for alias in aliases if _is_wanted(alias, wanted)}
            seen.update(chosen)
            if chosen or not wanted:
                found[index] = {"aliases": {alias: shown_alias(options) for alias, options in chosen.items()}}
        missing = [part for part in wanted if "*" not in part and part not in ("_all", *seen)]
        if not missing:
            return Reply(200, found)
        several = "aliases" if len(missing) > 1 else "alias"
        return Reply(404, {"error": f"{several} [{','.join(missing)}] missing", "status": 404, **found})

    return act


def put_alias(call: Call) -> Action:
    """PUT /{index}/_alias/{name} and its older forms; the body has the options, and may have index and alias."""
    _read_times(call)
    body = read_object(call) if call.request.body else {}
    index = call.value("index") or str(body.get("index", ""))
    name = call.value("name") or str(body.get("alias", ""))
    if not index or not name:
        raise illegal_argument("One of [index] or [indices] is required" if not index else "alias name is required")
    action = AliasAction("add", (index,), (name,), shown_alias(body))
    return _acting(call, [action])


def delete_alias(call: Call) -> Action:
    """DELETE /{index}/_alias/{name}."""
    _read_times(call)
    name = call.value("name").replace("_all", "*")
    return _acting(call, [AliasAction("remove", (call.value("index"),), tuple(name.split(",")), {})])


def update_aliases(call: Call) -> Action:
    """POST /_aliases."""
    _read_times(call)
    return _acting(call, read_actions(read_object(call)))


def _acting(call: Call, actions: list[AliasAction]) -> Action:
    def act() -> Reply:
        found: dict[tuple[str, ...], list[str]] = {}  # many actions name the same, and each looks at all indices
        for action in actions:
            if action.indices not in found:
                found[action.indices] = _indices(call.world, action)
        client_indices.update_aliases(call.world, [(action, found[action.indices]) for action in actions])
        return Reply(200, {"acknowledged": True})

    return act


def _indices(world: World, action: AliasAction) -> list[str]:
    return found_indices(world, ",".join(action.indices), SOME_INDICES, with_aliases=False)


def _read_times(call: Call) -> None:
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")


def _is_wanted(alias: str, wanted: list[str]) -> bool:
    included = [part for part in wanted if not part.startswith("-")]
    if any(matches(part[1:], alias) for part in wanted if part.startswith("-")):
        return False
    return not wanted or any(part == "_all" or matches(part, alias) for part in included)
