"""The indices and aliases of a cluster (docs/reference/opensearch.md, "Indices")."""

from collections.abc import Iterator

from mockflow.cluster.world import World
from mockflow.core.opensearch.indices import AliasRow, IndexRow, alias_rows, index_row, system_index_row


def indices(world: World) -> Iterator[IndexRow]:
    """All indices: those of the plugin, and those that runs have created."""
    if world.has_templates:
        templates = sum(workflow.stored is not None for workflow in world.workflows.values())
        yield system_index_row(".plugins-flow-framework-templates", world.began, templates)
        yield system_index_row(".plugins-flow-framework-state", world.began, len(world.workflows))
    for made in world.resources.all_of("index"):
        yield index_row(made.id, made.body)


def aliases(world: World) -> Iterator[AliasRow]:
    """All aliases of indices that runs have created."""
    for made in world.resources.all_of("index"):
        yield from alias_rows(made.id, made.body)
