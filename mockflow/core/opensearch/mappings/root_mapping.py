"""What the root of a mapping may have besides fields: ``dynamic``, dynamic templates, ``_source`` and its like.

The texts are those of ObjectMapper, DynamicTemplate and MetadataFieldMapper.
"""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.java import failed_cast, java_text
from mockflow.core.opensearch.mappings.field_parameters import read_bool
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.index_settings import Minor

Node = Mapping[str, Any]


def check_dynamic(value: Any, minor: Minor) -> None:
    words = {"strict": (0, 0), "strict_allow_templates": (2, 16), "false_allow_templates": (3, 3)}
    if minor < words.get(java_text(value).lower(), (99, 0)):
        read_bool("dynamic.dynamic", value)


def check_templates(value: Any) -> None:
    """Dynamic templates: a list of objects with one key each."""
    if not isinstance(value, list):
        raise RefusedError("Dynamic template syntax error. An array of named objects is expected.")
    for template in value:
        if not isinstance(template, dict):
            raise RefusedError(failed_cast(template))
        if len(template) != 1:
            raise RefusedError("A dynamic template must be defined with a name")
        (parameters,) = template.values()
        if not isinstance(parameters, dict):
            raise RefusedError(failed_cast(parameters))
        _check_template(parameters)


def _check_template(parameters: Node) -> None:
    for key in hash_map_order(parameters):
        if key not in _TEMPLATE_KEYS:
            raise RefusedError(f"Illegal dynamic template parameter: [{key}]")
    if not parameters.keys() & {"match", "path_match", "match_mapping_type"}:
        raise RefusedError("template must have match, path_match or match_mapping_type set")
    if "mapping" not in parameters:
        raise RefusedError("template must have mapping set")
    matched = parameters.get("match_mapping_type", "*")
    if matched != "*" and matched not in _JSON_TYPES:
        raise RefusedError(
            f"No field type matched on [{java_text(matched)}], possible values are [{', '.join(_JSON_TYPES)}]"
        )
    if parameters.get("match_pattern", "simple") not in ("simple", "regex"):
        raise RefusedError(f"No matching pattern matched on [{java_text(parameters['match_pattern'])}]")


def read_metadata(key: str, value: Any) -> bool:
    """``_source`` and its like; whether the key is one of those."""
    if key not in _METADATA:
        return False
    if not isinstance(value, dict):
        raise RefusedError("[_parent] must be an object containing [type]")
    known = _METADATA[key]
    if known is None:
        raise RefusedError(f"{key} is not configurable")
    for parameter in hash_map_order(value):
        if parameter not in known and parameter != "type":
            raise RefusedError(f"unknown metadata parameter [{parameter}] on metadata field [{key}]")
        if known.get(parameter) == "bool":
            _check_bool(value[parameter])
    return True


def _check_bool(value: Any) -> None:
    if java_text(value) not in ("true", "false", ""):
        raise RefusedError(f"Failed to parse value [{java_text(value)}] as only [true] or [false] are allowed.")


_TEMPLATE_KEYS: Final = frozenset(
    {"match", "path_match", "unmatch", "path_unmatch", "match_mapping_type", "match_pattern", "mapping"}
)
_JSON_TYPES: Final = ("object", "string", "long", "double", "boolean", "date", "binary")
# Of the fields that a mapping has by itself: the parameters, or None where there is nothing to configure.
_METADATA: Final[Mapping[str, Mapping[str, str] | None]] = {
    "_source": {
        "enabled": "bool",
        "includes": "list",
        "excludes": "list",
        "recovery_source_enabled": "bool",
        "recovery_source_includes": "list",
        "recovery_source_excludes": "list",
    },
    "_routing": {"required": "bool"},
    "_field_names": {"enabled": "bool"},
    "_data_stream_timestamp": {"enabled": "bool", "timestamp_field": "any"},
    **dict.fromkeys(("_ignored", "_id", "_index", "_nested_path", "_version", "_seq_no", "_doc_count")),
}
