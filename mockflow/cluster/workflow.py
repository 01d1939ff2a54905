"""One workflow of the cluster: its script, its run so far, and the documents made of it."""

from typing import Any, Final

from mockflow.core.compiler import compile_run
from mockflow.core.run import Run
from mockflow.core.scenario import Scenario
from mockflow.core.status import ALL_FIELDS, Document, status_document
from mockflow.core.timeline import Position

_FOR_EVER: Final = 10**18


class Workflow:
    """Changes only through the cluster that holds it."""

    def __init__(self, scenario: Scenario) -> None:
        self.id = scenario.workflow_id
        self.scenario = scenario
        self.lead = 0
        """Milliseconds by which auto has moved this workflow ahead of the cluster's clock."""
        self.polls = 0
        self.same_answers = 0
        self.run: Run | None = None
        self._timeline = compile_run(scenario.provision, scenario=scenario.scenario, workflow_id=self.id)
        self._documents: dict[tuple[Position, bool], Document] = {}
        self._position: Position | None = None
        self._holds = range(0)  # the elapsed times for which `_position` is the answer, whoever polls

    def begin(self, now: int, lead: int) -> None:
        """Starts the run anew at elapsed 0; `now` is epoch milliseconds."""
        self.run = Run(self._timeline, now)
        self.lead = lead
        self.polls = 0
        self.same_answers = 0
        self._position = None
        self._holds = range(0)
        self._documents.clear()

    def poll(self, elapsed: int, *, show_all: bool, in_turn: bool = False) -> Document:
        """Counts a poll of the running run and answers it.

        `in_turn` is auto's promise that every keyframe is seen: an at_poll then waits until the one before it
        was answered.
        """
        run = self.run
        assert run is not None
        self.polls += 1
        if elapsed in self._holds and self._position is not None:
            self.same_answers += 1
            return self.document(run, self._position, show_all=show_all)
        if run.next_poll is not None and (not in_turn or run.timeline.all_answered(run.begun, self._position)):
            run = self.run = run.polled(self.polls, elapsed, at_most=1 if in_turn else None)
        position = run.position(elapsed)
        self.same_answers = self.same_answers + 1 if position == self._position else 1
        self._position = position
        if run.next_poll is None:
            following = run.next_time(elapsed)
            self._holds = range(elapsed, _FOR_EVER if following is None else following)
        return self.document(run, position, show_all=show_all)

    def document(self, run: Run, position: Position, *, show_all: bool) -> Document:
        """The status at one moment, made once for each run."""
        key = (position, show_all)
        document = self._documents.get(key)
        if document is None:
            document = status_document(self.id, run.fields(position), show_all=show_all)
            self._documents[key] = document
        return document

    def idle_document(self, *, show_all: bool) -> Document:
        """The status before a run that waits for its provisioning has begun."""
        idle = Run(compile_run(None, scenario=self.scenario.scenario, workflow_id=self.id), 0)
        return self.document(idle, idle.position(0), show_all=show_all)

    def as_if_begun(self, now: int) -> Run:
        """The run, or the one that would begin now."""
        return self.run or Run(self._timeline, now)

    def moments(self, now: int) -> list[dict[str, Any]]:
        """The whole timeline for its owner: each moment's time (where it is known) and fields."""
        run = self.as_if_begun(now)
        rows: list[dict[str, Any]] = []
        for number, segment in enumerate(run.timeline.segments):
            begun = run.begun[number] if number < len(run.begun) else None
            for offset, keyframe, fields in zip(segment.offsets, segment.keyframes, segment.snapshots, strict=True):
                rows.append(
                    {
                        "keyframe": keyframe,
                        "at_ms": None if begun is None else begun + offset,
                        "at_poll": segment.poll or None,
                        "after_poll_ms": offset if segment.poll else None,
                        "status": {
                            name: fields[name] for name in ALL_FIELDS if name in fields and _plain(fields[name])
                        },
                    }
                )
        return rows


def _plain(value: object) -> bool:
    return not hasattr(value, "segment")
