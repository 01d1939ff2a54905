"""One fake cluster: its clock, scenarios and workflows. The only thing that changes."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.cluster.clock import Clock, Mode
from mockflow.cluster.workflow import Workflow
from mockflow.core.durations import format_duration
from mockflow.core.rules import claims
from mockflow.core.run import Run
from mockflow.core.scenario import Scenario
from mockflow.core.status import Document
from mockflow.core.suggest import did_you_mean
from mockflow.core.versions import DEFAULT_VERSION, Version, parse_version

log: Final = logging.getLogger("mockflow")


class UnknownWorkflowError(LookupError):
    """No workflow with this id."""


class UnknownScenarioError(LookupError):
    """No scenario with this name."""


class ClaimedError(ValueError):
    """Two scenarios claim one name or one workflow."""


class NeverError(ValueError):
    """What was asked for never comes by time alone."""


@dataclass(frozen=True)
class Settings:
    """What a world begins with. Times are milliseconds."""

    mode: Mode = "real"
    speed: float = 1.0
    epoch: int | None = None
    opensearch_version: str = DEFAULT_VERSION
    step_time: int = 1000
    seed: int = 0
    max_polls: int = 1000
    """After so many answers that nothing can change any more, the log says so, once."""

    def __post_init__(self) -> None:
        parse_version(self.opensearch_version)


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and where it came from, in people's words."""

    scenario: Scenario
    source: str = ""


@dataclass
class Cluster:
    """Answers what a client or the owner asks, and remembers what they caused."""

    initial: Settings = field(default_factory=Settings)
    startup: tuple[LoadedScenario, ...] = ()
    """The scenarios of every new world."""

    def __post_init__(self) -> None:
        self.settings = self.initial
        self.scenarios: dict[str, LoadedScenario] = {}
        self.workflows: dict[str, Workflow] = {}
        self._begin_world(self.startup)

    # -- worlds ----------------------------------------------------------------------------------

    def reset(self, *, keep_scenarios: bool = False, **changes: Any) -> None:
        """A new world as at the start; `changes` are settings of this world alone."""
        settings = replace(self.initial, **changes)
        kept = tuple(self.scenarios.values()) if keep_scenarios else self.startup
        self.settings = settings
        self.clock.close()
        self._begin_world(kept)

    def _begin_world(self, scenarios: Iterable[LoadedScenario]) -> None:
        settings = self.settings
        self.clock = Clock(settings.mode, settings.speed, settings.epoch)
        self.version: Version = parse_version(settings.opensearch_version)
        self._epoch = self.clock.now()
        self._lead = 0
        self.scenarios = {}
        self.workflows = {}
        self.load(scenarios)

    # -- scenarios -------------------------------------------------------------------------------

    def load(self, scenarios: Iterable[LoadedScenario]) -> None:
        """Adds scenarios, or replaces those of the same name; all or, on ClaimedError, none."""
        new = {loaded.scenario.scenario: loaded for loaded in scenarios}
        together = list({**self.scenarios, **new}.values())
        for later, earlier, key in claims(loaded.scenario for loaded in together):
            mine, other = together[later], together[earlier]
            value = getattr(mine.scenario, key)
            raise ClaimedError(
                f'{key} "{value}" of scenario "{mine.scenario.scenario}" belongs to scenario '
                f'"{other.scenario.scenario}" ({other.source}) already; choose another, or remove that one first'
            )
        for name, loaded in new.items():
            if name in self.scenarios:
                self.remove(name)
            self.scenarios[name] = loaded
            workflow = self.workflows[loaded.scenario.workflow_id] = Workflow(loaded.scenario)
            if loaded.scenario.starts == "load":
                workflow.begin(self.now(), self._lead)

    def remove(self, name: str) -> None:
        """Forgets a scenario and its workflow."""
        if name not in self.scenarios:
            raise UnknownScenarioError(name)
        del self.workflows[self.scenarios.pop(name).scenario.workflow_id]

    # -- clients ---------------------------------------------------------------------------------

    def poll(self, workflow_id: str, *, show_all: bool = False) -> Document:
        """Answers one `GET _status`; in mode auto the run then skips to its next moment."""
        workflow = self.workflows.get(workflow_id)
        if workflow is None:
            raise UnknownWorkflowError(workflow_id)
        if workflow.run is None:
            if workflow.scenario.starts == "provision":
                return workflow.idle_document(show_all=show_all)
            workflow.begin(self.now(), self._lead)
        elapsed = self.elapsed(workflow)
        in_turn = self.clock.mode == "auto"
        document = workflow.poll(elapsed, show_all=show_all, in_turn=in_turn)
        if in_turn:
            self._look(workflow, elapsed)
        if workflow.same_answers == self.settings.max_polls:
            self._warn_if_stuck(workflow, elapsed)
        return document

    def _look(self, workflow: Workflow, elapsed: int) -> None:
        """A client has looked: in auto the run skips to its next moment."""
        assert workflow.run is not None
        following = workflow.run.next_time(elapsed)
        if following is not None:
            workflow.lead += following - elapsed
            self._lead = max(self._lead, workflow.lead)

    def _warn_if_stuck(self, workflow: Workflow, elapsed: int) -> None:
        assert workflow.run is not None
        following = workflow.run.next_time(elapsed)
        if following is None and workflow.run.next_poll is None:
            log.warning(
                "workflow %s: the same answer %d times, and nothing in its script changes any more",
                workflow.id,
                workflow.same_answers,
            )
        elif self.clock.mode == "frozen" and following is not None:
            log.warning(
                'workflow %s: the same answer %d times; the clock is frozen, and {"advance": "%s"} '
                "to /_mockflow/clock brings its next moment",
                workflow.id,
                workflow.same_answers,
                format_duration(following - elapsed),
            )

    # -- time ------------------------------------------------------------------------------------

    def now(self) -> int:
        """Epoch milliseconds: of the workflow that is furthest ahead."""
        return self.clock.now() + self._lead

    @property
    def elapsed_ms(self) -> int:
        """How far the clock is from where this world began."""
        return self.now() - self._epoch

    def elapsed(self, workflow: Workflow) -> int:
        """The elapsed time of the workflow's run in ms; 0 before it begins."""
        if workflow.run is None:
            return 0
        return self.clock.now() + workflow.lead - workflow.run.started

    def advance_to_state(self, workflow_id: str, state: str) -> None:
        """Moves the clock to where `state` holds. Raises NeverError where time alone never leads there."""
        workflow, run = self._to_be_moved(workflow_id)
        elapsed = self.elapsed(workflow)
        time = run.time_of_state(elapsed, state)
        if time is None:
            known = run.timeline.states()
            reason = "its timeline has no such moment ahead"
            if state not in known:
                reason = f"its timeline has no such state; {did_you_mean(state, known)}"
            elif run.next_poll:
                reason = f"its timeline waits for poll {run.next_poll}"
            raise NeverError(f'workflow "{workflow_id}" never comes to {state} from here: {reason}')
        self._begin(workflow)
        self.clock.advance(time - elapsed)

    def advance_to_next(self, workflow_id: str) -> None:
        """Moves the clock to the workflow's next moment; the polls that it waits for count as made."""
        workflow, run = self._to_be_moved(workflow_id)
        elapsed = self.elapsed(workflow)
        following = run.next_time(elapsed)
        if following is not None:
            self._begin(workflow)
            self.clock.advance(following - elapsed)
        elif (poll := run.next_poll) is not None:
            self._begin(workflow)
            workflow.polls = max(workflow.polls, poll)
            workflow.run = run.polled(workflow.polls, elapsed)
        else:
            raise NeverError(f'workflow "{workflow_id}" has no next moment: its timeline is at its end')

    def restart(self, workflow_id: str) -> Workflow:
        """Begins the workflow's run from 0 again."""
        workflow = self.workflow(workflow_id)
        workflow.begin(self.now(), self._lead)
        return workflow

    def workflow(self, workflow_id: str) -> Workflow:
        """The workflow, for its owner: looking does not begin its run."""
        workflow = self.workflows.get(workflow_id)
        if workflow is None:
            raise UnknownWorkflowError(workflow_id)
        return workflow

    def _to_be_moved(self, workflow_id: str) -> tuple[Workflow, Run]:
        """The workflow and its run, or the one that the owner's move would begin."""
        workflow = self.workflow(workflow_id)
        if workflow.run is None and workflow.scenario.starts == "provision":
            raise NeverError(f'the run of workflow "{workflow_id}" begins when a client provisions it')
        return workflow, workflow.as_if_begun(self.now())

    def _begin(self, workflow: Workflow) -> None:
        if workflow.run is None:
            workflow.begin(self.now(), self._lead)
