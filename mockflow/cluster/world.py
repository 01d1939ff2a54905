"""The state of one fake cluster, with simple queries. Other modules act on it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from weakref import proxy

from mockflow.cluster.active_set import ActiveSet
from mockflow.cluster.changes import LoadedScenario
from mockflow.cluster.clock import Clock
from mockflow.cluster.coverage import Coverage
from mockflow.cluster.journal import Journal
from mockflow.cluster.match_index import MatchIndex
from mockflow.cluster.model_scripts import ModelScripts
from mockflow.cluster.not_served import NotComputed, NotServedRequests
from mockflow.cluster.outage_schedule import OutageSchedule, Run
from mockflow.cluster.registry import Registry
from mockflow.cluster.settings import Settings
from mockflow.cluster.stores import Stores
from mockflow.cluster.waits import Waits
from mockflow.cluster.workflow import Beginning, Workflow
from mockflow.core.base.groups import remove_from
from mockflow.core.opensearch.ids import opensearch_id, opensearch_uuid
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.security import users_by_name
from mockflow.core.opensearch.settings.cluster_settings import (
    DEFAULT_TRUSTED_ENDPOINTS,
    ClusterSettings,
    FlowFrameworkSettings,
    Scope,
    Text,
    flow_framework_defaults,
)
from mockflow.core.plugin.status import Document, Fields
from mockflow.core.plugin.step_checks import model_urls
from mockflow.core.plugin.step_checks.model_urls import ModelUrls
from mockflow.core.plugin.versions import Version, parse_version
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import Claim
from mockflow.core.script.plan import StepPlan

CONFIG_INDEX: Final = ".plugins-flow-framework-config"


_NO_WORKFLOWS: Final[dict[str, Workflow]] = {}


class UnknownWorkflowError(LookupError):
    """No workflow has this id."""


class World:
    """All that changes in one fake cluster. A reset replaces it as a whole.

    It is empty at first: `mockflow.cluster.scenarios.load` brings scenarios and their workflows. Times are
    milliseconds; `elapsed` is the time since a workflow's run began.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.version: Version = parse_version(settings.opensearch_version)
        self.users = users_by_name(settings.users)
        """The users of the security plugin by name; without any it is off."""
        self.is_guarded = bool(settings.users) or settings.multi_tenancy
        """Whether responses depend on the caller."""
        self.anchor = settings.anchor if settings.mode == "real" else None
        """Epoch ms at which the runs of `starts: load` begin; None: when their scenario is loaded."""
        if self.anchor is None:
            self.clock = Clock(settings.mode, settings.speed, settings.epoch)
        else:
            self.clock = Clock("frozen", settings.speed, self.anchor)  # until all scenarios are loaded
        self.began = self.clock.now()
        """Epoch ms of the clock when this world began."""
        self.lead = 0
        """The ms by which mode auto has moved the furthest workflow ahead of the clock."""
        self.workflows: dict[str, Workflow] = {}
        """By id, in the order of creation."""
        self._leaving: dict[str, Workflow] = {}
        """The workflows that are gone at the end of the run under way, by id."""
        me = proxy(self)  # without a cycle the memory of a replaced world is free at once
        self.resources = Registry(lambda workflow: me.elapsed(workflow), lambda: me.now())
        self.cluster_settings = ClusterSettings()
        self.flow_framework = self._settings_in_force()
        """The settings of the plugin in force."""
        self.plugin_indices: dict[str, int] = {}
        """The plugin's own indices that exist, from the first workflow on: name, and epoch ms of its creation."""
        self.not_computed = NotComputed()
        """What requests have passed over, such as processors of pipelines."""
        self.index_bodies: dict[str, tuple[Any, dict[str, Any]]] = {}
        """The bodies of indices by name, each with the `Made` that it is of, for `mockflow.cluster.index_listing`."""
        self.stores = Stores()
        """The documents of clients."""
        self.ml_config_deleted = False
        """Whether a client has deleted the index .plugins-ml-config."""
        self.scenarios: dict[str, LoadedScenario] = {}
        """By name, in the order of loading. `mockflow.cluster.scenarios` changes it."""
        self.claims: dict[Claim, str] = {}
        """The names of the scenarios that hold the claims."""
        self.matches = MatchIndex()
        """The scenarios that match workflows of clients."""
        self.active = ActiveSet()
        """The active faults, stubs and outages."""
        self.model_scripts = ModelScripts()
        """What scenarios say that models and agents answer."""
        self.use_cases: dict[str, dict[str, Mapping[str, Any]]] = {}
        """The use cases that scenarios bring, by the scenario's name."""
        self.outages = OutageSchedule()
        """The runs that may be in a phase of an outage now."""
        self.intercepts = False
        """Whether any are active. Requests are not checked against them otherwise."""
        self.next_steps: dict[str, StepPlan] = {}
        """The control API's plan for the next run that has these steps, by node id or step type."""
        self.journal = Journal()
        self.waits = Waits()
        """The requests that wait on the clock now."""
        self.not_served = NotServedRequests()
        """The requests that OpenSearch serves and mockflow does not."""
        self.coverage = Coverage()
        self.repeated: dict[str, Any] = {}
        """The server's prepared actions, by request target, for requests that repeat."""
        self.stuck: str | None = None
        """Why a client's connection was closed, once one was."""
        self._by_scenario: dict[str, dict[str, Workflow]] = {}
        self._by_match: dict[str, dict[str, Workflow]] = {}
        self._ids_made = 0
        self._resource_ids_made = 0
        self._added = 0
        self._sequence_number = 0

    @property
    def node_id(self) -> str:
        """The id of the cluster's node: the same for the same seed."""
        return opensearch_uuid("node", str(self.settings.seed))

    @property
    def has_templates(self) -> bool:
        """Whether the index of templates exists."""
        return TEMPLATE_INDEX in self.plugin_indices

    @property
    def has_states(self) -> bool:
        """Whether the index of statuses exists."""
        return STATE_INDEX in self.plugin_indices

    # -- time ------------------------------------------------------------------------------------

    def now(self) -> int:
        """Epoch milliseconds, of the workflow that is furthest ahead."""
        return self.clock.now() + self.lead

    @property
    def elapsed_ms(self) -> int:
        """The time since this world began."""
        return self.now() - self.began

    def elapsed(self, workflow: Workflow) -> int:
        """The elapsed time of the workflow's run; 0 before it begins."""
        if workflow.run is None:
            return 0
        return self.clock.now() + workflow.lead - workflow.run.started

    # -- workflows -------------------------------------------------------------------------------

    def find(self, workflow_id: str) -> Workflow:
        """The workflow that has a status or a template now. Raises UnknownWorkflowError."""
        workflow = self.workflows.get(workflow_id)
        if workflow is None or (workflow.forgets_workflow and self._is_over(workflow)):
            raise UnknownWorkflowError(workflow_id)
        return workflow

    def forget_ended(self) -> None:
        """Removes the workflows whose run has ended after their template was deleted.

        To be called before each request that may change something. In between, `find` does not find them.
        """
        if self._leaving:
            for workflow in [workflow for workflow in self._leaving.values() if self._is_over(workflow)]:
                self.forget(workflow)

    def _is_over(self, workflow: Workflow) -> bool:
        return workflow.run is not None and workflow.run.next_time(self.elapsed(workflow)) is None

    def holds(self, workflow: Workflow) -> bool:
        """Whether its id stands for this very workflow now: it is not deleted, nor of a former world."""
        try:
            return self.find(workflow.id) is workflow
        except UnknownWorkflowError:
            return False

    def certain_statuses(self, workflow_id: str | None) -> Collection[Document]:
        """Earlier responses of this workflow's status, if the next one is certain to be among them; else none."""
        workflow = self.workflows.get(workflow_id or "")
        return () if workflow is None else workflow.certain_statuses(self.elapsed(workflow))

    def with_status(self, workflow_id: str) -> Workflow:
        """The workflow that has a status now. Raises UnknownWorkflowError."""
        workflow = self.find(workflow_id)
        if not workflow.has_status:
            raise UnknownWorkflowError(workflow_id)
        return workflow

    def living(self) -> Iterator[Workflow]:
        """All workflows that have a status now."""
        for workflow_id in tuple(self.workflows):
            with suppress(UnknownWorkflowError):
                yield self.with_status(workflow_id)

    def workflow_in(self, values: Iterable[str]) -> Workflow | None:
        """The first workflow that has one of these ids, or that makes a resource with one of them."""
        found = (self.workflows.get(value) or self.resources.maker_of(value) for value in values)
        return next((workflow for workflow in found if workflow), None)

    def fields(self, workflow: Workflow) -> Fields:
        """The fields of the workflow's status now. Changes nothing."""
        return workflow.fields(self.elapsed(workflow))

    def state(self, workflow: Workflow) -> str | None:
        """The state of the workflow's status now."""
        return workflow.state(self.elapsed(workflow))

    def workflows_of(self, scenario: Scenario) -> Collection[Workflow]:
        """The workflows that go by this scenario, in the order of creation."""
        return self._by_scenario.get(scenario.scenario, _NO_WORKFLOWS).values()

    def matched_by(self, name: str) -> Collection[Workflow]:
        """The workflows of clients whose create request matched a scenario of this name."""
        return self._by_match.get(name, _NO_WORKFLOWS).values()

    def workflow_of(self, run: Run) -> Workflow | None:
        """The workflow of a run with outages, if it still goes by that scenario."""
        return self._by_scenario.get(run.scenario, _NO_WORKFLOWS).get(run.workflow_id or "")

    def set_scenario(self, workflow: Workflow, scenario: Scenario | None) -> None:
        """Lets a workflow go by another scenario, or by none."""
        if workflow.scenario and (scenario is None or workflow.scenario.scenario != scenario.scenario):
            remove_from(self._by_scenario, workflow.scenario.scenario, workflow.id)
            self.outages.drop(Run(workflow.scenario.scenario, workflow.id))
        workflow.scenario = scenario
        if scenario:
            self._by_scenario.setdefault(scenario.scenario, {})[workflow.id] = workflow

    def add(self, workflow: Workflow) -> None:
        """Adds a workflow."""
        for index in (TEMPLATE_INDEX, STATE_INDEX, CONFIG_INDEX):
            self.plugin_indices.setdefault(index, self.now())
        number = self.next_sequence_number()
        if workflow.stored is not None:
            workflow.stored = replace(workflow.stored, seq_no=number)
        workflow.written = self.now()
        self._added += 1
        workflow.number = self._added
        self.workflows[workflow.id] = workflow
        self.set_scenario(workflow, workflow.scenario)
        if workflow.matched is not None:
            self._by_match.setdefault(workflow.matched, {})[workflow.id] = workflow

    def forget(self, workflow: Workflow) -> None:
        """Removes a workflow and the resources that it has made."""
        del self.workflows[workflow.id]
        self._leaving.pop(workflow.id, None)
        if workflow.scenario:
            self.outages.drop(Run(workflow.scenario.scenario, workflow.id))
            remove_from(self._by_scenario, workflow.scenario.scenario, workflow.id)
        if workflow.matched is not None:
            remove_from(self._by_match, workflow.matched, workflow.id)
        self.resources.forget(workflow)
        self.clock.notify()  # requests that wait for its run end their wait

    def begin(self, workflow: Workflow, beginning: Beginning, started: int | None = None) -> None:
        """Begins a run of the workflow now, or as if at `started` (epoch ms)."""
        self.resources.note(workflow)
        self.stores.prune(self._has_index)
        seen = self.coverage.begun(workflow, beginning, workflow.attempts[beginning.kind])
        workflow.begin(beginning, self.now() if started is None else started, self.lead, seen)
        self.run_moved(workflow)
        if beginning.forgets_workflow:
            self._leaving[workflow.id] = workflow
        self.resources.expect(workflow, beginning.made)
        self.clock.notify()  # requests that wait for the run before end their wait

    def _has_index(self, name: str, created: int) -> bool:
        """Whether an index that was created then is left; those of plugins stay until a client deletes them."""
        made = self.resources.peek(("index", name))
        return name.startswith(".plugins-") if made is None else made.created == created

    def run_moved(self, workflow: Workflow) -> None:
        """To be called after the elapsed time of a run has changed in another way than by the clock."""
        if workflow.scenario and self.active.outages_of(workflow.scenario.scenario):
            self.outages.wake(Run(workflow.scenario.scenario, workflow.id))

    def outages_changed(self, name: str) -> None:
        """To be called after the outages of a scenario, or the workflows that go by it, have changed."""
        outages_of = self.active.outages_of(name)
        if outages_of is None:
            return
        if not outages_of.scenario.has_workflow:
            self.outages.wake(Run(name, None))
        for workflow in self.workflows_of(outages_of.scenario):
            self.outages.wake(Run(name, workflow.id))

    # -- ids and settings ------------------------------------------------------------------------

    def new_workflow_id(self, wanted: str | None = None) -> str:
        """`wanted` if it is free, else an id in the plugin's form, made of the seed and a counter."""
        if wanted is not None and wanted not in self.workflows:
            return wanted
        while True:  # a scenario may bring the id that comes next, because it was copied from a response
            self._ids_made += 1
            made = opensearch_id("workflow", str(self.settings.seed), str(self._ids_made))
            if made not in self.workflows:
                return made

    def new_resource_id(self, kind: str) -> str:
        """The id of a resource that a client makes, made of the seed and a counter."""
        self._resource_ids_made += 1
        return opensearch_id(kind, str(self.settings.seed), str(self._resource_ids_made))

    def next_sequence_number(self) -> int:
        """The number of a change of the plugin's index, from 0."""
        self._sequence_number += 1
        return self._sequence_number - 1

    def update_settings(self, changes: Mapping[Scope, Mapping[str, Text | None]]) -> None:
        """Updates cluster settings. On SettingRefusedError or BadValueError none is changed."""
        self.replace_settings(self.cluster_settings.with_all(changes, self.version.minor))

    def replace_settings(self, settings: ClusterSettings) -> None:
        """Puts these cluster settings in force."""
        self.cluster_settings = settings
        self.flow_framework = self._settings_in_force()

    def _settings_in_force(self) -> FlowFrameworkSettings:
        """The plugin's settings. A node reads max_workflow_steps when it starts, so a later change has no effect."""
        return replace(
            self.cluster_settings.flow_framework(),
            max_workflow_steps=flow_framework_defaults().max_workflow_steps,
            multi_tenancy_enabled=self.settings.multi_tenancy,
        )

    @property
    def trusted_endpoints(self) -> tuple[str, ...]:
        """The expressions that the URLs of connectors have to match."""
        text = self.cluster_settings.text("plugins.ml_commons.trusted_connector_endpoints_regex")
        if text is None:
            return DEFAULT_TRUSTED_ENDPOINTS
        return tuple(text.split(",") if isinstance(text, str) else text)

    @property
    def has_model_access_control(self) -> bool:
        """Whether ML Commons controls who may use which model."""
        text = self.cluster_settings.text("plugins.ml_commons.model_access_control_enabled")
        return bool(self.settings.users) and text == "true"

    @property
    def has_connector_access_control(self) -> bool:
        """Whether ML Commons controls who may use which connector."""
        text = self.cluster_settings.text("plugins.ml_commons.connector_access_control_enabled")
        return bool(self.settings.users) and text == "true"

    @property
    def model_urls(self) -> ModelUrls:
        """Whether models may be registered by a URL."""
        allowed, trusted = (self.cluster_settings.text(key) for key in (model_urls.ALLOWED, model_urls.TRUSTED))
        settings = ModelUrls(None if allowed is None else allowed == "true")
        return replace(settings, trusted=trusted) if isinstance(trusted, str) else settings

    def trusts_inputs(self, scenario: Scenario | None) -> bool:
        """Whether the steps of a workflow of `scenario` succeed whatever their inputs are."""
        return self.settings.trust_inputs or (scenario is not None and scenario.trust_inputs)

    def own_use_cases(self) -> Mapping[str, Mapping[str, Any]]:
        """The use cases that scenarios bring; of one name that of the scenario loaded last."""
        return {name: case for cases in self.use_cases.values() for name, case in cases.items()}

    def active_changed(self) -> None:
        """To be called after a change of `active`."""
        self.intercepts = not self.active.is_empty
        self.clock.notify()  # a port may have to close or open
