"""Regular expressions that somebody else wrote, matched only where that cannot take long.

Python's engine tries one way after the other, and cannot be stopped while it does.
"""

import math
import re
import warnings
from typing import Any, Final

from mockflow.core.base.remembered import remember_short

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_parse

MAX_WAYS: Final = 5_000_000
"""The most ways to try; that many take some hundredths of a second in practice, because most of them end early."""


def matches_whole(pattern: str, text: str) -> bool | None:
    """Whether the whole text matches. None where it could take too long, or where Python cannot read the pattern."""
    if (limits := _repeats(pattern)) is None or _ways(limits, len(text)) > MAX_WAYS:
        return None
    return re.fullmatch(pattern, text) is not None


def _ways(limits: tuple[int, ...], length: int) -> float:
    """The ways to divide a text among the repeats; those without a bound share its characters."""
    factors = [min(limit, length + 1) for limit in limits]
    unbounded = sum(limit > length for limit in limits)
    return math.exp(sum(map(math.log, factors)) - math.lgamma(unbounded + 1))


@remember_short(1024, longest=1024)
def _repeats(pattern: str) -> tuple[int, ...] | None:
    """For each repeat and each alternative the number of ways it has; None where one is within another."""
    try:
        re.compile(pattern)
        parsed = sre_parse.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    found: list[int] = []
    return tuple(found) if _collect(parsed, found, repeated=False) else None


def _collect(parsed: Any, found: list[int], *, repeated: bool) -> bool:
    """Adds the numbers of ways of all repeats. False where one is within another, which may multiply without end."""
    return all(_collect_one(str(operator), argument, found, repeated) for operator, argument in parsed)


def _collect_one(name: str, argument: Any, found: list[int], repeated: bool) -> bool:
    if name in _REPEATS:
        least, most, inner = argument
        is_free = most > least
        if is_free:
            found.append(int(most) - int(least) + 1)
        return not (is_free and repeated) and _collect(inner, found, repeated=repeated or most > 1)
    if name == "BRANCH":
        found.append(len(argument[1]))
        return not repeated and all(_collect(branch, found, repeated=False) for branch in argument[1])
    if name in _AROUND:
        return _collect(argument[_AROUND[name]], found, repeated=repeated)
    return name in _SINGLE


_AROUND: Final = {"SUBPATTERN": -1, "ASSERT": 1, "ASSERT_NOT": 1}
"""Operators that have another expression, with its place in their argument."""
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_SINGLE: Final = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "CATEGORY", "RANGE", "NEGATE"})
