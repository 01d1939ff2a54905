"""What the fields of indices are good for: ``_field_caps`` (TransportFieldCapabilitiesAction, FieldCapabilities).

capabilities({"a": mapping}, ["n", "t*"], include_unmapped=False)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.search.errors import not_supported

Node = Mapping[str, Any]


@dataclass(frozen=True)
class _Field:
    type: str
    searchable: bool = False
    aggregatable: bool = False


def capabilities(mappings: Mapping[str, Node], patterns: Iterable[str], *, include_unmapped: bool) -> dict[str, Any]:
    """Field -> type -> its capabilities, over the mappings of indices. Raises SearchError for types not known here."""
    wanted = tuple(patterns)
    merged: dict[str, dict[str, dict[str, _Field]]] = {}  # field -> type -> index
    for index in sorted(mappings):
        for name, field in _chosen(_fields(mappings[index]), wanted).items():
            merged.setdefault(name, {}).setdefault(field.type, {})[index] = field
    if include_unmapped:
        for types in merged.values():
            lacking = [index for index in sorted(mappings) if not any(index in held for held in types.values())]
            if lacking:
                types["unmapped"] = {index: _Field("unmapped") for index in lacking}
    return {
        name: {type: _shown(type, held, with_indices=len(types) > 1) for type, held in types.items()}
        for name, types in merged.items()
    }


def _chosen(fields: Mapping[str, _Field], wanted: tuple[str, ...]) -> dict[str, _Field]:
    """The fields that the patterns name, with the objects above them."""
    found: dict[str, _Field] = {}
    for name, field in fields.items():
        if field.type in _OBJECTS or not any(matches(pattern, name) for pattern in wanted):
            continue
        found[name] = field
        for dot in (place for place, char in enumerate(name) if char == "."):
            above = fields.get(name[:dot])
            if above is not None and above.type in _OBJECTS:
                found[name[:dot]] = above
    return found


def _fields(mapping: Node) -> dict[str, _Field]:
    """All fields by full name, multi-fields and aliases included."""
    found: dict[str, _Field] = {}
    aliases: dict[str, str] = {}
    nodes = [("", mapping)]
    while nodes:
        path, node = nodes.pop()
        for name, field in (node.get("properties") or {}).items():
            full, kind = f"{path}{name}", str(field.get("type", "object"))
            if kind == "alias":
                aliases[full] = str(field.get("path"))
            elif kind in _OBJECTS or "properties" in field:
                found[full] = _Field(kind)
                nodes.append((f"{full}.", field))
            else:
                found[full] = _leaf(kind, field)
                for inner, sub in (field.get("fields") or {}).items():
                    found[f"{full}.{inner}"] = _leaf(str(sub.get("type", "keyword")), sub)
    found |= {name: found[path] for name, path in aliases.items() if path in found}
    return found


def _leaf(kind: str, node: Node) -> _Field:
    is_indexed = node.get("index", True) not in (False, "false")
    if kind == "text":
        return _Field(kind, is_indexed, node.get("fielddata") in (True, "true"))
    if kind == "knn_vector":
        return _Field(kind, False, True)
    return _Field(kind, is_indexed, node.get("doc_values", True) not in (False, "false"))


def _shown(kind: str, held: Mapping[str, _Field], *, with_indices: bool) -> dict[str, Any]:
    if kind not in _KNOWN:
        raise not_supported(f"the capabilities of fields of the type [{kind}]", (f"[{known}]" for known in _KNOWN))
    searchable = [index for index in held if held[index].searchable]
    aggregatable = [index for index in held if held[index].aggregatable]
    shown: dict[str, Any] = {
        "type": kind,
        "searchable": len(searchable) == len(held),
        "aggregatable": len(aggregatable) == len(held),
    }
    if with_indices:
        shown["indices"] = list(held)
    if 0 < len(searchable) < len(held):
        shown["non_searchable_indices"] = [index for index in held if index not in searchable]
    if 0 < len(aggregatable) < len(held):
        shown["non_aggregatable_indices"] = [index for index in held if index not in aggregatable]
    return shown


_OBJECTS: Final = ("object", "nested")
_KNOWN: Final = (
    *("text", "keyword", "boolean", "date", "date_nanos", "ip", "byte", "short", "integer", "long", "unsigned_long"),
    *("half_float", "float", "double", "scaled_float", "geo_point", "knn_vector", "object", "nested", "unmapped"),
)
