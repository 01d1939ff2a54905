"""The query language: a table of queries with their parsers, which return scorers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, Final

from mockflow.core.base.suggest import near_misses
from mockflow.core.opensearch.search.errors import (
    SearchError,
    illegal_argument,
    not_supported,
    object_parser,
    parsing,
)
from mockflow.core.opensearch.search.field_queries import (
    FIELD_QUERIES,
    MAX_CLAUSES,
    check_boost,
    check_searchable,
    count_clauses,
    is_within,
    on_shard,
    parse_field_query,
    term_of,
    too_many_clauses,
)
from mockflow.core.opensearch.search.fields import Scope, Stored
from mockflow.core.opensearch.search.json_values import as_text, names, token
from mockflow.core.opensearch.search.multi_match import parse_multi_match
from mockflow.core.opensearch.search.scoring import Scorer, Sum, any_term, boost_of, minimum_of, no_match

Body = Mapping[str, Any]

_OCCURS: Final = ("must", "must_not", "should", "filter")
_BOOL: Final = (*_OCCURS, "minimum_should_match", "adjust_pure_negative", "boost")
_SCORE_MODES: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "none": lambda scores: 0.0,
    "min": min,
    "max": max,
    "avg": lambda scores: sum(scores) / len(scores),
    "sum": sum,
}


def parse_query(query: Any, scope: Scope) -> Scorer:
    """The scorer of a query object. Raises SearchError."""
    if not isinstance(query, Mapping):
        raise parsing("[_na] query malformed, must start with start_object")
    if not query:
        raise illegal_argument("query malformed, empty clause found").at(query, part="end", ends_reason=True)
    name, body = next(iter(query.items()))
    if not isinstance(body, Mapping):
        raise parsing(f"[{name}] query malformed, no start_object after query name").at(query, name)
    if name not in _PARSERS:
        raise _unknown(name, query)
    scorer = _PARSERS[name](body, scope)
    if (named := _name_of(name, body)) is not None:
        scope.work.named[named] = scorer
    if len(query) > 1:
        raise parsing(f"[{name}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]").at(
            query, list(query)[1], "key"
        )
    return scorer


def _name_of(query: str, body: Body) -> str | None:
    """The ``_name`` by which hits tell that they match this query. Queries on one field have it beside their value."""
    given = body.get("_name")
    if given is None and query in FIELD_QUERIES:
        given = next((options.get("_name") for options in body.values() if isinstance(options, Mapping)), None)
    return None if given is None else as_text(given)


def check_depth(query: Any) -> None:
    """Refuses a query that is nested deeper than `MAX_DEPTH`. OpenSearch has no bound but that of JSON itself."""
    level = [query]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [item for container in level for item in _within(container)]
    raise too_deep()


def _within(value: Any) -> list[Any]:
    """The objects and arrays directly within a value."""
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, Mapping | list)]


def too_deep() -> SearchError:
    """The refusal of a query that is nested too deep."""
    return not_supported(f"queries nested deeper than {MAX_DEPTH} objects and arrays", ("less deep ones",))


MAX_DEPTH: Final = 240
_MAX_TERMS: Final = 65_536
_TOO_MANY_TERMS: Final = (
    "The number of terms [{}] used in the Terms Query request has exceeded the allowed maximum of [65536]. This "
    "maximum can be set by changing the [index.max_terms_count] index level setting."
)
_MAX_NESTED: Final = 20
_NESTED_TOO_DEEP: Final = (
    "The depth of Nested Query is [21] has exceeded the allowed maximum of [20]. This maximum can be set by changing "
    "the [index.query.max_nested_depth] index level setting."
)


def _match_all(body: Body, scope: Scope) -> Scorer:
    _allow("match_all", body)
    boost = boost_of(body)
    check_boost(boost, scope)
    count_clauses(scope)
    return lambda document: boost


def _match_none(body: Body, scope: Scope) -> Scorer:
    _allow("match_none", body)
    return no_match


def _ids(body: Body, scope: Scope) -> Scorer:
    _allow("ids", body, "values")
    values = body.get("values", [])
    ids = {as_text(value) for value in (values if isinstance(values, list) else [values])}
    boost = boost_of(body)
    check_boost(boost, scope)
    count_clauses(scope)
    return lambda document: boost if document.id in ids else None


def _exists(body: Body, scope: Scope) -> Scorer:
    for key, value in body.items():
        if isinstance(value, Mapping | list) or value is None:
            raise parsing(f"[exists] unknown token [{token(value)}] after [{key}]").at(body, key)
    _allow("exists", body, "field")
    if "field" not in body:
        raise parsing("[exists] must be provided with a [field]").at(body, part="end")
    fields, boost = scope.named(as_text(body["field"])), boost_of(body)
    check_boost(boost, scope)
    count_clauses(scope)
    return lambda document: boost if any(field.values(document) for field in fields) else None


def _terms(body: Body, scope: Scope) -> Scorer:
    lists = {key: given for key, given in body.items() if isinstance(given, list | Mapping)}
    _allow("terms", body, *lists, not_here=("value_type",))
    if not lists:
        lacking = "followed by array of terms or a document lookup specification"
        raise parsing(f"[terms] query requires a field name, {lacking}").at(body, part="end")
    if len(lists) > 1:
        raise parsing("[terms] query does not support multiple fields").at(body, list(lists)[1])
    ((name, values),) = lists.items()
    if isinstance(values, Mapping):
        raise not_supported(f"a lookup in [terms] for [{name}]", ("an array of values",))
    if None in values:
        raise parsing("No value specified for terms query").at(values, values.index(None))
    field, boost = scope.field(name), boost_of(body)
    check_boost(boost, scope)
    count_clauses(scope)
    if len(values) > _MAX_TERMS:
        raise on_shard(scope, f"failed to create query: {_TOO_MANY_TERMS.format(len(values))}")
    if not field:
        return no_match
    check_searchable(field, "terms", scope)
    if field.type == "ip":
        return any_term(field, is_within(field, values, scope), boost)
    wanted = {term_of(field, value, scope) for value in values}
    return any_term(field, wanted.__contains__, boost)


def _bool(body: Body, scope: Scope) -> Scorer:
    for key in body:
        if key not in (*_BOOL, "_name"):
            near = near_misses(key, (*_BOOL, "_name"))
            hint = f" did you mean [{near[0]}]?" if near else ""
            raise object_parser(f"[bool] unknown field [{key}]{hint}").at(body, key, "key")
    _allow("bool", body, *_BOOL)
    must, must_not, should, filters = (_clauses(body, occur, scope) for occur in _OCCURS)
    boost = boost_of(body)
    check_boost(boost, scope)
    if not (must or must_not or should or filters):
        return lambda document: boost
    if len(must) + len(must_not) + len(should) + len(filters) > MAX_CLAUSES:
        raise too_many_clauses(scope)
    minimum = body.get("minimum_should_match")
    needed = int(bool(should) and not (must or filters)) if minimum is None else minimum_of(minimum, len(should))

    all_required, all_optional = Sum(must), Sum(should)

    def score(document: Stored) -> float | None:
        if any(clause(document) is not None for clause in must_not):
            return None
        if any(clause(document) is None for clause in filters):
            return None
        required = all_required.of(document, len(must))
        optional = all_optional.of(document, needed)
        return None if required is None or optional is None else boost * (required + optional)

    return score


def _clauses(body: Body, occur: str, scope: Scope) -> list[Scorer]:
    given = body.get(occur)
    if given is None:
        return []
    if not isinstance(given, Mapping | list):
        raise object_parser(f"[bool] {occur} doesn't support values of type: {token(given)}").at(body, occur)
    try:
        return [parse_query(clause, scope) for clause in (given if isinstance(given, list) else [given])]
    except SearchError as error:
        if not error.is_of_a_parser:
            raise
        raise object_parser(f"[bool] failed to parse field [{occur}]", error) from None


def _constant_score(body: Body, scope: Scope) -> Scorer:
    _allow("constant_score", body, "filter", "boost")
    if "filter" not in body:
        raise parsing("[constant_score] requires a 'filter' element").at(body, part="end")
    clause, boost = parse_query(body["filter"], scope), boost_of(body)
    check_boost(boost, scope)
    return lambda document: None if clause(document) is None else boost


def _nested(body: Body, scope: Scope) -> Scorer:
    _allow("nested", body, "path", "query", "score_mode", "ignore_unmapped", not_here=("inner_hits",))
    for key in ("path", "query"):
        if body.get(key) is None:
            raise illegal_argument(f"[nested] requires '{key}' field")
    path, mode, boost = as_text(body["path"]), as_text(body.get("score_mode", "avg")), boost_of(body)
    if mode not in _SCORE_MODES:
        raise illegal_argument(f"No score mode for child query [{mode}] found")
    inner_scope = scope.within(path)
    inner = parse_query(body["query"], inner_scope)
    if scope.fields.get(path) != "nested":
        if body.get("ignore_unmapped") in (True, "true"):
            return no_match
        reason = f"[nested] failed to find nested object under path [{path}]"
        raise on_shard(scope, f"failed to create query: {reason}")
    if inner_scope.nesting > _MAX_NESTED and not scope.scores_keywords:  # since 3.0
        raise on_shard(scope, f"failed to create query: {_NESTED_TOO_DEEP}")
    check_boost(boost, scope)

    def score(document: Stored) -> float | None:
        scores = [found for part in scope.parts(document, path) if (found := inner(part)) is not None]
        return boost * _SCORE_MODES[mode](scores) if scores else None

    return score


_PARSERS: Final[Mapping[str, Callable[[Body, Scope], Scorer]]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    **{name: partial(parse_field_query, name) for name in FIELD_QUERIES},
    "multi_match": parse_multi_match,
    "terms": _terms,
    "ids": _ids,
    "exists": _exists,
    "bool": _bool,
    "constant_score": _constant_score,
    "nested": _nested,
}

# The other queries of OpenSearch and its plugins.
_NOT_HERE: Final = names(
    "boosting combined_fields common dis_max distance_feature field_masking_span function_score fuzzy "
    "geo_bounding_box geo_distance geo_polygon geo_shape has_child has_parent hybrid intervals knn match_bool_prefix "
    "match_phrase_prefix more_like_this neural neural_sparse parent_id percolate query_string "
    "rank_feature regexp script script_score simple_query_string span_containing span_first span_multi span_near "
    "span_not span_or span_term span_within template terms_set wrapper xy_shape agentic"
)


def _unknown(name: str, query: Mapping[str, Any]) -> SearchError:
    if name in _NOT_HERE:
        return not_supported(f"the query [{name}]", (f"[{known}]" for known in _PARSERS))
    near = near_misses(name, (*_PARSERS, *_NOT_HERE))
    hint = f" did you mean [{near[0]}]?" if len(near) == 1 else f" did you mean any of [{', '.join(near)}]?"
    cause = SearchError("named_object_not_found_exception", f"unknown field [{name}]").at(query, name)
    return parsing(f"unknown query [{name}]" + (hint if near else ""), cause).at(query, name)


def _allow(name: str, body: Body, *options: str, not_here: Collection[str] = ()) -> None:
    """Refuses unknown options of a query. Every query has `boost` and `_name`."""
    for key in body:
        if key in not_here:
            raise not_supported(f"[{key}] in the query [{name}]", (f"[{each}]" for each in (*options, "boost")))
        if key not in (*options, "boost", "_name"):
            raise parsing(f"[{name}] query does not support [{key}]").at(body, key)
