"""One run of one workflow: a timeline, when it began, and what its polls have reached.

With `Run` a workflow's status is a pure function: of the script (the timeline), the events (`started`, and the
polls that `begun` keeps the trace of) and the time that is asked for.
"""

from dataclasses import dataclass, replace

from mockflow.core.plugin.status import Fields, KeyframeTime
from mockflow.core.script.timeline import JUST_BEGUN, Begun, Position, Timeline


@dataclass(frozen=True)
class Run:
    """Times are epoch milliseconds of the virtual clock, elapsed times milliseconds from `started`."""

    timeline: Timeline
    started: int
    begun: Begun = JUST_BEGUN

    def polled(self, poll: int, elapsed: int, *, at_most: int | None = None) -> "Run":
        """The run after its poll number `poll` (from 1); `at_most` so many at_poll keyframes are reached."""
        begun = self.timeline.polled(self.begun, poll, elapsed, at_most=at_most)
        return self if begun is self.begun else replace(self, begun=begun)

    def position(self, elapsed: int) -> Position:
        """Which moment of the timeline holds at `elapsed`, past or to come."""
        return self.timeline.position(self.begun, elapsed)

    def fields(self, position: Position) -> Fields:
        """The snapshot at `position`, its times in epoch milliseconds."""
        return {
            name: self.started + self.begun[value.segment] + value.offset if isinstance(value, KeyframeTime) else value
            for name, value in self.timeline.fields(position).items()
        }

    def next_time(self, elapsed: int) -> int | None:
        """The elapsed time of the next moment that time alone reaches."""
        return self.timeline.next_time(self.begun, elapsed)

    @property
    def next_poll(self) -> int | None:
        """The number of the poll that the timeline waits for, once time has done its part."""
        return self.timeline.next_poll(self.begun)

    def time_of_state(self, elapsed: int, state: str) -> int | None:
        """The first elapsed time from `elapsed` on at which `state` holds, without further polls."""
        return self.timeline.time_of_state(self.begun, elapsed, state)
