"""Two mappings of one index put together, and what cannot be put together.

The texts are those of ObjectMapper.merge, FieldMapper.merge and ParametrizedFieldMapper (docs/reference/opensearch.md,
"Mappings and index settings").
"""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.refusal import RefusedError

Node = Mapping[str, Any]


def merged_mapping(base: Node, addition: Node) -> dict[str, Any]:
    """The mapping with the fields and options of `addition`, fields sorted by name. It checks nothing."""
    return _merged_object(base, with_objects(addition))


def check_merge(base: Node, addition: Node) -> None:
    """Raises RefusedError where a field of `base` cannot become what `addition` says."""
    _check_properties(base, with_objects(addition), "")


def check_dotted_names(mapping: Node) -> None:
    """Raises RefusedError for a dotted name that makes a field of what is something else in the same mapping."""
    _built(mapping, "")


def _built(node: Node, path: str) -> Node:
    """The object with objects for dotted names, put together as ObjectMapper.Builder.build does, a HashMap's order."""
    if node.get("disable_objects") in (True, "true"):
        return node
    built: dict[str, Any] = {}
    properties = node.get("properties") or {}
    for name in hash_map_order(properties):
        first, _, rest = name.partition(".")
        one = {"properties": {rest: properties[name]}} if rest else properties[name]
        if not first or not isinstance(one, Mapping):
            continue
        full = f"{path}{first}"
        if is_object(one):
            one = _built(one, f"{full}.")
        if first in built:
            _check_field(built[first], one, full)
            one = _merged_field(built[first], one)
        built[first] = one
    return {**node, "properties": built} if built else node


def with_objects(mapping: Node) -> dict[str, Any]:
    """The mapping with objects for dotted names, sorted, and without ``"type": "object"`` where it is implied."""
    shown = dict(mapping)
    properties: dict[str, Any] = {}
    for name, node in (mapping.get("properties") or {}).items():
        first, _, rest = name.partition(".") if name.strip(".") == name else (name, "", "")
        one = {"properties": {rest: node}} if rest else node
        if not isinstance(one, Mapping):
            continue
        one = with_objects(one)
        properties[first] = _merged_object(properties[first], one) if first in properties else one
    if properties:
        shown["properties"] = dict(sorted(properties.items()))
        if shown.get("type") == "object":
            del shown["type"]
    elif "properties" in shown:
        del shown["properties"]
        if "type" not in shown and set(shown) <= _OF_OBJECTS:
            shown["type"] = "object"
    return shown


def _merged_object(base: Node, addition: Node) -> dict[str, Any]:
    merged = {**base, **{key: value for key, value in addition.items() if key != "properties"}}
    if "properties" in addition:
        properties = dict(base.get("properties") or {})
        for name, node in addition["properties"].items():
            known = properties.get(name)
            properties[name] = node if known is None else _merged_field(known, node)
        merged["properties"] = dict(sorted(properties.items()))
        if merged.get("type") == "object":
            del merged["type"]
    return merged


def _merged_field(known: Node, node: Node) -> dict[str, Any]:
    if is_object(known) or is_object(node):
        return _merged_object(known, node)
    fields = {**(known.get("fields") or {}), **(node.get("fields") or {})}
    return {**node, "fields": fields} if fields else dict(node)


def is_object(node: Node) -> bool:
    """Whether a field is an object or nested."""
    return "properties" in node or node.get("type", "object") in ("object", "nested")


def _check_properties(base: Node, addition: Node, path: str) -> None:
    known = base.get("properties") or {}
    for name, node in (addition.get("properties") or {}).items():
        if name in known:
            _check_field(known[name], node, f"{path}{name}")


def _check_field(known: Node, node: Node, full: str) -> None:
    if is_object(known):
        if not is_object(node):
            raise RefusedError(f"can't merge a non object mapping [{full}] with an object mapping")
        was_nested, is_nested = known.get("type") == "nested", node.get("type") == "nested"
        if was_nested != is_nested:
            kinds = ("nested", "non-nested") if was_nested else ("non-nested", "nested")
            message = f"cannot change object mapping from {kinds[0]} to {kinds[1]}"
            raise RefusedError(message, "MapperException", "INTERNAL_SERVER_ERROR")
        _check_properties(known, node, f"{full}.")
        return
    if is_object(node):
        raise RefusedError(f"mapper [{full}] cannot be changed from type [{known.get('type')}] to [ObjectMapper]")
    if known.get("type") != node.get("type"):
        raise RefusedError(f"mapper [{full}] cannot be changed from type [{known.get('type')}] to [{node.get('type')}]")
    _check_parameters(known, node, full)
    for name, inner in (node.get("fields") or {}).items():
        if name in (known.get("fields") or {}):
            _check_field(known["fields"][name], inner, f"{full}.{name}")


def _check_parameters(known: Node, node: Node, full: str) -> None:
    kind = str(known.get("type"))
    conflicts = []
    defaults = {**_DEFAULTS, **_DEFAULTS_OF.get(kind, {})}
    for name in sorted({*known, *node} - _UPDATABLE - _UPDATABLE_OF.get(kind, frozenset())):
        before, after = (one.get(name, defaults.get(name)) for one in (known, node))
        if java_text(before) != java_text(after):
            conflicts.append(f"Cannot update parameter [{name}] from [{java_text(before)}] to [{java_text(after)}]")
    if conflicts:
        raise RefusedError("\n\t".join((f"Mapper for [{full}] conflicts with existing mapper:", *conflicts)))


_OF_OBJECTS: Final = frozenset({"dynamic", "enabled"})
_UPDATABLE: Final = frozenset({"type", "fields", "copy_to", "meta", "boost"})
_NUMBER: Final = frozenset({"ignore_malformed", "coerce"})
_UPDATABLE_OF: Final[Mapping[str, frozenset[str]]] = {
    "text": frozenset({"fielddata", "fielddata_frequency_filter", "search_analyzer", "search_quote_analyzer"}),
    "keyword": frozenset({"ignore_above", "split_queries_on_whitespace", "norms"}),
    **dict.fromkeys(
        ("long", "integer", "short", "byte", "double", "float", "half_float", "scaled_float", "unsigned_long"), _NUMBER
    ),
    "date": frozenset({"ignore_malformed"}),
    "date_nanos": frozenset({"ignore_malformed"}),
    "ip": frozenset({"ignore_malformed"}),
    "alias": frozenset({"path"}),
}
_DEFAULTS: Final[Mapping[str, Any]] = {
    "index": True,
    "doc_values": True,
    "store": False,
    "norms": True,
    "eager_global_ordinals": False,
    "analyzer": "default",
    "similarity": "BM25",
    "index_options": "positions",
    "term_vector": "no",
    "format": "strict_date_optional_time||epoch_millis",
}
_DEFAULTS_OF: Final[Mapping[str, Mapping[str, Any]]] = {"keyword": {"norms": False, "index_options": "docs"}}
