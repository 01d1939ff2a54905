"""The polling loop of `mockflow record`. The clock and the cluster are passed in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mockflow.recording.status_history import StatusHistory

SLOWEST: Final = 10
"""The longest pause, as a multiple of the shortest."""
_GROWTH: Final = 1.5


class NoAnswerError(Exception):
    """A cluster returned no status; `str(error)` is the reason.

    `passes` says whether a later attempt may succeed. `does` are the fault keys that reproduce it, empty if nothing was
    received. `hint` says what to do about it.
    """

    def __init__(
        self, reason: str, *, hint: str = "", passes: bool = False, does: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.hint = hint
        self.passes = passes
        self.does = does or {}


class Clock(Protocol):
    """Milliseconds since the recording began."""

    def now(self) -> int: ...

    def sleep(self, milliseconds: int) -> None: ...


@dataclass
class Pace:
    """The pause between status reads: `shortest` ms while the status changes, up to `SLOWEST` times that otherwise."""

    shortest: int
    _pause: float = 0

    def next(self, *, changed: bool) -> int:
        """The pause in ms after a round of reads; `changed` says whether any status changed in it."""
        longer = min(self._pause * _GROWTH, self.shortest * SLOWEST)
        self._pause = self.shortest if changed or not self._pause else longer
        return int(self._pause)


def watch(
    watched: Sequence[StatusHistory],
    ask: Callable[[str], Mapping[str, Any]],
    clock: Clock,
    pace: Pace,
    *,
    timeout: int,
    follow: bool = False,
    news: Callable[[StatusHistory, str], None],
) -> bool:
    """Reads the status of each workflow in turn until all are COMPLETED or FAILED.

    Returns False if `timeout` (ms) passes before that. With `follow` the reads go on until the time-out.

    `ask` returns the status of a workflow id or raises NoAnswerError. The error is recorded as a gap and the reads go
    on. It is raised only if no status of that workflow was read before and the error does not pass by itself. `news` is
    called after each change with a description of it.
    """
    while True:
        changed = False
        for history in watched:
            if not history.is_final or follow:
                changed = _read_status(history, ask, clock, news) or changed
        if not follow and all(history.is_final for history in watched):
            return True
        left = timeout - clock.now()
        if left <= 0:
            return all(history.is_final for history in watched)
        clock.sleep(min(pace.next(changed=changed), left))


def _read_status(
    history: StatusHistory,
    ask: Callable[[str], Mapping[str, Any]],
    clock: Clock,
    news: Callable[[StatusHistory, str], None],
) -> bool:
    asked = clock.now()
    try:
        body = ask(history.workflow_id)
    except NoAnswerError as error:
        if not history.changes and not error.passes:
            raise
        if history.record_gap(asked, str(error), error.does):
            news(history, f"no response: {error}")
        return False
    was_away = bool(history.gaps) and history.gaps[-1].end is None
    changed = history.record(asked, body)
    if changed:
        news(history, summary(history))
    elif was_away:
        news(history, "responds again")
    return changed


def summary(history: StatusHistory) -> str:
    """The state last read and the number of resources."""
    if not history.changes:
        return "never read"
    number = len(history.changes[-1].status.get("resources_created") or ())
    resources = f", {number} resource{'' if number == 1 else 's'}" if number else ""
    return f"{history.state or 'no state'}{resources}"
