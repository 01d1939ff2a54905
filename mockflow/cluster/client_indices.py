"""What clients do with indices: create, change mapping, settings and aliases.

An index of a client and one of a workflow are the same kind of resource, `Made`; either may be changed and deleted.
All functions raise RefusedError, and then change nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockflow.cluster import index_listing
from mockflow.cluster.world import World
from mockflow.core.base.bounds import SHARDS
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.documents.errors import check_blocks
from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.alias_actions import AliasAction, shown_alias
from mockflow.core.opensearch.indices.create_index import IndexEnvironment, IndexRequest, check_alias, check_request
from mockflow.core.opensearch.indices.index_changes import IndexChanges
from mockflow.core.opensearch.mappings.analysis import check_analysis
from mockflow.core.opensearch.mappings.check_mapping import check_mapping
from mockflow.core.opensearch.mappings.mapping_merge import check_merge, merged_mapping, with_objects
from mockflow.core.opensearch.plugins import PLUGINS
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text
from mockflow.core.opensearch.settings.index_settings import Minor, check_update, index_settings_table, text_of
from mockflow.core.plugin.resources import Made

_NOTHING: Final[Mapping[str, Any]] = {}
_PLUGINS: Final = frozenset(plugin.name for plugin in PLUGINS)


def create(world: World, name: str, request: IndexRequest) -> None:
    """Makes an index without documents."""
    check_request(name, request, environment(world))
    check_shards(world, request)
    add(world, name, request)


def check_shards(world: World, request: IndexRequest) -> None:
    """Refuses an index whose shards would be too many (OpenSearch's ShardLimitValidator, since 2.0)."""
    sizes = [text_of(request.settings, f"index.number_of_{kind}") for kind in ("shards", "replicas")]
    primaries, replicas = (int(text) if text and text.isdigit() else 1 for text in sizes)
    added = primaries * (1 + replicas)
    given = world.cluster_settings.text("cluster.max_shards_per_node")
    most = int(given) if isinstance(given, str) and given.isdigit() else SHARDS
    there = sum(row.primaries * (1 + row.replicas) for row in index_listing.indices(world))
    if there + added > most:
        message = (
            f"Validation Failed: 1: this action would add [{added}] total shards, but this cluster currently has "
            f"[{there}]/[{most}] maximum shards open;"
        )
        raise RefusedError(message, "ValidationException")


def add(world: World, name: str, request: IndexRequest) -> None:
    """The same for a request that `check_request` admits."""
    configurations = {
        "settings": dict(request.settings),
        "mappings": with_objects(request.mapping),
        "aliases": {alias: shown_alias(options) for alias, options in request.aliases.items()},
    }
    world.stores.drop(name)
    world.resources.put(Made("index", name, "", {"configurations": configurations}, world.now()))


def check_addition(bodies: Iterable[Mapping[str, Any]], addition: Mapping[str, Any], minor: Minor) -> None:
    """Raises RefusedError for fields that one of the indices with these bodies cannot have. It reads no world."""
    for body in bodies:
        analysis = check_analysis(body["settings"], _PLUGINS)
        check_mapping(addition, body["settings"], analysis, minor, _PLUGINS)
        check_merge(body["mappings"], addition)
        merged = merged_mapping(body["mappings"], addition)
        check_mapping(merged, body["settings"], analysis, minor, _PLUGINS)


MappingChange = tuple[IndexChanges, IndexChanges]
"""The changes of an index before and after an addition to its mapping."""


def changes_of(world: World, names: Iterable[str]) -> dict[str, IndexChanges]:
    """What clients and documents have changed of existing indices."""
    return {name: _changes(world, name) for name in names}


def with_addition(before: Mapping[str, IndexChanges], addition: Mapping[str, Any]) -> dict[str, MappingChange]:
    """What `put_mapping` can take over. It reads no world."""
    return {name: (changes, changes.with_mapping(addition)) for name, changes in before.items()}


def put_mapping(
    world: World, names: Iterable[str], addition: Mapping[str, Any], ahead: Mapping[str, MappingChange] = _NOTHING
) -> None:
    """Adds fields, which `check_addition` admits, to the mappings of existing indices.

    `ahead` has the results for indices as they were before; those that others have changed meanwhile are added anew.
    """
    names = list(names)
    check_may_change(world, names)
    planned = {}
    for name in names:
        now = _changes(world, name)
        before, after = ahead.get(name, (None, now))
        planned[name] = after if before is now else now.with_mapping(addition)
    _change(world, planned)


def put_settings(world: World, names: Iterable[str], changes: Mapping[str, Text | None], *, preserve: bool) -> None:
    """Changes settings of existing indices; with `preserve` those that are set already stay."""
    table = index_settings_table(world.version.minor, _PLUGINS)
    closed, planned = index_listing.closed(world), {}
    names = list(names)
    if len(changes) > 1 or not _UNBLOCKING.issuperset(changes):
        check_may_change(world, names)
    for name in names:
        check_update(name, opensearch_uuid("index", name), changes, table, is_closed=name in closed)
        held = index_listing.body(world, name)["settings"]
        chosen: dict[str, Text | None] = {}
        for key, value in changes.items():
            if key.endswith("*"):
                chosen |= {one: None for one in held if matches(key, one) and one not in _FIXED}
            elif not (preserve and key in held):
                chosen[key] = value
        planned[name] = _changes(world, name).with_settings(chosen, world.now())
    _change(world, planned)


def set_closed(world: World, names: Iterable[str], *, is_closed: bool) -> list[str]:
    """Closes or opens existing indices; returns those whose state changes. Those of the plugins stay as they are."""
    names = list(names)
    check_may_change(world, names)
    for name in names:
        if world.resources.find(("index", name)) is None:
            raise RefusedError(f"mockflow does not close the plugins' own index [{name}]")
    changed = [name for name in names if _changes(world, name).is_closed != is_closed]
    _change(world, {name: _changes(world, name).with_state(is_closed=is_closed) for name in changed})
    return changed


def check_may_change(world: World, names: Iterable[str]) -> None:
    """Raises DocumentError where a block of an index forbids changes of its metadata."""
    for name in names:
        check_blocks(name, index_listing.body(world, name)["settings"], "change")


def update_aliases(world: World, actions: Iterable[tuple[AliasAction, list[str]]]) -> None:
    """Carries out actions, each with the names of its indices."""
    actions = list(actions)
    if sum(len(names) * max(1, len(action.aliases)) for action, names in actions) > _MOST_ACTIONS:
        raise RefusedError(f"mockflow does not support more than {_MOST_ACTIONS} changes of aliases in one request")
    around = environment(world)
    held: dict[str, dict[str, Any]] = {}
    changed: dict[str, dict[str, Any]] = {}
    deleted: list[str] = []
    for action, names in actions:
        if action.kind == "remove_index":
            deleted += names
            continue
        found = False
        for name in names:
            if name not in held:
                held[name], changed[name] = index_listing.body(world, name)["aliases"], {}
            for alias in action.aliases:
                if action.kind == "add":
                    _check_new_alias(world, alias, action, name, around)
                    changed[name][alias] = action.options
                    found = True
                    continue
                before = _changes(world, name).aliases
                for one in [one for one in {**held[name], **before, **changed[name]} if matches(alias, one)]:
                    changed[name][one] = None
                    found = True
        if action.kind == "remove" and not found:
            raise RefusedError(f"aliases [{','.join(action.aliases)}] missing", "AliasesNotFoundException", "NOT_FOUND")
    check_may_change(world, [name for name in changed if changed[name]])
    planned = {name: _changes(world, name).with_aliases(aliases) for name, aliases in changed.items() if aliases}
    _check_write_indices(world, planned)
    _change(world, planned)
    for name in deleted:
        index_listing.delete(world, name)


def _check_new_alias(world: World, alias: str, action: AliasAction, name: str, around: IndexEnvironment) -> None:
    check_alias(alias, action.options, name, around)
    if world.resources.find(("index", name)) is None:
        raise RefusedError(f"mockflow keeps no aliases of the plugins' own index [{name}]")


def _check_write_indices(world: World, planned: Mapping[str, IndexChanges]) -> None:
    writers: dict[str, list[str]] = {}
    for name in index_listing.names(world):
        body = index_listing.body(world, name)
        aliases = planned[name].applied_to(body)["aliases"] if name in planned else body["aliases"]
        for alias, options in aliases.items():
            if options.get("is_write_index") in (True, "true"):
                writers.setdefault(alias, []).append(name)
    for alias, names in writers.items():
        if len(names) > 1:
            message = f"alias [{alias}] has more than one write index [{','.join(names)}]"
            raise RefusedError(message, "IllegalStateException", "INTERNAL_SERVER_ERROR")


def _changes(world: World, name: str) -> IndexChanges:
    made = world.resources.find(("index", name))
    return IndexChanges() if made is None or made.changes is None else made.changes


def _change(world: World, planned: Mapping[str, IndexChanges]) -> None:
    for name, changes in planned.items():
        if world.resources.find(("index", name)) is not None:  # the mapping of a plugin's own index stays as it is
            world.resources.change(name, changes)


def environment(world: World) -> IndexEnvironment:
    """What checks of indices need to know of the cluster."""
    names = frozenset(index_listing.names(world))
    return IndexEnvironment(world.version.minor, _PLUGINS, names, frozenset(index_listing.indices_by_alias(world)))


_UNBLOCKING: Final = frozenset(f"index.blocks.{block}" for block in ("read_only", "metadata", "read_only_allow_delete"))
_MOST_ACTIONS: Final = 1_000
_FIXED: Final = frozenset(
    {"index.uuid", "index.creation_date", "index.provided_name", "index.version.created", "index.number_of_shards"}
)
