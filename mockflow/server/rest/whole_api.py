"""Finds the route of a request among all that OpenSearch has, so that what mockflow does not serve is told apart.

``POST /_bulk`` is no index of that name, and a path that OpenSearch has for other methods lists those of OpenSearch
(docs/reference/opensearch.md, "Routing").
"""

from functools import lru_cache
from typing import Any, Final

from mockflow.core.opensearch.rest_paths import RestPath, rest_paths
from mockflow.server.rest.router import Found, Handler, Missing, Route, Router

_LITERAL: Final = "_"
"""What segments begin with that are no value of a wildcard: names of indices and ids may not."""


def find_route(served: Router[Handler], method: str, path: str) -> Found[Handler] | Missing:
    """The route of `served` for a method and a raw path, else why there is none.

    The table of all paths is read for the first request that may be about one that `served` lacks.
    """
    found = served.find(method, path)
    if is_certain(found):
        return found
    whole = _with_all(served)
    among_all = whole.find(method, path)
    if isinstance(among_all, Found) and isinstance(among_all.route.handler, RestPath):
        return Missing(whole.methods(path), not_served=among_all.route.handler)
    return among_all


def is_certain(found: Found[Handler] | Missing) -> bool:
    """Whether no path of OpenSearch with more literal segments can be meant."""
    return isinstance(found, Found) and not any(value.startswith(_LITERAL) for value in found.values.values())


@lru_cache(1)
def _with_all(served: Router[Any]) -> Router[Any]:
    """The routes that are served and, with a RestPath in place of the handler, those that are not."""
    whole: Router[Any] = Router(served.routes)
    for path in rest_paths():
        whole.add(Route(path.method, path.path, path.operation, path))
    return whole
