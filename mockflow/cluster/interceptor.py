"""The interceptor: decides how active faults, outages and stubs act on a request."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from mockflow.cluster.active import ActiveFault, ActiveStub
from mockflow.cluster.conditions import holds
from mockflow.cluster.decision import Decision, InterceptedRequest, Move
from mockflow.cluster.near_misses import MAX_COMPARED, near_misses
from mockflow.cluster.phases import ActivePhase, active_phases
from mockflow.cluster.runs import begin_by_status_read
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.base.durations import parse_duration
from mockflow.core.faults import outages
from mockflow.core.faults.chance import draw, milliseconds
from mockflow.core.faults.model import Respond
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.matching import path_values


class Interceptor:
    """Decides on requests in one world, and counts the calls of faults and stubs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def decide(self, request: InterceptedRequest) -> Decision | None:
        """The decision about a request; None where nothing acts on it and no stub nearly matches.

        Outages are applied first, then the faults added through the control API, then those of scenarios, then stubs.
        """
        # For a path without a route each part may be an id: a stub may serve it.
        named = request.values.values() if request.operation else request.path.split("/")
        decision = Decision(request, self._world.workflow_in(map(unquote, named)))
        if request.operation == "get_status" and decision.workflow:
            begin_by_status_read(self._world, decision.workflow)
        self._apply_outages(decision)
        for active in self._world.active.faults_for(request, decision.workflow):
            self._apply_fault(active, decision)
        if decision.respond is None and not decision.answers:
            self._apply_stubs(decision)
        acts = decision.faults or decision.stub or decision.near_misses
        return decision if acts else None

    # -- outages ---------------------------------------------------------------------------------

    def _apply_outages(self, decision: Decision) -> None:
        for phase in active_phases(self._world):
            preset = outages.ANSWERS[phase.window.phase]
            operation = decision.request.operation
            if phase.window.phase == "port_closed":
                decision.connection = "reset"
                if self._world.clock.watcher:  # the server reopens the port, after its time by the wall clock
                    _mark_acted(phase, decision, moves=False)
                    return
            elif preset is None:
                if operation in _HEALTH:  # only these show it
                    _mark_acted(phase, decision)
                continue
            elif phase.window.phase in outages.UP_ALREADY and operation in outages.STILL_ANSWERED:
                continue
            else:
                decision.respond = Respond(preset=preset)
            _mark_acted(phase, decision)
            return

    # -- faults ----------------------------------------------------------------------------------

    def _apply_fault(self, active: ActiveFault, decision: Decision) -> None:
        fault = active.fault
        active.calls += 1
        seed = self._world.settings.seed
        if not active.is_its_turn(seed):
            return
        state = fault.while_.state if fault.while_ else None
        is_met, workflow = holds(self._world, active.scenario, decision.workflow, active.window, state)
        if not is_met:
            return
        answers = fault.respond is not None or fault.connection is not None
        if answers and (decision.respond is not None or decision.connection is not None):
            answers = False  # another one was first
            if not fault.delay:
                return
        active.acted += 1
        decision.faults.append(active.label)
        if fault.delay:
            decision.delay_ms += milliseconds(fault.delay, draw(seed, active.key, active.calls, "delay"))
        if answers:
            decision.respond, decision.connection = fault.respond, fault.connection
            decision.performed = fault.performed
            if fault.over is not None:
                decision.over_ms = parse_duration(fault.over)
            if fault.moves_time:
                decision.moves += (self._move(workflow, active.scenario),)

    # -- stubs -----------------------------------------------------------------------------------

    def _apply_stubs(self, decision: Decision) -> None:
        path = decision.request.path
        for active in self._world.active.stubs_for(path):
            values = path_values(active.stub.request, decision.request)
            if values is not None and self._is_when(active, values, decision):
                decision.stub, decision.values = active.label, values
                decision.respond = active.stub.respond[active.place]
                active.place = min(active.place + 1, len(active.stub.respond) - 1)
                active.answered += 1
                return
        if not decision.request.operation:
            close = self._world.active.stubs_near(path, MAX_COMPARED)
            decision.near_misses = tuple(near_misses(close, decision.request))

    def _is_when(self, active: ActiveStub, values: Mapping[str, str], decision: Decision) -> bool:
        """Whether the stub's `when` holds; then the decision gets the workflow for which it does."""
        when = active.stub.when
        about = decision.workflow or self._world.workflow_in(values.values())
        if when is None:
            own = self._world.workflows_of(active.scenario) if active.scenario else ()
            decision.workflow = about or next(iter(own), None)
            return True
        is_met, workflow = holds(self._world, active.scenario, about, active.window, when.state)
        if is_met:
            decision.workflow = workflow or about
            decision.moves += (self._move(workflow, active.scenario),)
        return is_met

    def _move(self, workflow: Workflow | None, scenario: Scenario | None) -> Move:
        elapsed = self._world.elapsed(workflow) if workflow else self._world.elapsed_ms
        return Move(workflow, scenario.scenario if scenario else "", elapsed)


_HEALTH: Final = frozenset({"cluster.health", "cat.health"})


def _mark_acted(phase: ActivePhase, decision: Decision, *, moves: bool = True) -> None:
    """Records that a phase acts on the request. With `moves`, time goes on to the end of it in mode auto."""
    phase.active.has_acted = True
    decision.faults.append(f"{phase.active.label}: {phase.window.phase}")
    if moves:
        decision.moves += (Move(phase.workflow, phase.active.scenario.scenario, phase.elapsed),)
