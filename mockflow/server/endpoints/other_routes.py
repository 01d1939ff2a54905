"""The routes of all families but flow-framework's and the main page. It is imported for the first such request.

A client that only polls needs none of them, and their modules are most of the server.
"""

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

ROUTES: Final = (
    *cluster_health.ROUTES,
    *cluster_settings.ROUTES,
    *cluster_state.ROUTES,
    *nodes.ROUTES,
    *node_stats.ROUTES,
    *cat.ROUTES,
    *indices.ROUTES,
    *core_routes.ROUTES,
    *pipelines.ROUTES,
    *machine_learning.ROUTES,
)
