"""The steps of pipelines, and delete_index (docs/reference/plugin.md, "What steps check")."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from mockflow.core.base.large_texts import LARGE_TEXTS
from mockflow.core.opensearch.json_text import NoObjectError, read_object
from mockflow.core.opensearch.pipelines.check_pipeline import check_ingest_pipeline, check_search_pipeline
from mockflow.core.opensearch.pipelines.configuration import ILLEGAL_ARGUMENT, PARSE, ConfigurationError
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import bad_cast, illegal_argument, no_text, own

_PASSED_ON: Final = frozenset({PARSE, ILLEGAL_ARGUMENT})
"""The types of error whose reason the steps pass on; of others they say only that the step failed."""
_ARRAY_IN_QUOTES: Final = re.compile(r'"\[((?:(?!]").)*)]"|"\[(?:(?!]").)*')
"""The second part takes what is not closed, so that it is looked at once."""


def check_ingest(call: StepCall, around: Surroundings) -> Failure | None:
    return _check(call, around, check_ingest_pipeline)


def check_search(call: StepCall, around: Surroundings) -> Failure | None:
    return _check(call, around, check_search_pipeline)


def check_delete_ingest(call: StepCall, around: Surroundings) -> Failure | None:
    return _check_delete(call, around, "ingest_pipeline")


def check_delete_search(call: StepCall, around: Surroundings) -> Failure | None:
    return _check_delete(call, around, "search_pipeline")


def check_delete_index(call: StepCall, around: Surroundings) -> Failure | None:
    """Why an index cannot be deleted is not passed on."""
    name = call.inputs.get("index_name")
    if failure := no_text(call.inputs, "index_name"):
        return failure
    return (
        None if around.has("index", str(name)) else own(f"Failed to delete the index {name}", _INTERNAL, "index_name")
    )


def pipeline_of(call: StepCall) -> dict[str, Any]:
    """The body that the step sends. Arrays in quotes are arrays. Raises NoObjectError."""
    given = call.inputs["configurations"]
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return _body(text)


def _body(text: str) -> dict[str, Any]:
    return read_object(_ARRAY_IN_QUOTES.sub(_array, text))


def _array(found: re.Match[str]) -> str:
    """The array as Java's Matcher.appendReplacement puts it back, which takes another backslash away."""
    return found[0] if found[1] is None else "[" + _ESCAPED.sub(r"\1", found[1].replace('\\"', '"')) + "]"


def _bad_reference(text: str) -> str | None:
    """What Java's Matcher says of a dollar in an array in quotes: the step puts it back as a pattern's replacement."""
    for found in _ARRAY_IN_QUOTES.finditer(text):
        for dollar in _DOLLAR.finditer(found[1] or ""):
            if dollar[1] is not None:
                return f"No group with name {{{dollar[1]}}}"
            if dollar[2] is not None:
                return "named capturing group is missing trailing '}'"
            if dollar[3] is not None:
                return "Illegal group reference"
    return None


_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_DOLLAR: Final = re.compile(r"\\.|\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|(\{)|(?=([^0-9{]|$)))", re.DOTALL)
"""A dollar that no backslash precedes: with a name in braces, with a brace alone, with neither brace nor digit."""
_INTERNAL: Final = "INTERNAL_SERVER_ERROR"


def _check(call: StepCall, around: Surroundings, check: Callable[..., ConfigurationError | None]) -> Failure | None:
    if failure := no_text(call.inputs, "pipeline_id"):
        return failure
    if not isinstance(call.inputs.get("configurations"), (str, dict)):
        return bad_cast(call.inputs.get("configurations"), "java.lang.String", "configurations")
    given, pipeline_id = call.inputs["configurations"], call.inputs["pipeline_id"]
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    key = check.__name__, call.type, pipeline_id, around.version.minor, around.plugins

    def find() -> Failure | None:
        if message := _bad_reference(text):
            return illegal_argument(message, "configurations")
        try:
            body = _body(text)
        except NoObjectError as no_object:
            return _failed(call, "configurations", f"configurations is no JSON object: {no_object}")
        error = check(pipeline_id, body, around.version.minor, around.plugins)
        if error is None:
            return None
        if error.type in _PASSED_ON:
            return own(error.reason, about="configurations")
        return _failed(call, "configurations", error.reason)

    return LARGE_TEXTS.result(text, key, find)


def _check_delete(call: StepCall, around: Surroundings, kind: str) -> Failure | None:
    if failure := no_text(call.inputs, "pipeline_id"):
        return failure
    return None if around.has(kind, str(call.inputs.get("pipeline_id"))) else _failed(call, "pipeline_id")


def _failed(call: StepCall, about: str, reason: str = "") -> Failure:
    """The step does not pass the reason on."""
    return replace(own(f"Failed step {call.type}", _INTERNAL, about), reason=reason)
