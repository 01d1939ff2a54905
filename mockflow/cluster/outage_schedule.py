"""Which runs may be in a phase of an outage now, without going through all of them.

A run sleeps until the clock reaches the next outage of its scenario. It is awake, and has to be looked at, from then on
until it sleeps again, and after every change of its time other than by the clock. A scenario without a workflow sleeps
and wakes in the same way, by the time since the world began.
"""

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

_MOST_OUTDATED: Final = 64  # entries of a heap beyond twice the number of those that sleep


class Run(NamedTuple):
    """The current run of a workflow, with its scenario; without a workflow, the time of the cluster as a whole."""

    scenario: str
    workflow_id: str | None


class OutageSchedule:
    """Runs of scenarios with outages: those that are awake, and those that sleep until a time."""

    def __init__(self) -> None:
        self._awake: dict[Run, None] = {}
        self._by_clock = _Sleepers()
        self._by_world = _Sleepers()

    def wake(self, run: Run) -> None:
        """Wakes a run: it is new, or its time has changed."""
        self._sleepers(run).remove(run)
        self._awake[run] = None

    def sleep(self, run: Run, until: int) -> None:
        """Lets an awake run sleep until the clock, or the time since the world began, is at `until`."""
        self._awake.pop(run, None)
        self._sleepers(run).add(run, until)

    def drop(self, run: Run) -> None:
        """Drops a run that no outage concerns any more."""
        self._awake.pop(run, None)
        self._sleepers(run).remove(run)

    def awake(self, clock: int, since_began: int) -> list[Run]:
        """The runs that are awake at these times (ms)."""
        for run in (*self._by_clock.due(clock), *self._by_world.due(since_began)):
            self._awake[run] = None
        return list(self._awake)

    def next_times(self) -> tuple[int | None, int | None]:
        """The first times at which one wakes, by the clock and by the time since the world began."""
        return self._by_clock.first(), self._by_world.first()

    def _sleepers(self, run: Run) -> "_Sleepers":
        return self._by_world if run.workflow_id is None else self._by_clock


class _Sleepers:
    """Runs by the time at which they wake."""

    def __init__(self) -> None:
        self._until: dict[Run, int] = {}
        self._heap: list[tuple[int, Run]] = []  # outdated entries included

    def add(self, run: Run, until: int) -> None:
        self._until[run] = until
        heapq.heappush(self._heap, (until, run))
        if len(self._heap) > 2 * len(self._until) + _MOST_OUTDATED:
            self._heap = [(time, one) for one, time in self._until.items()]
            heapq.heapify(self._heap)

    def remove(self, run: Run) -> None:
        self._until.pop(run, None)

    def first(self) -> int | None:
        while self._heap and self._until.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[Run]:
        while (time := self.first()) is not None and time <= now:
            _, run = heapq.heappop(self._heap)
            del self._until[run]
            yield run
