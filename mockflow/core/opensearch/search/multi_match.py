"""The query multi_match: a match on several fields, of the types best_fields, most_fields and phrase.

The score is that of the best field, with ``tie_breaker`` times the others (MultiMatchQueryBuilder, MultiMatchQuery).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.java import as_double
from mockflow.core.opensearch.search.errors import SearchError, not_supported, parsing
from mockflow.core.opensearch.search.field_queries import check_boost, check_clauses, match_field, on_shard
from mockflow.core.opensearch.search.fields import Scope, Stored
from mockflow.core.opensearch.search.json_values import as_text, names, token
from mockflow.core.opensearch.search.scoring import Scorer, boost_of, no_match


def parse_multi_match(body: Mapping[str, Any], scope: Scope) -> Scorer:
    """The scorer of the query. Raises SearchError."""
    _check_options(body)
    kind = as_text(body.get("type", "best_fields")).lower()
    if kind not in _TIE_BREAKERS:
        if kind not in _TYPES_NOT_HERE:
            raise SearchError("parse_exception", f"failed to parse [multi_match] query type [{kind}]. unknown type.")
        raise not_supported(f"the type [{kind}] of [multi_match]", (f"[{known}]" for known in _TIE_BREAKERS))
    if body.get("query") is None:
        raise parsing("No text specified for multi_match query").at(body, part="end")
    boost, fields = boost_of(body), _fields(body, scope)
    check_boost(boost, scope)
    tie = _TIE_BREAKERS[kind] if body.get("tie_breaker") is None else _number(body["tie_breaker"])
    options = {**body, "type": kind}
    found = [_match(name, options, weight, is_lenient, scope) for name, (weight, is_lenient) in fields.items()]
    scorers = [scorer for scorer in found if scorer is not None]
    return _best(scorers, tie, boost) if scorers else no_match


def _best(scorers: Sequence[Scorer], tie: float, boost: float) -> Scorer:
    """A disjunction of which the best counts, and the others `tie` times."""

    def score(document: Stored) -> float | None:
        scores = [found for scorer in scorers if (found := scorer(document)) is not None]
        if not scores:
            return None
        best = max(scores)
        return boost * (best + tie * (sum(scores) - best))

    return score


def _check_options(body: Mapping[str, Any]) -> None:
    for key, value in body.items():
        if key == "fields":
            if isinstance(value, Mapping):
                raise parsing("[multi_match] query does not support [fields]").at(body, key)
        elif key in _NOT_HERE:
            raise not_supported(f"[{key}] in the query [multi_match]", (f"[{known}]" for known in _OPTIONS))
        elif key not in _OPTIONS:
            raise parsing(f"[multi_match] query does not support [{key}]").at(body, key)
        elif isinstance(value, Mapping | list):
            raise parsing(f"[multi_match] unknown token [{token(value)}] after [{key}]").at(body, key)


def _fields(body: Mapping[str, Any], scope: Scope) -> dict[str, tuple[float, bool]]:
    """Field -> weight, and whether the field may fail to read the text; patterns are resolved (QueryParserHelper)."""
    given = body.get("fields")
    if not given:
        raise not_supported("[multi_match] without [fields]", ("names and patterns of fields",))
    if sum("*" in as_text(one) for one in (given if isinstance(given, list) else [given])) > _MOST_PATTERNS:
        raise not_supported(f"more than {_MOST_PATTERNS} patterns in [multi_match]", ("fewer",))
    weights: dict[str, float] = {}
    for one in given if isinstance(given, list) else [given]:
        name, caret, given_weight = as_text(one).partition("^")
        weights[name] = _number(given_weight) if caret else 1.0
    fields: dict[str, tuple[float, bool]] = {}
    for name, weight in weights.items():
        if weight < 0:
            raise on_shard(scope, f"failed to create query: boost must be a positive float, got {weight}")
        for field in _named(name, scope):
            fields[field] = fields.get(field, (1.0, False))[0] * weight, "*" in weights
    return fields


def _named(name: str, scope: Scope) -> list[str]:
    """The searchable fields of a pattern; another name stands for itself."""
    if "*" not in name:
        return [name]
    fields = (field for full in scope.fields if matches(name, full) and (field := scope.field(full)))
    return [field.name for field in fields if field.type in _SEARCHABLE]


def _match(name: str, options: Mapping[str, Any], weight: float, is_lenient: bool, scope: Scope) -> Scorer | None:
    check_clauses(scope)  # before there are many
    try:
        return match_field(name, options, weight, options["type"] == "phrase", scope)
    except SearchError as error:
        if not is_lenient or not error.is_of_a_shard:
            raise
        return no_match


def _number(value: Any) -> float:
    try:
        return as_double(value)
    except (TypeError, ValueError):
        raise SearchError("number_format_exception", f'For input string: "{value}"') from None


_TIE_BREAKERS: Final[Mapping[str, float]] = {"best_fields": 0.0, "most_fields": 1.0, "phrase": 0.0}
_SEARCHABLE: Final = names("text keyword integer long float boolean date ip")
_MOST_PATTERNS: Final = 100
_TYPES_NOT_HERE: Final = names("cross_fields phrase_prefix bool_prefix")
_OPTIONS: Final = ("query", "fields", "type", "operator", "minimum_should_match", "tie_breaker", "boost", "_name")
_NOT_HERE: Final = names(
    "analyzer slop fuzziness prefix_length max_expansions fuzzy_rewrite cutoff_frequency lenient zero_terms_query "
    "auto_generate_synonyms_phrase_query fuzzy_transpositions"
)
