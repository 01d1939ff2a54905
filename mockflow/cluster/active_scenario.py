"""The active faults, stubs and outages of one scenario."""

from collections.abc import Iterator
from typing import Final

from mockflow.cluster.active import ActiveFault, ActiveOutage, ActiveStub
from mockflow.cluster.call_index import CallIndex
from mockflow.cluster.edges import Edges
from mockflow.core.scenario.model import Scenario

_REMEMBERED: Final = 64  # stretches of time


class ActiveScenario:
    """What a scenario has active, in its order."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.rank = 0
        self.faults = [ActiveFault(fault, scenario, number) for number, fault in enumerate(scenario.faults)]
        self.stubs = [ActiveStub(stub, scenario, number) for number, stub in enumerate(scenario.stubs)]
        self.outages = [ActiveOutage(outage, scenario, number) for number, outage in enumerate(scenario.outages)]
        own = [one for one in self.faults if scenario.has_workflow and one.fault.scope != "cluster"]
        self.own_faults = frozenset(own)
        """The faults that act on requests for the scenario's own workflows only."""
        self.own_calls = CallIndex(own)
        self._acting: list[ActiveFault | ActiveStub] = [*self.faults, *self.stubs]
        self.window_edges = tuple({edge for one in self._acting for edge in one.edges})
        """The elapsed ms at which windows of faults and stubs begin and end."""
        self.outage_edges = tuple({edge for one in self.outages for edge in one.edges})
        """The elapsed ms at which phases of outages begin and end."""
        self.edges = Edges({*self.window_edges, *self.outage_edges})
        self._outage_edges = Edges(self.outage_edges)
        self._closings = Edges(one.begin for it in self.outages for one in it.windows if one.phase == "port_closed")
        self._outages_at: dict[int, list[ActiveOutage]] = {}

    def put_at(self, rank: int) -> None:
        """Sets the scenario's place among those that are active."""
        self.rank = rank
        for one in self._acting:
            one.rank = rank

    def continue_counts(self, before: "ActiveScenario") -> None:
        """Continues the counts of what is equal to what the scenario `before` had at the same place."""
        for fault, old in zip(self.faults, before.faults, strict=False):
            if fault.fault == old.fault:
                fault.calls, fault.acted = old.calls, old.acted
        for stub, former in zip(self.stubs, before.stubs, strict=False):
            if stub.stub == former.stub:
                stub.answered, stub.place = former.answered, former.place
        for outage, earlier in zip(self.outages, before.outages, strict=False):
            if outage.outage == earlier.outage:
                outage.has_acted, outage.over = earlier.has_acted, earlier.over

    def restart_counts(self) -> None:
        """Counts the calls of faults from 1 again, and begins the responses of stubs anew."""
        for fault in self.faults:
            fault.calls = 0
        for stub in self.stubs:
            stub.place = 0

    def outages_at(self, elapsed: int) -> list[ActiveOutage]:
        """The outages that are in a phase at `elapsed`. They are found once for each stretch between two edges."""
        place = self._outage_edges.place(elapsed)
        if place not in self._outages_at:
            if len(self._outages_at) >= _REMEMBERED:
                self._outages_at.clear()
            self._outages_at[place] = [one for one in self.outages if one.phase_at(elapsed)]
        return self._outages_at[place]

    def next_outage(self, elapsed: int) -> int | None:
        """The next edge of an outage; where none is in a phase at `elapsed`, the next one begins there."""
        return self._outage_edges.after(elapsed)

    def next_closing(self, elapsed: int) -> int | None:
        """When the next phase port_closed begins."""
        return self._closings.after(elapsed)

    def windows(self) -> Iterator[tuple[str, int, int | None]]:
        """When faults and outages may act: label, begin and end in elapsed ms (None: without end)."""
        for fault in self.faults:
            if fault.window:
                yield fault.label, *fault.window
        for outage in self.outages:
            for window in outage.windows:
                yield f"{outage.label}: {window.phase}", window.begin, window.end
