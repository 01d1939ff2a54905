"""noop and reindex (docs/reference/plugin.md, "What steps check")."""

import re
from collections.abc import Callable
from typing import Any, Final

from mockflow.core.opensearch.java import is_java_int, java_text
from mockflow.core.opensearch.values import BadValueError, boolean, time_value
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import no_text, own

_DELAY_SINCE: Final = (2, 14)
_NO_RATE: Final = 'Cannot invoke "java.lang.Float.floatValue()" because "<local14>" is null'


def check_noop(call: StepCall, around: Surroundings) -> Failure | None:
    """The delay has to be a time value that is not negative."""
    if "delay" not in call.inputs or around.version.minor < _DELAY_SINCE:
        return None
    try:
        milliseconds = time_value("delay", java_text(call.inputs["delay"]))
    except BadValueError as error:
        return own(error.reason, about="delay")
    return own("timeout value is negative", about="delay") if milliseconds < 0 else None


def delay_of_noop(call: StepCall, around: Surroundings) -> int | None:
    """How long a noop sleeps, in ms; None where it has no delay. The step's time-out does not end the sleep."""
    if "delay" not in call.inputs or check_noop(call, around) or around.version.minor < _DELAY_SINCE:
        return None
    return time_value("delay", java_text(call.inputs["delay"]))


def check_reindex(call: StepCall, around: Surroundings) -> Failure | None:
    """The inputs are read one by one; without requests_per_second the step always fails."""
    if failure := no_text(call.inputs, "source_index", "destination_index"):
        return failure
    for name, read in _REINDEX_INPUTS.items():
        value = call.inputs.get(name)
        if value is None:
            if name == "requests_per_second":
                return Failure("INTERNAL_SERVER_ERROR", _NO_RATE, "NullPointerException", name)
            continue
        try:
            read(java_text(value))
        except BadValueError as error:
            return own(f"Failed to reindex {error.reason}", about=name)
    return _indices(call, around)


def _indices(call: StepCall, around: Surroundings) -> Failure | None:
    source, destination = call.inputs["source_index"], call.inputs["destination_index"]
    names = [name for name in source.split(",") if name]
    if destination in names:
        return own(
            f"Validation Failed: 1: reindex cannot write into an index its reading from [{destination}];",
            about="destination_index",
        )
    if any(not _is_pattern(name) and not around.has("index", name) for name in names):
        return own(f"Failed to reindex from source {source} to {destination}", "INTERNAL_SERVER_ERROR", "source_index")
    return None


def _is_pattern(name: str) -> bool:
    return "*" in name or name in ("_all", "")


def _rate(text: str) -> None:
    """A Java float; a negative one means without limit."""
    if not text.strip():
        raise BadValueError("empty String")
    try:
        rate = float(re.sub(r"(?<=[\d.])[fFdD]$", "", text.strip()).replace("_", "?"))
    except ValueError:
        raise BadValueError(f'For input string: "{text}"') from None
    if rate == 0:
        raise BadValueError(
            "[requests_per_second] must be greater than 0. Use Float.POSITIVE_INFINITY to disable throttling."
        )


def _integer(text: str) -> int:
    if not is_java_int(text):
        raise BadValueError(f'For input string: "{text}"')
    return int(text)


def _most_documents(text: str) -> None:
    if (number := _integer(text)) < 0:
        raise BadValueError(f"[max_docs] parameter cannot be negative, found [{number}]")


def _slices(text: str) -> None:
    if (number := _integer(text)) < 0:
        raise BadValueError(f"[slices] must be at least 0 but was [{number}]")


_REINDEX_INPUTS: Final[dict[str, Callable[[str], Any]]] = {
    "refresh": boolean,
    "requests_per_second": _rate,
    "require_alias": boolean,
    "slices": _slices,
    "max_docs": _most_documents,
}
"""The inputs in the order in which the step reads them."""
