"""The fields of an index's mapping, as queries and sorts see them."""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.dates import DEFAULT_FORMAT, parse_date
from mockflow.core.opensearch.search.fields import FieldTable

Node = Mapping[str, Any]


def field_table(mapping: Node) -> FieldTable:
    """The table of a mapping, multi-fields and aliases included."""
    table = _Table()
    table.add_properties(mapping, "")
    for name, path in table.aliases.items():
        if path in table.types:
            table.types[name] = table.types[path]
            table.paths[name] = table.paths.get(path, path)
            table.copy(path, name)
    return FieldTable(table.types, table.paths, table.formats, table.longest)


class _Table:
    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self.formats: dict[str, str] = {}
        self.longest: dict[str, int] = {}
        self.aliases: dict[str, str] = {}

    def add_properties(self, node: Node, path: str) -> None:
        if node.get("enabled") in (False, "false"):
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
        self._add_leaf(name, node, kind)
        for inner, field in (node.get("fields") or {}).items():
            self._add_leaf(f"{name}.{inner}", field, field.get("type", "keyword"))
            self.paths[f"{name}.{inner}"] = name

    def _add_leaf(self, name: str, node: Node, kind: str) -> None:
        kind = _KINDS.get(kind, kind)
        if kind == "date":
            format = node.get("format", DEFAULT_FORMAT)
            if isinstance(parse_date(_SOME_DATE, f"{format}||epoch_millis"), str):
                kind = "keyword"  # a format that mockflow does not know: its dates are compared as texts
            else:
                self.formats[name] = format
        self.types[name] = kind
        if kind == "keyword" and isinstance(node.get("ignore_above"), int):
            self.longest[name] = node["ignore_above"]

    def copy(self, path: str, name: str) -> None:
        if path in self.formats:
            self.formats[name] = self.formats[path]
        if path in self.longest:
            self.longest[name] = self.longest[path]


_SOME_DATE: Final = "0"
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("match_only_text", "search_as_you_type"), "text"),
    **dict.fromkeys(("constant_keyword", "wildcard", "version", "ip", "icu_collation_keyword"), "keyword"),
    **dict.fromkeys(("integer", "short", "byte", "unsigned_long", "token_count"), "long"),
    **dict.fromkeys(("double", "half_float", "scaled_float", "rank_feature"), "float"),
    "date_nanos": "date",
}
