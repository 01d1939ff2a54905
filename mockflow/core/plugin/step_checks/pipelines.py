"""The steps of pipelines, and delete_index (docs/reference/plugin.md, "What steps check")."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from mockflow.core.base.large_texts import LARGE_TEXTS
from mockflow.core.opensearch.json_text import NoObjectError, read_object
from mockflow.core.opensearch.pipelines.check_pipeline import check_ingest_pipeline, check_search_pipeline
from mockflow.core.opensearch.pipelines.configuration import ILLEGAL_ARGUMENT, PARSE, ConfigurationError
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.pipeline_text import bad_reference, sent_text
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import bad_cast, illegal_argument, no_text, own

_PASSED_ON: Final = frozenset({PARSE, ILLEGAL_ARGUMENT})
"""The types of error whose reason the steps pass on; of others they say only that the step failed."""


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
        if message := bad_reference(text):
            return illegal_argument(message, "configurations")
        try:
            body = read_object(sent_text(text))
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
