"""What the requests say about a mistake in the test itself: a wrong id, a clock that nobody moves."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from mockflow.core.base.suggest import closest
from mockflow.server.control.exchange import Exchange

_MOST: Final = 5
"""The most ids that are told of, and that are listed."""
_ENOUGH: Final = 3
"""Equal polls at one moment of a frozen clock from which on it is told that nobody moves it."""


def hints(exchanges: Sequence[Exchange], known: Collection[str], mode: str) -> Iterator[str]:
    """A sentence for each mistake that the requests suggest; `known` are the workflows' ids."""
    asked = {one.workflow_id for one in exchanges if one.status == 404 and one.operation == "get_status"}
    been = {one.workflow_id for one in exchanges if one.status < 400}  # deleted since
    for unknown in sorted(one for one in asked - been if one and one not in known)[:_MOST]:
        yield f"there is no workflow {unknown}; {_instead(unknown, known)}"
    polls = [one for one in exchanges if one.is_poll]
    if mode == "frozen" and len(polls) >= _ENOUGH and len({(one.elapsed, one.mode) for one in polls}) == 1:
        yield (
            f"the clock is frozen and was not moved during {len(polls)} polls; "
            "advance moves it, and in Python patch_sleep lets the program's sleeps move it"
        )


def _instead(unknown: str, known: Collection[str]) -> str:
    if match := closest(unknown, known):
        return f"did you mean {match}?"
    if not known:
        return "no scenario is loaded that has one, and no client has created one"
    listed = sorted(known)
    more = f" and {len(listed) - _MOST} more" if len(listed) > _MOST else ""
    return f"there is {', '.join(listed[:_MOST])}{more}"
