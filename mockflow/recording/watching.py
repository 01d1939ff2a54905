"""Polls workflows until they have ended: the loop of `mockflow record`, without its clock and its cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mockflow.recording.looks import Looks

SLOWEST: Final = 10
"""So many times the shortest pause is the longest."""
_GROWTH: Final = 1.5


class NoAnswerError(Exception):
    """A cluster gave no status. `str(error)` is why; `passes`: it may be otherwise later without anybody's doing.

    `does` is what plays it as a fault; empty where nothing was answered.
    """

    def __init__(
        self, reason: str, *, hint: str = "", passes: bool = False, does: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.hint = hint
        self.passes = passes
        self.does = does or {}


class Clock(Protocol):
    """Milliseconds from when the recording began."""

    def now(self) -> int: ...

    def sleep(self, milliseconds: int) -> None: ...


@dataclass
class Pace:
    """How long to wait between looks: `shortest` ms while things change, up to ten times that while nothing does."""

    shortest: int
    _pause: float = 0

    def next(self, *, changed: bool) -> int:
        """The pause after a round in which something changed, or nothing."""
        longer = min(self._pause * _GROWTH, self.shortest * SLOWEST)
        self._pause = self.shortest if changed or not self._pause else longer
        return int(self._pause)


def watch(
    watched: Sequence[Looks],
    ask: Callable[[str], Mapping[str, Any]],
    clock: Clock,
    pace: Pace,
    *,
    timeout: int,
    follow: bool = False,
    news: Callable[[Looks, str], None],
) -> bool:
    """Looks at each workflow in turn until all are COMPLETED or FAILED; False where `timeout` (ms) came before that.

    `follow` goes on after their end until the time-out. `ask` gets a status or raises NoAnswerError, which is kept
    as a gap and waited out; only before any answer of a workflow, and if it does not pass, it is raised. `news` is
    called with what has changed, in people's words, after it was noted.
    """
    while True:
        changed = False
        for looks in watched:
            if not looks.is_final or follow:
                changed = _look(looks, ask, clock, news) or changed
        if not follow and all(looks.is_final for looks in watched):
            return True
        left = timeout - clock.now()
        if left <= 0:
            return all(looks.is_final for looks in watched)
        clock.sleep(min(pace.next(changed=changed), left))


def _look(
    looks: Looks, ask: Callable[[str], Mapping[str, Any]], clock: Clock, news: Callable[[Looks, str], None]
) -> bool:
    asked = clock.now()
    try:
        body = ask(looks.workflow_id)
    except NoAnswerError as error:
        if not looks.changes and not error.passes:
            raise
        if looks.missed(asked, str(error), error.does):
            news(looks, f"no answer: {error}")
        return False
    was_away = bool(looks.gaps) and looks.gaps[-1].end is None
    changed = looks.saw(asked, body)
    if changed:
        news(looks, summary(looks))
    elif was_away:
        news(looks, "answers again")
    return changed


def summary(looks: Looks) -> str:
    """The state last seen and how many resources there are."""
    if not looks.changes:
        return "never seen"
    number = len(looks.changes[-1].status.get("resources_created") or ())
    resources = f", {number} resource{'' if number == 1 else 's'}" if number else ""
    return f"{looks.state or 'no state'}{resources}"
