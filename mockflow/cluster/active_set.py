"""All active faults, stubs and outages of one world."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mockflow.cluster.active import Active, ActiveFault, ActiveOutage, ActiveStub
from mockflow.cluster.coverage import ADDED, Part
from mockflow.cluster.workflow import Workflow
from mockflow.core.faults import outages
from mockflow.core.faults.model import Fault, parse_window
from mockflow.core.scenario.model import Scenario

Edges = tuple[int, ...]
"""The elapsed ms at which windows of time and phases of outages begin and end, in order."""


class _OfScenario(NamedTuple):
    faults: list[ActiveFault]
    stubs: list[ActiveStub]
    outages: list[ActiveOutage]


class ActiveSet:
    """The active faults, stubs and outages, in the order in which they are applied."""

    def __init__(self) -> None:
        self.added: list[ActiveFault] = []
        """The faults added through the control API; they are applied first."""
        self._added_in_all = 0
        self.faults: list[ActiveFault] = []
        self.stubs: list[ActiveStub] = []
        self.outages: list[ActiveOutage] = []
        self._edges: dict[str, Edges] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is active."""
        return not (self.added or self.faults or self.stubs or self.outages)

    # -- changes ---------------------------------------------------------------------------------

    def activate(self, scenario: Scenario, *, keep_counts: bool = False) -> None:
        """Activates the faults, stubs and outages of a scenario, in place of those of the scenario of the same name.

        With `keep_counts` those that are equal to the former ones continue their counts.
        """
        before = self._remove(scenario.scenario)
        faults = [ActiveFault(fault, scenario, number) for number, fault in enumerate(scenario.faults)]
        stubs = [ActiveStub(stub, scenario, number) for number, stub in enumerate(scenario.stubs)]
        new = [ActiveOutage(outage, scenario, number) for number, outage in enumerate(scenario.outages)]
        if keep_counts:
            for fault, old in zip(faults, before.faults, strict=False):
                if fault.fault == old.fault:
                    fault.calls, fault.acted = old.calls, old.acted
            for stub, former in zip(stubs, before.stubs, strict=False):
                if stub.stub == former.stub:
                    stub.answered, stub.place = former.answered, former.place
            for outage, earlier in zip(new, before.outages, strict=False):
                if outage.outage == earlier.outage:
                    outage.has_acted, outage.over = earlier.has_acted, earlier.over
        self.faults += faults
        self.stubs += stubs
        self.outages += new
        if edges := _edges(scenario):
            self._edges[scenario.scenario] = edges

    def deactivate(self, scenario: str) -> None:
        """Removes the faults, stubs and outages of a scenario."""
        self._remove(scenario)

    def _remove(self, scenario: str) -> _OfScenario:
        self._edges.pop(scenario, None)
        removed = _OfScenario(
            [one for one in self.faults if _belongs(one, scenario)],
            [one for one in self.stubs if _belongs(one, scenario)],
            [one for one in self.outages if _belongs(one, scenario)],
        )
        if any(removed):
            self.faults = [one for one in self.faults if not _belongs(one, scenario)]
            self.stubs = [one for one in self.stubs if not _belongs(one, scenario)]
            self.outages = [one for one in self.outages if not _belongs(one, scenario)]
        return removed

    def put_in_order(self, scenarios: Iterable[str]) -> None:
        """Sorts by these names of scenarios: where several would act, the first does."""
        place = {name: number for number, name in enumerate(scenarios)}

        def order(one: Active) -> int:
            return place[one.scenario.scenario] if one.scenario else -1

        self.faults.sort(key=order)
        self.stubs.sort(key=order)
        self.outages.sort(key=order)

    def add(self, fault: Fault, workflow_id: str | None = None) -> ActiveFault:
        """Adds a fault through the control API, for every request or for those for one workflow."""
        active = ActiveFault(fault, None, self._added_in_all, workflow_id)
        self._added_in_all += 1
        self.added.append(active)
        return active

    def restart_counts(self, scenario: str) -> None:
        """Counts the calls of a scenario's faults from 1 again, and begins the responses of its stubs anew."""
        for fault in self.faults:
            if _belongs(fault, scenario):
                fault.calls = 0
        for stub in self.stubs:
            if _belongs(stub, scenario):
                stub.place = 0

    # -- queries ---------------------------------------------------------------------------------

    def edges(self, scenario: str) -> Edges:
        """The edges of a scenario's windows and phases."""
        return self._edges.get(scenario, ())

    def next_edge(self, workflow: Workflow, elapsed: int, began: int) -> int | None:
        """The first edge after `elapsed` that counts for a workflow's run, in its elapsed ms.

        Edges of its own scenario count, of added faults, and of scenarios without a workflow. Windows of the latter go
        by the time of the run, outages by the time since the world `began` (epoch ms).
        """
        edges = list(self.edges(workflow.scenario.scenario)) if workflow.scenario else []
        shared: list[ActiveFault | ActiveStub] = [one for one in self.added if one.workflow_id in (None, workflow.id)]
        shared += filter(_is_for_all, self.faults)
        shared += filter(_is_for_all, self.stubs)
        edges += [edge for one in shared if one.window for edge in one.window if edge is not None]
        if workflow.run:
            ahead = workflow.run.started - began
            for outage in self.outages:
                if _is_for_all(outage):
                    edges += [time - ahead for window in outage.windows for time in (window.begin, window.end)]
        return min((edge for edge in edges if edge > elapsed), default=None)

    def world_edges(self) -> Iterator[int]:
        """The edges of scenarios without a workflow, in ms since the world began."""
        active: list[Active] = [*self.faults, *self.stubs, *self.outages]
        names = {one.scenario.scenario for one in active if one.scenario and not one.scenario.has_workflow}
        for name in names:
            yield from self.edges(name)

    def windows(self, scenario: str) -> Iterator[tuple[str, int, int | None]]:
        """When a scenario's faults and outages may act: label, begin and end in elapsed ms (None: without end)."""
        for fault in self.faults:
            if fault.window and _belongs(fault, scenario):
                yield fault.fault.label, *fault.window
        for outage in self.outages:
            if _belongs(outage, scenario):
                for window in outage.windows:
                    yield f"{outage.label}: {window.phase}", window.begin, window.end

    def parts(self) -> Iterator[Part]:
        """The faults, outages and stubs, those that were added first, and whether they have acted."""
        kinds: tuple[tuple[str, list[Any]], ...] = (
            ("faults", [*self.added, *self.faults]),
            ("outages", self.outages),
            ("stubs", self.stubs),
        )
        for kind, listed in kinds:
            for one in listed:
                name = one.scenario.scenario if one.scenario else ADDED
                yield Part(name, kind, one.number, None, None, one.label, one.has_acted, one.is_optional)

    def fault(self, number: int) -> ActiveFault | None:
        """The fault that was added under this number through the control API."""
        return next((one for one in self.added if one.number == number), None)


def _belongs(one: Active, scenario: str) -> bool:
    return one.scenario is not None and one.scenario.scenario == scenario


def _is_for_all(one: Active) -> bool:
    """Whether it belongs to no workflow, so that it goes by the time of any."""
    return one.scenario is None or not one.scenario.has_workflow


def _edges(scenario: Scenario) -> Edges:
    windows: list[tuple[Any, Any]] = [parse_window(fault.during) for fault in scenario.faults if fault.during]
    windows += [parse_window(stub.when.during) for stub in scenario.stubs if stub.when and stub.when.during]
    windows += [(one.begin, one.end) for outage in scenario.outages for one in outages.windows(outage)]
    return tuple(sorted({edge for window in windows for edge in window if edge is not None}))
