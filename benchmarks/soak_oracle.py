"""What the answers of a server may be, by the pure core: the script, and the times between which it was asked.

A request is answered at some moment between its sending and the arrival of its answer. So a time is a `Span`, and an
answer is right if one moment of the span gives it. Where nobody moves the clock meanwhile, a span of a clock that does
not go by itself is one moment.
"""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from soak_scenarios import Script

from mockflow.core.plugin.lifecycle import NOT_STARTED
from mockflow.core.plugin.status import status_document
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import Position, Timeline
from mockflow.loading.load import load_text

TIMES: Final = ("provision_start_time", "provision_end_time")


@dataclass(frozen=True)
class Span:
    """Milliseconds from `low` to `high`, both included."""

    low: int
    high: int

    def since(self, start: "Span") -> "Span":
        """How long it is from a time in `start` to a time in this span; never negative."""
        return Span(max(0, self.low - start.high), max(0, self.high - start.low))

    def plus(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.high + other.high)


@dataclass
class Clock:
    """The virtual clock of the server as it is known from outside."""

    goes: bool
    """Mode real."""
    told: int = 0
    """What the server said its time was, between the monotonic times `asked` and `heard`."""
    asked: float = 0.0
    heard: float = 0.0
    sent: int = 0
    """The milliseconds of all advances that were sent since."""
    confirmed: int = 0
    """Those of them that were answered."""

    def earliest(self) -> int:
        """The earliest time that the server can have now, in epoch ms."""
        passed = int((time.monotonic() - self.heard) * 1000) if self.goes else 0
        return self.told + passed + self.confirmed

    def latest(self) -> int:
        """The latest time that the server can have now."""
        passed = int((time.monotonic() - self.asked) * 1000) + 2 if self.goes else 0
        return self.told + passed + self.sent


@dataclass
class Versions:
    """A scenario and the versions of it that were loaded one after another."""

    script: Script
    attempts: list[list[Any]] = field(default_factory=list)
    """The keyframes of each attempt, for each version that was sent."""
    confirmed: int = 0
    """The newest version that is certainly in force, or has been."""

    def add(self, script: Script) -> int:
        """A version that is about to be sent; returns its number."""
        (located,) = load_text(script.document.encode(), script.name).scenarios
        provision = located.scenario.provision
        assert provision is not None
        self.script = script
        self.attempts.append([attempt.timeline for attempt in provision.attempts or ()])
        return len(self.attempts) - 1

    def timeline(self, version: int, attempt: int, workflow_id: str) -> Timeline:
        keyframes = self.attempts[version][min(attempt, len(self.attempts[version]) - 1)]
        return compile_run(keyframes, scenario=self.script.name, workflow_id=workflow_id, state="PROVISIONING")


@dataclass(frozen=True)
class Moment:
    """One moment that may have been shown: its timeline, and where it stands in it."""

    timeline: Timeline
    position: Position

    def body(self, workflow_id: str, *, show_all: bool) -> dict[str, Any]:
        """The status, without its times."""
        run = Run(self.timeline, 0, (0,) * len(self.timeline.segments))
        fields = {name: value for name, value in run.fields(self.position).items() if name not in TIMES}
        return status_document(workflow_id, fields, show_all=show_all).value

    @property
    def state(self) -> str | None:
        state: str | None = self.timeline.fields(self.position).get("state")
        return state


@dataclass
class Provisioned:
    """A run of a workflow as it is known from outside."""

    versions: Versions
    workflow_id: str
    attempt: int
    since: Span
    """When the clock showed what: its time when the run had `reached` as its elapsed time."""
    in_turn: bool
    """Mode auto: each status read skips to the next keyframe."""
    polls: int = 0
    reached: Span = field(default_factory=lambda: Span(0, 0))
    started: Span | None = None
    """Epoch milliseconds. In mode auto other runs go ahead of the clock, so it is known once a status has shown it."""
    _segment_began: Span | None = None
    _timelines: dict[int, Timeline] = field(default_factory=dict)

    def elapsed(self, now: Span) -> Span:
        return now.since(self.since).plus(self.reached)

    def moments(self, first_version: int, now: Span, *, is_poll: bool) -> list[Moment]:
        """The moments that a status read may have shown, by any of the versions from this one on."""
        elapsed = self.elapsed(now)
        if is_poll:
            self.polls += 1
        found: list[Moment] = []
        for version in range(first_version, len(self.versions.attempts)):
            timeline = self._timelines.get(version)
            if timeline is None:
                timeline = self.versions.timeline(version, self.attempt, self.workflow_id)
                self._timelines[version] = timeline
            found += self._between(timeline, elapsed)
        return found

    def _between(self, timeline: Timeline, elapsed: Span) -> Iterable[Moment]:
        earliest = latest = (0,)
        if len(timeline.segments) > 1 and self.polls >= timeline.segments[1].poll:
            self._segment_began = self._segment_began or elapsed
            earliest, latest = (0, self._segment_began.high), (0, self._segment_began.low)  # type: ignore[assignment]
        first = timeline.position(earliest, max(elapsed.low, earliest[-1]))
        last = timeline.position(latest, max(elapsed.high, latest[-1]))
        return [Moment(timeline, Position(first.segment, place)) for place in range(first.place, last.place + 1)]

    def skip(self, shown: Iterable[Moment], now: Span) -> None:
        """Mode auto, after one of `shown` was answered: the run is at the next keyframe."""
        if not self.in_turn:
            return
        elapsed = self.elapsed(now)
        spans = []
        for moment in shown:
            segment = moment.timeline.segments[moment.position.segment]
            began = self._segment_began if moment.position.segment and self._segment_began else Span(0, 0)
            place = moment.position.place + 1
            if place < len(segment.offsets):
                offset = segment.offsets[place]
                spans.append(Span(began.low + offset, began.high + offset))
            else:
                spans.append(elapsed)
        if spans:
            self.reached = Span(min(span.low for span in spans), max(span.high for span in spans))
            self.since = now

    def has_times(self, moment: Moment, body: Mapping[str, Any]) -> bool:
        """Whether the times of a whole status are those of that moment. The first one seen tells when the run began."""
        fields = moment.timeline.fields(moment.position)
        for name in TIMES:
            value = fields.get(name)
            if (value is None) != (name not in body):
                return False
            if value is None:
                continue
            began = self._segment_began if value.segment and self._segment_began else Span(0, 0)
            start = Span(body[name] - value.offset - began.high, body[name] - value.offset - began.low)
            if self.started is not None and not (start.low <= self.started.high and self.started.low <= start.high):
                return False
            self.started = (
                start
                if self.started is None
                else Span(max(start.low, self.started.low), min(start.high, self.started.high))
            )
        return True


def is_right(run: Provisioned, moment: Moment, body: Mapping[str, Any], *, show_all: bool) -> bool:
    """Whether `body` is the status at that moment."""
    without = {name: value for name, value in body.items() if name not in TIMES}
    if without != moment.body(run.workflow_id, show_all=show_all):
        return False
    return run.has_times(moment, body) if show_all else len(without) == len(body)


def idle(workflow_id: str) -> dict[str, Any]:
    """The status of a workflow that is not provisioned."""
    return status_document(workflow_id, NOT_STARTED, show_all=False).value


def parsed(body: bytes) -> Any:
    return json.loads(body) if body else None
