"""Draws scenarios with timelines of keyframes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from mockflow.core.plugin.failures import ERROR_FORMATS, Failure
from mockflow.handle.builder import Scenario
from mockflow.strategies.common import (
    CREATING,
    DEPLOYING,
    ENDS,
    EXCEPTIONS,
    MESSAGES,
    STATUSES,
    Outcome,
    scenario_about,
)

_MOST_POLLS: Final = 3


@dataclass(frozen=True)
class Limits:
    keyframes: int
    pauses: st.SearchStrategy[str]
    formats: tuple[str, ...]


_Time: TypeAlias = str | int
"""How long after the keyframe before, or after how many polls."""
_Entries: TypeAlias = list[tuple[str, ...]]
"""For each step, the step names under which it lists its resources."""


@st.composite
def drawn_timelines(
    draw: st.DrawFn, workflow_id: str | None, runs: st.SearchStrategy[list[Outcome]], limits: Limits
) -> Scenario:
    scenario = scenario_about(workflow_id)
    for number, outcome in enumerate(draw(runs)):
        scenario = scenario.attempt() if number else scenario
        # A program that provisions the workflow itself never sees NOT_STARTED.
        scenario = draw(_run(scenario, outcome, limits, may_wait=number == 0 and workflow_id is not None))
    return scenario


# The parts of a keyframe are drawn one after the other, so that shrinking can remove the keyframe.
@st.composite
def _run(draw: st.DrawFn, scenario: Scenario, outcome: Outcome, limits: Limits, *, may_wait: bool) -> Scenario:
    """The scenario with one more run."""
    if outcome == "NOT_STARTED":
        return scenario.at("0s", state=outcome)
    times: st.SearchStrategy[_Time] = limits.pauses | st.integers(1, _MOST_POLLS)
    room = limits.keyframes - 1 - (outcome in ENDS)
    wait = draw(st.none() | times) if may_wait and room else None
    builder = _TimelineBuilder(scenario.at("0s", state="PROVISIONING" if wait is None else "NOT_STARTED"))
    if wait is not None:
        builder.next_keyframe(wait, state="PROVISIONING")
    builder.add_resources(draw(st.lists(_ENTRIES, max_size=2)))
    more = st.tuples(times, st.lists(_ENTRIES, min_size=1, max_size=2))
    for time, entries in draw(st.lists(more, max_size=room - (wait is not None))):
        builder.next_keyframe(time)
        builder.add_resources(entries)
    if outcome == "COMPLETED":
        builder.next_keyframe(draw(times), state=outcome)
        builder.add_resources(draw(st.lists(_ENTRIES, max_size=2)))
    elif outcome == "FAILED":
        builder.next_keyframe(draw(times), state=outcome, error=draw(_errors(builder.steps + 1, limits.formats)))
    return builder.scenario


class _TimelineBuilder:
    """A timeline under construction, with the polls it waits for and the steps that have created resources so far."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.polls = 1
        self.steps = 0

    def next_keyframe(self, time: _Time, **fields: Any) -> None:
        if isinstance(time, str):
            self.scenario = self.scenario.at(f"+{time}", **fields)
        else:
            self.polls += time
            self.scenario = self.scenario.at_poll(self.polls, **fields)

    def add_resources(self, entries: _Entries) -> None:
        for names in entries:
            self.steps += 1
            for name in names:
                self.scenario = self.scenario.created(name, f"{names[0]}_{self.steps}")


@st.composite
def _errors(draw: st.DrawFn, number: int, formats: Sequence[str]) -> str:
    """Draws the error of a run whose step with this number fails."""
    step = f"{draw(st.sampled_from(CREATING))}_{number}"
    failure = Failure(draw(STATUSES), draw(MESSAGES), draw(EXCEPTIONS))
    return ERROR_FORMATS[draw(st.sampled_from(formats))](step, failure)


# The step names under which a step lists its resources: two if it also deploys its model.
_ENTRIES: Final = st.sampled_from([*((name,) for name in CREATING), *((name, "deploy_model") for name in DEPLOYING)])
