"""The indices and aliases of a cluster (docs/reference/opensearch.md, "Indices")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from mockflow.cluster import system_indices
from mockflow.cluster.world import World
from mockflow.core.opensearch.indices.listing import AliasRow, IndexRow, alias_rows, index_row, system_index_row
from mockflow.core.opensearch.system_indices import system_index_body
from mockflow.core.plugin.resources import Made, body_of

if TYPE_CHECKING:
    from mockflow.core.opensearch.documents.document_store import DocumentStore


def indices(world: World) -> Iterator[IndexRow]:
    """All indices: those of the plugins, and those that runs and clients have created."""
    for index in system_indices.existing(world):
        written = store(world, index.name, index.created)
        yield system_index_row(index.name, index.created, index.documents + (0 if written is None else len(written)))
    for made in _made(world):
        written = store(world, made.id, made.created)
        counts = (0, 0) if written is None else (len(written), written.deleted)
        yield index_row(made.id, _body(world, made), *counts, is_closed=_is_closed(made))


def names(world: World) -> list[str]:
    """The names of all indices, in the order of `indices`."""
    return [*(index.name for index in system_indices.existing(world)), *(made.id for made in _made(world))]


def closed(world: World) -> frozenset[str]:
    """The names of the indices that clients have closed."""
    return frozenset(made.id for made in _made(world) if _is_closed(made))


def _is_closed(made: Made) -> bool:
    return made.changes is not None and made.changes.is_closed


def dated(world: World, expression: str) -> str:
    """An expression with the names that its date math means now. Raises SearchError. What exists is a name as it is."""
    if "<" not in expression:
        return expression
    from mockflow.core.opensearch.indices.date_math_names import named  # few expressions have it

    return ",".join(part if exists(world, part) else named(part, world.now()) for part in expression.split(","))


def exists(world: World, name: str) -> bool:
    """Whether there is an index of this name."""
    return created(world, name) is not None


def created(world: World, name: str) -> int | None:
    """When the index was created, epoch ms; None where there is none."""
    made = world.resources.find(("index", name))
    if made is not None:
        return made.created
    return next((index.created for index in system_indices.existing(world) if index.name == name), None)


def body(world: World, name: str) -> dict[str, Any]:
    """The aliases, the mappings, and the settings by dotted key of an existing index."""
    made = world.resources.find(("index", name))
    if made is not None:
        return _body(world, made)
    index = next(index for index in system_indices.existing(world) if index.name == name)
    return system_index_body(name, index.created, world.version.id)


def store(world: World, name: str, created: int) -> DocumentStore | None:
    """The documents that clients have written into an index, which was created then (epoch ms)."""
    return world.stores.find(name, created)


def delete(world: World, name: str) -> None:
    """Deletes an index with its documents, whoever made it."""
    world.stores.drop(name)
    if world.resources.find(("index", name)) is not None:
        world.resources.delete(("index", name))
    else:
        system_indices.delete(world, name)


def aliases(world: World) -> Iterator[AliasRow]:
    """All aliases of indices that runs and clients have created."""
    for made in _made(world):
        yield from alias_rows(made.id, _body(world, made))


def indices_by_alias(world: World) -> dict[str, list[str]]:
    """Alias -> names of its indices."""
    found: dict[str, list[str]] = {}
    for row in aliases(world):
        found.setdefault(row.alias, []).append(row.index)
    return found


def _body(world: World, made: Made) -> dict[str, Any]:
    """The body of an index. It is made once for each change of the index: every write and search looks at all of them,
    for their aliases.
    """
    held, body = world.index_bodies.get(made.id, (None, {}))
    if held is None or not _is_same(held, made):
        body = body_of(made, world.version)
        if len(world.index_bodies) >= _MOST_BODIES:
            world.index_bodies.clear()
        world.index_bodies[made.id] = made, body
    return {**body, "aliases": dict(body["aliases"]), "settings": dict(body["settings"])}


_MOST_BODIES: Final = 2_000


def _is_same(one: Made, other: Made) -> bool:
    return one is other or (
        one.inputs is other.inputs
        and one.created == other.created
        and (one.changes is other.changes or one.changes == other.changes)
    )


def _made(world: World) -> Iterator[Made]:
    """The indices that runs and clients have made, but for those that are a plugin's by now."""
    of_plugins = {index.name for index in system_indices.existing(world)}
    for made in world.resources.all_of("index"):
        if made.id not in of_plugins:
            yield made
