"""What single ingest processors check besides the kinds of their keys.

Each check gets what was read, by key, with None for what was not given, and raises ConfigurationError. Sources: see
`ingest_processors`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.pipelines.configuration import illegal_argument, property_error, required

Values = Mapping[str, Any]

_CONVERSIONS: Final = frozenset({"integer", "long", "double", "float", "boolean", "string", "ip", "auto"})
_HASH_METHODS: Final = frozenset({"MD5@2.16.0", "SHA-1@2.16.0", "SHA-256@2.16.0", "SHA3-256@2.16.0"})
_PRUNE_TYPES: Final = frozenset({"none", "top_k", "alpha_mass", "max_ratio", "abs_value"})
_CHUNKERS: Final = ("fixed_token_length", "delimiter", "fixed_char_length")
_MAX_PREDICTION_TASKS: Final = 10


def seed(values: Values) -> None:
    if not 0 <= (values["seed"] or 0) <= 65535:
        raise property_error("seed", "seed must be between 0 and 65535")


def conversion(values: Values) -> None:
    if values["type"].lower() not in _CONVERSIONS:
        raise property_error("type", f"type [{values['type']}] not supported, cannot convert field.")


def csv(values: Values) -> None:
    if not values["target_fields"]:
        raise property_error("target_fields", "target fields list can't be empty")
    for name, examples in (("quote", "\" or '"), ("separator", ", or ;")):
        if values[name] is not None and len(values[name]) != 1:
            raise property_error(name, f"{name} has to be single character like {examples}")


def dotted_field(values: Values) -> None:
    field = values["field"]
    if "." not in field:
        raise property_error("field", "field does not contain a dot")
    if field.startswith("."):
        raise property_error("field", "Field can't start with a dot")
    if field.endswith("."):
        raise property_error("field", "Field can't end with a dot")


def fingerprint(values: Values) -> None:
    for name in ("fields", "exclude_fields"):
        if any(not field for field in values[name] or ()):
            raise property_error(name, "field name cannot be null nor empty")
    if values["fields"] and values["exclude_fields"]:
        raise property_error("fields", "either fields or exclude_fields can be set")
    if values["hash_method"] is not None and values["hash_method"].upper() not in _HASH_METHODS:
        raise property_error(
            "hash_method", "hash method must be MD5@2.16.0, SHA-1@2.16.0, SHA-256@2.16.0 or SHA3-256@2.16.0"
        )


def one_processor(values: Values) -> None:
    if len(values["processor"]) != 1:
        raise property_error("processor", "Must specify exactly one processor type")


def grok_patterns(values: Values) -> None:
    if not values["patterns"]:
        raise property_error("patterns", "List of patterns must not be empty")


def json_target(values: Values) -> None:
    if values["add_to_root"] and values["target_field"] is not None:
        raise property_error("target_field", "Cannot set a target field while also setting `add_to_root` to true")


def removed_field(values: Values) -> None:
    _either(values, "field", "exclude_field")


def removed_pattern(values: Values) -> None:
    _either(values, "field_pattern", "exclude_field_pattern")


def script(values: Values) -> None:
    if all(values.get(name) is None for name in ("id", "source", "inline")):
        raise illegal_argument("must specify either [source] for an inline script or [id] for a stored script")


def set_value(values: Values) -> None:
    if values.get("copy_from") is None:
        required(values["value"], "value")


def sort_order(values: Values) -> None:
    order = values["order"]
    if order is not None and order not in ("asc", "desc"):
        raise property_error("order", f"Sort direction [{order}] not recognized. Valid values are: [asc, desc]")


def embedding(values: Values) -> None:
    _batch_size(values)
    _model_id(values)
    _field_map(values)


def sparse_encoding(values: Values) -> None:
    prune = (values.get("prune_type") or "none").lower()
    if prune not in _PRUNE_TYPES:
        raise illegal_argument(f"Unknown prune type: {prune}")
    if prune != "none":
        _prune_ratio(prune, required(values["prune_ratio"], "prune_ratio"))
    elif values.get("prune_ratio") is not None:
        raise illegal_argument("prune_ratio field is not supported when prune_type is not provided")
    embedding(values)


def image_embedding(values: Values) -> None:
    _model_id(values)
    if not values["embedding"].strip():
        raise illegal_argument("embedding is null or empty, can not process it")
    _field_map(values)


def chunking(values: Values) -> None:
    algorithms = values["algorithm"]
    if len(algorithms) > 1:
        raise illegal_argument("Unable to create text_chunking processor as [algorithm] contains multiple algorithms")
    for name, parameters in algorithms.items():
        if not isinstance(parameters, dict):
            raise illegal_argument(
                f"Unable to create text_chunking processor as parameters for [{name}] algorithm must be an object"
            )
        if name not in _CHUNKERS:
            raise illegal_argument(
                f"Chunking algorithm [{name}] is not supported. Supported chunking algorithms are "
                f"[{', '.join(_CHUNKERS)}]"
            )
        _chunker_parameters(parameters)


def _chunker_parameters(parameters: Mapping[str, Any]) -> None:
    for name in ("max_chunk_limit", "token_limit", "char_limit"):
        given = str(parameters.get(name, 1))
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", given):
            raise illegal_argument(f"Parameter [{name}] must be of java.lang.Integer type")
        if name == "max_chunk_limit" and int(given) < -1:
            raise illegal_argument(f"Parameter [{name}] must be positive or -1 to disable this parameter")
        if name != "max_chunk_limit" and int(given) <= 0:
            raise illegal_argument(f"Parameter [{name}] must be positive.")
    for name in ("tokenizer", "delimiter"):
        text = parameters.get(name, name)
        if not isinstance(text, str):
            raise illegal_argument(f"Parameter [{name}] must be of java.lang.String type")
        if not text:
            raise illegal_argument(f"Parameter [{name}] should not be empty.")
    rate = str(parameters.get("overlap_rate", 0))
    if not re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+(e-?[0-9]+)?", rate):
        raise illegal_argument("Parameter [overlap_rate] must be of java.lang.Double type")
    if not 0 <= float(rate) <= 0.5:
        raise illegal_argument(f"Parameter [overlap_rate] must be between 0.0 and 0.5, but was {float(rate)}")


def ingest_inference(values: Values) -> None:
    local_model_input(values)
    given, made = values["input_map"], values["output_map"]
    prediction_tasks(values, given, "input_map")
    if given is not None and made is not None and len(given) != len(made):
        raise illegal_argument("The length of output_map and the length of input_map do no match.")


def local_model_input(values: Values) -> None:
    """A local model needs the description of its input."""
    if (values["function_name"] or "remote").lower() != "remote" and values["model_input"] is None:
        raise illegal_argument("Please provide model input when using a local model in ML Inference Processor")


def prediction_tasks(values: Values, given: list[Any] | None, name: str) -> None:
    most = _MAX_PREDICTION_TASKS if values["max_prediction_tasks"] is None else values["max_prediction_tasks"]
    if given is not None and len(given) > most:
        raise illegal_argument(
            f"The number of prediction task setting in this process is {len(given)}. It exceeds the "
            f"max_prediction_tasks of {most}. Please reduce the size of {name} or increase max_prediction_tasks."
        )


def _either(values: Values, name: str, other: str) -> None:
    if (values[name] is None) == (values[other] is None):
        raise property_error(name, f"either {name} or {other} must be set")


def _batch_size(values: Values) -> None:
    size = values.get("batch_size")
    if size is not None and size < 1:
        raise property_error("batch_size", "batch_size must be a positive integer")


def _model_id(values: Values) -> None:
    if not values["model_id"].strip():
        raise illegal_argument("model_id is null or empty, cannot process it")


def _field_map(values: Values) -> None:
    fields = values["field_map"]
    if not fields or any(not key.strip() or not str(value or "").strip() for key, value in fields.items()):
        raise illegal_argument("Unable to create the processor as field_map has invalid key or value")


def _prune_ratio(prune: str, ratio: float) -> None:
    whole = prune == "top_k"
    valid = ratio > 0 and ratio == int(ratio) if whole else ratio > 0 if prune == "abs_value" else 0 <= ratio < 1
    if not valid:
        what = "prune_ratio should be a positive integer." if whole else "prune_ratio is out of its bounds."
        raise illegal_argument(f"Illegal prune_ratio {ratio:f} for prune_type: {prune}. {what}")
