"""Suggestions for misspelled words."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 100
"""The most characters of a misspelled word; a comparison takes a time that grows with their square."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The most similar candidate, or None. Case makes no difference."""
    if len(word) > _LONGEST:
        return None
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
    return not any(one in mine for one in folded) and any(_similarity(mine, one) > _NEARLY for one in folded)


_NEARLY: Final = 0.8


def _similarity(one: str, other: str) -> float:
    """OpenSearch's similarity of words: 1 minus the Levenshtein distance divided by the longer length."""
    longer, shorter = max(len(one), len(other)), min(len(one), len(other))
    if longer > _LONGEST or shorter * 2 <= longer:  # at least as many letters differ as the longer one has more
        return 0.0
    row = list(range(len(other) + 1))
    for number, mine in enumerate(one, 1):
        above, row = row, [number]
        for place, theirs in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[place] + 1, above[place - 1] + (mine != theirs)))
    return 1 - row[-1] / longer
