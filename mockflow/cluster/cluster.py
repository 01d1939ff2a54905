"""One fake cluster: its clock, scenarios and workflows. The only thing that changes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.cluster import runs
from mockflow.cluster.changes import LoadedScenario
from mockflow.cluster.clock import MODES, Clock, Mode
from mockflow.cluster.coverage import Coverage
from mockflow.cluster.interference import Interference
from mockflow.cluster.journal import Journal
from mockflow.cluster.registry import Registry
from mockflow.cluster.scenarios import Scenarios
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.core.base.durations import format_duration
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.cluster_settings import ClusterSettings, FlowFrameworkSettings, Scope, Text
from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.opensearch.indices import AliasRow, IndexRow, alias_rows, index_row, system_index_row
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.security import User, users_by_name
from mockflow.core.plugin.status import Document, Fields
from mockflow.core.plugin.versions import DEFAULT_VERSION, Version, parse_version
from mockflow.core.script.plan import StepPlan
from mockflow.core.script.run import Run
from mockflow.core.script.timeline import IDLE

log: Final = logging.getLogger("mockflow")


class UnknownWorkflowError(LookupError):
    """No workflow with this id."""


class StuckError(Exception):
    """A client polls for ever where nothing can change any more."""


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
    """After so many equal answers where nothing can change any more, the log says so, once."""
    ends_stuck: bool = False
    """Whether a client that polls on after that is cut off instead."""
    users: tuple[User, ...] = ()
    """Those whom the security plugin knows; without any it is off."""
    multi_tenancy: bool = False
    """Whether clients say by x-tenant-id for which tenant they ask."""

    def __post_init__(self) -> None:
        parse_version(self.opensearch_version)
        users_by_name(self.users)
        if self.mode not in MODES:
            raise ValueError(f'unknown clock "{self.mode}"; {did_you_mean(self.mode, MODES)}')
        if self.max_polls < 1:
            raise ValueError(f"max_polls is at least 1, not {self.max_polls}")
        if self.epoch is not None and self.epoch < 0:
            raise ValueError(f"an epoch is in milliseconds since 1970, not {self.epoch}")


@dataclass
class Cluster:
    """Answers what a client or the owner asks, and remembers what they caused."""

    initial: Settings = field(default_factory=Settings)
    startup: tuple[LoadedScenario, ...] = ()
    """The scenarios of every new world."""
    publish_address: str = "127.0.0.1:9200"
    """The server's host and port, for clients that do not say by which they came."""
    problems: tuple[Mapping[str, object], ...] = ()
    """What is wrong with the scenario files, as they are now; the scenarios in force may be older."""
    on_cut_off: Callable[[], None] | None = None
    """Called whenever a client that polls for ever is cut off."""
    on_new_clock: Callable[[], None] | None = None
    """Called whenever a new world, with a clock of its own, has begun."""

    def __post_init__(self) -> None:
        self.settings = self.initial
        self._begin_world(self.startup)

    # -- worlds ----------------------------------------------------------------------------------

    def reset(self, *, keep_scenarios: bool = False, **changes: Any) -> None:
        """A new world as at the start; `changes` are settings of this world alone."""
        settings = replace(self.initial, **changes)
        kept = tuple(self.scenarios.values()) if keep_scenarios else self.startup
        self.settings = settings
        self.clock.close()
        self._begin_world(kept)
        if self.on_new_clock:
            self.on_new_clock()

    def _begin_world(self, scenarios: Iterable[LoadedScenario]) -> None:
        settings = self.settings
        self.clock = Clock(settings.mode, settings.speed, settings.epoch)
        self.version: Version = parse_version(settings.opensearch_version)
        self._epoch = self.clock.now()
        self._lead = 0
        self.scenarios = Scenarios(self)
        self.workflows: dict[str, Workflow] = {}
        self.resources = Registry(self.elapsed)
        self.cluster_settings = ClusterSettings()
        self.flow_framework = self._in_force()
        """The settings of the plugin in force."""
        self.users = users_by_name(settings.users)
        """Whom the security plugin knows; nobody: it is off."""
        self.is_guarded = bool(settings.users) or settings.multi_tenancy
        """Whether it matters who asks."""
        self.repeated: dict[str, Any] = {}
        """What the server has made of requests that ask for the same each time."""
        self.has_templates = False
        """Whether the plugin's indexes exist: from the first workflow on."""
        self.journal = Journal()
        self.coverage = Coverage()
        self.interference = Interference(self)
        self.scripted: Interference | None = None
        """The same, once it has anything to do: every request asks here first."""
        self.next_steps: dict[str, StepPlan] = {}
        """How steps go in the next run that has them, whatever its scenario says."""
        self.stuck: str | None = None
        """Why a client was cut off, once one was."""
        self._workflows_created = 0
        self._sequence_number = 0
        self.scenarios.load(scenarios)

    def rescripted(self) -> None:
        """Faults, stubs or outages have come or gone."""
        self.scripted = None if self.interference.is_idle else self.interference
        self.clock.notify()  # a port may have to close or open

    # -- workflows -------------------------------------------------------------------------------

    def new_workflow_id(self, wanted: str | None = None) -> str:
        """`wanted` while nobody has it, else one that looks like the plugin's and follows from seed and count."""
        if wanted is not None and wanted not in self.workflows:
            return wanted
        while True:  # a scenario may bring the id that is next: it was copied from an answer
            self._workflows_created += 1
            made = opensearch_id("workflow", str(self.settings.seed), str(self._workflows_created))
            if made not in self.workflows:
                return made

    def next_sequence_number(self) -> int:
        """The number of a change of the plugin's index, from 0."""
        self._sequence_number += 1
        return self._sequence_number - 1

    def add(self, workflow: Workflow) -> None:
        """A workflow is there from now on."""
        self.has_templates = True
        self.next_sequence_number()
        self.workflows[workflow.id] = workflow

    def forget(self, workflow: Workflow) -> None:
        """A workflow is gone, and what it has made with it."""
        del self.workflows[workflow.id]
        self.resources.forget(workflow)
        self.clock.notify()  # who waits for its run waits in vain

    def find(self, workflow_id: str) -> Workflow:
        """The workflow that has a status or a template now. Raises UnknownWorkflowError."""
        workflow = self.workflows.get(workflow_id)
        if workflow is None:
            raise UnknownWorkflowError(workflow_id)
        if workflow.forgets_workflow and workflow.run and workflow.run.next_time(self.elapsed(workflow)) is None:
            self.forget(workflow)
            raise UnknownWorkflowError(workflow_id)
        return workflow

    def holds(self, workflow: Workflow) -> bool:
        """Whether it is this very workflow that its id stands for now: it is not gone, nor of a world before."""
        try:
            return self.find(workflow.id) is workflow
        except UnknownWorkflowError:
            return False

    def living(self) -> Iterator[Workflow]:
        """Every workflow that has a status now."""
        for workflow_id in tuple(self.workflows):
            with suppress(UnknownWorkflowError):
                yield self.find(workflow_id)

    def begin(self, workflow: Workflow, beginning: Beginning) -> None:
        """Begins a run of the workflow now."""
        seen = self.coverage.begun(workflow, beginning, workflow.attempts[beginning.kind])
        workflow.begin(beginning, self.now(), self._lead, seen)
        self.resources.expect(workflow, beginning.made)
        self.clock.notify()  # who waited for the run before is done

    def play_again(self, workflow: Workflow) -> None:
        """What the workflow's scenario says now holds for the run under way, as if it had said so from the beginning.

        A run that is not by a script or a plan, a deprovisioning, ends as it began.
        """
        if workflow.cause is None:
            return
        try:
            beginning = runs.again(self, workflow, workflow.cause)
        except FlowFrameworkError as error:
            log.warning("workflow %s goes on by its former script: %s", workflow.id, error)
            return
        seen = self.coverage.begun(workflow, beginning, workflow.cause.attempt)
        made_before = tuple(workflow.made)
        workflow.play_again(beginning, self.elapsed(workflow), seen, in_turn=self.clock.mode == "auto")
        self.resources.remake(workflow, made_before)
        self.clock.notify()  # the run's end may be another

    def fields(self, workflow: Workflow) -> Fields:
        """The workflow's status now; looking counts as nothing."""
        return workflow.fields(self.elapsed(workflow))

    def is_provisioning(self, workflow: Workflow) -> bool:
        """Whether a run of it is under way."""
        return self.fields(workflow).get("state") == "PROVISIONING"

    # -- cluster ---------------------------------------------------------------------------------

    def update_settings(self, changes: Mapping[Scope, Mapping[str, Text | None]]) -> None:
        """Updates cluster settings, all or, on SettingRefusedError or BadValueError, none."""
        settings = self.cluster_settings
        for scope in ("transient", "persistent"):
            settings = settings.updated(scope, changes.get(scope, {}), self.version.minor)
        self.cluster_settings = settings
        self.flow_framework = self._in_force()

    def _in_force(self) -> FlowFrameworkSettings:
        in_force = self.cluster_settings.flow_framework()
        return replace(in_force, multi_tenancy_enabled=self.settings.multi_tenancy)

    def indices(self) -> Iterator[IndexRow]:
        """The indices that there are: the plugin's own, and what runs have created."""
        if self.has_templates:
            templates = sum(workflow.stored is not None for workflow in self.workflows.values())
            yield system_index_row(".plugins-flow-framework-templates", self._epoch, templates)
            yield system_index_row(".plugins-flow-framework-state", self._epoch, len(self.workflows))
        for made in self.resources.all_of("index"):
            yield index_row(made.id, made.body)

    def aliases(self) -> Iterator[AliasRow]:
        """The aliases that there are."""
        for made in self.resources.all_of("index"):
            yield from alias_rows(made.id, made.body)

    # -- clients ---------------------------------------------------------------------------------

    def poll(self, workflow_id: str, *, show_all: bool = False) -> Document:
        """Answers one `GET _status`; in mode auto the run then skips to its next moment."""
        workflow = self.find(workflow_id)
        if workflow.run is None:
            if workflow.begins == "provision":
                workflow.same_answers += 1
                if workflow.same_answers >= self.settings.max_polls:
                    self._same_again(workflow)
                return workflow.idle_document(show_all=show_all)
            self.begin(workflow, runs.looked_at(self, workflow))
        elapsed = self.elapsed(workflow)
        in_turn = self.clock.mode == "auto"
        run = workflow.run
        document = workflow.poll(elapsed, show_all=show_all, in_turn=in_turn)
        if workflow.run is not run:
            self.clock.notify()  # an at_poll was reached: who waits for the run's end may know it now
        if in_turn:
            self._look(workflow, elapsed)
        if workflow.same_answers >= self.settings.max_polls:
            self._same_again(workflow)
        return document

    def look(self, workflow: Workflow) -> None:
        """A client has looked at the running run in another way than by a poll."""
        if self.clock.mode == "auto" and workflow.run:
            self._look(workflow, self.elapsed(workflow))

    def _look(self, workflow: Workflow, elapsed: int) -> None:
        """A client has looked: in auto the run skips to its next moment."""
        following = self.next_moment(workflow, elapsed)
        if following is not None:
            self._skip(workflow, following - elapsed)

    def next_moment(self, workflow: Workflow, elapsed: int) -> int | None:
        """The elapsed ms at which something changes next: a keyframe, or an edge of a fault's window or an outage."""
        following = workflow.run.next_time(elapsed) if workflow.run else None
        if self.scripted is None or workflow.run is None:
            return following
        edge = self.scripted.next_edge(workflow, elapsed)
        return min((time for time in (following, edge) if time is not None), default=None)

    def tell(self, workflow: Workflow) -> None:
        """A client has been told the status now in another way than by a poll."""
        workflow.tell(self.elapsed(workflow))

    def move_on(self, workflow: Workflow | None, scenario: str = "") -> None:
        """A request was answered by a window of time or a state: in auto time skips to its next moment.

        `workflow` None means the cluster's own time, by which a scenario without a workflow goes.
        """
        if self.clock.mode != "auto":
            return
        if workflow is not None:
            self._look(workflow, self.elapsed(workflow))
        elif self.scripted:
            elapsed = self.elapsed_ms
            self._lead += next((one - elapsed for one in self.scripted.edges(scenario) if one > elapsed), 0)
            self.clock.notify()

    def told_nothing_new(self, workflow: Workflow, fault: str) -> None:
        """A fault has answered a status call of this workflow in the cluster's place, and time stands still."""
        workflow.same_answers += 1
        if workflow.same_answers >= self.settings.max_polls:
            self._same_again(workflow, f", for a fault answers them ({fault})")

    def begin_by_look(self, workflow: Workflow) -> None:
        """The first status call begins the run of a workflow that a scenario brings, whoever answers that call."""
        if workflow.run is None and workflow.begins != "provision":
            self.begin(workflow, runs.looked_at(self, workflow))

    def peek(self, workflow_id: str, *, show_all: bool) -> Document:
        """What a poll would be told, without being one."""
        workflow = self.find(workflow_id)
        if workflow.run is None:
            return workflow.idle_document(show_all=show_all)
        return workflow.document(workflow.run, workflow.run.position(self.elapsed(workflow)), show_all=show_all)

    def workflow_in(self, values: Iterable[str]) -> Workflow | None:
        """The workflow that one of these is the id of, or that makes the resource with that id."""
        found = (self.workflows.get(value) or self.resources.maker_of(value) for value in values)
        return next((workflow for workflow in found if workflow), None)

    def skip_to(self, workflow: Workflow, time: int) -> None:
        """In auto a request that waits for a run skips to its end: to `time`, in elapsed ms."""
        self._skip(workflow, max(time - self.elapsed(workflow), 0))

    def _skip(self, workflow: Workflow, milliseconds: int) -> None:
        workflow.lead += milliseconds
        self._lead = max(self._lead, workflow.lead)
        if self.scripted is not None:
            self.clock.notify()  # an outage may begin here, or end

    def _same_again(self, workflow: Workflow, why: str | None = None) -> None:
        """Where nothing can change any more, says so once, or cuts the client off."""
        if workflow.same_answers > self.settings.max_polls and not self.settings.ends_stuck:
            return
        reason = why or self._why_stuck(workflow)
        if reason is None:
            return
        told = f"workflow {workflow.id}: the same answer {workflow.same_answers} times{reason}"
        if self.settings.ends_stuck:
            self.stuck = self.stuck or told
            if self.on_cut_off:
                self.on_cut_off()
            raise StuckError(told)
        log.warning("%s", told)

    def _why_stuck(self, workflow: Workflow) -> str | None:
        """Why its status does not change, and what would change it; None where time or polls do."""
        if workflow.run is None:
            return ", and nothing changes before a client provisions it"
        elapsed = self.elapsed(workflow)
        following = self.next_moment(workflow, elapsed)
        if following is None:
            return None if workflow.run.next_poll else ", and nothing in its script changes any more"
        if self.clock.mode == "driven":
            if workflow.stood_at != elapsed:  # the program sleeps, and moves the clock: counted anew from here
                workflow.stood_at, workflow.same_answers = elapsed, 0
                return None
            return ", and only the sleep of the program under test moves the clock"
        if self.clock.mode != "frozen":
            return None
        step = format_duration(following - elapsed)
        return f'; the clock is frozen, and {{"advance": "{step}"}} to /_mockflow/clock brings its next moment'

    # -- time ------------------------------------------------------------------------------------

    def now(self) -> int:
        """Epoch milliseconds: of the workflow that is furthest ahead."""
        return self.clock.now() + self._lead

    @property
    def lead(self) -> int:
        """The ms by which auto has brought the furthest workflow ahead of the clock."""
        return self._lead

    @property
    def elapsed_ms(self) -> int:
        """How far the clock is from where this world began."""
        return self.now() - self._epoch

    @property
    def began(self) -> int:
        """Epoch ms of the virtual clock when this world began."""
        return self._epoch

    def elapsed(self, workflow: Workflow) -> int:
        """The elapsed time of the workflow's run in ms; 0 before it begins."""
        if workflow.run is None:
            return 0
        return self.clock.now() + workflow.lead - workflow.run.started

    def until_next_moment(self) -> int | None:
        """The ms until time alone changes anything, in a workflow or for all; None where it changes nothing more."""
        waits = [
            following - elapsed
            for workflow in self.living()
            if workflow.run and (following := self.next_moment(workflow, elapsed := self.elapsed(workflow))) is not None
        ]
        if self.scripted:
            waits += [edge - self.elapsed_ms for edge in self.scripted.world_edges() if edge > self.elapsed_ms]
        return min(waits, default=None)

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
        self._begin_if_idle(workflow)
        self.clock.advance(time - elapsed)

    def advance_to_next(self, workflow_id: str) -> None:
        """Moves the clock to the workflow's next moment; the polls that it waits for count as made."""
        workflow, run = self._to_be_moved(workflow_id)
        elapsed = self.elapsed(workflow)
        following = self.next_moment(workflow, elapsed) if workflow.run else run.next_time(elapsed)
        if following is not None:
            self._begin_if_idle(workflow)
            self.clock.advance(following - elapsed)
        elif (poll := run.next_poll) is not None:
            self._begin_if_idle(workflow)
            workflow.skip_polls(poll, elapsed)
        else:
            raise NeverError(f'workflow "{workflow_id}" has no next moment: its timeline is at its end')

    def restart(self, workflow_id: str) -> Workflow:
        """Begins the workflow's run from 0 again, with what is scripted for it; its scenario's faults count anew."""
        workflow, run = self._to_be_moved(workflow_id)
        self._begin_if_idle(workflow)
        if workflow.scenario:
            self.interference.count_anew(workflow.scenario.scenario)
        workflow.restart(Run(run.timeline, self.now()), self._lead)
        self.clock.notify()  # as when another run begins
        return workflow

    def upcoming(self, workflow: Workflow) -> Run:
        """The workflow's run, or the one that a look would begin now."""
        if workflow.run:
            return workflow.run
        if workflow.scenario and workflow.scenario.brings_workflow:
            return Run(runs.looked_at(self, workflow).timeline, self.now())
        return Run(IDLE, self.now())

    def _to_be_moved(self, workflow_id: str) -> tuple[Workflow, Run]:
        """The workflow and its run, or the one that the owner's move would begin."""
        workflow = self.find(workflow_id)
        if workflow.run is None and workflow.begins == "provision":
            raise NeverError(f'the run of workflow "{workflow_id}" begins when a client provisions it')
        return workflow, self.upcoming(workflow)

    def _begin_if_idle(self, workflow: Workflow) -> None:
        if workflow.run is None:
            self.begin(workflow, runs.looked_at(self, workflow))
