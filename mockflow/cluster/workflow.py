"""One workflow of a world: its template, its run so far, and the status documents made of it."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from mockflow.cluster.causes import Cause, RunKind
from mockflow.cluster.stored_template import StoredTemplate
from mockflow.core.plugin.lifecycle import NOT_STARTED
from mockflow.core.plugin.resources import Key, Made, key_of
from mockflow.core.plugin.status import FINAL_STATES, Document, Fields, status_document
from mockflow.core.plugin.template import Template
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.plan import StepPlan
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import Position, Timeline

_FOR_EVER: Final = 10**18
_REMEMBERED_POLLS: Final = 1000  # at_poll of another script is exact up to here
_KEPT_DOCUMENTS: Final = 32
_NO_FIELDS: Final[Fields] = {}


@dataclass
class Beginning:
    """A run that begins: its timeline, the event that began it, and the resources that it makes."""

    timeline: Timeline
    kind: RunKind
    made: Mapping[Key, tuple[Made, ...]] = field(default_factory=dict)
    """Each resource as the run makes and changes it, in order of time; empty for one that it only refers to."""
    steps: Collection[str] = ()
    """The keys of its plan that match executed steps."""
    forgets_workflow: bool = False
    """Whether the workflow's status is deleted at the end of the run, because its template is deleted already."""
    cause: Cause | None = None
    """The event, with which another script can play the run; None for a deprovisioning, which cannot be repeated."""
    input_problems: tuple[str, ...] = ()
    """The errors of steps that would fail on their inputs, although the timeline of the run goes on."""
    unknown_steps: tuple[str, ...] = ()
    """A warning for each key of its plan that matches none of its steps."""
    planned: Mapping[str, StepPlan] | None = None
    """The steps of the control API's plan for the next run that this run uses; None where its steps are not played."""


class Workflow:
    """One workflow. Only the functions that act on its world change it."""

    def __init__(
        self,
        workflow_id: str,
        scenario: Scenario | None = None,
        stored: StoredTemplate | None = None,
        owned: Fields = _NO_FIELDS,
    ) -> None:
        self.id = workflow_id
        self.scenario = scenario
        self.matched = scenario.scenario if scenario and scenario.match else None
        """The name of the scenario that matched the create request, also after that scenario was removed."""
        self.number = 0
        """Its place in the order of creation."""
        self.stored = stored
        self.owned = owned
        """The fields `user` and `tenant_id` of its owner; a script's own fields take precedence."""
        self.written = 0
        """Epoch ms at which a create or an update last wrote its status."""
        self.lead = 0
        """Milliseconds by which mode auto has moved this workflow ahead of the clock."""
        self.polls = 0
        self.same_answers = 0
        """How many times in a row a poll got the same response."""
        self.same_time = 0
        """How many polls in a row came at the same elapsed ms, `stood_at`."""
        self.stood_at: int | None = None
        self.run: Run | None = None
        self.kind: RunKind | None = None
        self.serial = 0
        """The number of its run. A request that waits for a run ends its wait when the number changes."""
        self.attempts: Counter[RunKind] = Counter()
        """The number of runs of each kind that clients have begun."""
        self.made: dict[Key, tuple[Made, ...]] = {}
        """The resources that its runs make and change, as in `Beginning`, those to come included."""
        self.removed: set[Key] = set()
        """Resources that its status lists although a client has deleted them."""
        self.has_status = True
        """Whether its status document exists; without it, the template alone is left."""
        self.input_problems: tuple[str, ...] = ()
        """What is wrong with the inputs of its steps, although its run has a timeline that goes on."""
        self.cause: Cause | None = None
        self._made_before: dict[Key, tuple[Made, ...]] = {}
        self._polled: list[int] = []  # the elapsed ms of the run's first polls
        self.forgets_workflow = False
        self.seen: set[int | str] | None = None
        self._documents: dict[tuple[Position, bool], Document] = {}
        self._keys: tuple[Timeline, Position, dict[Key, bool]] | None = None
        self._position: Position | None = None
        # The responses at `_position`, with and without all fields, and the elapsed times for which they hold.
        self._responses: dict[bool, Document] = {}
        self._holds = range(0)

    @property
    def begins(self) -> str:
        """The event at which the elapsed time of its first run begins: first_status, load or provision."""
        return self.scenario.begins if self.scenario else "provision"

    def begin(self, beginning: Beginning, now: int, lead: int, seen: set[int | str] | None) -> None:
        """Starts a run at elapsed 0; `now` is epoch milliseconds. `seen` collects the keyframes that clients see."""
        if self.kind == "look" and beginning.kind != "provision":
            self.attempts["provision"] += 1  # the run before counts as one; a provision would have replaced it
        self.seen = seen
        self.kind = beginning.kind
        self.attempts[beginning.kind] += 1
        self.forgets_workflow = beginning.forgets_workflow
        self.cause = beginning.cause
        self.input_problems = beginning.input_problems
        self._expect(beginning.made, so_far=now - lead + self.lead)
        self.restart(Run(beginning.timeline, now), lead)

    def _expect(self, made: Mapping[Key, tuple[Made, ...]], so_far: int) -> None:
        """Adds what a new run makes; what the run before had not made by `so_far` (epoch ms) is dropped."""
        self._made_before = {
            key: () if key in self.removed and key in made else _until(versions, so_far)[-1:]
            for key, versions in self.made.items()
        }
        self.removed.difference_update(made)
        self._make(made)

    def _make(self, made: Mapping[Key, tuple[Made, ...]]) -> None:
        self.made = {**self._made_before}
        for key, versions in made.items():
            self.made[key] = (*self.made.get(key, ()), *versions)

    def restart(self, run: Run, lead: int) -> None:
        """Replaces the run without counting an attempt."""
        self.run = run
        self.serial += 1
        self.lead = lead
        self.polls = 0
        self._polled = []
        self._forget_responses()

    def play_again(self, beginning: Beginning, elapsed: int, seen: set[int | str] | None, *, in_turn: bool) -> None:
        """Plays the run under way by another script: its beginning, elapsed time and polls stay."""
        assert self.run is not None
        self.seen = seen
        self.input_problems = beginning.input_problems
        self._make(beginning.made)
        polls = self._polled if self.polls == len(self._polled) else [*self._polled, elapsed]
        begun = beginning.timeline.begun_by(polls, self.polls, in_turn=in_turn)
        self.run = Run(beginning.timeline, self.run.started, begun)
        self._forget_responses()

    def change_template(self, old: Template, new: Template, *, is_made: bool) -> None:
        """Replaces the template `old` by `new`, also for the run under way, unless a client has sent another."""

        def changed(stored: StoredTemplate | None) -> StoredTemplate | None:
            is_old = stored is not None and stored.template == old
            return replace(stored, template=new, is_made=is_made) if stored and is_old else stored

        self.stored = changed(self.stored)
        if self.cause:
            self.cause.stored = changed(self.cause.stored)

    def _forget_responses(self) -> None:
        self.same_answers = self.same_time = 0
        self._position = None
        self._holds = range(0)
        self._documents.clear()

    def skip_polls(self, poll: int, elapsed: int) -> None:
        """Counts the polls that are missing up to poll number `poll` as made at `elapsed`."""
        assert self.run is not None
        missing = min(poll, _REMEMBERED_POLLS) - len(self._polled)
        self._polled += [elapsed] * max(missing, 0)
        self.polls = max(self.polls, poll)
        self.run = self.run.polled(self.polls, elapsed)

    def end(self, states: Collection[str] = FINAL_STATES) -> int | None:
        """The elapsed ms at which the run ends; None where that depends on further polls, or never happens.

        `states` are the states that end it.
        """
        if self.run is None:
            return 0
        if self.kind == "deprovision":
            return self.run.timeline.segments[0].offsets[-1]
        times = [self.run.time_of_state(0, state) for state in states]
        return min((time for time in times if time is not None), default=None)

    def poll(self, elapsed: int, *, show_all: bool, in_turn: bool) -> Document:
        """Counts a poll of the run and returns the status document.

        With `in_turn` (mode auto) every keyframe is seen: an at_poll waits until the keyframe before it was seen.
        """
        run = self.run
        assert run is not None
        self.polls += 1
        if self.polls <= _REMEMBERED_POLLS:
            self._polled.append(elapsed)
        if elapsed != self.stood_at:
            self.stood_at, self.same_time = elapsed, 0
        self.same_time += 1
        if elapsed in self._holds and (response := self._responses.get(show_all)):
            self.same_answers += 1
            return response
        if run.next_poll is not None and (not in_turn or run.timeline.all_answered(run.begun, self._position)):
            run = self.run = run.polled(self.polls, elapsed, at_most=1 if in_turn else None)
        position = run.position(elapsed)
        if position == self._position:
            self.same_answers += 1
        else:
            self.same_answers = 1
            self._position = position
            self._add_seen(run, position)
            self._responses = {}
        if run.next_poll is None:
            following = run.next_time(elapsed)
            self._holds = range(elapsed, _FOR_EVER if following is None else following)
        self._responses[show_all] = document = self.document(run, position, show_all=show_all)
        return document

    def certain_statuses(self, elapsed: int) -> Collection[Document]:
        """Earlier responses, if the one at `elapsed` is among them however often clients have polled; else none."""
        return self._responses.values() if elapsed in self._holds else ()

    def mark_seen(self, elapsed: int) -> None:
        """Counts the keyframe at `elapsed` as seen, for a response that shows the status and is no poll."""
        if self.run:
            self._add_seen(self.run, self.run.position(elapsed))

    def _add_seen(self, run: Run, position: Position) -> None:
        keyframe = run.timeline.segments[position.segment].keyframes[position.place]
        if self.seen is not None and keyframe is not None:
            self.seen.add(keyframe)

    def document(self, run: Run, position: Position, *, show_all: bool) -> Document:
        """The status document at one position of the run. The latest ones are kept."""
        key = (position, show_all)
        document = self._documents.get(key)
        if document is None:
            document = status_document(self.id, {**self.owned, **run.fields(position)}, show_all=show_all)
            if len(self._documents) >= _KEPT_DOCUMENTS:  # all of a long timeline would take memory without end
                del self._documents[next(iter(self._documents))]
            self._documents[key] = document
        return document

    def idle_document(self, *, show_all: bool) -> Document:
        """The status document before any run has begun."""
        return status_document(self.id, {**self.owned, **NOT_STARTED}, show_all=show_all)

    def fields(self, elapsed: int) -> Fields:
        """The fields of the status at an elapsed time of the run. Changes nothing."""
        if not self.has_status:
            return _NO_FIELDS
        fields = NOT_STARTED if self.run is None else self.run.fields(self.run.position(elapsed))
        return {**self.owned, **fields} if self.owned else fields

    def state(self, elapsed: int) -> str | None:
        """The state at an elapsed time of the run."""
        if not self.has_status:
            return None
        state: str | None = NOT_STARTED["state"] if self.run is None else self.run.state(elapsed)
        return state

    def last_write(self, elapsed: int) -> int:
        """Epoch milliseconds of the last write of the status by then."""
        if self.run is None:
            return self.written
        segment, place = self.run.position(elapsed)
        return max(
            self.written,
            self.run.started + self.run.begun[segment] + self.run.timeline.segments[segment].offsets[place],
        )

    def time(self, elapsed: int) -> int:
        """Epoch milliseconds at an elapsed time of the run."""
        return self.run.started + elapsed if self.run else 0

    def made_by(self, key: Key, elapsed: int) -> Made | None:
        """The resource as the runs have made it by then; None where they have only referred to it."""
        return next(reversed(_until(self.made.get(key, ()), self.time(elapsed))), None)

    def is_to_make(self, key: Key, elapsed: int) -> bool:
        """Whether the run under way makes the resource later."""
        return any(made.since > self.time(elapsed) for made in self.made.get(key, ()))

    def listed(self, elapsed: int) -> dict[Key, bool]:
        """The resources that exist: those that the status lists and no client has deleted, what failed steps have left,
        and the tasks begun so far.

        The value is True for a model that is deployed and for a task that is done.
        """
        keys = dict.fromkeys((*self._not_listed(), *self._in_status(elapsed)))
        return {key: state for key in keys if (state := self.lists(key, elapsed)) is not None}

    def lists(self, key: Key, elapsed: int) -> bool | None:
        """The value of one resource in `listed`; None if it is not there."""
        if key in self.removed:
            return None
        now = self.time(elapsed)
        state = self._in_status(elapsed).get(key)
        for made in self.made.get(key, ()):
            if not made.is_listed and made.created <= now:
                state = state or (made.kind == "task" and made.inputs["last_update_time"] <= now)
        return state

    def _not_listed(self) -> list[Key]:
        """The resources of which the status lists nothing."""
        return [key for key, versions in self.made.items() if any(not made.is_listed for made in versions)]

    def _in_status(self, elapsed: int) -> Mapping[Key, bool]:
        """The resources that the status lists, each with whether it is a deployed model. Made once for a moment."""
        if not self.has_status or self.run is None:
            return {}
        timeline, position = self.run.timeline, self.run.position(elapsed)
        if self._keys is None or self._keys[0] is not timeline or self._keys[1] != position:
            found: dict[Key, bool] = {}
            for resource in timeline.fields(position).get("resources_created") or ():
                key = key_of(resource)
                found[key] = found.get(key, False) or resource["workflow_step_name"] == "deploy_model"
            self._keys = timeline, position, found
        return self._keys[2]


def _until(versions: tuple[Made, ...], time: int) -> tuple[Made, ...]:
    return tuple(made for made in versions if made.since <= time)
