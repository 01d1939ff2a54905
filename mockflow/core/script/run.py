"""One run of one workflow: a timeline, its beginning, and the segments that polls have reached.

A workflow's status is a pure function of the script (the timeline), the events (`started` and the polls, as kept in
`begun`) and the time.
"""

from dataclasses import dataclass, replace

from mockflow.core.plugin.resource_list import ResourceList
from mockflow.core.plugin.status import Fields, KeyframeTime
from mockflow.core.script.timeline import JUST_BEGUN, Begun, Position, Timeline


@dataclass(frozen=True)
class Run:
    """Times are epoch milliseconds of the virtual clock, elapsed times milliseconds from `started`."""

    timeline: Timeline
    started: int
    begun: Begun = JUST_BEGUN

    def polled(self, poll: int, elapsed: int, *, at_most: int | None = None) -> "Run":
        """The run after poll number `poll`, counted from 1. At most `at_most` at_poll keyframes are reached by it."""
        begun = self.timeline.polled(self.begun, poll, elapsed, at_most=at_most)
        return self if begun is self.begun else replace(self, begun=begun)

    def position(self, elapsed: int) -> Position:
        """The moment that holds at `elapsed`, past or future."""
        return self.timeline.position(self.begun, elapsed)

    def fields(self, position: Position) -> Fields:
        """The snapshot at `position`, its times in epoch milliseconds."""
        fields = dict(self.timeline.fields(position))
        for name, value in fields.items():
            if isinstance(value, KeyframeTime):
                fields[name] = self.started + self.begun[value.segment] + value.offset
            elif isinstance(value, ResourceList):
                fields[name] = value.entries()
        return fields

    def state(self, elapsed: int) -> str | None:
        """The state at `elapsed`."""
        state: str | None = self.timeline.fields(self.position(elapsed)).get("state")
        return state

    def next_time(self, elapsed: int) -> int | None:
        """The elapsed time of the next moment that time alone reaches."""
        return self.timeline.next_time(self.begun, elapsed)

    @property
    def next_poll(self) -> int | None:
        """The number of the poll that begins the next segment; None if there is none."""
        return self.timeline.next_poll(self.begun)

    def time_of_state(self, elapsed: int, state: str) -> int | None:
        """The first elapsed time from `elapsed` on at which `state` holds, without further polls."""
        return self.timeline.time_of_state(self.begun, elapsed, state)
