"""JSON Schemas as tables of keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.reference.markdown import anchor, code, codes, table

Schema = Mapping[str, Any]
_DURATION = "(ms|s|m|h|d)"
_MANY = 12  # names that a cell lists
_LISTS = {
    "get_status": "[operation](operations.md)",
    "circuit_breaker": "[preset](presets.md)",
    "GATEWAY_TIMEOUT": "the name of an HTTP status",
}
_HEADS = ("key", "value", "meaning")


class Definitions:
    """Schemas by name, and on which page each one is described (empty: on the same)."""

    def __init__(self, schemas: Mapping[str, Schema], pages: Mapping[str, str] | None = None) -> None:
        self.schemas = schemas
        self._pages = pages or {}

    def keys(self, schema: Schema) -> str:
        """The table of an object's keys."""
        required = schema.get("required", ())
        return table(
            _HEADS,
            (
                (code(name), self.value(key), _meaning(key) or ("required" if name in required else ""))
                for name, key in schema.get("properties", {}).items()
            ),
        )

    def value(self, schema: Schema) -> str:
        """What a value is, in words."""
        return ", or ".join(dict.fromkeys(filter(None, self._values(schema)))) or "anything"

    def used_by(self, schema: Any) -> Iterator[str]:
        """The names of the definitions that a schema refers to, in order."""
        if isinstance(schema, Mapping):
            if "$ref" in schema:
                yield _name(schema)
            for part in schema.values():
                yield from self.used_by(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from self.used_by(part)

    def in_order(self, *roots: Schema) -> list[str]:
        """The names of all definitions below the roots, in the order of their first use, each with what it uses."""
        found: dict[str, None] = {}
        waiting = [name for root in roots for name in self.used_by(root)]
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                waiting = [*self.used_by(self.schemas[name]), *waiting]
        return list(found)

    def link(self, name: str) -> str:
        return f"[{name}]({self._pages.get(name, '')}#{anchor(name)})"

    def _values(self, schema: Schema) -> Iterator[str]:
        if "$ref" in schema:
            yield self.link(_name(schema))
        elif "const" in schema:
            yield "" if schema["const"] == 0 else code(_written(schema["const"]))
        elif "enum" in schema:
            yield _choice(schema["enum"])
        elif "anyOf" in schema:
            for part in schema["anyOf"]:
                yield from self._values({**part, "type": part.get("type", schema.get("type"))} if part else part)
        elif schema.get("type") == "array":
            items = self.value(schema.get("items", {}))
            yield f"list of ({items})" if "," in items else f"list of {items}"
        elif schema.get("type") == "object":
            inner = schema.get("additionalProperties")
            values = isinstance(inner, Mapping) and inner and self.value(inner)
            yield f"object: name to {values}" if values else "object"
        elif schema.get("type") == "null":
            yield ""
        elif _DURATION in schema.get("pattern", ""):
            yield "time"
        elif schema.get("type"):
            yield _bounded({"string": "text", "integer": "whole number", "boolean": "true or false"}, schema)


def _choice(names: list[Any]) -> str:
    """The names; of long lists only where they are found."""
    if len(names) <= _MANY:
        return codes(map(_written, names))
    return next((words for name, words in _LISTS.items() if name in names), "a name")


def _bounded(words: Mapping[str, str], schema: Schema) -> str:
    word = words.get(schema["type"], schema["type"])
    least, most = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    if least is not None and most is not None and abs(most) < 10**15:
        return f"{word} from {_number(least)} to {_number(most)}"
    return word


def _number(value: float) -> str:
    return f"{int(value) if value == int(value) else value:,}"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meaning(schema: Schema) -> str:
    return " ".join(str(schema.get("description", "")).split())


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
