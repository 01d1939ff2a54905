"""The search request: its keys, and the shape of the response."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from mockflow.core.opensearch.java import java_text
from mockflow.core.opensearch.search.errors import (
    SearchError,
    illegal_argument,
    not_supported,
    parsing,
    shard_failure,
    unwritable_aggregations,
)
from mockflow.core.opensearch.search.field_queries import check_clauses
from mockflow.core.opensearch.search.fields import FieldTable, Scope, Stored
from mockflow.core.opensearch.search.json_values import names, token
from mockflow.core.opensearch.search.queries import check_depth, parse_query
from mockflow.core.opensearch.search.scoring import LARGEST_FLOAT, Scorer
from mockflow.core.opensearch.search.sorting import Match, Sort, in_order, parse_sort, rows_after, with_values
from mockflow.core.opensearch.search.source import SourceFilter, parse_source, refuse_same_entry
from mockflow.core.opensearch.values import MAX_INTEGER, BadValueError, boolean, time_value

_RESULT_WINDOW: Final = 10_000
_COUNTED: Final = 10_000
_TOO_LARGE: Final = (
    "Result window is too large, from + size must be less than or equal to: [{most}] but was [{requested}]. See the "
    "scroll api for a more efficient way to request large data sets. This limit can be set by changing the "
    "[index.max_result_window] index level setting."
)
_BATCH_TOO_LARGE: Final = (
    "Batch size is too large, size must be less than or equal to: [{most}] but was [{requested}]. Scroll batch sizes "
    "cost as much memory as result windows so they are controlled by the [index.max_result_window] index level setting."
)
_SUPPORTED: Final = (
    "query",
    "from",
    "size",
    "sort",
    "_source",
    "track_total_hits",
    "version",
    "seq_no_primary_term",
    "timeout",
    "search_after",
    "include_named_queries_score",
)
_AGGREGATIONS: Final = ("aggregations", "aggs")
# OpenSearch's keys by the type of JSON value. Keys that are false by default may be sent as false.
_VALUES: Final = names(
    "from size timeout terminate_after min_score version seq_no_primary_term explain track_scores "
    "include_named_queries_score track_total_hits _source stored_fields sort profile search_pipeline "
    "verbose_pipeline"
)
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "VALUE_STRING": _VALUES,
    "VALUE_NUMBER": _VALUES,
    "VALUE_BOOLEAN": _VALUES,
    "VALUE_NULL": frozenset(),
    "START_OBJECT": names(
        "query post_filter _source script_fields indices_boost aggregations aggs highlight suggest sort rescore ext "
        "slice collapse pit search_pipeline derived"
    ),
    "START_ARRAY": names("stored_fields docvalue_fields fields indices_boost sort rescore stats _source search_after"),
}
_FALSE_BY_DEFAULT: Final = ("explain", "profile", "track_scores", "verbose_pipeline")


@dataclass(frozen=True)
class Searched:
    """One index of a search, with its documents in order of insertion."""

    index: str
    documents: tuple[Stored, ...]
    table: FieldTable | None = None
    """Its fields; None for an index of a plugin, whose mapping is known."""
    window: int = _RESULT_WINDOW
    """index.max_result_window"""
    shards: int = 1
    filters: tuple[Any, ...] = ()
    """Queries, of which a document has to match one: those of the aliases that were asked for."""
    bytes: int = 0
    """About how much text the documents have."""
    default_pipeline: str | None = None
    """index.search.default_pipeline"""


@dataclass(frozen=True)
class Rules:
    """How a search action differs from others."""

    source: Callable[[SourceFilter | None], SourceFilter] = lambda requested: requested or SourceFilter()
    """Decides on the source filter of hits; the plugin's is `plugin_source`."""
    refuses_same_entry: bool = False
    """Whether the release refuses a path that `_source` both includes and excludes."""
    scores_keywords: bool = False
    """Whether terms of keyword fields have a score of their own."""
    aggregation_failure: tuple[str, str | None] | None = None
    """How a search with aggregations fails, see `unwritable_aggregations`; None: they are not supported."""
    shows_versions: bool = True
    """Whether hits always have version and sequence number."""
    is_scroll: bool = False
    """Whether all hits are wanted, page by page."""


@dataclass(frozen=True)
class Results:
    """The matches of a search in order, of which a response shows a part."""

    request: Mapping[str, Any]
    rows: Sequence[tuple[Match, list[Any]]]
    total: int
    by_score: bool
    """Whether hits show their score."""
    sorts: bool
    named: Mapping[str, Mapping[str, Scorer]]
    """By index: the queries that have a name."""
    shown: SourceFilter
    shows_versions: bool
    shards: int

    def page(self, start: int, size: int) -> dict[str, Any]:
        """The response with the hits from `start` on."""
        part_of = self.shown.part_of()
        hits = [self._hit(match, values, part_of) for match, values in self.rows[start : start + size]]
        best = self.rows[0][0].score if self.rows and size and not self.sorts else None
        found = {**_total(self.request, self.total), "max_score": best, "hits": hits}
        shards = {"total": self.shards, "successful": self.shards, "skipped": 0, "failed": 0}
        return {"took": 1, "timed_out": False, "_shards": shards, "hits": found}

    def _hit(
        self, match: Match, values: list[Any], part_of: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    ) -> dict[str, Any]:
        document = match.document
        hit: dict[str, Any] = {"_index": match.of_index, "_id": document.id}
        if self.shows_versions or self.request.get("version") in (True, "true"):
            hit["_version"] = document.version
        if self.shows_versions or self.request.get("seq_no_primary_term") in (True, "true"):
            hit |= {"_seq_no": document.seq_no, "_primary_term": document.primary_term}
        hit["_score"] = match.score if self.by_score else None
        if document.routing is not None:
            hit["_routing"] = document.routing
        if self.shown.fetch:
            hit["_source"] = part_of(document.source)
        if self.sorts:
            hit["sort"] = values
        if matched := self._matched(match):
            hit["matched_queries"] = matched
        return hit

    def _matched(self, match: Match) -> dict[str, float] | list[str]:
        """The names of the queries that the document matches, with their scores where the request wants them."""
        named = self.named.get(match.of_index)
        if not named:
            return []
        found = {name: score for name in named if (score := named[name](match.document)) is not None}
        with_scores = self.request.get("include_named_queries_score") in (True, "true")
        return {name: _float32(score) for name, score in found.items()} if with_scores else list(found)


def search(index: str, documents: Iterable[Stored], request: Any, rules: Rules = Rules()) -> dict[str, Any]:
    """OpenSearch's response to `request`, a parsed body, over the documents of one index. Raises SearchError."""
    results = results_of([Searched(index, tuple(documents))], request, rules)
    return results.page(_whole(request, "from", 0), _whole(request, "size", 10))


def page_of(request: Mapping[str, Any]) -> tuple[int, int]:
    """`from` and `size` of a request. Raises SearchError."""
    return _whole(request, "from", 0), _whole(request, "size", 10)


def results_of(searched: Sequence[Searched], request: Any, rules: Rules) -> Results:
    """All matches of `request`, a parsed body, in order. Raises SearchError."""
    _check_keys(request, _AGGREGATIONS if rules.aggregation_failure else ())
    start, size = page_of(request)
    requested = parse_source(request["_source"]) if "_source" in request else None
    if requested and rules.refuses_same_entry:
        refuse_same_entry(requested)
    check_depth(request.get("query"))
    matches: list[Match] = []
    sorts: tuple[Sort, ...] = ()
    rows: list[tuple[Match, list[Any]]] = []
    named: dict[str, Mapping[str, Scorer]] = {}
    for one in searched:
        scope = Scope.of(one.index, one.documents, one.table, scores_keywords=rules.scores_keywords)
        found, sorts = _matches(one, scope, request, rules, start, size, len(matches))
        named[one.index] = scope.work.named
        matches += found
        rows += with_values(found, sorts)
    rows = in_order(rows, sorts) if sorts else sorted(rows, key=lambda row: -row[0].score)
    total = len(rows)
    if "search_after" in request:
        if start:
            raise illegal_argument("`from` parameter must be set to 0 when `search_after` is used.")
        rows = rows_after(rows, request["search_after"], sorts)
    return Results(
        request,
        rows,
        total,
        not sorts or any(sort.name == "_score" for sort in sorts),
        bool(sorts),
        named,
        rules.source(requested),
        rules.shows_versions,
        sum(one.shards for one in searched),
    )


def check_request(request: Any, rules: Rules) -> None:
    """Raises the SearchError of a request that cannot be read. OpenSearch reads it before it looks for indices."""
    try:
        results_of([Searched("", ())], request, rules)
    except SearchError as error:
        if not error.is_of_a_shard:
            raise


def matching(searched: Searched, query: Any, *, scores_keywords: bool = False) -> list[Stored]:
    """The documents of one index that match a query, in their order. Raises SearchError."""
    check_depth(query)
    scope = Scope.of(searched.index, searched.documents, searched.table, scores_keywords=scores_keywords)
    score, admits = parse_query(query, scope), _filter(searched, scope)
    check_clauses(scope)
    return [document for document in scope.documents if admits(document) and score(document) is not None]


def _filter(searched: Searched, scope: Scope) -> Callable[[Stored], bool]:
    """Whether an alias admits a document."""
    if not searched.filters:
        return lambda _: True
    scorers = [parse_query(query, scope) for query in searched.filters]
    return lambda document: any(score(document) is not None for score in scorers)


def _matches(
    one: Searched, scope: Scope, request: Mapping[str, Any], rules: Rules, start: int, size: int, before: int
) -> tuple[list[Match], tuple[Sort, ...]]:
    """The matches in one index, and the sort by its fields; `before` is the number of matches in other indices."""
    score = parse_query(request.get("query", {"match_all": {}}), scope)
    check_clauses(scope)
    if (size if rules.is_scroll else start + size) > one.window:
        text = _BATCH_TOO_LARGE if rules.is_scroll else _TOO_LARGE
        reason = text.format(most=one.window, requested=size if rules.is_scroll else start + size)
        raise shard_failure(one.index, "illegal_argument_exception", reason)
    sorts = parse_sort(request["sort"], scope) if "sort" in request else ()
    admits = _filter(one, scope)
    scored = (
        (document, score(document) if admits(document) else None, position)
        for position, document in enumerate(scope.documents)
    )
    if rules.aggregation_failure and any(key in request for key in _AGGREGATIONS):
        raise unwritable_aggregations(*rules.aggregation_failure)
    matches = [
        Match(document, _float32(found), before + position, one.index)
        for document, found, position in scored
        if found is not None
    ]
    return matches, sorts


def empty_answer() -> dict[str, Any]:
    """The response where an index does not exist yet and the endpoint says that there is nothing in it."""
    shards = {"total": 0, "successful": 0, "skipped": 0, "failed": 0}
    found = {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
    return {"took": 0, "timed_out": False, "_shards": shards, "hits": found}


def _check_keys(request: Any, also_supported: Collection[str]) -> None:
    if not isinstance(request, Mapping):
        raise parsing(f"Expected [START_OBJECT] but found [{token(request)}]").at(request)
    for key, value in request.items():
        kind = token(value)
        if key not in _KEYS[kind]:
            raise parsing(f"Unknown key for a {kind} in [{key}].").at(request, key)
        if (
            key not in _SUPPORTED
            and key not in also_supported
            and not (key in _FALSE_BY_DEFAULT and value in (False, "false"))
        ):
            raise not_supported(f"[{key}] in a search", (f"[{each}]" for each in _SUPPORTED))
    _check_texts(request)


def _check_texts(request: Mapping[str, Any]) -> None:
    """Refuses values of a kind that is read and a text that is not."""
    try:
        if isinstance(request.get("timeout"), (str, int, float)):
            time_value("timeout", java_text(request["timeout"]))
        for key in ("version", "seq_no_primary_term"):
            if isinstance(request.get(key), str):
                boolean(request[key])
    except BadValueError as error:
        raise illegal_argument(error.reason) from None


def _whole(request: Mapping[str, Any], key: str, default: int) -> int:
    number = _integer(request.get(key, default))
    if number < 0:
        raise illegal_argument(f"[{key}] parameter cannot be negative" + f", found [{number}]")
    return number


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        reason = f"Current token (VALUE_{str(value).upper()}) not numeric, can not use numeric value accessors"
        raise SearchError("json_parse_exception", reason)
    if isinstance(value, str):
        return _integer_of_text(value)
    if isinstance(value, float | int):
        if not -MAX_INTEGER - 1 <= value <= MAX_INTEGER:
            reason = f"Numeric value ({value}) out of range of int ({-MAX_INTEGER - 1} - {MAX_INTEGER})"
            raise SearchError("input_coercion_exception", reason)
        return int(value)
    raise SearchError("number_format_exception", f'For input string: "{value}"')


def _integer_of_text(text: str) -> int:
    """A text as a Java double, cast to an int: what is too large becomes the largest, NaN zero."""
    try:
        number = float(text.replace("_", "?"))
    except ValueError:
        raise SearchError("number_format_exception", f'For input string: "{text}"') from None
    if math.isnan(number):
        return 0
    return int(max(-MAX_INTEGER - 1, min(MAX_INTEGER, number)))


def _total(request: Mapping[str, Any], number: int) -> dict[str, Any]:
    """`total`, counted up to `track_total_hits`; empty if that is false."""
    limit = request.get("track_total_hits", _COUNTED)
    if limit in ("true", "false"):
        limit = limit == "true"
    if limit is False or (limit is not True and (limit := _integer(limit)) == -1):
        return {}
    if limit is not True and limit < -1:
        raise illegal_argument(f"[track_total_hits] parameter must be positive or equals to -1, got {limit}")
    exact = limit is True or number <= limit
    return {"total": {"value": number if exact else limit, "relation": "eq" if exact else "gte"}}


@lru_cache(maxsize=1_024)
def _float32(value: float) -> float:
    """The shortest decimal of the score in Lucene's single precision."""
    value = min(value, LARGEST_FLOAT)
    packed = struct.pack("f", value)
    return next(short for digits in range(6, 18) if struct.pack("f", short := float(f"{value:.{digits}g}")) == packed)
