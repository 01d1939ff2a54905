"""Scores: BM25 as in Lucene (k1 1.2, b 0.75) for the queries that use it, else 1.0. A filter adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import log
from typing import Any, Final

from mockflow.core.opensearch.java import as_double
from mockflow.core.opensearch.search.errors import SearchError, illegal_argument, not_supported
from mockflow.core.opensearch.search.fields import Field, Scope, Stored
from mockflow.core.opensearch.search.json_values import as_text

LARGEST_FLOAT: Final = 3.4028234e38
"""Java's Float.MAX_VALUE."""
Scorer = Callable[[Stored], float | None]
"""Returns a document's score, None if it does not match."""


def no_match(document: Stored) -> float | None:
    """The scorer that matches no document."""
    return None


def any_term(field: Field, matches: Callable[[Any], bool], boost: float) -> Scorer:
    """A scorer with one score for all documents that have a matching term."""
    return lambda document: boost if any(map(matches, field.terms(document))) else None


class WithTerms:
    """A scorer that matches no document without one of these terms in this field."""

    __slots__ = ("_score", "field", "terms")

    def __init__(self, field: Field, terms: Collection[Any], score: Scorer) -> None:
        self.field = field
        self.terms = terms
        self._score = score

    def __call__(self, document: Stored) -> float | None:
        return self._score(document)


class Sum:
    """The sum of the scores of several scorers. Of many that want certain terms, those of a document's terms are asked:
    so the time does not grow with their number.
    """

    def __init__(self, scorers: Sequence[Scorer]) -> None:
        self._scorers = scorers
        self._always: list[int] = []
        self._by_field: dict[Field, dict[Any, list[int]]] = {}
        for place, scorer in enumerate(scorers):
            if isinstance(scorer, WithTerms) and len(scorers) > _FEW:
                by_term = self._by_field.setdefault(scorer.field, {})
                for term in dict.fromkeys(scorer.terms):
                    by_term.setdefault(term, []).append(place)
            else:
                self._always.append(place)

    def of(self, document: Stored, needed: int) -> float | None:
        """The sum if at least `needed` scorers match, else None."""
        places: Iterable[int] = self._always
        if self._by_field:
            chosen = set(self._always)
            for field, by_term in self._by_field.items():
                for term in set(field.terms(document)):
                    chosen.update(by_term.get(term, ()))
            places = sorted(chosen)  # as they were given: a sum of fractions depends on their order
        scores = [found for place in places if (found := self._scorers[place](document)) is not None]
        return sum(scores) if len(scores) >= needed else None


_FEW: Final = 4


def phrase(scope: Scope, field: Field, terms: Sequence[Any], boost: float) -> Scorer:
    """BM25 of a term or of a sequence of terms; 1.0 if the field does not have strings, or keywords without scores."""

    def frequency(indexed: Sequence[Any]) -> int:
        if len(terms) == 1:
            return indexed.count(terms[0]) if field.type == "text" else int(terms[0] in indexed)
        starts = range(len(indexed) - len(terms) + 1)
        return sum(list(indexed[start : start + len(terms)]) == list(terms) for start in starts)

    def scorer(score: Scorer) -> Scorer:
        return WithTerms(field, terms[:1], score)

    if not field.is_text or (field.type == "keyword" and not scope.scores_keywords):
        return scorer(lambda document: boost if frequency(field.terms(document)) else None)
    known = scope.work.statistics(field, scope.documents)
    if len(terms) > known.longest:
        return no_match
    having = [known.having.get(term, 0) for term in terms]
    rarity = sum(log(1 + (known.documents - number + 0.5) / (number + 0.5)) for number in having)
    average = known.terms / known.documents if known.documents else 1.0

    def score(document: Stored) -> float | None:
        indexed = field.terms(document)
        found = frequency(indexed)
        length = len(indexed) if field.type == "text" else 1
        return boost * rarity * found / (found + 1.2 * (0.25 + 0.75 * length / average)) if found else None

    return scorer(score)


def boost_of(body: Mapping[str, Any]) -> float:
    """The `boost` of a query."""
    value = body.get("boost", 1.0)
    try:
        boost = as_double(value)
    except (TypeError, ValueError):
        raise SearchError("number_format_exception", f'For input string: "{value}"') from None
    if boost < 0:
        raise illegal_argument(f"negative [boost] are not allowed in [{boost}], use a value between 0 and 1 to deboost")
    return boost


def minimum_of(value: Any, clauses: int) -> int:
    """`minimum_should_match` as a number of clauses. A negative value is the number of clauses that may be missing."""
    try:
        number = int(as_text(value))
    except ValueError:
        raise not_supported(f"[minimum_should_match] of [{value}]", ("whole numbers",)) from None
    return number if number >= 0 else max(0, clauses + number)
