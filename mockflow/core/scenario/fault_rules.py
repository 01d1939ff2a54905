"""Rules that span several keys of faults, outages and stubs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mockflow.core.base.durations import parse_duration
from mockflow.core.base.findings import Finding, Path, quoted
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.faults.model import ANY, WITHOUT_ANSWER, Fault, Respond
from mockflow.core.opensearch.operations import OF_A_WORKFLOW, OPERATIONS
from mockflow.core.plugin.status import STATES
from mockflow.core.stubs.model import Stub
from mockflow.core.stubs.templating import ROOTS, placeholders

if TYPE_CHECKING:
    from mockflow.core.scenario.model import Scenario


def errors(scenario: "Scenario") -> Iterator[Finding]:
    """Contradictions in the scenario's faults, outages and stubs."""
    for number, fault in enumerate(scenario.faults):
        path: Path = ("faults", number)
        yield from _fault(fault, path)
        if fault.scope == "workflow" and not scenario.has_workflow:
            hint = "leave it out: a scenario without a workflow is about the whole cluster"
            yield Finding((*path, "scope"), "scope: workflow in a scenario without a workflow", hint)
        if fault.while_ is not None:
            yield from _state(scenario, fault.while_.state, (*path, "while", "state"))
    for number, outage in enumerate(scenario.outages):
        for place, phase in enumerate(outage.phases):
            if parse_duration(phase.takes) == 0:
                place_of = ("outages", number, "phases", place, "takes")
                yield Finding(place_of, "a phase that takes no time", "write how long it lasts, such as 2s")
    for number, stub in enumerate(scenario.stubs):
        if stub.when:
            yield from _state(scenario, stub.when.state, ("stubs", number, "when", "state"))
        for place, respond in enumerate(stub.respond):
            yield from _placeholders(respond, ("stubs", number, "respond", place))
    for key in ("faults", "stubs", "outages"):
        yield from _one_name_each(scenario, key)


def warnings(scenario: "Scenario") -> Iterator[Finding]:
    """Faults and stubs that have no effect."""
    answers_all: dict[str, int] = {}
    for number, fault in enumerate(scenario.faults):
        is_own = scenario.has_workflow and fault.scope != "cluster"
        if is_own and all(target in OPERATIONS and target not in OF_A_WORKFLOW for target in fault.on):
            hint = "write scope: cluster, so that it acts on every request"
            message = f"no request of {', '.join(fault.on)} is about the scenario's own workflows"
            yield Finding(("faults", number, "on"), message, hint, "warning")
        if all(target in answers_all for target in fault.on) and not fault.delay:
            first = answers_all[fault.on[0]]
            hint = "put it first, or restrict when each of them acts"
            yield Finding(
                ("faults", number), "a fault before it answers all of these calls", hint, "warning", ("faults", first)
            )
        if (fault.respond or fault.connection) and not _is_conditional(fault) and (not is_own or ANY not in fault.on):
            for target in fault.on:
                answers_all.setdefault(target, number)


def alone(fault: Fault) -> Iterator[Finding]:
    """Contradictions within a single fault."""
    yield from _fault(fault, ())


def stub_alone(stub: Stub) -> Iterator[Finding]:
    """Contradictions within a single stub."""
    for place, respond in enumerate(stub.respond):
        yield from _placeholders(respond, ("respond", place))


def _fault(fault: Fault, path: Path) -> Iterator[Finding]:
    if fault.respond is None and fault.delay is None and fault.connection is None:
        about = tuple((*path, key) for key in ("respond", "delay", "connection"))
        yield Finding(path, "a fault that does nothing", "write respond, delay or connection", about=about)
    if fault.call is not None and fault.calls is not None:
        yield Finding((*path, "calls"), "call beside calls", "keep one of the two", other=(*path, "call"))
    if fault.respond is not None and fault.connection in WITHOUT_ANSWER:
        message = f"respond beside connection: {fault.connection}, which sends no response"
        yield Finding((*path, "respond"), message, "keep one of the two", other=(*path, "connection"))
    if fault.performed and fault.respond is None:
        yield Finding(
            (*path, "performed"), "performed without respond", "leave it out: it has no effect without respond"
        )
    if fault.over is not None and fault.connection != "drip":
        yield Finding((*path, "over"), "over without connection: drip", "leave it out, or write delay")
    if fault.respond is not None:
        yield from _placeholders(fault.respond, (*path, "respond"))


def _state(scenario: "Scenario", state: str | None, path: Path) -> Iterator[Finding]:
    if state is not None and state not in STATES and not scenario.unrealistic:
        advice = did_you_mean(state, STATES) + " (unrealistic: true permits any other)"
        yield Finding(path, f"unknown state {quoted(state)}", advice)


def _placeholders(respond: Respond, path: Path) -> Iterator[Finding]:
    for key in ("body", "headers"):
        for name in placeholders(getattr(respond, key)):
            root = name.partition(".")[0]
            if root not in ROOTS:
                message = f"unknown placeholder {quoted(name)}"
                yield Finding((*path, key), message, did_you_mean(root, ROOTS))


def _one_name_each(scenario: "Scenario", key: str) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for number, item in enumerate(getattr(scenario, key)):
        if item.name is not None and (earlier := first.setdefault(item.name, number)) != number:
            message = f"two {key} named {quoted(item.name)}"
            yield Finding((key, number, "name"), message, "rename one", other=(key, earlier, "name"))


def _is_conditional(fault: Fault) -> bool:
    return any(
        value is not None
        for value in (fault.call, fault.calls, fault.every, fault.during, fault.while_, fault.probability)
    )
