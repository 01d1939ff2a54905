"""Hypothesis strategies: scenarios that the plugin could play, for a property test of a whole polling loop.

    @given(strategies.scenarios())
    def test_waits_for_every_end(scenario):
        with MockFlow(scenario) as cluster:
            assert wait(cluster.url, strategies.WORKFLOW_ID) == cluster.workflow().state

What is drawn passes `mockflow check` without warnings (contract.md, section 2, has the rules), and shrinks to the
shortest story that breaks the program. A failing example is shown as YAML, to be kept as a scenario file. Needs
hypothesis: ``pip install 'mockflow-opensearch[hypothesis]'``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, get_args

from mockflow.core.base.durations import format_duration, parse_duration
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.faults.model import CONNECTIONS
from mockflow.core.faults.presets import PRESETS
from mockflow.core.opensearch.operations import OPERATIONS
from mockflow.core.opensearch.rest_status import FAILURES, FlowFrameworkError
from mockflow.core.plugin.failures import ERROR_FORMATS, Failure
from mockflow.core.plugin.graph import node_timeout, sequence_of
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Graph
from mockflow.core.plugin.template_parser import parse_template
from mockflow.core.plugin.versions import parse_version
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import Duration, milliseconds

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "mockflow.strategies needs hypothesis, which is not installed: pip install 'mockflow-opensearch[hypothesis]'"
    ) from error

__all__ = ["RETRYABLE", "WORKFLOW_ID", "Outcome", "faults", "plans", "scenarios", "timelines"]

WORKFLOW_ID: Final = "8xL8bowB8y25Tqfenm50"
"""The workflow that a drawn scenario brings, unless another is wanted."""

Outcome: TypeAlias = Literal["COMPLETED", "FAILED", "PROVISIONING", "NOT_STARTED"]
"""The state in which a run stays. PROVISIONING: it is stuck for ever; NOT_STARTED: nobody has begun it."""

RETRYABLE: Final = ("too_many_requests", "circuit_breaker", "not_recovered", "no_cluster_manager", "bad_gateway")
"""Presets of what passes by itself."""

Steps: TypeAlias = Mapping[str, Any] | Sequence[str]
"""A template as a client sends it, or the step types that one is made of."""

_ENDS: Final[tuple[Outcome, ...]] = ("COMPLETED", "FAILED")
_MOST_POLLS: Final = 3
_MOST_STEPS: Final = 4
_CREATING: Final = tuple(step.name for step in STEPS.values() if step.resource_type and step.name != "deploy_model")
_DEPLOYING: Final = tuple(name for name in STEPS if name.startswith(("register_remote_", "register_local_")))


def scenarios(
    workflow_id: str | None = WORKFLOW_ID,
    *,
    steps: Steps | None = None,
    outcomes: Collection[Outcome] = _ENDS,
    max_keyframes: int = 6,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
    max_faults: int = 0,
    version: str | None = None,
) -> st.SearchStrategy[Scenario]:
    """Scenarios of `timelines` and of `plans`, whose arguments these are; and up to `max_faults` of `faults`.

    Without `steps`, a plan is about a template that is drawn with it; of workflows that clients create there are
    timelines alone then, for nobody knows their steps.
    """
    limits: dict[str, Any] = {"max_duration": max_duration, "max_attempts": max_attempts}
    told = timelines(workflow_id, outcomes=outcomes, max_keyframes=max_keyframes, version=version, **limits)
    ends = [outcome for outcome in outcomes if outcome in _ENDS]
    if ends and not (steps is None and workflow_id is None):
        told = told | plans(steps, workflow_id, outcomes=ends, **limits)
    if max_faults < 1:
        return told
    return st.builds(_with_faults, told, st.lists(faults(), max_size=max_faults))


def faults(
    on: Collection[str] = ("get_status",),
    *,
    presets: Collection[str] = RETRYABLE,
    connections: Collection[str] = ("reset", "empty", "truncate", "lost_reply"),
) -> st.SearchStrategy[Mapping[str, Any]]:
    """Faults of a few calls each, for `Scenario.fault(**fault)`: a program that tries again is answered in the end.

    `on` are the operations, `presets` the answers (by default those that say "try again"), `connections` the ways in
    which connections break. ValueError for what is not known.
    """
    for what, given, known in (
        ("on", on, ("any", *OPERATIONS)),
        ("presets", presets, PRESETS),
        ("connections", connections, CONNECTIONS),
    ):
        for name in given:
            if name not in known:
                raise ValueError(f'{what}: unknown "{name}"; {did_you_mean(name, known)}')
    ways = [{"respond": name} for name in presets] + [{"connection": name} for name in connections]
    if not on or not ways:
        raise ValueError("on: at least one" if not on else "presets, connections: at least one of both")
    calls = st.integers(1, 4).map(lambda call: {"call": call}) | st.tuples(st.integers(1, 4), st.integers(1, 2)).map(
        lambda span: {"calls": f"{span[0]}..{span[0] + span[1]}"}
    )
    return st.builds(
        lambda target, way, when: {"on": target, **way, **when}, st.sampled_from(list(on)), st.sampled_from(ways), calls
    )


def _with_faults(scenario: Scenario, drawn: Sequence[Mapping[str, Any]]) -> Scenario:
    for fault in drawn:
        scenario = scenario.fault(**fault)
    return scenario


def timelines(
    workflow_id: str | None = WORKFLOW_ID,
    *,
    outcomes: Collection[Outcome] = _ENDS,
    max_keyframes: int = 6,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
    version: str | None = None,
) -> st.SearchStrategy[Scenario]:
    """Scenarios that tell a run by keyframes: NOT_STARTED, PROVISIONING with resources that only grow, an end.

    `workflow_id` is the workflow that the scenario brings; None: it speaks for all that clients create. `outcomes`
    are the states in which a run may stay. It lasts `max_duration` at most, besides the polls that a keyframe may
    wait for (up to 3 each). Of several attempts each but the last fails, for a program that tries again. `version`
    keeps to the error texts of one OpenSearch release; else there are those of all. ValueError where no scenario can
    be made so.
    """
    legal = get_args(Outcome) if workflow_id is not None else (*_ENDS, "PROVISIONING")
    runs = _runs(outcomes, legal, max_attempts)
    if max_keyframes < 2:
        raise ValueError("max_keyframes: a run has at least two, PROVISIONING and its end")
    formats = (parse_version(version).behaviour.step_error,) if version else tuple(ERROR_FORMATS)[::-1]
    limits = _Limits(max_keyframes, _pauses(max_duration, max_keyframes), formats)
    return _timelines(workflow_id, runs, limits)


def plans(
    steps: Steps | None = None,
    workflow_id: str | None = WORKFLOW_ID,
    *,
    outcomes: Collection[Outcome] = _ENDS,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
) -> st.SearchStrategy[Scenario]:
    """Scenarios that tell a run by its steps: how long each takes, which of them fail and how.

    `steps` is the workflow's template as a client sends it, or the step types that it has; None: a template is drawn
    too. The other arguments are those of `timelines`. A plan always comes to its end.
    """
    if steps is None and workflow_id is None:
        raise ValueError("steps: name the template of the workflows that clients create, or the types of its steps")
    runs = _runs(outcomes, _ENDS, max_attempts)
    templates = _templates() if steps is None else st.just(_checked(steps))
    by_type = steps is not None and not isinstance(steps, Mapping)
    return _plans(workflow_id, runs, templates, max_duration, by_type)


# -- timelines ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Limits:
    keyframes: int
    pauses: st.SearchStrategy[str]
    formats: tuple[str, ...]


_Time: TypeAlias = str | int
"""How long after the keyframe before, or after how many polls."""
_Entries: TypeAlias = list[tuple[str, ...]]
"""For each step the names under which it lists what it has created."""


@st.composite
def _timelines(
    draw: st.DrawFn, workflow_id: str | None, runs: st.SearchStrategy[list[Outcome]], limits: _Limits
) -> Scenario:
    scenario = _about(workflow_id)
    for number, outcome in enumerate(draw(runs)):
        scenario = scenario.attempt() if number else scenario
        # A program that has provisioned the workflow itself never sees NOT_STARTED.
        scenario = draw(_run(scenario, outcome, limits, may_wait=number == 0 and workflow_id is not None))
    return scenario


# What belongs to a keyframe is drawn in a row: so shrinking can leave it out.
@st.composite
def _run(draw: st.DrawFn, scenario: Scenario, outcome: Outcome, limits: _Limits, *, may_wait: bool) -> Scenario:
    """The scenario with one more run."""
    if outcome == "NOT_STARTED":
        return scenario.at("0s", state=outcome)
    times: st.SearchStrategy[_Time] = limits.pauses | st.integers(1, _MOST_POLLS)
    room = limits.keyframes - 1 - (outcome in _ENDS)
    wait = draw(st.none() | times) if may_wait and room else None
    story = _Story(scenario.at("0s", state="PROVISIONING" if wait is None else "NOT_STARTED"))
    if wait is not None:
        story.goes_on(wait, state="PROVISIONING")
    story.creates(draw(st.lists(_ENTRIES, max_size=2)))
    more = st.tuples(times, st.lists(_ENTRIES, min_size=1, max_size=2))
    for time, entries in draw(st.lists(more, max_size=room - (wait is not None))):
        story.goes_on(time)
        story.creates(entries)
    if outcome == "COMPLETED":
        story.goes_on(draw(times), state=outcome)
        story.creates(draw(st.lists(_ENTRIES, max_size=2)))
    elif outcome == "FAILED":
        story.goes_on(draw(times), state=outcome, error=draw(_errors(story.steps + 1, limits.formats)))
    return story.scenario


class _Story:
    """A run while it is written: how many polls it waits for so far, and how many steps have created something."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.polls = 1
        self.steps = 0

    def goes_on(self, time: _Time, **fields: str) -> None:
        if isinstance(time, str):
            self.scenario = self.scenario.at(f"+{time}", **fields)
        else:
            self.polls += time
            self.scenario = self.scenario.at_poll(self.polls, **fields)

    def creates(self, entries: _Entries) -> None:
        for names in entries:
            self.steps += 1
            for name in names:
                self.scenario = self.scenario.created(name, f"{names[0]}_{self.steps}")


@st.composite
def _errors(draw: st.DrawFn, number: int, formats: Sequence[str]) -> str:
    """The error of a run whose step of this number fails."""
    step = f"{draw(st.sampled_from(_CREATING))}_{number}"
    failure = Failure(draw(_STATUSES), draw(_MESSAGES), draw(_EXCEPTIONS))
    return ERROR_FORMATS[draw(st.sampled_from(formats))](step, failure)


# -- plans -------------------------------------------------------------------------------------------


@st.composite
def _plans(
    draw: st.DrawFn,
    workflow_id: str | None,
    runs: st.SearchStrategy[list[Outcome]],
    templates: st.SearchStrategy[Mapping[str, Any]],
    max_duration: Duration,
    by_type: bool,
) -> Scenario:
    template = draw(templates)
    nodes = _graph(template).nodes
    durations = _pauses(max_duration, len(nodes))
    longest = _milliseconds(max_duration) // len(nodes)
    timeouts = {(node.type if by_type else node.id): node_timeout(node) for node in nodes}
    scenario = _about(workflow_id, template)
    for number, outcome in enumerate(draw(runs)):
        scenario = (scenario.attempt() if number else scenario).step_time(draw(durations))
        failing = draw(st.sets(st.sampled_from(list(timeouts)), min_size=1)) if outcome == "FAILED" else set()
        for step, timeout in timeouts.items():
            takes, fails = draw(st.none() | durations), draw(_FAILURES) if step in failing else None
            if fails == "timeout" and takes is None and timeout > longest:
                takes = draw(durations)
            if takes or fails:
                scenario = scenario.step(step, takes=takes, fails=fails)
    return scenario


@st.composite
def _templates(draw: st.DrawFn) -> Mapping[str, Any]:
    types = draw(st.lists(st.sampled_from(_CREATING), min_size=1, max_size=_MOST_STEPS))
    return _template(types, in_a_row=draw(st.booleans()), deploys=draw(st.booleans()))


def _template(types: Sequence[str], *, in_a_row: bool = True, deploys: bool = False) -> Mapping[str, Any]:
    """A template of these steps, with every input that they need."""
    nodes: list[dict[str, Any]] = []
    for number, name in enumerate(types, 1):
        inputs = {key: _INPUTS.get(key, f"{key}-{number}") for key in STEPS[name].inputs}
        deploy = {"deploy": True} if deploys and name in _DEPLOYING else {}
        nodes.append({"id": f"{name}_{number}", "type": name, "user_inputs": {**inputs, **deploy}})
    edges = [{"source": first["id"], "dest": second["id"]} for first, second in pairwise(nodes)] if in_a_row else []
    return {"name": "drawn", "workflows": {"provision": {"nodes": nodes, "edges": edges}}}


def _checked(steps: Steps) -> Mapping[str, Any]:
    """The template; ValueError for what the plugin would refuse."""
    if isinstance(steps, Mapping):
        template = steps
    else:
        for name in steps:
            if name not in STEPS:
                raise ValueError(f'steps: the plugin has no step "{name}"; {did_you_mean(name, STEPS)}')
        template = _template(steps)
    try:
        sequence_of(_graph(template), workflow_id=None, max_steps=len(_graph(template).nodes))
    except FlowFrameworkError as error:
        raise ValueError(f"steps: the plugin would refuse this template: {error}") from None
    return template


def _graph(template: Mapping[str, Any]) -> Graph:
    graph = parse_template(template).provision
    if graph is None:
        raise ValueError("steps: the template has no workflow to provision")
    return graph


# -- what both are made of ---------------------------------------------------------------------------


def _about(workflow_id: str | None, template: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario that brings this workflow, or speaks for those that clients create, with their own templates."""
    scenario = Scenario("drawn")
    if workflow_id is None:
        return scenario.match(everything=True)
    return scenario.workflow(workflow_id, template=template)


def _runs(outcomes: Collection[Outcome], legal: Collection[str], max_attempts: int) -> st.SearchStrategy[list[Outcome]]:
    """How each attempt ends."""
    for outcome in outcomes:
        if outcome not in legal:
            raise ValueError(f'outcomes: "{outcome}" cannot be drawn here; of {", ".join(legal)} it may have any')
    if not outcomes or max_attempts < 1:
        raise ValueError(f"{'max_attempts' if outcomes else 'outcomes'}: at least one")
    # In the order of the type, so that it shrinks to the plainest.
    last = st.sampled_from([outcome for outcome in get_args(Outcome) if outcome in outcomes])
    before: st.SearchStrategy[list[Outcome]] = st.lists(st.just("FAILED"), max_size=max_attempts - 1)
    return st.builds(lambda failed, end: [end] if end == "NOT_STARTED" else [*failed, end], before, last)


def _milliseconds(duration: Duration) -> int:
    return parse_duration(milliseconds(duration))


def _pauses(whole: Duration, number: int) -> st.SearchStrategy[str]:
    """Durations of which so many are never longer than the whole; whole seconds are the plainest."""
    longest = _milliseconds(whole) // number
    if longest < 1:
        raise ValueError(f"max_duration: {number} parts do not fit into {format_duration(_milliseconds(whole))}")
    exact = st.integers(1, longest)
    seconds = st.integers(1, longest // 1000).map(lambda number: number * 1000) if longest >= 1000 else exact
    return (seconds | exact).map(format_duration)


# Under which step names a step lists what it has created: two where it deploys its model, too.
_ENTRIES: Final = st.sampled_from([*((name,) for name in _CREATING), *((name, "deploy_model") for name in _DEPLOYING)])
_STATUSES: Final = st.sampled_from(FAILURES)
_MESSAGES: Final = st.sampled_from(
    [
        "The model was not registered in time",
        "index [books/8K2sL0qRQ2mV5y7wz1TnXg] already exists",
        'Unexpected answer, restStatus: OK {"state": "COMPLETED"}',
        "Verbindung zurückgewiesen: zu viele Anfragen",
    ]
)
_EXCEPTIONS: Final = st.sampled_from(["WorkflowStepException", "OpenSearchStatusException", "IOException"])
_FAILURES: Final = st.just("timeout") | st.fixed_dictionaries(
    {"status": _STATUSES}, optional={"message": _MESSAGES, "exception": _EXCEPTIONS}
)
# What an input is that is no text.
_INPUTS: Final[Mapping[str, Any]] = {"configurations": {}, "parameters": {}, "credential": {}, "actions": []}
