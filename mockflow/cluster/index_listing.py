"""The indices and aliases of a cluster (docs/reference/opensearch.md, "Indices")."""

from collections.abc import Iterator
from typing import Any

from mockflow.cluster import system_indices
from mockflow.cluster.world import World
from mockflow.core.opensearch.indices.listing import AliasRow, IndexRow, alias_rows, index_row, system_index_row
from mockflow.core.opensearch.system_indices import system_index_body
from mockflow.core.plugin.resources import body_of


def indices(world: World) -> Iterator[IndexRow]:
    """All indices: those of the plugins, and those that runs have created."""
    for index in system_indices.existing(world):
        yield system_index_row(index.name, index.created, index.documents)
    for made in world.resources.all_of("index"):
        yield index_row(made.id, body_of(made, world.version))


def names(world: World) -> list[str]:
    """The names of all indices, in the order of `indices`."""
    made = (made.id for made in world.resources.all_of("index"))
    return [*(index.name for index in system_indices.existing(world)), *made]


def body(world: World, name: str) -> dict[str, Any]:
    """The aliases, the mappings, and the settings by dotted key of an existing index."""
    made = world.resources.find(("index", name))
    if made is not None:
        return body_of(made, world.version)
    index = next(index for index in system_indices.existing(world) if index.name == name)
    return system_index_body(name, index.created, world.version.id)


def delete(world: World, name: str) -> None:
    """Deletes an index, whichever workflow or plugin made it."""
    if world.resources.find(("index", name)) is not None:
        world.resources.delete(("index", name))
    else:
        system_indices.delete(world, name)


def aliases(world: World) -> Iterator[AliasRow]:
    """All aliases of indices that runs have created."""
    for made in world.resources.all_of("index"):
        yield from alias_rows(made.id, body_of(made, world.version))
