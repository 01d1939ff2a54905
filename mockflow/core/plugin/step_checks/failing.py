"""Failures of steps, by the exception that the plugin ends with."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.java import failed_cast
from mockflow.core.plugin.failures import Failure

STRING: Final = "java.lang.String"
MAP: Final = "java.util.Map"
_MAPS: Final = "[Ljava.util.Map;"


def own(message: str, status: str = "BAD_REQUEST", about: str | None = None) -> Failure:
    """A WorkflowStepException: the plugin passes a message on. `about` is the input that is wrong."""
    return Failure(status, message, about=about)


def of_plugin(message: str, about: str | None = None) -> Failure:
    """A FlowFrameworkException about the inputs."""
    return Failure("BAD_REQUEST", message, "FlowFrameworkException", about)


def illegal_argument(message: str, about: str | None = None) -> Failure:
    """An IllegalArgumentException that no step turns into one of the plugin's own."""
    return Failure("BAD_REQUEST", message, "IllegalArgumentException", about)


def bad_cast(value: Any, wanted: str, about: str | None) -> Failure:
    """A ClassCastException: an input of a kind that the step does not expect. `wanted` is a class name.

    A list in a node's inputs is an array of maps.
    """
    given = _MAPS if isinstance(value, list) else None
    return Failure("INTERNAL_SERVER_ERROR", failed_cast(value, wanted, given), "java.lang.ClassCastException", about)


def not_found(message: str, about: str | None) -> Failure:
    """A WorkflowStepException about a resource that is not there."""
    return own(message, "NOT_FOUND", about)


def no_text(inputs: Mapping[str, Any], *names: str) -> Failure | None:
    """The failure of the first of these inputs that is given and no text."""
    for name in names:
        value = inputs.get(name)
        if value is not None and not isinstance(value, str):
            return bad_cast(value, STRING, name)
    return None
