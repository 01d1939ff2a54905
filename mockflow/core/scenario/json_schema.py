"""The JSON Schema of a scenario document, for editors. It is the same with every release of pydantic."""

from typing import Any, Final

from mockflow.core.scenario.model import LANGUAGE_VERSION, Scenario
from mockflow.core.scenario.short_forms import allow_short_forms


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12)."""
    generated = _plain(Scenario.model_json_schema())
    definitions = generated.pop("$defs")
    allow_short_forms(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"mockflow scenario, version {LANGUAGE_VERSION}",
        **{key: generated[key] for key in _ORDER if key in generated},
        "anyOf": _ABOUT_WHOM,
        "$defs": dict(sorted(definitions.items())),
    }


def _present(key: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"required": [key], "properties": {key: value}}


_NOT_NULL: Final = {"not": {"type": "null"}}
# As `rules` have it: a scenario without a workflow is about the cluster, and has no run.
_ABOUT_WHOM: Final = [
    _present("workflow_id", _NOT_NULL),
    _present("match", _NOT_NULL),
    {
        "description": "Without workflow_id and match, the scenario is about the whole cluster.",
        "anyOf": [_present(key, {"minItems": 1}) for key in ("faults", "outages", "stubs", "models")]
        + [_present("use_cases", {"minProperties": 1})],
        "not": {"anyOf": [_present(key, _NOT_NULL) for key in ("template", "provision", "reprovision", "deprovision")]},
    },
]

# The keywords that are kept, in this order. Of the others, `title` only repeats the key, `default` is in the
# description, and `propertyNames` and `format` depend on the release of pydantic.
_ORDER: Final = (
    *("description", "$ref", "const", "enum", "type", "anyOf", "oneOf", "allOf", "required", "properties"),
    *("additionalProperties", "items", "minItems", "maxItems", "pattern", "minLength", "maxLength"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"),
)


def _plain(schema: Any) -> Any:
    """A schema with the keywords of `_ORDER`, whatever release of pydantic has made it."""
    if not isinstance(schema, dict):
        return schema
    schema = _in_one_form(schema)
    plain: dict[str, Any] = {}
    for key in _ORDER:
        if key not in schema:
            continue
        value = schema[key]
        if key == "properties":
            plain[key] = {name: _plain(inner) for name, inner in value.items()}
        elif key == "anyOf":
            plain[key] = [choice for inner in value for choice in _choices(_plain(inner))]
        elif isinstance(value, list) and key in ("oneOf", "allOf"):
            plain[key] = [_plain(inner) for inner in value]
        elif key != "additionalProperties" or value is not True:
            plain[key] = int(value) if isinstance(value, float) and value.is_integer() else _plain(value)
    if "$defs" in schema:
        plain["$defs"] = {name: _plain(inner) for name, inner in schema["$defs"].items()}
    return plain


def _in_one_form(schema: dict[str, Any]) -> dict[str, Any]:
    """The form of which older and newer releases of pydantic have variants."""
    schema = dict(schema)
    if isinstance(listed := schema.get("allOf"), list) and len(listed) == 1:  # before 2.9, around a $ref
        schema |= listed[0]
        del schema["allOf"]
    if isinstance(listed := schema.get("enum"), list) and len(listed) == 1:  # before 2.10, beside const
        schema["const"] = listed[0]
        del schema["enum"]
    if "const" in schema:
        schema.pop("type", None)
    if schema.get("type") == "array" and "minLength" in schema:  # where a validator stands before the list
        schema["minItems"] = schema.pop("minLength")
    return schema


def _choices(schema: dict[str, Any]) -> list[Any]:
    """The alternatives of a schema that has nothing else, so that they stand in one list with those around it."""
    return list(schema["anyOf"]) if schema.keys() == {"anyOf"} else [schema]
