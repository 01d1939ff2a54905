"""Queries on one field: match, match_phrase, term, prefix, wildcard, range, each in its short and long form."""

from __future__ import annotations

import math
import operator
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Any, Final

from mockflow.core.opensearch.search.errors import SearchError, illegal_argument, not_supported, parsing, shard_failure
from mockflow.core.opensearch.search.field_terms import BadValueError, ip_range, words
from mockflow.core.opensearch.search.fields import Field, Scope
from mockflow.core.opensearch.search.glob import Glob
from mockflow.core.opensearch.search.json_values import as_text, names, token
from mockflow.core.opensearch.search.scoring import (
    LARGEST_FLOAT,
    Scorer,
    Sum,
    WithTerms,
    any_term,
    boost_of,
    minimum_of,
    no_match,
    phrase,
)

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def parse_field_query(name: str, body: Mapping[str, Any], scope: Scope) -> Scorer:
    """The scorer of the query `name` of FIELD_QUERIES. It finds nothing if the field is not mapped."""
    shape = FIELD_QUERIES[name]
    found: tuple[str, Mapping[str, Any]] | None = None
    for field_name in body:
        if field_name == "_name" and shape.is_named_outside:
            continue
        if found:
            both = f"[{found[0]}] and [{field_name}]"
            reason = f"[{name}] query doesn't support multiple fields, found {both}"
            raise parsing(reason).at(body, field_name)
        found = field_name, _long_form(name, shape, field_name, body)
    if not found:
        raise shape.no_field().at(body, part="end")
    field_name, options = found
    value = next((options[key] for key in shape.value if options.get(key) is not None), None)
    if shape.value and value is None:
        raise shape.no_value().at(body, field_name)
    boost = boost_of(options)
    field = scope.field(field_name)
    check_boost(boost, scope)
    if field:
        check_searchable(field, name, scope)
    if shape.parse is not _match:
        count_clauses(scope)
    return shape.parse(_Clause(name, field, value, options, boost, scope)) if field else no_match


def match_field(field_name: str, options: Mapping[str, Any], boost: float, phrase: bool, scope: Scope) -> Scorer | None:
    """The scorer of a match, or of a match_phrase, on one field of a multi_match; None for a field that is not mapped.

    `options` are those of the multi_match, with the text under ``query``.
    """
    field = scope.field(field_name)
    if field is None:
        return None
    check_searchable(field, "match", scope)
    clause = _Clause("match", field, options["query"], options, boost, scope)
    if phrase:
        count_clauses(scope)
        return _match_phrase(clause)
    return _match(clause)


def term_of(field: Field, value: Any, scope: Scope) -> Any:
    """The query's value as the field indexes it."""
    try:
        return field.term(value)
    except BadValueError as error:
        raise on_shard(scope, f"failed to create query: {error}") from None


def is_within(field: Field, values: Sequence[Any], scope: Scope) -> Callable[[int], bool]:
    """Whether an address is one of `values`, or in one of those that are blocks such as ``10.0.0.0/8``."""
    try:
        blocks = sorted(ip_range(as_text(value)) for value in values)
    except BadValueError as error:
        raise on_shard(scope, f"failed to create query: {error}") from None
    firsts = [first for first, _ in blocks]
    lasts = list(accumulate((last for _, last in blocks), max))

    def is_in_one(address: int) -> bool:
        before = bisect_right(firsts, address)
        return before > 0 and address <= lasts[before - 1]

    return is_in_one


def check_searchable(field: Field, query: str, scope: Scope) -> None:
    """Raises SearchError for a field that the query does not search."""
    refusal = field.refusal
    if refusal is None or not (refusal.of_all_queries or query in _BY_TERMS):
        return
    if refusal.is_of_mockflow:
        raise not_supported(refusal.reason, ("fields of usual types with the standard analyzer",))
    raise on_shard(scope, refusal.reason if refusal.is_direct else f"failed to create query: {refusal.reason}")


_BY_TERMS: Final = names("match match_phrase term terms")


def on_shard(scope: Scope, reason: str) -> SearchError:
    """A query_shard_exception: the mapping of the index does not allow the query."""
    return shard_failure(scope.index, "query_shard_exception", reason)


MAX_CLAUSES: Final = 1024
"""OpenSearch's indices.query.bool.max_clause_count."""


def too_many_clauses(scope: Scope) -> SearchError:
    """A query of more clauses than `MAX_CLAUSES`."""
    return on_shard(scope, f"failed to create query: maxClauseCount is set to {MAX_CLAUSES}")


def count_clauses(scope: Scope, number: int = 1) -> None:
    """Counts queries that are not made of others."""
    scope.work.clauses[0] += number


def check_clauses(scope: Scope) -> None:
    """Refuses a query with too many clauses, those of all its parts together (Lucene's IndexSearcher)."""
    if scope.work.clauses[0] > MAX_CLAUSES + 1:
        reason = f"Query contains too many nested clauses; maxClauseCount is set to {MAX_CLAUSES}"
        raise shard_failure(scope.index, "too_many_nested_clauses", reason, status=500)


def check_boost(boost: float, scope: Scope) -> None:
    """Refuses NaN and infinity, which the parsers take and Lucene does not."""
    if not boost <= LARGEST_FLOAT:
        shown = "NaN" if math.isnan(boost) else "Infinity"
        raise on_shard(scope, f"failed to create query: boost must be a positive float, got {shown}")


@dataclass(frozen=True)
class _Clause:
    """The options of a query for its field."""

    name: str
    field: Field
    value: Any
    options: Mapping[str, Any]
    boost: float
    scope: Scope

    @property
    def folds_case(self) -> bool:
        return self.options.get("case_insensitive") in (True, "true")

    def analysed(self) -> Sequence[Any]:
        if self.field.type == "text":
            return (self.field.analyse_query or words)(as_text(self.value))
        return [term_of(self.field, self.value, self.scope)]

    def must_be_text(self) -> None:
        if not self.field.is_text:
            which = f"[{self.field.name}] which is of type [{self.field.shown_type}]"
            reason = f"Can only use {self.name} queries on keyword and text fields - not on {which}"
            raise on_shard(self.scope, reason)


def _match(clause: _Clause) -> Scorer:
    operation = as_text(clause.options.get("operator", "or")).lower()
    if operation not in ("or", "and"):
        raise illegal_argument(f"No enum constant org.opensearch.index.query.Operator.{operation.upper()}")
    if clause.field.type == "ip":
        return _term(clause)
    terms = clause.analysed()
    if not terms:
        return no_match
    count_clauses(clause.scope, len(terms))
    if len(terms) > MAX_CLAUSES:
        raise too_many_clauses(clause.scope)
    needed = len(terms) if operation == "and" else 1
    if operation == "or" and len(terms) > 1 and "minimum_should_match" in clause.options:
        needed = max(1, minimum_of(clause.options["minimum_should_match"], len(terms)))
    by_term = {term: phrase(clause.scope, clause.field, [term], clause.boost) for term in dict.fromkeys(terms)}
    scorers = Sum([by_term[term] for term in terms])
    score = partial(scorers.of, needed=needed)
    return WithTerms(clause.field, by_term, score) if needed > 0 else score


def _match_phrase(clause: _Clause) -> Scorer:
    terms = clause.analysed()
    return phrase(clause.scope, clause.field, terms, clause.boost) if terms else no_match


def _term(clause: _Clause) -> Scorer:
    if clause.field.type == "ip":
        return any_term(clause.field, is_within(clause.field, [clause.value], clause.scope), clause.boost)
    term = term_of(clause.field, clause.value, clause.scope)
    if clause.folds_case and clause.field.is_text:
        return any_term(clause.field, lambda indexed: indexed.casefold() == term.casefold(), clause.boost)
    return phrase(clause.scope, clause.field, [term], clause.boost)


def _prefix(clause: _Clause) -> Scorer:
    clause.must_be_text()
    start = as_text(clause.value)
    if clause.folds_case:
        return any_term(clause.field, lambda term: term.casefold().startswith(start.casefold()), clause.boost)
    return any_term(clause.field, lambda term: term.startswith(start), clause.boost)


def _wildcard(clause: _Clause) -> Scorer:
    clause.must_be_text()
    pattern = as_text(clause.value)
    if clause.folds_case:
        folded = Glob(pattern.casefold())
        return any_term(clause.field, lambda term: folded.matches(term.casefold()), clause.boost)
    return any_term(clause.field, Glob(pattern).matches, clause.boost)


def _range(clause: _Clause) -> Scorer:
    if clause.field.type in ("_id", "boolean") or clause.field.refusal is not None:
        what = f"Field [{clause.field.name}] of type [{clause.field.shown_type}] does not support range queries"
        raise on_shard(clause.scope, f"failed to create query: {what}")
    if clause.field.type == "keyword" and clause.field.declared.startswith("date"):
        raise not_supported(f"ranges of the date [{clause.field.name}] with its format", ("the default format",))
    given = {key: value for key in _COMPARE if (value := clause.options.get(key)) is not None}
    bounds = [(_COMPARE[key], _bound(clause, value)) for key, value in given.items()]
    return any_term(clause.field, lambda term: all(compare(term, bound) for compare, bound in bounds), clause.boost)


def _bound(clause: _Clause, value: Any) -> Any:
    if clause.field.type != "date":
        return term_of(clause.field, value, clause.scope)
    if as_text(value).startswith("now") or "||" in as_text(value):
        raise not_supported(f"date math such as [{value}]", ("epoch milliseconds", "2026-01-01T00:00:00.000Z"))
    try:
        return clause.field.term(value)
    except BadValueError as error:
        raise shard_failure(clause.scope.index, "parse_exception", str(error)) from None


def _long_form(name: str, shape: _Shape, field_name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options for the field. A single value is the value of the first option."""
    given = body[field_name]
    if isinstance(given, list):
        alone = "[term] query does not support array of values"
        raise parsing(alone if name == "term" else f"[{name}] unknown token [START_ARRAY] after [{field_name}]").at(
            body, field_name
        )
    if not isinstance(given, Mapping):
        if not shape.value:
            raise parsing(f"[{name}] query does not support [{field_name}]").at(body, field_name)
        return {shape.value[0]: given}
    known = {*shape.value, *shape.options, "boost", "_name"}
    for option, value in given.items():
        if option in shape.not_here:
            raise not_supported(f"[{option}] in the query [{name}]", (f"[{each}]" for each in sorted(known)))
        if option not in known:
            raise parsing(f"[{name}] query does not support [{option}]").at(given, option)
        if isinstance(value, Mapping | list):
            raise parsing(f"[{name}] unknown token [{token(value)}] after [{option}]").at(given, option)
    return given


_NO_FIELD: Final = partial(illegal_argument, "field name is null or empty")
_NO_VALUE: Final = partial(illegal_argument, "value cannot be null")
_NO_TEXT: Final = partial(parsing, "No text specified for text query")


@dataclass(frozen=True)
class _Shape:
    """The syntax of a query, and OpenSearch's errors for violations."""

    parse: Callable[[_Clause], Scorer]
    value: tuple[str, ...]
    """The names of the option with the value, which the short form gives alone. None: there is no short form."""
    options: frozenset[str] = frozenset()
    not_here: frozenset[str] = frozenset()
    """Options that OpenSearch has and mockflow lacks."""
    no_field: Callable[[], SearchError] = _NO_FIELD
    no_value: Callable[[], SearchError] = _NO_VALUE
    is_named_outside: bool = False
    """Whether `_name` may stand beside the field too."""


FIELD_QUERIES: Final[Mapping[str, _Shape]] = {
    "match": _Shape(
        _match,
        ("query",),
        names("operator minimum_should_match"),
        names(
            "analyzer fuzziness prefix_length max_expansions fuzzy_rewrite fuzzy_transpositions lenient "
            "cutoff_frequency zero_terms_query auto_generate_synonyms_phrase_query"
        ),
        _NO_TEXT,
        _NO_TEXT,
    ),
    "match_phrase": _Shape(
        _match_phrase,
        ("query",),
        not_here=names("analyzer slop zero_terms_query"),
        no_field=partial(illegal_argument, "[match_phrase] requires fieldName"),
        no_value=partial(illegal_argument, "[match_phrase] requires query value"),
    ),
    "term": _Shape(_term, ("value", "term"), names("case_insensitive")),
    "prefix": _Shape(_prefix, ("value",), names("case_insensitive"), names("rewrite")),
    "wildcard": _Shape(_wildcard, ("value", "wildcard"), names("case_insensitive"), names("rewrite")),
    "range": _Shape(
        _range,
        (),
        names("gt gte lt lte"),
        names("from to include_lower include_upper time_zone format relation"),
        is_named_outside=True,
    ),
}
