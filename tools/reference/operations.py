"""What the cluster serves: operations with their paths, from the routes."""

from mockflow.core.opensearch.operations import ACTIONS
from mockflow.server.endpoints import main_page
from mockflow.server.endpoints.flow_framework import routes as flow_framework
from mockflow.server.endpoints.other_routes import FAMILIES
from tools.reference.markdown import code, document, table

_INTRODUCTION = """\
These operations are served. Their names are those of OpenSearch's API specification, for flow-framework without
`flow_framework.`; where the core has an operation of the same name, that one has `core.` before it. Faults, stubs and
the journal use these names. Other paths get OpenSearch's own error `no handler found`,
or the answer of a stub.
"""
_FAMILIES = {
    "flow-framework": flow_framework.ROUTES,
    **FAMILIES,
    "The cluster": (*main_page.ROUTES, *FAMILIES["The cluster"]),
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
