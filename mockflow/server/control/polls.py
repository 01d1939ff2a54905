"""The polls of one workflow in the journal: how many there were, how far apart, and which came too late."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Literal

from mockflow.core.plugin.status import FINAL_STATES
from mockflow.server.control.exchange import Exchange

WhichClock = Literal["virtual", "wall"]


class SeveralPolledError(ValueError):
    """Several workflows were polled, and none was named."""


@dataclass(frozen=True)
class Polling:
    """The polls of one workflow. A poll is a status call that the workflow itself answered with 200."""

    runs: tuple[tuple[Exchange, ...], ...]
    """The polls of each run. A request that begins another run begins another group."""

    @property
    def polls(self) -> tuple[Exchange, ...]:
        """All polls, the oldest first."""
        return tuple(chain.from_iterable(self.runs))

    @property
    def count(self) -> int:
        """How many polls there were."""
        return len(self.polls)

    @property
    def first(self) -> Exchange | None:
        """The first poll; None if there was none."""
        return next(iter(self.polls), None)

    @property
    def last(self) -> Exchange | None:
        """The last poll; None if there was none."""
        return next(reversed(self.polls), None)

    @property
    def intervals(self) -> list[int]:
        """Virtual milliseconds from each poll to the next of the same run.

        In mode auto the polls themselves move the time, so these intervals do not show how the program waits.
        """
        return [later.elapsed - earlier.elapsed for earlier, later in self._pairs()]

    @property
    def wall_intervals(self) -> list[float]:
        """Wall-clock milliseconds from each poll to the next of the same run."""
        return [(later.wall - earlier.wall) * 1000 for earlier, later in self._pairs()]

    @property
    def after_terminal(self) -> int:
        """How many polls came after one that returned COMPLETED or FAILED, the end of its run."""
        ends = (next((n for n, poll in enumerate(run, 1) if poll.state in FINAL_STATES), len(run)) for run in self.runs)
        return sum(len(run) - end for run, end in zip(self.runs, ends, strict=True))

    def measured(self, clock: WhichClock | None) -> list[tuple[Exchange, float, WhichClock]]:
        """Each poll except a run's first, the ms since the poll before, and the clock they are measured by.

        `clock` None stands for wall if either poll was made in mode auto, else for virtual.
        """
        found: list[tuple[Exchange, float, WhichClock]] = []
        for earlier, later in self._pairs():
            which = clock or ("wall" if "auto" in (earlier.mode, later.mode) else "virtual")
            wall = (later.wall - earlier.wall) * 1000
            found.append((later, wall if which == "wall" else later.elapsed - earlier.elapsed, which))
        return found

    def _pairs(self) -> Iterable[tuple[Exchange, Exchange]]:
        return chain.from_iterable(map(pairwise, self.runs))


def polling_of(exchanges: Iterable[Exchange], workflow_id: str | None = None) -> Polling:
    """The polls among `exchanges` (all of them, the oldest first); of the only polled workflow if none is named.

    Raises SeveralPolledError if no id is given and several workflows were polled.
    """
    concerned = [one for one in exchanges if workflow_id in (None, one.workflow_id)]
    polled = {str(one.workflow_id) for one in concerned if one.is_poll}
    if len(polled) > 1:
        raise SeveralPolledError(f"{len(polled)} workflows were polled; name one of {', '.join(sorted(polled))}")
    runs: list[list[Exchange]] = [[]]
    for one in concerned:
        if one.is_poll:
            runs[-1].append(one)
        elif one.workflow_id in polled and one.begins_run:
            runs.append([])
    return Polling(tuple(tuple(run) for run in runs if run))
