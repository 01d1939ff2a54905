"""What single processors of search pipelines check besides the kinds of their keys. Sources: `search_processors`."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.java import as_double, java_text
from mockflow.core.opensearch.pipelines.configuration import (
    Configuration,
    illegal_argument,
    property_error,
    required,
    wrong_kind,
)
from mockflow.core.opensearch.pipelines.processor_checks import Values, local_model_input, prediction_tasks

_NORMALIZATIONS: Final = frozenset({"min_max", "l2", "z_score"})
_COMBINATIONS: Final = frozenset({"arithmetic_mean", "geometric_mean", "harmonic_mean"})
_RERANK_TYPES: Final = ("ml_opensearch", "by_field")
_WEIGHTS_TOLERANCE: Final = 0.01
_LONGEST_AGENT_ID: Final = 100


def filter_query(values: Values) -> None:
    if values["query"] is None:
        raise illegal_argument("Did not specify the query property in processor of type filter_query")


def oversample(values: Values) -> None:
    if values["sample_factor"] < 1:
        raise property_error("sample_factor", "Value must be >= 1.0")


def truncate_hits(values: Values) -> None:
    if (values["target_size"] or 0) < 0:
        raise property_error("target_size", "Value must be >= 0")


def query_enricher(values: Values) -> None:
    if values["default_model_id"] is None and values["neural_field_default_id"] is None:
        raise illegal_argument("model Id or neural info map either of them should be provided")


def agent_id(values: Values) -> None:
    if not values["agent_id"].strip():
        raise illegal_argument("agent_id is required for agentic_query_translator processor")
    if len(values["agent_id"]) > _LONGEST_AGENT_ID:
        raise illegal_argument(f"agent_id exceeds maximum length of {_LONGEST_AGENT_ID} characters")


def request_inference(values: Values) -> None:
    given = _both(values["input_map"], values["optional_input_map"])
    made = _both(values["output_map"], values["optional_output_map"])
    for maps, name in ((given, "input_map or optional_input_map"), (made, "output_map or optional_output_map")):
        if not maps:
            raise illegal_argument(
                f"Please provide at least one non-empty {name} for ML Inference Search Request Processor"
            )
    local_model_input(values)
    prediction_tasks(values, given, "input_map or optional_input_map")
    if len(given) != len(made):
        raise illegal_argument(
            "when output_maps/optional_output_maps and input_maps/optional_input_maps are provided, their length needs "
            f"to match. The input is in length of {len(given)}, while output_maps is in the length of {len(made)}. "
            "Please adjust mappings."
        )


def response_inference(values: Values) -> None:
    local_model_input(values)
    given, made = values["input_map"], values["output_map"]
    prediction_tasks(values, given, "input_map")
    if given is not None and made is not None and len(given) != len(made):
        raise illegal_argument(
            "when output_maps and input_maps are provided, their length needs to match. The input_maps is in length of "
            f"{len(given)}, while output_maps is in the length of {len(made)}. Please adjust mappings."
        )


def context_fields(values: Values) -> None:
    if not values["context_field_list"]:
        raise property_error("context_field_list", "required property can't be empty.")


def rerank(values: Values) -> None:
    known = [name for name in _RERANK_TYPES if name in values]
    given = [name for name in known if values[name] is not None]
    if not given:
        raise illegal_argument(f"No rerank type found. Possible rerank types are: [{', '.join(known)}]")
    if len(given) > 1:
        raise illegal_argument(f"Multiple rerank types found: [{', '.join(given)}]. Only one is permitted.")
    if given[0] == "ml_opensearch":
        _rerank_context(required(values["context"], "context"))
    if not isinstance(values[given[0]], dict):
        raise wrong_kind(given[0], "a map", values[given[0]])
    configuration = Configuration(values[given[0]])
    if given[0] == "ml_opensearch":
        required(configuration.take_string("model_id"), "model_id")
        return
    required(configuration.take_string("target_field"), "target_field")
    configuration.take_boolean("remove_target_field")
    configuration.take_boolean("keep_previous_score")


def normalization(values: Values) -> None:
    technique = _technique(values["normalization"])
    if technique is not None and technique not in _NORMALIZATIONS:
        raise illegal_argument("provided normalization technique is not supported")
    _combination(values["combination"], _COMBINATIONS)


def score_ranker(values: Values) -> None:
    _combination(values["combination"], frozenset({"rrf"}))


def _combination(clause: Mapping[str, Any] | None, known: frozenset[str]) -> None:
    technique = _technique(clause)
    if technique is not None and technique not in known:
        raise illegal_argument("provided combination technique is not supported")
    parameters = Configuration(clause or {}).take_map("parameters")
    if parameters and "weights" in parameters:
        _weights(parameters["weights"])


def _technique(clause: Mapping[str, Any] | None) -> str | None:
    return Configuration(clause or {}).take_string("technique")


def _weights(weights: Any) -> None:
    numbers = [number for number in weights if isinstance(number, (int, float))] if isinstance(weights, list) else []
    if not isinstance(weights, list) or len(numbers) < len(weights):
        raise illegal_argument("parameter [weights] must be a collection of numbers")
    shown = java_text([as_double(number) for number in numbers])
    if any(not 0 <= number <= 1 for number in numbers):
        raise illegal_argument(f"all weights must be in range [0.0 ... 1.0], submitted weights: {shown}")
    if numbers and abs(sum(numbers) - 1) > _WEIGHTS_TOLERANCE:
        raise illegal_argument(f"sum of weights for combination must be equal to 1.0, submitted weights: {shown}")


def _rerank_context(context: Mapping[str, Any]) -> None:
    for name, value in context.items():
        if name != "document_fields":
            raise illegal_argument(f"unrecognized context field: {name}")
        if not isinstance(value, list):
            raise illegal_argument("document_fields must be a list of strings")


def _both(maps: list[Any] | None, others: list[Any] | None) -> list[Any]:
    return [*(maps or ()), *(others or ())]
