"""Finds the route of a request. What a client that only polls never asks for is imported when it is asked for."""

from functools import lru_cache
from typing import Final

from mockflow.server.endpoints import main_page
from mockflow.server.endpoints.flow_framework import routes as flow_framework
from mockflow.server.rest.call import Handler
from mockflow.server.rest.router import Found, Missing, Router
from mockflow.server.rest.whole_api import find_route, is_certain

_FIRST: Final[Router[Handler]] = Router((*main_page.ROUTES, *flow_framework.ROUTES))


@lru_cache(1)
def router() -> Router[Handler]:
    """The routes of all families of endpoints."""
    from mockflow.server.endpoints import other_routes

    return Router((*_FIRST.routes, *other_routes.ROUTES))


def find(method: str, path: str) -> Found[Handler] | Missing:
    """The route for a method and a raw path, else why there is none."""
    found = _FIRST.find(method, path)
    return found if is_certain(found) else find_route(router(), method, path)
