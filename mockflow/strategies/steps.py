"""Draws scenarios with plans of steps, and templates for them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import node_timeout, sequence_of
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Graph
from mockflow.core.plugin.template_parser import parse_template
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import Duration
from mockflow.strategies.common import (
    CREATING,
    DEPLOYING,
    EXCEPTIONS,
    MESSAGES,
    STATUSES,
    Outcome,
    durations_of,
    milliseconds_of,
    scenario_about,
)

Steps: TypeAlias = Mapping[str, Any] | Sequence[str]
"""A template as a client sends it, or the step types of a template."""

_MOST_STEPS: Final = 4


@st.composite
def drawn_plans(
    draw: st.DrawFn,
    workflow_id: str | None,
    runs: st.SearchStrategy[list[Outcome]],
    templates: st.SearchStrategy[Mapping[str, Any]],
    max_duration: Duration,
    by_type: bool,
) -> Scenario:
    template = draw(templates)
    nodes = _graph(template).nodes
    durations = durations_of(max_duration, len(nodes))
    longest = milliseconds_of(max_duration) // len(nodes)
    timeouts = {(node.type if by_type else node.id): node_timeout(node) for node in nodes}
    scenario = scenario_about(workflow_id, template, trust_inputs=True)  # a drawn outcome holds for any inputs
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
def drawn_templates(draw: st.DrawFn) -> Mapping[str, Any]:
    types = draw(st.lists(st.sampled_from(CREATING), min_size=1, max_size=_MOST_STEPS))
    return _template(types, in_a_row=draw(st.booleans()), deploys=draw(st.booleans()))


def _template(types: Sequence[str], *, in_a_row: bool = True, deploys: bool = False) -> Mapping[str, Any]:
    """A template with these steps and all their required inputs."""
    nodes: list[dict[str, Any]] = []
    for number, name in enumerate(types, 1):
        inputs = {key: _INPUTS.get(key, f"{key}-{number}") for key in STEPS[name].inputs}
        deploy = {"deploy": True} if deploys and name in DEPLOYING else {}
        nodes.append({"id": f"{name}_{number}", "type": name, "user_inputs": {**inputs, **deploy}})
    edges = [{"source": first["id"], "dest": second["id"]} for first, second in pairwise(nodes)] if in_a_row else []
    return {"name": "drawn", "workflows": {"provision": {"nodes": nodes, "edges": edges}}}


def checked_template(steps: Steps) -> Mapping[str, Any]:
    """The template of `steps`. Raises ValueError if the plugin would refuse it."""
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


_FAILURES: Final = st.just("timeout") | st.fixed_dictionaries(
    {"status": STATUSES}, optional={"message": MESSAGES, "exception": EXCEPTIONS}
)
# The inputs that are not strings.
_INPUTS: Final[Mapping[str, Any]] = {"configurations": {}, "parameters": {}, "credential": {}, "actions": []}
