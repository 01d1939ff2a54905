"""The keys of the scenario language, from the JSON Schema of its models."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockflow.core.scenario.json_schema import json_schema
from tools.reference.markdown import docstring, document, prose
from tools.reference.schema import Definitions

_INTRODUCTION = """\
Every key of a scenario. [Write scenarios](../howto/write-scenarios.md), [Workflows that your program
creates](../howto/created-workflows.md) and [Faults, outages and stubs](../howto/faults.md) show them in use.
`mockflow schema` prints the same as a JSON Schema, with which editors complete and check the keys.

A *time* is text such as `500ms`, `2s`, `3m`, `1h` or `1d`, or `0`. YAML is read by the rules of YAML 1.2: only `true`
and `false` are truth values, and `on` is a key.
"""


def page() -> str:
    schema = json_schema()
    definitions = Definitions(schema["$defs"])
    parts = [definition(definitions, "Scenario", schema)]
    for name in definitions.in_order({"properties": schema["properties"]}):
        parts.append(definition(definitions, name, schema["$defs"][name]))
    return document("Scenario language", "the models of `mockflow/core/scenario/model.py`", _INTRODUCTION, *parts)


def names() -> dict[str, str]:
    """The page of each definition, for other pages."""
    return dict.fromkeys(json_schema()["$defs"], "scenario.md")


def definition(definitions: Definitions, name: str, schema: Mapping[str, Any], level: str = "##") -> str:
    """A section: what it is, its short forms, its keys."""
    parts = [f"{level} {name}", docstring(schema.get("description", ""))]
    if short := [definitions.value(form) for form in _forms(schema) if "properties" not in form]:
        parts.append(prose(f"Short form: {', or '.join(short)}."))
    parts += [definitions.keys(form) for form in _forms(schema) if "properties" in form]
    return "\n\n".join(filter(None, parts))


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The object itself; where there is a choice between it and short forms, each of them."""
    if "properties" in schema:
        yield schema
    else:
        yield from schema.get("anyOf", [schema])
