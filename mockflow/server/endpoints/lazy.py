"""Handlers whose module is imported for their first request, so that a server starts without it."""

from importlib import import_module
from typing import Final

from mockflow.server.rest.call import Action, Call, Handler

_ENDPOINTS: Final = "mockflow.server.endpoints"


def lazily(module: str, name: str) -> Handler:
    """The handler `name` of a module of this package."""

    def handle(call: Call) -> Action:
        handler: Handler = getattr(import_module(f"{_ENDPOINTS}.{module}"), name)
        return handler(call)

    return handle
