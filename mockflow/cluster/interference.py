"""What is scripted against requests: of the faults, outages and stubs at work, which act on a request."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from mockflow.cluster.armed import Armed, ArmedFault, ArmedOutage, ArmedStub, InPhase
from mockflow.cluster.coverage import Part
from mockflow.cluster.verdict import Inquiry, Move, NearMiss, Verdict
from mockflow.cluster.workflow import Workflow
from mockflow.core.base.durations import parse_duration
from mockflow.core.faults import outages
from mockflow.core.faults.chance import draw, milliseconds
from mockflow.core.faults.model import Fault, Respond, parse_window
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.matching import apart, mismatches, nearness, path_values

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster

_NEAR_MISSES: Final = 3
_CLOSE: Final = 20  # so many, by their paths, are looked at in full
Edges = tuple[int, ...]


class Interference:
    """Decides on each request, and counts."""

    def __init__(self, cluster: "Cluster") -> None:
        self._cluster = cluster
        self.added: list[ArmedFault] = []
        """By the owner; they are asked first."""
        self._added_in_all = 0
        self.faults: list[ArmedFault] = []
        self.stubs: list[ArmedStub] = []
        self.outages: list[ArmedOutage] = []
        self._edges: dict[str, Edges] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing at all is scripted."""
        return not (self.added or self.faults or self.stubs or self.outages)

    def arm(self, scenario: Scenario, *, keep_counts: bool = False) -> None:
        """Puts a scenario's faults, stubs and outages to work, in place of those of the one of its name before.

        With `keep_counts` those that are as they were go on counting.
        """
        before = self.disarm(scenario.scenario)
        faults = [ArmedFault(fault, scenario, number) for number, fault in enumerate(scenario.faults)]
        stubs = [ArmedStub(stub, scenario, number) for number, stub in enumerate(scenario.stubs)]
        armed = [ArmedOutage(outage, scenario, number) for number, outage in enumerate(scenario.outages)]
        if keep_counts:
            for fault, old in zip(faults, before.faults, strict=False):
                if fault.fault == old.fault:
                    fault.calls, fault.acted = old.calls, old.acted
            for stub, former in zip(stubs, before.stubs, strict=False):
                if stub.stub == former.stub:
                    stub.answered, stub.place = former.answered, former.place
            for outage, earlier in zip(armed, before.outages, strict=False):
                if outage.outage == earlier.outage:
                    outage.has_acted, outage.over = earlier.has_acted, earlier.over
        self.faults += faults
        self.stubs += stubs
        self.outages += armed
        if edges := _edges(scenario):
            self._edges[scenario.scenario] = edges

    def disarm(self, scenario: str) -> Armed:
        """Takes away a scenario's faults, stubs and outages, and returns them."""
        self._edges.pop(scenario, None)
        taken = Armed(
            [one for one in self.faults if _belongs(one, scenario)],
            [one for one in self.stubs if _belongs(one, scenario)],
            [one for one in self.outages if _belongs(one, scenario)],
        )
        if taken.faults or taken.stubs or taken.outages:
            self.faults = [one for one in self.faults if not _belongs(one, scenario)]
            self.stubs = [one for one in self.stubs if not _belongs(one, scenario)]
            self.outages = [one for one in self.outages if not _belongs(one, scenario)]
        return taken

    def put_in_order(self, scenarios: Iterable[str]) -> None:
        """Of several that would act the first does: they are asked in the order of these names."""
        place = {name: number for number, name in enumerate(scenarios)}

        def order(one: ArmedFault | ArmedStub | ArmedOutage) -> int:
            return place[one.scenario.scenario] if one.scenario else -1

        self.faults.sort(key=order)
        self.stubs.sort(key=order)
        self.outages.sort(key=order)

    def add(self, fault: Fault, workflow_id: str | None = None) -> ArmedFault:
        """A fault of the owner's, on every request or on those for one workflow."""
        armed = ArmedFault(fault, None, self._added_in_all, workflow_id)
        self._added_in_all += 1
        self.added.append(armed)
        return armed

    def edges(self, scenario: str) -> Edges:
        """When windows of time and phases of outages begin and end: elapsed ms, in order."""
        return self._edges.get(scenario, ())

    def next_edge(self, workflow: Workflow, elapsed: int) -> int | None:
        """The first edge after `elapsed` that counts for a workflow's run, in its elapsed ms.

        Of its own scenario, of the owner's faults, and of scenarios without a workflow: their windows go by the time
        of the run that is asked about, their outages by the world's.
        """
        edges = list(self.edges(workflow.scenario.scenario)) if workflow.scenario else []
        shared: list[ArmedFault | ArmedStub] = [one for one in self.added if one.workflow_id in (None, workflow.id)]
        shared += filter(_is_for_all, self.faults)
        shared += filter(_is_for_all, self.stubs)
        edges += [edge for one in shared if one.window for edge in one.window if edge is not None]
        if workflow.run:
            ahead = workflow.run.started - self._cluster.began
            for outage in self.outages:
                if _is_for_all(outage):
                    edges += [time - ahead for window in outage.windows for time in (window.begin, window.end)]
        return min((edge for edge in edges if edge > elapsed), default=None)

    def count_anew(self, scenario: str) -> None:
        """Its calls are counted from 1 again, its sequences of answers begin anew, its outages come again."""
        for fault in self.faults:
            if _belongs(fault, scenario):
                fault.calls = 0
        for stub in self.stubs:
            if _belongs(stub, scenario):
                stub.place = 0

    def world_edges(self) -> Iterator[int]:
        """The same of scenarios without a workflow, which go by the world's own time."""
        armed: list[ArmedFault | ArmedStub | ArmedOutage] = [*self.faults, *self.stubs, *self.outages]
        names = {one.scenario.scenario for one in armed if one.scenario and not one.scenario.has_workflow}
        for name in names:
            yield from self.edges(name)

    def windows(self, scenario: str) -> Iterator[tuple[str, int, int | None]]:
        """When a scenario's faults and outages may act: what, and from when to when in elapsed ms (None: for ever)."""
        for fault in self.faults:
            if fault.window and _belongs(fault, scenario):
                yield fault.fault.label, *fault.window
        for outage in self.outages:
            if _belongs(outage, scenario):
                for window in outage.windows:
                    yield f"{outage.label}: {window.phase}", window.begin, window.end

    def parts(self) -> Iterator[Part]:
        """What is scripted against requests, and whether it has acted."""
        kinds: tuple[tuple[str, list[Any]], ...] = (
            ("faults", self.faults),
            ("outages", self.outages),
            ("stubs", self.stubs),
        )
        for kind, listed in kinds:
            for one in listed:
                yield Part(one.scenario.scenario, kind, one.number, None, None, one.label, one.has_acted)

    def fault(self, number: int) -> ArmedFault | None:
        """The one that the owner has added under this number."""
        return next((one for one in self.added if one.number == number), None)

    # -- deciding ----------------------------------------------------------------------------------

    def judge(self, asked: Inquiry) -> Verdict | None:
        """What is to become of a request; None where nothing interferes."""
        named = asked.values.values() if asked.operation else asked.path.split("/")  # what nobody serves may be stubbed
        verdict = Verdict(asked, self._cluster.workflow_in(map(unquote, named)))
        if asked.operation == "get_status" and verdict.workflow:
            self._cluster.begin_by_look(verdict.workflow)
        self._consult_outages(verdict)
        for armed in (*self.added, *self.faults):
            self._consult(armed, verdict)
        if verdict.respond is None and not verdict.answers:
            self._consult_stubs(verdict)
        touched = verdict.faults or verdict.stub or verdict.near_misses
        return verdict if touched else None

    def _consult_outages(self, verdict: Verdict) -> None:
        for now in self.phases():
            preset = outages.ANSWERS[now.window.phase]
            operation = verdict.asked.operation
            if now.window.phase == "port_closed":
                verdict.connection = "reset"
                if self._cluster.clock.watcher:  # which opens the port again, after its time by the wall clock
                    _felt(now, verdict, moves=False)
                    return
            elif preset is None:
                if operation in _TELL_HEALTH:  # only they show it
                    _felt(now, verdict)
                continue
            elif now.window.phase in outages.UP_ALREADY and operation in outages.STILL_ANSWERED:
                continue
            else:
                verdict.respond = Respond(preset=preset)
            _felt(now, verdict)
            return

    def phases(self) -> Iterator[InPhase]:
        """The outages that are in a phase now."""
        for armed in self.outages:
            for elapsed, workflow in self._times(armed.scenario):
                window = next((one for one in armed.windows if one.begin <= elapsed < one.end), None)
                if window and not (now := InPhase(armed, window, workflow, elapsed)).is_over:
                    yield now
                    break

    def until_port_closes(self) -> int | None:
        """The ms until the next phase port_closed begins by time alone; None where none is ahead."""
        waits = (
            window.begin - elapsed
            for armed in self.outages
            for elapsed, _ in self._times(armed.scenario)
            for window in armed.windows
            if window.phase == "port_closed" and window.begin > elapsed
        )
        return min(waits, default=None)

    def _times(self, scenario: Scenario) -> Iterator[tuple[int, Workflow | None]]:
        """The elapsed times that count for a scenario: of its runs, or the world's where it has no workflow."""
        if not scenario.has_workflow:
            yield self._cluster.elapsed_ms, None
        for workflow in self._of(scenario):
            if workflow.run:
                yield self._cluster.elapsed(workflow), workflow

    def _of(self, scenario: Scenario) -> Iterator[Workflow]:
        return (one for one in tuple(self._cluster.workflows.values()) if _is_of(one, scenario))

    def _consult(self, armed: ArmedFault, verdict: Verdict) -> None:
        asked, fault = verdict.asked, armed.fault
        if not armed.names(asked) or not self._is_in_scope(armed, verdict):
            return
        armed.calls += 1
        seed = self._cluster.settings.seed
        if not armed.is_its_turn(seed):
            return
        held, workflow = self._holds(armed, verdict)
        if not held:
            return
        answers = fault.respond is not None or fault.connection is not None
        if answers and (verdict.respond is not None or verdict.connection is not None):
            answers = False  # another one was first
            if not fault.delay:
                return
        armed.acted += 1
        verdict.faults.append(armed.label)
        if fault.delay:
            verdict.delay_ms += milliseconds(fault.delay, draw(seed, armed.key, armed.calls, "delay"))
        if answers:
            verdict.respond, verdict.connection = fault.respond, fault.connection
            verdict.performed = fault.performed
            if fault.over is not None:
                verdict.over_ms = parse_duration(fault.over)
            if fault.moves_time:
                verdict.moves += (self._move(workflow, armed.scenario),)

    def _is_in_scope(self, armed: ArmedFault, verdict: Verdict) -> bool:
        scenario = armed.scenario
        if scenario is None:
            return armed.workflow_id is None or (
                verdict.workflow is not None and verdict.workflow.id == armed.workflow_id
            )
        if armed.fault.scope == "cluster" or not scenario.has_workflow:
            return True
        if verdict.workflow is not None:
            return _is_of(verdict.workflow, scenario)
        if verdict.asked.operation == "create":
            return verdict.asked.created_for() is scenario
        return False

    def _holds(self, armed: ArmedFault, verdict: Verdict) -> tuple[bool, Workflow | None]:
        """Whether its window of time and its state hold, and for which workflow (None: for the cluster as a whole)."""
        fault = armed.fault
        state = fault.while_.state if fault.while_ else None
        return self._is_true(armed.scenario, verdict.workflow, armed.window, state)

    def _is_true(
        self,
        scenario: Scenario | None,
        about: Workflow | None,
        window: tuple[int, int | None] | None,
        state: str | None,
    ) -> tuple[bool, Workflow | None]:
        """Of the workflow that the request is about, else of any of the scenario's."""
        if window is None and state is None:
            return True, about
        candidates: Iterable[Workflow]
        if about is not None and (scenario is None or not scenario.has_workflow or _is_of(about, scenario)):
            candidates = (about,)
        elif scenario is not None and scenario.has_workflow:
            candidates = self._of(scenario)
        elif state is None:
            return _within(window, self._cluster.elapsed_ms), None
        else:
            candidates = tuple(self._cluster.workflows.values())
        for workflow in candidates:
            if (window is None or (workflow.run and _within(window, self._cluster.elapsed(workflow)))) and (
                state is None or self._cluster.fields(workflow).get("state") == state
            ):
                return True, workflow
        return False, None

    # -- stubs -------------------------------------------------------------------------------------

    def _consult_stubs(self, verdict: Verdict) -> None:
        for armed in self.stubs:
            values = path_values(armed.stub.request, verdict.asked)
            if values is not None and self._is_when(armed, values, verdict):
                verdict.stub, verdict.values = armed.label, values
                verdict.respond = armed.stub.respond[armed.place]
                armed.place = min(armed.place + 1, len(armed.stub.respond) - 1)
                armed.answered += 1
                return
        if not verdict.asked.operation and self.stubs:
            verdict.near_misses = tuple(self._near_misses(verdict.asked))

    def _is_when(self, armed: ArmedStub, values: Mapping[str, str], verdict: Verdict) -> bool:
        when = armed.stub.when
        about = verdict.workflow or self._cluster.workflow_in(values.values())
        if when is None:
            verdict.workflow = about or next(iter(self._of(armed.scenario)), None)
            return True
        holds, workflow = self._is_true(armed.scenario, about, armed.window, when.state)
        if holds:
            verdict.workflow = workflow or about
            verdict.moves += (self._move(workflow, armed.scenario),)
        return holds

    def _move(self, workflow: Workflow | None, scenario: Scenario | None) -> Move:
        elapsed = self._cluster.elapsed(workflow) if workflow else self._cluster.elapsed_ms
        return Move(workflow, scenario.scenario if scenario else "", elapsed)

    def _near_misses(self, asked: Inquiry) -> Iterator[NearMiss]:
        close = sorted(self.stubs, key=lambda one: apart(one.stub.request, asked))[:_CLOSE]
        nearest = sorted(close, key=lambda one: nearness(one.stub.request, asked))
        for armed in nearest[:_NEAR_MISSES]:
            reasons = mismatches(armed.stub.request, asked)
            if not reasons and (when := armed.stub.when):
                told = " and ".join(filter(None, [when.state, when.during and f"during {when.during}"]))
                reasons = [f"no workflow is {told}"]
            yield NearMiss(armed.label, tuple(reasons))


_TELL_HEALTH: Final = frozenset({"cluster.health", "cat.health"})


def _belongs(armed: ArmedFault | ArmedStub | ArmedOutage, scenario: str) -> bool:
    return armed.scenario is not None and armed.scenario.scenario == scenario


def _is_for_all(armed: ArmedFault | ArmedStub | ArmedOutage) -> bool:
    """Whether the time it goes by is that of any workflow, for it is nobody's own."""
    return armed.scenario is None or not armed.scenario.has_workflow


def _is_of(workflow: Workflow, scenario: Scenario) -> bool:
    return workflow.scenario is not None and workflow.scenario.scenario == scenario.scenario


def _within(window: tuple[int, int | None] | None, elapsed: int) -> bool:
    return window is None or (window[0] <= elapsed and (window[1] is None or elapsed < window[1]))


def _felt(now: InPhase, verdict: Verdict, *, moves: bool = True) -> None:
    """A client feels this phase; `moves`: in mode auto time goes on to its end."""
    now.armed.has_acted = True
    verdict.faults.append(f"{now.armed.label}: {now.window.phase}")
    if moves:
        verdict.moves += (Move(now.workflow, now.armed.scenario.scenario, now.elapsed),)


def _edges(scenario: Scenario) -> Edges:
    windows: list[tuple[Any, Any]] = [parse_window(fault.during) for fault in scenario.faults if fault.during]
    windows += [parse_window(stub.when.during) for stub in scenario.stubs if stub.when and stub.when.during]
    windows += [(one.begin, one.end) for outage in scenario.outages for one in outages.windows(outage)]
    return tuple(sorted({edge for window in windows for edge in window if edge is not None}))
