"""Suggestions for misspelled words."""

from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 100
"""The most characters of a misspelled word; a comparison takes a time that grows with their square."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The most similar candidate, or None. Case makes no difference."""
    if len(word) > _LONGEST:
        return None
    from difflib import get_close_matches  # for mistakes only

    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``did you mean X?``, or a list of all candidates if none is similar."""
    known = list(candidates)
    if match := closest(word, known):
        return f"did you mean {match}?"
    return "one of " + ", ".join(known)


def near_misses(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that OpenSearch would suggest for a misspelled word, best first."""
    scored = [(-_similarity(word, candidate), candidate) for candidate in set(candidates)]
    return [candidate for score, candidate in sorted(scored) if score < -0.5]


def is_misspelt(word: str, candidates: Iterable[str]) -> bool:
    """Whether a word is nearly one of the candidates. One that contains a candidate, such as create_index_2, is not."""
    folded = [candidate.casefold() for candidate in candidates]
    mine = word.casefold()
    if any(one in mine for one in folded):
        return False
    close = (one for one in folded if len(mine) * _NEARLY <= len(one) <= len(mine) / _NEARLY)  # others are too long
    return any(_similarity(mine, one) > _NEARLY for one in close)


_NEARLY: Final = 0.8


def _similarity(one: str, other: str) -> float:
    """OpenSearch's similarity of words: 1 minus the Levenshtein distance divided by the longer length."""
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    if longer > _LONGEST or shorter * 2 <= longer:  # at least as many letters differ as the longer one has more
        return 0.0
    return 1 - _distance(one, other) / longer


def _distance(one: str, other: str) -> int:
    """The Levenshtein distance of two words that are not empty.

    Myers' algorithm: the bits of a number are a column of the table, so that a letter takes a few operations
    (https://doi.org/10.1145/316542.316550).
    """
    places: dict[str, int] = {}
    for place, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << place
    last, every = 1 << len(one) - 1, (1 << len(one)) - 1
    more, less, distance = every, 0, len(one)  # where the table grows and shrinks from one row to the next
    for letter in other:
        same = places.get(letter, 0)
        down, across = same | less, ((same & more) + more ^ more) | same
        grows, shrinks = less | every & ~(across | more), more & across
        distance += bool(grows & last) - bool(shrinks & last)
        grows, shrinks = grows << 1 | 1, shrinks << 1
        more, less = (shrinks | ~(down | grows)) & every, grows & down & every
    return distance
