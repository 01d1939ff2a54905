"""Did you mean …? One place for every misspelled word."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was most likely meant, or None. Upper and lower case count as alike."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    matches = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``did you mean X?``, or, when nothing is near, all there is to choose from."""
    known = list(candidates)
    if match := closest(word, known):
        return f"did you mean {match}?"
    return "one of " + ", ".join(known)
