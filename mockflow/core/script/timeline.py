"""Timelines: the ordered keyframes of a run, and which of them holds at which moment.

A timeline consists of segments. The first begins with the run, every other one with the poll that reaches its
``at_poll`` keyframe. Within a segment only time matters. So the state of a run is the list of times at which its
segments began (`Begun`), and every lookup is a bisection.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mockflow.core.plugin.lifecycle import NOT_STARTED
from mockflow.core.plugin.status import Fields

Begun = tuple[int, ...]
"""The elapsed ms at which each segment reached so far began; a run starts as ``(0,)``."""

JUST_BEGUN: Final[Begun] = (0,)


@dataclass(frozen=True)
class Segment:
    """Keyframes whose times count from one poll (or, in the first segment, from the run's beginning)."""

    poll: int
    """The number of the poll that begins it; 0 for the first segment."""
    offsets: tuple[int, ...]
    """Ascending milliseconds from the beginning of the segment; the first is 0."""
    snapshots: tuple[Fields, ...]
    """The snapshot from each offset on."""
    keyframes: tuple[int | None, ...]
    """The index of each moment's keyframe in the script; None before the first keyframe."""


class Position(NamedTuple):
    """One moment of a timeline: `segment`, and its `place` within it."""

    segment: int
    place: int


@dataclass(frozen=True)
class Timeline:
    """The compiled script of one run. Elapsed times are milliseconds from the run's beginning."""

    segments: tuple[Segment, ...]
    # The offset of each segment's last keyframe, which must be reached before the next segment can begin.
    _lasts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lasts", tuple(segment.offsets[-1] for segment in self.segments))

    @classmethod
    def of(cls, moments: Iterable[tuple[int, Fields]]) -> "Timeline":
        """The timeline of a run without keyframes. Of several moments at one time, the last holds."""
        held = dict(moments)
        nothing_written = tuple(None for _ in held)
        return cls((Segment(0, tuple(held), tuple(held.values()), nothing_written),))

    def polled(self, begun: Begun, poll: int, elapsed: int, *, at_most: int | None = None) -> Begun:
        """The segments that have begun after poll number `poll`, counted from 1, at `elapsed`.

        Several segments may begin with one poll; `at_most` limits how many.
        """
        limit = len(self.segments) if at_most is None else min(len(self.segments), len(begun) + at_most)
        count, began = len(begun), begun[-1]
        while count < limit and self.segments[count].poll <= poll and began + self._lasts[count - 1] <= elapsed:
            count, began = count + 1, elapsed
        return (*begun, *(elapsed,) * (count - len(begun))) if count > len(begun) else begun

    def begun_by(self, polls: Sequence[int], last: int, *, in_turn: bool) -> Begun:
        """The segments that have begun after polls at these elapsed times. The last poll has number `last`.

        With `in_turn`, an at_poll is not reached before a poll has returned the moment before it.
        """
        begun, answered = JUST_BEGUN, None
        if len(self.segments) == 1:
            return begun
        for number, elapsed in enumerate(polls, 1):
            if not in_turn or self.all_answered(begun, answered):
                poll = last if number == len(polls) else number
                begun = self.polled(begun, poll, elapsed, at_most=1 if in_turn else None)
            answered = self.position(begun, elapsed)
        return begun

    def all_answered(self, begun: Begun, answered: Position | None) -> bool:
        """Whether `answered`, the moment that a poll returned last, is the last one before the next segment."""
        segment = len(begun) - 1
        return answered == Position(segment, len(self.segments[segment].offsets) - 1)

    def position(self, begun: Begun, elapsed: int) -> Position:
        """The moment that holds at `elapsed`, past or future, without further polls."""
        segment = bisect_right(begun, elapsed, 1) - 1  # from 1: the first segment holds from the beginning
        return Position(segment, bisect_right(self.segments[segment].offsets, elapsed - begun[segment], 1) - 1)

    def fields(self, position: Position) -> Fields:
        """The snapshot that holds from `position` on."""
        return self.segments[position.segment].snapshots[position.place]

    def next_time(self, begun: Begun, elapsed: int) -> int | None:
        """The elapsed time of the next moment that time alone reaches; None if there is none."""
        offsets = self.segments[len(begun) - 1].offsets
        index = bisect_right(offsets, elapsed - begun[-1])
        return begun[-1] + offsets[index] if index < len(offsets) else None

    def next_poll(self, begun: Begun) -> int | None:
        """The number of the poll that begins the next segment; None if there is none."""
        return self.segments[len(begun)].poll if len(begun) < len(self.segments) else None

    def states(self) -> list[str]:
        """All states of the timeline, in order of first appearance."""
        snapshots = (fields for segment in self.segments for fields in segment.snapshots)
        return list(dict.fromkeys(fields["state"] for fields in snapshots if "state" in fields))

    def time_of_state(self, begun: Begun, elapsed: int, state: str) -> int | None:
        """The first elapsed time from `elapsed` on at which `state` holds, without any further poll."""
        time: int | None = elapsed
        while time is not None:
            if self.fields(self.position(begun, time)).get("state") == state:
                return time
            time = self.next_time(begun, time)
        return None


IDLE: Final = Timeline.of([(0, NOT_STARTED)])
"""A run in which nothing happens."""
