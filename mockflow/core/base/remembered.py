"""Results that are remembered for short texts: the texts come from clients, and nothing else would bound the memory."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Result = TypeVar("Result")


def remember_short(most: int, longest: int) -> Callable[[Callable[[str], Result]], Callable[[str], Result]]:
    """Remembers the results for the `most` texts that came last, of those with at most `longest` characters."""

    def decorate(function: Callable[[str], Result]) -> Callable[[str], Result]:
        remembered = lru_cache(most)(function)

        @wraps(function)
        def call(text: str) -> Result:
            return remembered(text) if len(text) <= longest else function(text)

        return call

    return decorate
