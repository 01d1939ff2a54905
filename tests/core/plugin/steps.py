"""Steps for the tests of their checks, and the text of their failure."""

from typing import Any, Final

from mockflow.core.plugin.failures import ERROR_FORMATS
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.table import check_step
from mockflow.core.plugin.versions import parse_version

NEW: Final = "3.8.0"
OLD: Final = "2.19.6"

CONNECTOR: Final[dict[str, Any]] = {
    "name": "c",
    "description": "d",
    "version": "1",
    "protocol": "http",
    "parameters": {"endpoint": "models.example.com"},
    "credential": {"key": "secret"},
    "actions": [{"action_type": "predict", "method": "POST", "url": "https://${parameters.endpoint}/v1/x"}],
}
ML: Final = frozenset({"connector", "model", "model_group", "agent"})


_OF_THE_CALL: Final = ("previous_node_inputs", "outputs", "workflow_id")


def around(release: str = NEW, **changes: Any) -> Surroundings:
    """A cluster in which there has been ML resources of every kind."""
    return Surroundings(parse_version(release), **{"ml_indices": ML, **changes})


def call(type: str, inputs: dict[str, Any], **changes: Any) -> StepCall:
    return StepCall("s", type, inputs, **changes)


def error(type: str, inputs: dict[str, Any], release: str = NEW, **changes: Any) -> str | None:
    """The error text of the failed step in the words of the release; None where it succeeds.

    `changes` are those of the cluster, but those of the call: previous_node_inputs, outputs and workflow_id.
    """
    of_call = {name: changes.pop(name) for name in _OF_THE_CALL if name in changes}
    surroundings = around(release, **changes)
    failure = check_step(call(type, inputs, **of_call), surroundings)
    return ERROR_FORMATS[surroundings.version.behaviour.step_error]("s", failure) if failure else None


def both(message: str, status: str = "BAD_REQUEST") -> tuple[str, str]:
    """The texts of a WorkflowStepException in 3.8.0 and 2.19.6."""
    return f"WorkflowStepException during step s, {message}, restStatus: {status}", old(message, status)


def old(message: str, status: str = "BAD_REQUEST") -> str:
    """The text of a failure in 2.19.6."""
    return f"{message} during step s, restStatus: {status}"


def foreign(exception: str, message: str, status: str = "BAD_REQUEST") -> tuple[str, str]:
    """The texts of an exception that is not the plugin's: 3.8.0 keeps its message to itself."""
    return f"{exception} during step s, restStatus: {status}", old(message, status)
