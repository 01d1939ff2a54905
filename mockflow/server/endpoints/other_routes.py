"""The routes of all families but flow-framework's and the main page. It is imported for the first such request.

A client that only polls needs none of them, and their modules are most of the server.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from mockflow.server.endpoints import (
    cat,
    cluster_health,
    cluster_settings,
    cluster_state,
    core_routes,
    indices,
    machine_learning,
    node_stats,
    nodes,
    pipelines,
)
from mockflow.server.rest.call import ApiRoute

FAMILIES: Final[Mapping[str, tuple[ApiRoute, ...]]] = {
    "The cluster": (*cluster_health.ROUTES, *cluster_settings.ROUTES, *cluster_state.ROUTES),
    "Nodes": (*nodes.ROUTES, *node_stats.ROUTES),
    "Tables": (*cat.ROUTES,),
    "Indices": (*indices.ROUTES, *core_routes.INDICES),
    "Empty lists": core_routes.EMPTY_LISTS,
    "Documents": core_routes.DOCUMENTS,
    "Pipelines": (*pipelines.ROUTES,),
    "Machine learning": (*machine_learning.ROUTES,),
}
"""The families by their titles in docs/reference/operations.md."""

ROUTES: Final = tuple(chain.from_iterable(FAMILIES.values()))
