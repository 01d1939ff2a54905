"""Handlers whose module is imported for their first request, so that a server starts without it."""

from importlib import import_module

from mockflow.server.rest.call import Action, Call, Handler


class Later:
    """A handler that is imported when it is first called."""

    def __init__(self, name: str) -> None:
        self.name = name
        """The module below `mockflow.server.endpoints`, a colon, and the function."""
        self._handler: Handler | None = None

    def __call__(self, call: Call) -> Action:
        if self._handler is None:
            self._handler = self.made()
        return self._handler(call)

    def made(self) -> Handler:
        """The handler, made of the function."""
        return self.imported()

    def imported(self) -> Handler:
        """The function itself."""
        module, _, function = self.name.partition(":")
        handler: Handler = getattr(import_module(f"mockflow.server.endpoints.{module}"), function)
        return handler
