"""One document read by the mapping of its index: what it adds to the mapping, and why it is refused.

The order and the texts are those of DocumentParser and FieldMapper.parse (docs/reference/documents.md, "Mappings").

    read = read_document(id, source, mapping)
    read.addition   # {} where the mapping has every field
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.opensearch.documents.dynamic_types import inferred_field
from mockflow.core.opensearch.documents.errors import DocumentError, mapper_parsing
from mockflow.core.opensearch.documents.field_values import WHOLE_ARRAYS, check_value
from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.mappings.mapping_merge import is_object

Node = Mapping[str, Any]

MAX_DEPTH: Final = 200
"""The objects and arrays within each other; OpenSearch's own bound is that of its JSON parser, 1,000."""


@dataclass(frozen=True)
class ReadDocument:
    """What a mapping makes of a document."""

    addition: Mapping[str, Any]
    """The mapping that it adds, with ``properties``; {} if it adds none."""
    indexed: Mapping[str, Any] | None
    """The document with objects in place of dotted keys; None where it has no such keys."""
    fields: int
    """How many fields, objects and multi-fields it adds."""
    deepest: str
    """The full name of the new object that is within the most others; empty for none."""


def read_document(id: str, source: Mapping[str, Any], mapping: Node) -> ReadDocument:
    """Reads a document. Raises DocumentError for one that does not fit the mapping."""
    check_depth(source)
    reader = _Reader(id, mapping)
    added = reader.read_object(source, mapping, "", _dynamic_of(mapping, "true"))
    plain = _plain(source) if reader.has_dots else None
    return ReadDocument({"properties": added} if added else {}, plain, reader.fields, reader.deepest)


def check_depth(source: Mapping[str, Any]) -> None:
    """Raises DocumentError for a document that is nested deeper than `MAX_DEPTH`."""
    level: list[Any] = [source]
    for _ in range(MAX_DEPTH):
        level = [
            part
            for container in level
            for part in _containers(container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return
    raise _too_deep()


def _containers(values: Collection[Any]) -> list[Any]:
    """The objects and arrays among values, of which there may be a million that are none."""
    if not any(issubclass(kind, (dict, list)) for kind in set(map(type, values))):
        return []
    return [value for value in values if isinstance(value, (dict, list))]


def _too_deep() -> DocumentError:
    return mapper_parsing(f"mockflow does not support documents nested deeper than {MAX_DEPTH} objects and arrays")


def _plain(source: Mapping[str, Any]) -> dict[str, Any]:
    """The document with objects in place of dotted keys."""
    plain: dict[str, Any] = {}
    for key, value in source.items():
        first, _, rest = key.partition(".")
        part = {rest: value} if rest else value
        part = _without_dots(part)
        before = plain.get(first)
        both = isinstance(before, dict) and isinstance(part, dict)
        plain[first] = {**before, **part} if both else part  # type: ignore[dict-item]
    return plain


def _without_dots(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain(value)
    return [_without_dots(part) for part in value] if isinstance(value, list) else value


def count_fields(mapping: Node) -> int:
    """How many fields, objects and multi-fields a mapping has, for index.mapping.total_fields.limit."""
    total = 0
    pending = list((mapping.get("properties") or {}).values())
    while pending:
        node = pending.pop()
        total += 1
        pending += (node.get("properties") or {}).values()
        pending += (node.get("fields") or {}).values()
    return total


class _Reader:
    def __init__(self, id: str, root: Node) -> None:
        self._id = id
        self._root = root
        self.has_dots = False
        self.fields = 0
        self.deepest = ""

    def read_object(self, value: Mapping[str, Any], node: Node, path: str, dynamic: str) -> dict[str, dict[str, Any]]:
        """The properties that an object adds to those of `node`."""
        if node.get("enabled") in (False, "false"):
            return {}
        known = node.get("properties") or {}
        added: dict[str, dict[str, Any]] = {}
        for key, part in value.items():
            name, rest = self._split(key, path)
            inner = {rest: part} if rest else part
            if not path and name in _METADATA:
                raise self._metadata_field(name, part)
            mapped = known.get(name) or added.get(name)
            full = f"{path}{name}"
            if mapped is None:
                mapped = self._new(name, full, inner, node, path, dynamic)
                if mapped is None:
                    continue
                added[name] = mapped
            more = self._read_field(inner, mapped, full, dynamic)
            if more:
                entry = added.setdefault(name, {})
                entry["properties"] = _merged(entry.get("properties") or {}, more)
                if entry.get("type") == "object":
                    del entry["type"]
        return added

    def _split(self, key: str, path: str) -> tuple[str, str]:
        """The first part of a dotted name, and the rest."""
        if "." not in key:
            if not key.strip():
                raise mapper_parsing("failed to parse", _illegal("field name cannot be an empty string"))
            return key, ""
        parts = key.split(".")
        if len(parts) > MAX_DEPTH:
            raise _too_deep()
        if not any(parts):
            raise mapper_parsing("failed to parse", _illegal("field name cannot contain only dots"))
        if not all(part.strip() for part in parts):
            reason = f"field name starting or ending with a [.] makes object resolution ambiguous: [{path}{key}]"
            raise mapper_parsing("failed to parse", _illegal(reason))
        self.has_dots = True
        return parts[0], ".".join(parts[1:])

    def _metadata_field(self, name: str, value: Any) -> DocumentError:
        reason = f"Field [{name}] is a metadata field and cannot be added inside a document. Use the index API request "
        return self._failed(name, name, value, mapper_parsing(f"{reason}parameters."))

    def _failed(self, full: str, kind: str, value: Any, cause: DocumentError) -> DocumentError:
        where = f"failed to parse field [{full}] of type [{kind}] in document with id '{self._id}'"
        return mapper_parsing(f"{where}. Preview of field's value: '{java_text(value)}'", cause)

    def _new(self, name: str, full: str, value: Any, node: Node, path: str, dynamic: str) -> dict[str, Any] | None:
        """The mapping of a field that is new; None where it gets none."""
        first = _first(value)
        if first is None:
            return None
        if dynamic in ("strict", "strict_allow_templates"):
            within = path.rstrip(".") or "_doc"
            reason = f"mapping set to strict, dynamic introduction of [{name}] within [{within}] is not allowed"
            raise DocumentError("strict_dynamic_mapping_exception", reason)
        if dynamic in ("false", "false_allow_templates"):
            return None
        node = inferred_field(name, full, first, self._root)
        self.fields += 1 + len(node.get("fields") or ())
        if is_object(node) and full.count(".") >= self.deepest.count("."):
            self.deepest = full
        return node

    def _read_field(self, value: Any, node: Node, full: str, dynamic: str) -> dict[str, dict[str, Any]]:
        if value is None:
            return {}
        if not is_object(node):
            self._read_values(value, node, full)
            return {}
        dynamic = _dynamic_of(node, dynamic)
        added: dict[str, dict[str, Any]] = {}
        for part in value if isinstance(value, list) else (value,):
            if part is None:
                continue
            if isinstance(part, list):
                more = self._read_field(part, node, full, dynamic)
            elif isinstance(part, Mapping):
                seen = {**node, "properties": {**(node.get("properties") or {}), **added}} if added else node
                more = self.read_object(part, seen, f"{full}.", dynamic)
            elif node.get("enabled") in (False, "false"):
                continue
            else:
                name = full.rpartition(".")[2]
                raise mapper_parsing(
                    f"object mapping for [{full}] tried to parse field [{name}] as object, but found a concrete value"
                )
            added = _merged(added, more) if added else more
        return added

    def _read_values(self, value: Any, node: Node, full: str) -> None:
        kind = node["type"]
        if kind == "alias":
            raise mapper_parsing(f"Cannot write to a field alias [{full}].")
        if isinstance(value, list) and kind not in WHOLE_ARRAYS:
            for part in value:
                if part is not None:
                    self._read_values(part, node, full)
            return
        try:
            check_value(value, node)
        except DocumentError as cause:
            if node.get("ignore_malformed") in (True, "true") and not isinstance(value, Mapping):
                return
            raise self._failed(full, kind, value, cause) from None


def _merged(one: Mapping[str, dict[str, Any]], other: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Properties that two objects add; what both add is of one kind, for the second was read with the first's."""
    merged = dict(one)
    for name, node in other.items():
        before = merged.get(name)
        if before is None:
            merged[name] = node
        elif "properties" in node:
            merged[name] = {**before, "properties": _merged(before.get("properties") or {}, node["properties"])}
    return merged


def _dynamic_of(node: Node, inherited: str) -> str:
    value = node.get("dynamic")
    return inherited if value is None else java_text(value).lower()


def _first(value: Any) -> Any:
    """The first value that is not null, within arrays too; None if there is none."""
    if not isinstance(value, list):
        return value
    return next((found for part in value if (found := _first(part)) is not None), None)


def _illegal(reason: str) -> DocumentError:
    return DocumentError("illegal_argument_exception", reason)


_METADATA: Final = frozenset(
    {"_id", "_index", "_routing", "_source", "_version", "_seq_no", "_field_names", "_ignored"}
)
