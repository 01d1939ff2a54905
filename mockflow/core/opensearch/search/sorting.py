"""`sort` by fields, score, or position in the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mockflow.core.opensearch.search.errors import (
    illegal_argument,
    not_supported,
    object_parser,
    parsing,
    shard_failure,
)
from mockflow.core.opensearch.search.field_terms import BadValueError
from mockflow.core.opensearch.search.fields import Field, Scope, Stored
from mockflow.core.opensearch.search.json_values import token

# The sort values that OpenSearch shows for a missing number or date.
_LARGEST: Final = 2**63 - 1
_SMALLEST: Final = -(2**63)

_OPTIONS: Final = ("order", "missing", "unmapped_type")
_NOT_HERE: Final = ("mode", "nested", "nested_path", "nested_filter", "numeric_type")
_TEXT: Final = (
    "Text fields are not optimised for operations that require per-document field data like aggregations and "
    "sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set "
    "fielddata=true on [{name}] in order to load field data by uninverting the inverted index. Note that this can "
    "use significant memory."
)


class Match(NamedTuple):
    """A document that the query matched."""

    document: Stored
    score: float
    position: int
    of_index: str = ""


@dataclass(frozen=True)
class Sort:
    """One criterion."""

    name: str
    descending: bool = False
    missing: Any = "_last"
    field: Field | None = None
    numeric: bool = False

    def value(self, match: Match) -> Any:
        """The value in the hit's `sort`: the smallest of several values, or the largest in descending order."""
        if self.name == "_score":
            return match.score
        if self.name == "_doc":
            return match.position
        terms = self.field.terms(match.document) if self.field else []
        if terms:
            return max(terms) if self.descending else min(terms)
        if self.missing not in ("_first", "_last"):
            return self.missing
        high = (self.missing == "_last") != self.descending
        return (_LARGEST if high else _SMALLEST) if self.numeric else None

    def bound(self, value: Any) -> Any:
        """A value of ``search_after`` as `value` gives it. Raises SearchError."""
        if value is None or self.field is None or not self.numeric:
            return value
        try:
            return self.field.term(value)
        except BadValueError as error:
            raise illegal_argument(f"Failed to parse search_after value for field [{self.name}]. {error}") from None

    def key(self, value: Any) -> tuple[int, Any]:
        """The key by which values are ordered."""
        if value is not None:
            return 0, value
        return (1 if (self.missing == "_last") != self.descending else -1), 0


Row = tuple[Match, list[Any]]
"""A match with its sort values."""


def with_values(matches: Sequence[Match], sorts: Sequence[Sort]) -> list[Row]:
    """The matches of one index with their sort values."""
    return [(match, [sort.value(match) for sort in sorts]) for match in matches]


def in_order(rows: Sequence[Row], sorts: Sequence[Sort]) -> list[Row]:
    """The rows in the order of their sort values. Equal ones keep their order. Raises SearchError."""
    ordered = list(rows)
    try:
        for number in reversed(range(len(sorts))):
            sort = sorts[number]
            ordered.sort(key=lambda row: sort.key(row[1][number]), reverse=sort.descending)
    except TypeError:
        raise illegal_argument("Can't sort on fields that have different types in different indices") from None
    return ordered


def rows_after(rows: list[Row], after: Any, sorts: Sequence[Sort]) -> list[Row]:
    """The rows that follow the sort values `after`, those of a hit before (``search_after``). Raises SearchError."""
    if not isinstance(after, list):
        raise parsing(f"Unknown key for a {token(after)} in [search_after].")
    if not sorts:
        raise illegal_argument("Sort must contain at least one field.")
    if len(after) != len(sorts):
        raise illegal_argument(f"search_after has {len(after)} value(s) but sort has {len(sorts)}.")
    bounds = [sort.bound(value) for sort, value in zip(sorts, after, strict=True)]
    try:
        return [row for row in rows if _follows(row[1], bounds, sorts)]
    except TypeError:
        raise illegal_argument("Failed to parse search_after value: it is not of the type of its field") from None


def _follows(values: Sequence[Any], bounds: Sequence[Any], sorts: Sequence[Sort]) -> bool:
    for value, bound, sort in zip(values, bounds, sorts, strict=True):
        here, there = sort.key(value), sort.key(bound)
        if here != there:
            return here < there if sort.descending else here > there
    return False


def parse_sort(value: Any, scope: Scope) -> tuple[Sort, ...]:
    """The request's `sort`. Descending score alone gives an empty tuple, since it is the default order."""
    if isinstance(value, list):
        sorts = tuple(sort for part in value for sort in _criteria(part, scope, "within the sort array, an object, or"))
    else:
        sorts = tuple(_criteria(value, scope, "either start with array, object, or"))
    return () if sorts == (Sort("_score", descending=True),) else sorts


def _criteria(value: Any, scope: Scope, expected: str) -> list[Sort]:
    if isinstance(value, str):
        return [_criterion(value, {}, scope)]
    if isinstance(value, Mapping):
        return [_criterion(name, given, scope) for name, given in value.items()]
    allowed = "are allowed" if "within" in expected else ""
    raise illegal_argument(f"malformed sort format, {expected} an actual string {allowed}".rstrip())


def _criterion(name: str, given: Any, scope: Scope) -> Sort:
    options = {"order": given} if isinstance(given, str) else given
    if name in ("_script", "_geo_distance"):
        raise not_supported(f"[{name}] in [sort]", ("fields", "[_score]", "[_doc]", "[_id]"))
    if not isinstance(options, Mapping):
        raise object_parser(f"[field_sort] Expected START_OBJECT but was: {token(given)}")
    for option in options:
        if option in _NOT_HERE:
            raise not_supported(f"[{option}] in [sort]", (f"[{each}]" for each in _OPTIONS))
        if option not in (("order",) if name == "_score" else _OPTIONS):
            raise object_parser(f"[{'_score' if name == '_score' else 'field_sort'}] unknown field [{option}]")
    order = str(options.get("order", "desc" if name == "_score" else "asc")).upper()
    if order not in ("ASC", "DESC"):
        raise illegal_argument(f"No enum constant org.opensearch.search.sort.SortOrder.{order}")
    descending = order == "DESC"
    if name in ("_score", "_doc"):
        return Sort(name, descending)
    field = scope.field(name)
    if field and field.unsortable is not None:
        if not field.unsortable:
            raise not_supported(f"[sort] by the field [{name}] of the type [{field.shown_type}]", ("other fields",))
        raise shard_failure(scope.index, "illegal_argument_exception", field.unsortable)
    if field and field.type == "text":
        raise shard_failure(scope.index, "illegal_argument_exception", _TEXT.format(name=name))
    kind = field.type if field else options.get("unmapped_type")
    if kind is None:
        reason = f"No mapping found for [{name}] in order to sort on"
        raise shard_failure(scope.index, "query_shard_exception", reason)
    missing = options.get("missing", "_last")
    if missing not in ("_first", "_last") and field:
        try:
            missing = field.term(missing)
        except BadValueError as error:
            raise shard_failure(scope.index, "illegal_argument_exception", str(error)) from None
    return Sort(name, descending, missing, field, kind not in ("keyword", "_id", "text"))
