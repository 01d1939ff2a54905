"""The scenarios of one world: who claims what, for which workflows each speaks, and which ones they bring."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mockflow.cluster import runs
from mockflow.cluster.workflow import StoredTemplate, Workflow
from mockflow.core.compiler import written_resources
from mockflow.core.lifecycle import template_from
from mockflow.core.rules import Claim, claims_of
from mockflow.core.scenario import Scenario
from mockflow.core.template import Template, parse_template

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster

log: Final = logging.getLogger("mockflow")


class UnknownScenarioError(LookupError):
    """No scenario with this name."""


class ClaimedError(ValueError):
    """Two scenarios claim one name or one workflow."""


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and where it came from, in people's words."""

    scenario: Scenario
    source: str = ""

    @property
    def name(self) -> str:
        return self.scenario.scenario


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

        A workflow that a replaced one brought begins anew; those of clients go on, and the new one speaks for them.
        """
        new = {loaded.name: loaded for loaded in scenarios}
        self._check_claims(new)
        for name in new.keys() & self._loaded.keys():
            self._release(self._loaded[name])  # all of them first: two may have swapped their workflows
        for name, loaded in new.items():
            self._loaded[name] = loaded
            self._claims.update(dict.fromkeys(claims_of(loaded.scenario), name))
        self._speak(new)
        for loaded in new.values():
            if loaded.scenario.brings_workflow:
                self._bring(loaded.scenario)

    def remove(self, name: str) -> None:
        """Forgets a scenario and the workflow that it brought; for those of clients that it spoke for, none does."""
        if name not in self._loaded:
            raise UnknownScenarioError(name)
        self._release(self._loaded.pop(name))
        self._speak([name])

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

    def _check_claims(self, new: Mapping[str, LoadedScenario]) -> None:
        """Raises ClaimedError where one of `new` claims what stays another's."""
        among_new: dict[Claim, str] = {}
        for name, loaded in new.items():
            for claim in claims_of(loaded.scenario):
                owner = among_new.setdefault(claim, name)
                if owner == name:
                    owner = self._claims.get(claim, name)
                    if owner in new:
                        continue
                other = new.get(owner) or self._loaded[owner]
                value = claim.key if claim.key == "match" else f'{claim.key} "{claim.value}"'
                raise ClaimedError(
                    f'{value} of scenario "{name}" belongs to scenario "{owner}" ({other.source}) already; '
                    "choose another, or remove that one first"
                )

    def _release(self, loaded: LoadedScenario) -> None:
        """What it claimed is free again, and the workflow that it brought is gone."""
        for claim in claims_of(loaded.scenario):
            del self._claims[claim]
        self._cluster.coverage.forget(loaded.name)
        if workflow := self._brought(loaded.scenario):
            self._cluster.forget(workflow)

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
