"""What the cluster serves: operations with their paths, from the routes."""

from mockflow.core.opensearch.operations import ACTIONS
from mockflow.server.endpoints import (
    cat,
    cluster_health,
    cluster_settings,
    cluster_state,
    core_routes,
    indices,
    machine_learning,
    main_page,
    node_stats,
    nodes,
    pipelines,
)
from mockflow.server.endpoints.flow_framework import routes as flow_framework
from tools.reference.markdown import code, document, table

_INTRODUCTION = """\
These operations are served. Their names are those of OpenSearch's API specification, for flow-framework without
`flow_framework.`; where the core has an operation of the same name, that one has `core.` before it. Faults, stubs and
the journal use these names. Other paths get OpenSearch's own error `no handler found`,
or the answer of a stub.
"""
_FAMILIES = {
    "flow-framework": flow_framework.ROUTES,
    "The cluster": (*main_page.ROUTES, *cluster_health.ROUTES, *cluster_settings.ROUTES, *cluster_state.ROUTES),
    "Nodes": (*nodes.ROUTES, *node_stats.ROUTES),
    "Tables": cat.ROUTES,
    "Indices": (*indices.ROUTES, *core_routes.INDICES),
    "Empty lists": core_routes.EMPTY_LISTS,
    "Documents": core_routes.DOCUMENTS,
    "Pipelines": pipelines.ROUTES,
    "Machine learning": machine_learning.ROUTES,
}


def page() -> str:
    sections = []
    for title, routes in _FAMILIES.items():
        calls: dict[str, list[str]] = {}
        for route in routes:
            calls.setdefault(route.operation, []).append(code(f"{route.method} {route.path}"))
        rows = ((code(name), "<br>".join(found), code(ACTIONS[name])) for name, found in calls.items())
        sections.append(f"## {title}\n\n{table(('operation', 'calls', 'permission'), rows)}")
    return document("Operations", "the routes of the server", _INTRODUCTION, *sections)
