"""All active faults, stubs and outages of one world, found by scenario, workflow, operation, path and time."""

from collections.abc import Iterable, Iterator

from mockflow.cluster.active import ActiveFault, ActiveStub
from mockflow.cluster.active_scenario import ActiveScenario
from mockflow.cluster.call_index import CallIndex
from mockflow.cluster.coverage import ADDED, Part
from mockflow.cluster.decision import InterceptedRequest
from mockflow.cluster.edges import Edges
from mockflow.cluster.workflow import Workflow
from mockflow.core.base.path_index import PathIndex
from mockflow.core.faults.model import Fault
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.model import Stub


class ActiveSet:
    """The active faults, stubs and outages, in the order in which they are applied."""

    def __init__(self) -> None:
        self._scenarios: dict[str, ActiveScenario] = {}  # in their order
        self._next_rank = 0
        self._of_all = CallIndex()  # faults of scenarios that act on requests for any workflow
        self._of_scenarios = CallIndex()  # those that act on requests for their own workflows
        self._stubs: PathIndex[ActiveStub] = PathIndex()
        self._stub_count = 0
        self._added: dict[int, ActiveFault] = {}
        self._added_in_all = 0
        self._added_sizes: dict[int, int] = {}
        self.added_bytes = 0
        """The bytes of all added faults as they were sent."""
        self._added_for: dict[str | None, CallIndex] = {}  # by workflow id; None: for any
        self._added_edges: dict[str | None, Edges] = {}
        self._added_stubs: dict[int, ActiveStub] = {}
        self._added_stubs_in_all = 0
        self._stub_sizes: dict[int, int] = {}
        self.added_stub_bytes = 0
        """The bytes of all added stubs as they were sent."""
        # The edges of scenarios without a workflow, which count for all: windows of faults and stubs, and outages.
        self._windows_for_all = Edges()
        self._outages_for_all = Edges()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is active."""
        return not (self._added or self._added_stubs or self._scenarios)

    @property
    def added(self) -> list[ActiveFault]:
        """The faults added through the control API; they are applied first."""
        return list(self._added.values())

    @property
    def faults(self) -> list[ActiveFault]:
        """The faults of scenarios."""
        return [fault for active in self._scenarios.values() for fault in active.faults]

    @property
    def added_stubs(self) -> list[ActiveStub]:
        """The stubs added through the control API; they are applied first."""
        return list(self._added_stubs.values())

    @property
    def scenarios(self) -> list[ActiveScenario]:
        """What each scenario has active, in order."""
        return list(self._scenarios.values())

    @property
    def stubs(self) -> list[ActiveStub]:
        """All stubs, those added through the control API first."""
        return [*self._added_stubs.values(), *(stub for active in self._scenarios.values() for stub in active.stubs)]

    # -- changes ---------------------------------------------------------------------------------

    def activate(self, scenario: Scenario, *, keep_counts: bool) -> None:
        """Activates the faults, stubs and outages of a scenario, in place of those of the scenario of the same name.

        With `keep_counts` those that are equal to the former ones continue their counts.
        """
        before = self.deactivate(scenario.scenario)
        if not (scenario.faults or scenario.stubs or scenario.outages):
            return
        active = ActiveScenario(scenario)
        if keep_counts and before:
            active.continue_counts(before)
        self._scenarios[scenario.scenario] = active
        self._next_rank += 1
        active.put_at(self._next_rank)
        for fault in active.faults:
            (self._of_scenarios if fault in active.own_faults else self._of_all).add(fault)
        for stub in active.stubs:
            self._stubs.add(stub.stub.request.pattern, stub)
        self._stub_count += len(active.stubs)
        if not scenario.has_workflow:
            self._windows_for_all.add(active.window_edges)
            self._outages_for_all.add(active.outage_edges)

    def deactivate(self, scenario: str) -> ActiveScenario | None:
        """Removes the faults, stubs and outages of a scenario, and returns what was active; None for nothing."""
        active = self._scenarios.pop(scenario, None)
        if active is None:
            return None
        for fault in active.faults:
            (self._of_scenarios if fault in active.own_faults else self._of_all).remove(fault)
        for stub in active.stubs:
            self._stubs.remove(stub.stub.request.pattern, stub)
        self._stub_count -= len(active.stubs)
        if not active.scenario.has_workflow:
            self._windows_for_all.remove(active.window_edges)
            self._outages_for_all.remove(active.outage_edges)
        return active

    def put_in_order(self, scenarios: Iterable[str]) -> None:
        """Sorts by these names of scenarios: where several would act, the first does."""
        self._scenarios = {name: self._scenarios[name] for name in scenarios if name in self._scenarios}
        for rank, active in enumerate(self._scenarios.values(), 1):
            active.put_at(rank)
        self._next_rank = len(self._scenarios)

    @property
    def added_count(self) -> int:
        """The number of the faults added through the control API."""
        return len(self._added)

    def add(self, fault: Fault, workflow_id: str | None = None, size: int = 0) -> ActiveFault:
        """Adds a fault of `size` bytes through the control API, for every request or for those for one workflow."""
        active = ActiveFault(fault, None, self._added_in_all, workflow_id)
        self._added_in_all += 1
        self._added[active.number] = active
        self._added_sizes[active.number] = size
        self.added_bytes += size
        self._added_for.setdefault(workflow_id, CallIndex()).add(active)
        self._added_edges.setdefault(workflow_id, Edges()).add(active.edges)
        return active

    def remove_added(self, fault: ActiveFault) -> None:
        """Removes a fault that was added through the control API."""
        del self._added[fault.number]
        self.added_bytes -= self._added_sizes.pop(fault.number)
        calls, edges = self._added_for[fault.workflow_id], self._added_edges[fault.workflow_id]
        calls.remove(fault)
        edges.remove(fault.edges)
        if calls.is_empty:
            del self._added_for[fault.workflow_id], self._added_edges[fault.workflow_id]

    def add_stub(self, stub: Stub, size: int = 0) -> ActiveStub:
        """Adds a stub of `size` bytes through the control API, for every request that it matches."""
        active = ActiveStub(stub, None, self._added_stubs_in_all)  # of rank 0, before those of all scenarios
        self._added_stubs_in_all += 1
        self._added_stubs[active.number] = active
        self._stub_sizes[active.number] = size
        self.added_stub_bytes += size
        self._stubs.add(stub.request.pattern, active)
        self._stub_count += 1
        self._windows_for_all.add(active.edges)
        return active

    def remove_added_stub(self, active: ActiveStub) -> None:
        """Removes a stub that was added through the control API."""
        del self._added_stubs[active.number]
        self.added_stub_bytes -= self._stub_sizes.pop(active.number)
        self._stubs.remove(active.stub.request.pattern, active)
        self._stub_count -= 1
        self._windows_for_all.remove(active.edges)

    def restart_counts(self, scenario: str) -> None:
        """Counts the calls of a scenario's faults from 1 again, and begins the responses of its stubs anew."""
        if active := self._scenarios.get(scenario):
            active.restart_counts()

    # -- faults and stubs for a request ----------------------------------------------------------

    def faults_for(self, request: InterceptedRequest, workflow: Workflow | None) -> Iterator[ActiveFault]:
        """The faults whose `on` names a request and whose scope it is in, in order.

        `workflow` is the one that the request is about. A create is about the scenario that matches the new workflow.
        """
        for_any = self._added_for.get(None)
        found = for_any.naming(request) if for_any else []
        if workflow and (for_one := self._added_for.get(workflow.id)):
            found += for_one.naming(request)
        yield from sorted(found, key=_number)
        found = self._of_all.naming(request)
        if owner := self._owner(request, workflow):
            found += owner.own_calls.naming(request)
        yield from sorted(found, key=_place)

    def _owner(self, request: InterceptedRequest, workflow: Workflow | None) -> ActiveScenario | None:
        """The scenario whose own workflows a request is about."""
        if workflow is not None:
            return self._scenarios.get(workflow.scenario.scenario) if workflow.scenario else None
        if request.operation != "create" or not self._of_scenarios.may_name("create"):
            return None
        scenario = request.created_for()
        owner = self._scenarios.get(scenario.scenario) if scenario else None
        return owner if owner and owner.scenario is scenario else None

    def stubs_for(self, path: str) -> list[ActiveStub]:
        """The stubs whose path may match a raw path, in order."""
        return sorted(self._stubs.find(path), key=_place) if self._stub_count else []

    def stubs_near(self, path: str, most: int) -> list[ActiveStub]:
        """The stubs whose paths are the most similar to a path, `most` at most, in order."""
        return sorted(self._stubs.near(path, most), key=_place)

    # -- times -----------------------------------------------------------------------------------

    def outages_of(self, scenario: str) -> ActiveScenario | None:
        """The active parts of a scenario that has outages."""
        active = self._scenarios.get(scenario)
        return active if active and active.outages else None

    def edge_after(self, scenario: str, elapsed: int) -> int | None:
        """The first edge of a scenario's windows and phases that is later than `elapsed`."""
        active = self._scenarios.get(scenario)
        return active.edges.after(elapsed) if active else None

    def next_edge(self, workflow: Workflow, elapsed: int, began: int) -> int | None:
        """The first edge after `elapsed` that counts for a workflow's run, in its elapsed ms.

        Edges of its own scenario count, of added faults, and of scenarios without a workflow. Windows of the latter go
        by the time of the run, outages by the time since the world `began` (epoch ms).
        """
        found = [self._windows_for_all.after(elapsed)]
        if workflow.scenario:
            found.append(self.edge_after(workflow.scenario.scenario, elapsed))
        found += [edges.after(elapsed) for one in (None, workflow.id) if (edges := self._added_edges.get(one))]
        if workflow.run:
            ahead = workflow.run.started - began
            edge = self._outages_for_all.after(elapsed + ahead)
            found.append(None if edge is None else edge - ahead)
        return min((edge for edge in found if edge is not None), default=None)

    def next_world_edge(self, elapsed: int) -> int | None:
        """The first edge after `elapsed` of scenarios without a workflow, in ms since the world began."""
        found = (self._windows_for_all.after(elapsed), self._outages_for_all.after(elapsed))
        return min((edge for edge in found if edge is not None), default=None)

    def windows(self, scenario: str) -> Iterator[tuple[str, int, int | None]]:
        """When a scenario's faults and outages may act: label, begin and end in elapsed ms (None: without end)."""
        if active := self._scenarios.get(scenario):
            yield from active.windows()

    def window_count(self, scenario: str) -> int:
        """How many there are in `windows`."""
        active = self._scenarios.get(scenario)
        return active.window_count if active else 0

    # -- for the control API ---------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """The faults, outages and stubs, those that were added first, and whether they have acted."""
        for fault in self.added:
            yield Part(ADDED, "faults", fault.number, None, None, fault.label, fault.has_acted, fault.is_optional)
        for stub in self.added_stubs:
            yield Part(ADDED, "stubs", stub.number, None, None, stub.label, stub.has_acted, stub.is_optional)
        for kind in ("faults", "outages", "stubs"):
            for name, active in list(self._scenarios.items()):  # they may change while this goes on
                for one in getattr(active, kind):
                    yield Part(name, kind, one.number, None, None, one.label, one.has_acted, one.is_optional)

    def fault(self, number: int) -> ActiveFault | None:
        """The fault that was added under this number through the control API."""
        return self._added.get(number)

    def stub(self, number: int) -> ActiveStub | None:
        """The stub that was added under this number through the control API."""
        return self._added_stubs.get(number)

    def faults_about(self, workflow_id: str, workflow: Workflow | None) -> list[ActiveFault]:
        """The faults in whose scope requests for a workflow are, in the order in which they are applied.

        `workflow` is None where there is none of this id: then those for every request.
        """
        added = [fault for fault in self.added if fault.workflow_id in (None, workflow_id)]
        own = workflow.scenario.scenario if workflow and workflow.scenario else None
        return added + [
            fault
            for name, active in self._scenarios.items()
            for fault in active.faults
            if name == own or fault not in active.own_faults
        ]


def _number(one: ActiveFault) -> int:
    return one.number


def _place(one: ActiveFault | ActiveStub) -> tuple[int, int]:
    return one.rank, one.number
