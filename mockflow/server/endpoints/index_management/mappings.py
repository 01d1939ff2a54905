"""PUT /{index}/_mapping, and the mapping of single fields (docs/reference/documents.md, "Mappings")."""

from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, Final

from mockflow.cluster import World, client_indices, index_listing
from mockflow.core.base.json_writer import has_many
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.indices.listing import SOME_INDICES
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.worker import LARGE, in_thread


def put_mapping(call: Call) -> Action:
    """Adds fields to the mappings of the indices of the path."""
    options = read_indices_options(call.parameters, SOME_INDICES)
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")
    call.parameters.boolean("write_index_only")
    expression, addition = call.value("index"), read_object(call)
    if list(addition) == ["_doc"]:
        raise illegal_argument("Types cannot be provided in put mapping requests")
    if not addition:
        raise invalid_request("mapping source is empty")

    def added(ahead: Mapping[str, client_indices.MappingChange]) -> Reply:
        client_indices.put_mapping(call.world, found_indices(call.world, expression, options), addition, ahead)
        return Reply(200, {"acknowledged": True})

    async def checked_in_thread(world: World, names: list[str], bodies: list[dict[str, Any]]) -> Reply:
        await in_thread(client_indices.check_addition, bodies, addition, world.version.minor)
        before = client_indices.changes_of(world, names)
        return added(await in_thread(client_indices.with_addition, before, addition))

    def act() -> Reply | Awaitable[Reply]:
        world = call.world
        names = found_indices(world, expression, options)
        bodies = [index_listing.body(world, name) for name in names]
        if len(call.request.body) * len(bodies) > LARGE:
            return checked_in_thread(world, names, bodies)
        client_indices.check_addition(bodies, addition, world.version.minor)
        return added({})

    return act


def get_field_mapping(call: Call) -> Action:
    """The mappings of the fields of the path, which may be patterns."""
    options = read_indices_options(call.parameters)
    call.parameters.boolean("local")
    call.parameters.boolean("include_defaults")
    expression, patterns = call.value("index"), call.value("fields").split(",")

    async def in_turn(mappings: Mapping[str, Mapping[str, Any]]) -> Reply:
        return await in_thread(_with_fields, mappings, patterns)

    def act() -> Reply | Awaitable[Reply]:
        world = call.world
        names = found_indices(world, expression, options)
        mappings = {name: index_listing.body(world, name)["mappings"] for name in names}
        is_large = len(patterns) > _FEW or has_many(mappings)
        return in_turn(mappings) if is_large else _with_fields(mappings, patterns)

    return act


_FEW: Final = 20


def _with_fields(mappings: Mapping[str, Mapping[str, Any]], patterns: list[str]) -> Reply:
    shown = {}
    for name, mapping in mappings.items():
        fields = {}
        for full, node in dict(_fields(mapping, "")).items():
            if any(matches(one, full) for one in patterns):
                fields[full] = {"full_name": full, "mapping": {full.rpartition(".")[2]: node}}
        shown[name] = {"mappings": fields}
    return Reply(200, shown)


def _fields(node: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for name, field in {**(node.get("properties") or {}), **(node.get("fields") or {})}.items():
        if "properties" not in field and field.get("type") not in ("object", "nested"):
            yield f"{path}{name}", field
        yield from _fields(field, f"{path}{name}.")
