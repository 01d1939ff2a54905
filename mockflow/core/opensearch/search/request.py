"""The search request: its keys, the shape of the response, and the parameters that replace a body."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from mockflow.core.opensearch.search.errors import (
    SearchError,
    illegal_argument,
    not_supported,
    parsing,
    shard_failure,
    unwritable_aggregations,
)
from mockflow.core.opensearch.search.fields import Scope, Stored
from mockflow.core.opensearch.search.json_values import names, token
from mockflow.core.opensearch.search.queries import check_clauses, check_depth, parse_query
from mockflow.core.opensearch.search.scoring import LARGEST_FLOAT
from mockflow.core.opensearch.search.sorting import Match, in_order, parse_sort
from mockflow.core.opensearch.search.source import SourceFilter, parse_source, refuse_same_entry
from mockflow.core.opensearch.values import MAX_INTEGER

PARAMETERS: Final = ("source", "source_content_type")
"""The parameters of the plugin's search routes. They are read only if there is no body."""

_RESULT_WINDOW: Final = 10_000
_COUNTED: Final = 10_000
_TOO_LARGE: Final = (
    "Result window is too large, from + size must be less than or equal to: [{most}] but was [{requested}]. See the "
    "scroll api for a more efficient way to request large data sets. This limit can be set by changing the "
    "[index.max_result_window] index level setting."
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
_FALSE_BY_DEFAULT: Final = ("explain", "profile", "track_scores", "include_named_queries_score", "verbose_pipeline")


def search(
    index: str,
    documents: Iterable[Stored],
    request: Any,
    *,
    source: Callable[[SourceFilter | None], SourceFilter] = lambda requested: requested or SourceFilter(),
    refuses_same_entry: bool = False,
    scores_keywords: bool = False,
    aggregation_failure: tuple[str, str | None] | None = None,
) -> dict[str, Any]:
    """OpenSearch's response to `request`, a parsed body, over the documents of an index in order of insertion.

    `source` decides on the source filter of hits; the plugin's is `plugin_source`. `refuses_same_entry` is whether the
    release refuses a path that `_source` both includes and excludes, `scores_keywords` whether terms of keyword fields
    have a score of their own. `aggregation_failure` is how a search with
    aggregations fails, see `unwritable_aggregations`; None means that they are not supported. Raises SearchError.
    """
    _check_keys(request, _AGGREGATIONS if aggregation_failure else ())
    start, size = _whole(request, "from", 0), _whole(request, "size", 10)
    requested = parse_source(request["_source"]) if "_source" in request else None
    if requested and refuses_same_entry:
        refuse_same_entry(requested)
    check_depth(request.get("query"))
    scope = Scope.of(index, tuple(documents), scores_keywords=scores_keywords)
    score = parse_query(request.get("query", {"match_all": {}}), scope)
    check_clauses(scope)
    if start + size > _RESULT_WINDOW:
        reason = _TOO_LARGE.format(most=_RESULT_WINDOW, requested=start + size)
        raise shard_failure(index, "illegal_argument_exception", reason)
    sorts = parse_sort(request["sort"], scope) if "sort" in request else ()

    scored = ((document, score(document), position) for position, document in enumerate(scope.documents))
    if aggregation_failure and any(key in request for key in _AGGREGATIONS):
        raise unwritable_aggregations(*aggregation_failure)
    matches = [Match(document, _float32(found), position) for document, found, position in scored if found is not None]
    if sorts:
        rows = in_order(matches, sorts)
        by_score = any(sort.name == "_score" for sort in sorts)
    else:
        rows = [(match, []) for match in sorted(matches, key=lambda match: -match.score)]
        by_score = True
    shown = source(requested)
    part_of = shown.part_of()
    hits = []
    for match, values in rows[start : start + size]:
        document = match.document
        hit = {
            "_index": index,
            "_id": document.id,
            "_version": document.version,
            "_seq_no": document.seq_no,
            "_primary_term": document.primary_term,
            "_score": match.score if by_score else None,
        }
        if shown.fetch:
            hit["_source"] = part_of(document.source)
        if sorts:
            hit["sort"] = values
        hits.append(hit)
    best = rows[0][0].score if rows and size and not sorts else None
    found = {**_total(request, len(matches)), "max_score": best, "hits": hits}
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    return {"took": 1, "timed_out": False, "_shards": shards, "hits": found}


def empty_answer() -> dict[str, Any]:
    """The response where an index does not exist yet and the endpoint says that there is nothing in it."""
    shards = {"total": 0, "successful": 0, "skipped": 0, "failed": 0}
    found = {"total": {"value": 0, "relation": "eq"}, "max_score": 0.0, "hits": []}
    return {"took": 0, "timed_out": False, "_shards": shards, "hits": found}


def from_parameters(parameters: Mapping[str, str], *, has_body: bool) -> tuple[str, str] | None:
    """The request's text and media type from the query string; None if there is a body. Raises SearchError.

    If there is a body, the plugin reads none of PARAMETERS, so they are unrecognized parameters.
    """
    if has_body:
        return None
    if "source" not in parameters:
        raise SearchError("parse_exception", "request body or source parameter is required")
    if "source_content_type" not in parameters:
        reason = "source and source_content_type parameters are required"
        raise SearchError("illegal_state_exception", reason, status=500)
    return parameters["source"], parameters["source_content_type"]


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
