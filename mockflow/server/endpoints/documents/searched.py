"""The indices and documents that a read, search or count means: those of clients, and those that plugins keep."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from mockflow.cluster import World, index_listing
from mockflow.cluster.client_documents import views
from mockflow.cluster.system_indices import ML_INDICES
from mockflow.core.opensearch.documents.errors import check_blocks
from mockflow.core.opensearch.indices.listing import OPEN_INDICES, IndicesOptions
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.search.fields import Stored
from mockflow.core.opensearch.search.request import Searched
from mockflow.core.opensearch.settings.index_settings import text_of
from mockflow.core.plugin.resources import body_of
from mockflow.server.endpoints.flow_framework.reads import stored_states, stored_templates
from mockflow.server.endpoints.indices import found_indices, resolve_indices
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.call import Call

_OF_PLUGINS: Final[Mapping[str, Callable[[Call], Iterable[Stored]]]] = {
    TEMPLATE_INDEX: stored_templates,
    STATE_INDEX: stored_states,
}


_ML_KINDS: Final = {index: kind for kind, index in ML_INDICES.items()}


def names_of(world: World, expression: str, options: IndicesOptions = OPEN_INDICES) -> list[str]:
    """The indices that an expression means. 404 for a missing one."""
    return found_indices(world, expression, options)


def searched_indices(call: Call, expression: str, options: IndicesOptions = OPEN_INDICES) -> list[Searched]:
    """The indices of a search with their documents. 404 for a missing one.

    In mode auto a run that makes one of them skips to its next moment, for the client may wait for it.
    """
    world = call.world
    try:
        names = names_of(world, expression, options)
    finally:
        for part in expression.split(","):
            read_resource(call.cluster, "index", part)
    filters = _filters(world, expression, options)
    found = []
    for view in views(world, names):
        check_blocks(view.name, view.settings, "read")
        store = index_listing.store(world, view.name, view.created)
        found.append(
            Searched(
                view.name,
                tuple(documents_of(call, world, view.name)),
                view.table,
                view.number("index.max_result_window", 10_000),
                view.number("index.number_of_shards", 1),
                filters.get(view.name, ()),
                0 if store is None else store.bytes,
                text_of(view.settings, "index.search.default_pipeline"),
            )
        )
    return found


def is_large(searched: Iterable[Searched], request: int) -> bool:
    """Whether a search takes so long that it is made in another thread; `request` is the size of its body in bytes."""
    chosen = list(searched)
    documents = sum(len(one.documents) for one in chosen)
    return documents > _MANY or documents * request > _MUCH or sum(one.bytes for one in chosen) > _MUCH


_MANY: Final = 1_000
_MUCH: Final = 64 * 1024  # bytes


def _filters(world: World, expression: str, options: IndicesOptions) -> dict[str, tuple[Any, ...]]:
    """Of the indices that are asked for by filtered aliases alone: the filters."""
    filters: dict[str, dict[str, Any]] = {}
    for row in index_listing.aliases(world):
        if row.filtered:
            held = index_listing.body(world, row.index)["aliases"][row.alias]
            filters.setdefault(row.index, {})[row.alias] = held["filter"]
    if not filters:
        return {}
    aliases = index_listing.indices_by_alias(world)
    asked = resolve_indices(expression, [*index_listing.names(world), *aliases], options)
    found = {}
    for name, by_alias in filters.items():
        ways = [one for one in asked if one == name or name in aliases.get(one, ())]
        if all(way in by_alias for way in ways):
            found[name] = tuple(by_alias[way] for way in ways)
    return found


def documents_of(call: Call, world: World, name: str, id: str | None = None) -> Iterator[Stored]:
    """The documents of an existing index, or the one with this id."""
    created = index_listing.created(world, name)
    store = None if created is None else index_listing.store(world, name, created)
    if name in _OF_PLUGINS:
        yield from (one for one in _OF_PLUGINS[name](call) if id in (None, one.id))
    elif name in _ML_KINDS:
        for made in world.resources.all_of(_ML_KINDS[name]):
            if id in (None, made.id):
                yield Stored(made.id, body_of(made, world.version, world.node_id))
    if store is None:
        return
    if id is None:
        yield from store
    elif (found := store.get(id)) is not None:
        yield found
