"""The scenarios of one world: who claims what, for which workflows each speaks, and which ones they bring."""

import logging
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mockflow.cluster import runs
from mockflow.cluster.changes import Changes, LoadedScenario
from mockflow.cluster.workflow import StoredTemplate, Workflow
from mockflow.core.plugin.lifecycle import template_from
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import Claim, claims_of
from mockflow.core.script.compiler import written_resources

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster

MAX_SCENARIOS: Final = 20_000

log: Final = logging.getLogger("mockflow")


class UnknownScenarioError(LookupError):
    """No scenario with this name."""


class TooManyError(ValueError):
    """More scenarios than a cluster holds."""


class ClaimedError(ValueError):
    """Two scenarios claim one name or one workflow."""


class Scenarios(Mapping[str, LoadedScenario]):
    """By name, in the order in which they were loaded. What changes here changes the cluster's workflows with it."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster
        self._loaded: dict[str, LoadedScenario] = {}
        self._claims: dict[Claim, str] = {}
        self._spoken: set[str] = set()  # the names of those that have ever spoken for a client's workflow

    def __getitem__(self, name: str) -> LoadedScenario:
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._loaded)

    def __len__(self) -> int:
        return len(self._loaded)

    def load(self, scenarios: Iterable[LoadedScenario]) -> None:
        """Adds scenarios, or replaces those of the same name; all or, on ClaimedError, none.

        A workflow that a replaced one brought begins anew; those of clients go on, by what the new one says.
        """
        self._replace({loaded.name: loaded for loaded in scenarios})

    def remove(self, name: str) -> None:
        """Forgets a scenario and the workflow that it brought; for those of clients that it spoke for, none does."""
        if name not in self._loaded:
            raise UnknownScenarioError(name)
        self._replace({}, [name])

    def reload(self, changes: Changes) -> None:
        """Does what has changed in the files; all or, on ClaimedError, nothing.

        Every workflow that is still there keeps its events and elapsed time, and goes on by its new script. What the
        owner has loaded in place of a file's scenario, or removed, stays so until the file's own changes.
        """
        new = {loaded.name: loaded for loaded in (*changes.new, *changes.changed)}
        gone = [loaded.name for loaded in changes.gone if self._loaded.get(loaded.name) == loaded]
        self._replace(new, gone, keeps_runs=True)
        for before, after in changes.moved:
            if self._loaded.get(before.name) == before:
                # The same script: the workflow goes on with the scenario object that it has.
                self._loaded[before.name] = LoadedScenario(self._loaded[before.name].scenario, after.source)
        files = [loaded.name for loaded in changes.after if loaded.name in self._loaded]
        self._loaded = {name: self._loaded[name] for name in dict.fromkeys([*files, *self._loaded])}
        self._cluster.interference.put_in_order(self._loaded)
        self._cluster.startup = changes.after

    def speaker(self, *, name: str, use_case: str, headers: Mapping[str, str]) -> Scenario | None:
        """The scenario that speaks for a workflow that a client creates; the most specific one wins."""
        matching = [
            loaded.scenario
            for loaded in self._loaded.values()
            if loaded.scenario.match and loaded.scenario.match.covers(name=name, use_case=use_case, headers=headers)
        ]
        if not matching:
            return None
        best = max(matching, key=_specificity)  # of equal ones, the first loaded
        tied = [scenario.scenario for scenario in matching if _specificity(scenario) == _specificity(best)]
        if len(tied) > 1:
            log.warning("scenarios %s match workflow %s alike; %s speaks for it", ", ".join(tied), name, tied[0])
        self._spoken.add(best.scenario)
        return best

    def _replace(
        self, new: Mapping[str, LoadedScenario], gone: Iterable[str] = (), *, keeps_runs: bool = False
    ) -> None:
        """Puts `new` in place of those of the same name and of `gone`; with `keeps_runs` workflows outlive that."""
        names = dict.fromkeys([*gone, *new])
        gone_now = sum(name in self._loaded and name not in new for name in names)
        count = len(self._loaded) - gone_now + sum(name not in self._loaded for name in new)
        if new and count > MAX_SCENARIOS:
            raise TooManyError(f"{count} scenarios are too many; mockflow holds {MAX_SCENARIOS}")
        self._check_claims(new, names)
        going = [self._loaded[name] for name in names if name in self._loaded]
        brought = [(workflow, it.scenario) for it in going if (workflow := self._brought(it.scenario))]
        bringing = {it.scenario.workflow_id: it.scenario for it in new.values() if it.scenario.brings_workflow}
        for loaded in going:
            for claim in claims_of(loaded.scenario):
                del self._claims[claim]
            self._cluster.coverage.forget(loaded.name)
            if loaded.name not in new:
                del self._loaded[loaded.name]
                self._cluster.interference.disarm(loaded.name)
        for name, loaded in new.items():
            self._loaded[name] = loaded
            self._claims.update(dict.fromkeys(claims_of(loaded.scenario), name))
            self._cluster.interference.arm(loaded.scenario, keep_counts=keeps_runs)
        for workflow, scenario in brought:  # all of them first: two may have swapped their workflows
            if keeps_runs and workflow.id in bringing:
                self._hand_over(workflow, scenario, bringing.pop(workflow.id))
            else:
                self._cluster.forget(workflow)
        self._speak(names)
        for scenario in bringing.values():
            self._bring(scenario)
        self._cluster.rescripted()

    def _check_claims(self, new: Mapping[str, LoadedScenario], replaced: Container[str]) -> None:
        """Raises ClaimedError where one of `new` claims what stays another's."""
        among_new: dict[Claim, str] = {}
        for name, loaded in new.items():
            for claim in claims_of(loaded.scenario):
                owner = among_new.setdefault(claim, name)
                if owner == name:
                    owner = self._claims.get(claim, name)
                    if owner in replaced:
                        continue
                other = new.get(owner) or self._loaded[owner]
                value = claim.key if claim.key == "match" else f'{claim.key} "{claim.value}"'
                raise ClaimedError(
                    f'{value} of scenario "{name}" belongs to scenario "{owner}" ({other.source}) already; '
                    "choose another, or remove that one first"
                )

    def _brought(self, scenario: Scenario) -> Workflow | None:
        """The workflow that the scenario has brought, unless it is gone."""
        workflow = self._cluster.workflows.get(scenario.workflow_id or "")
        return workflow if workflow and scenario.brings_workflow and workflow.scenario is scenario else None

    def _bring(self, scenario: Scenario) -> None:
        cluster = self._cluster
        assert scenario.workflow_id is not None
        if scenario.workflow_id in cluster.workflows:  # a client's: its id was copied into the scenario
            cluster.forget(cluster.workflows[scenario.workflow_id])
        now = cluster.now()
        template, is_made = template_of(scenario)
        workflow = Workflow(scenario.workflow_id, scenario, StoredTemplate(template, now, now, is_made=is_made))
        cluster.add(workflow)
        if scenario.begins == "load":
            cluster.begin(workflow, runs.looked_at(cluster, workflow))

    def _hand_over(self, workflow: Workflow, before: Scenario, after: Scenario) -> None:
        """The workflow that `before` brought is from now on the one that `after` brings."""
        workflow.scenario = after
        old, _ = template_of(before)
        template, is_made = template_of(after)
        workflow.change_template(old, template, is_made=is_made)
        if workflow.run is not None:
            self._cluster.play_again(workflow)
        elif after.begins == "load":
            self._cluster.begin(workflow, runs.looked_at(self._cluster, workflow))

    def _speak(self, names: Iterable[str]) -> None:
        """The workflows of clients that scenarios of these names speak for, or did before they were removed."""
        speakers = {
            name: self._loaded[name].scenario if name in self._loaded else None
            for name in names
            if name in self._spoken
        }
        if not speakers:
            return  # else each of thousands of requests would look at thousands of workflows
        for workflow in self._cluster.workflows.values():
            if workflow.matched in speakers:
                speaker = speakers[workflow.matched]
                workflow.scenario = speaker if speaker and speaker.match else None
                if workflow.scenario:  # without one the run under way goes on as it began
                    self._cluster.play_again(workflow)


def template_of(scenario: Scenario) -> tuple[Template, bool]:
    """The template of the workflow that `scenario` brings, and whether it had to be made of its resources' steps."""
    if scenario.template is not None:
        return parse_template(scenario.template), False
    attempts = [scenario.provision, *(scenario.provision.attempts or ())] if scenario.provision else []
    keyframes = [keyframe for attempt in attempts for keyframe in attempt.timeline or ()]
    resources = [
        entry
        for keyframe in keyframes
        for entry in written_resources(keyframe, scenario.scenario, scenario.workflow_id or "")
    ]
    return parse_template(template_from(scenario.scenario, resources)), True


def _specificity(scenario: Scenario) -> tuple[bool, bool, int, bool]:
    assert scenario.match is not None
    return scenario.match.specificity
