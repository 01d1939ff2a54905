"""The fields of an index's mapping, as queries and sorts see them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mockflow.core.opensearch.dates import DEFAULT_FORMAT, parse_date
from mockflow.core.opensearch.search.analysers import Settings, analyser, normaliser
from mockflow.core.opensearch.search.fields import Analyse, Field, FieldTable, Refusal

Node = Mapping[str, Any]


def field_table(mapping: Node, settings: Settings) -> FieldTable:
    """The table of a mapping, multi-fields and aliases included. `settings` are those of the index by dotted key."""
    table = _Table(settings)
    table.add_properties(mapping, "")
    for target, sources in table.copied.items():
        if target in table.fields:
            table.fields[target] = replace(table.fields[target], copies=tuple(sources))
    for name, path in table.aliases.items():
        if path in table.fields:
            table.types[name] = table.types[path]
            table.fields[name] = replace(table.fields[path], name=name)
    return FieldTable(table.types, table.fields)


class _Table:
    def __init__(self, settings: Settings) -> None:
        self.types: dict[str, str] = {}
        self.fields: dict[str, Field] = {}
        self.aliases: dict[str, str] = {}
        self.copied: dict[str, list[tuple[str, ...]]] = {}
        self._settings = settings
        self._has_analysis = any(key.startswith("index.analysis.") for key in settings)
        self._has_default_search = any(key.startswith(_DEFAULT_SEARCH) for key in settings)
        self._analysers: dict[str, Analyse | None] = {}

    def add_properties(self, node: Node, path: str) -> None:
        if node.get("enabled") in _FALSE:
            return
        for name, field in (node.get("properties") or {}).items():
            self._add(f"{path}{name}", field)

    def _add(self, name: str, node: Node) -> None:
        kind = node.get("type", "object")
        if kind == "alias":
            self.aliases[name] = str(node.get("path"))
            return
        if kind == "nested":
            self.types[name] = "nested"
        if kind in ("object", "nested") or "properties" in node:
            self.add_properties(node, f"{name}.")
            return
        self._add_leaf(name, name, node, kind)
        targets = node.get("copy_to") or ()
        for target in targets if isinstance(targets, list) else [targets]:
            self.copied.setdefault(str(target), []).append(tuple(name.split(".")))
        for inner, field in (node.get("fields") or {}).items():
            self._add_leaf(f"{name}.{inner}", name, field, field.get("type", "keyword"))

    def _add_leaf(self, name: str, path: str, node: Node, declared: str) -> None:
        kind, format = _KINDS.get(declared, declared), None
        if kind == "date":
            format = node.get("format", DEFAULT_FORMAT)
            if isinstance(parse_date(_SOME_DATE, f"{format}||epoch_millis"), str):
                kind, format = "keyword", None  # a format that mockflow does not know: its dates are compared as texts
        longest = node.get("ignore_above") if kind == "keyword" else None
        field = Field(
            name,
            kind,
            tuple(path.split(".")),
            format,
            longest if isinstance(longest, int) else None,
            declared,
            null=node.get("null_value"),
            refusal=_refusal(name, node, declared),
            unsortable="" if declared != kind == "keyword" else _unsortable(name, node, declared),
        )
        if kind == "text":
            field = self._with_analysis(field, node)
        elif node.get("normalizer") is not None:
            normalise = normaliser(str(node["normalizer"]), self._settings)
            field = replace(field, normalise=normalise)
            if normalise is None:
                field = _refused(field, f"queries on the field [{name}] with the normalizer [{node['normalizer']}]")
        self.types[name], self.fields[name] = kind, field

    def _with_analysis(self, field: Field, node: Node) -> Field:
        if not self._has_analysis and not node.keys() & {"analyzer", "search_analyzer"}:
            return field
        indexing = str(node.get("analyzer", "default"))
        searching = "default_search" if self._has_default_search else indexing
        searching = str(node.get("search_analyzer", searching if "analyzer" not in node else indexing))
        for name in (indexing, searching):
            if name not in self._analysers:
                self._analysers[name] = analyser(name, self._settings)
        analyse, analyse_query = self._analysers[indexing], self._analysers[searching]
        if analyse is None or analyse_query is None:
            which = indexing if analyse is None else searching
            return _refused(field, f"queries on the field [{field.name}] with the analyzer [{which}]")
        return replace(field, analyse=analyse, analyse_query=analyse_query)


def _refused(field: Field, what: str) -> Field:
    return replace(field, refusal=field.refusal or Refusal(what, is_of_mockflow=True))


def _refusal(name: str, node: Node, declared: str) -> Refusal | None:
    """Why a field is not searched (MappedFieldType.termQuery of its type, failIfNotIndexed)."""
    if declared in _NO_TERMS:
        return Refusal(_NO_TERMS[declared].format(name=name), of_all_queries=False, is_direct=True)
    if declared not in _SEARCHED:
        return Refusal(f"queries on the field [{name}] of the type [{declared}]", is_of_mockflow=True)
    if node.get("index", True) not in _FALSE:
        return None
    if _KINDS.get(declared, declared) == "text":
        return Refusal(f"Cannot search on field [{name}] since it is not indexed.")
    if node.get("doc_values", True) in _FALSE:
        return Refusal(
            f"Cannot search on field [{name}] since it is both not indexed, and does not have doc_values enabled."
        )
    return None


def _unsortable(name: str, node: Node, declared: str) -> str | None:
    kind = _KINDS.get(declared, declared)
    if kind == "text":
        return "" if node.get("fielddata") in (True, "true") else None
    if declared not in _SEARCHED or declared == "ip" or node.get("normalizer") is not None:
        return ""
    if node.get("doc_values", True) in _FALSE:
        why = f"fielddata is unsupported on fields of type [{declared}]. Use doc values instead."
        return f"Can't load fielddata on [{name}] because {why}"
    return None


_DEFAULT_SEARCH: Final = "index.analysis.analyzer.default_search."
_FALSE: Final = (False, "false")
_SOME_DATE: Final = "0"
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("match_only_text", "search_as_you_type"), "text"),
    "wildcard": "keyword",
    **dict.fromkeys(("integer", "short", "byte", "unsigned_long"), "long"),
    **dict.fromkeys(("double", "half_float", "scaled_float"), "float"),
    "date_nanos": "date",
}
_SEARCHED: Final = frozenset({*_KINDS, "text", "keyword", "long", "float", "date", "boolean", "ip"})
_GEOMETRY: Final = "Geometry fields do not support exact searching, use dedicated geometry queries instead: [{name}]"
_NO_TERMS: Final[Mapping[str, str]] = {
    "knn_vector": "KNN vector do not support exact searching, use KNN queries instead: [{name}]",
    **dict.fromkeys(("geo_point", "geo_shape", "xy_point", "xy_shape"), _GEOMETRY),
    "binary": "Binary fields do not support searching",
}
