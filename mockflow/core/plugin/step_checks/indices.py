"""create_index and update_index (docs/reference/plugin.md, "What steps check")."""

from collections.abc import Container
from dataclasses import dataclass

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.create_index import IndexEnvironment, refusal_of_create, step_refusal
from mockflow.core.opensearch.indices.update_index import refusal_of_update_settings
from mockflow.core.opensearch.refusal import Refusal
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import bad_cast, no_text
from mockflow.core.plugin.step_checks.index_inputs import configurations_of


def check_create(call: StepCall, around: Surroundings) -> Failure | None:
    """A configuration that cannot be read fails the step, and its index may be made all the same."""
    if failure := _no_input(call):
        return failure
    name = call.inputs["index_name"]
    return _failure(refusal_of_create(name, configurations_of(call.inputs), _environment(around)), name)


def taken_name(call: StepCall, around: Surroundings) -> Failure | None:
    """The failure of a step that creates an index which exists."""
    name = call.inputs.get("index_name")
    if call.type != "create_index" or not isinstance(name, str) or not around.is_taken("index", name):
        return None
    message = f"index [{name}/{opensearch_uuid('index', name)}] already exists"
    refusal = Refusal(message, "ResourceAlreadyExistsException")
    return _failure(step_refusal(refusal, f"Failed to create the index {name}", _environment(around)), name)


def check_update(call: StepCall, around: Surroundings) -> Failure | None:
    """Only settings that differ from those of the index are sent."""
    if failure := _no_input(call):
        return failure
    name = call.inputs["index_name"]
    refusal = refusal_of_update_settings(
        name,
        configurations_of(call.inputs),
        around.settings_of(name),
        opensearch_uuid("index", name),
        _environment(around),
    )
    return _failure(refusal, name)


def _no_input(call: StepCall) -> Failure | None:
    if failure := no_text(call.inputs, "index_name"):
        return failure
    value = call.inputs["configurations"]
    return None if isinstance(value, (str, dict)) else bad_cast(value, "java.lang.String", "configurations")


@dataclass(frozen=True)
class _Indexes(Container[str]):
    around: Surroundings

    def __contains__(self, name: object) -> bool:
        return self.around.is_taken("index", str(name))


def _environment(around: Surroundings) -> IndexEnvironment:
    return IndexEnvironment(
        minor=around.version.minor,
        plugins=around.plugins,
        indexes=_Indexes(around),
        aliases=around.aliases,
        passes_on_reasons=around.version.behaviour.tells_why_no_index,
    )


def _failure(refusal: Refusal | None, name: str) -> Failure | None:
    if refusal is None:
        return None
    about = "index_name" if f"[{name}" in refusal.message else "configurations"
    return Failure(refusal.status, refusal.message, refusal.exception, about, leaves_resource=refusal.leaves_index)
