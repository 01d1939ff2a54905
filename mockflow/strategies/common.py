"""Shared by timelines and plans: outcomes, attempts, durations and failures."""

from collections.abc import Collection, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from hypothesis import strategies as st

from mockflow.core.base.durations import format_duration, parse_duration
from mockflow.core.opensearch.rest_status import FAILURES
from mockflow.core.plugin.steps import STEPS
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import Duration, milliseconds

Outcome: TypeAlias = Literal["COMPLETED", "FAILED", "PROVISIONING", "NOT_STARTED"]
"""The state in which a run stays. PROVISIONING: it never ends. NOT_STARTED: it never begins."""

ENDS: Final[tuple[Outcome, ...]] = ("COMPLETED", "FAILED")
CREATING: Final = tuple(step.name for step in STEPS.values() if step.resource_type and step.name != "deploy_model")
"""The steps that create a resource."""
DEPLOYING: Final = tuple(name for name in STEPS if name.startswith(("register_remote_", "register_local_")))
"""The steps that can also deploy their model."""

STATUSES: Final = st.sampled_from(FAILURES)
MESSAGES: Final = st.sampled_from(
    [
        "The model was not registered in time",
        "index [books/8K2sL0qRQ2mV5y7wz1TnXg] already exists",
        'Unexpected answer, restStatus: OK {"state": "COMPLETED"}',
        "Verbindung zurückgewiesen: zu viele Anfragen",
    ]
)
EXCEPTIONS: Final = st.sampled_from(["WorkflowStepException", "OpenSearchStatusException", "IOException"])


def scenario_about(
    workflow_id: str | None, template: Mapping[str, Any] | None = None, *, trust_inputs: bool = False
) -> Scenario:
    """A scenario that defines this workflow, or with None, one that applies to all workflows of clients."""
    scenario = Scenario("drawn", trust_inputs=trust_inputs)
    if workflow_id is None:
        return scenario.match(everything=True)
    return scenario.workflow(workflow_id, template=template)


def attempts_of(
    outcomes: Collection[Outcome], legal: Collection[str], max_attempts: int
) -> st.SearchStrategy[list[Outcome]]:
    """Draws the outcomes of the attempts."""
    for outcome in outcomes:
        if outcome not in legal:
            raise ValueError(f'outcomes: "{outcome}" is not possible here; possible are {", ".join(legal)}')
    if not outcomes or max_attempts < 1:
        raise ValueError(f"{'max_attempts' if outcomes else 'outcomes'}: at least one")
    # In the order of the type, so that it shrinks to COMPLETED.
    last = st.sampled_from([outcome for outcome in get_args(Outcome) if outcome in outcomes])
    before: st.SearchStrategy[list[Outcome]] = st.lists(st.just("FAILED"), max_size=max_attempts - 1)
    return st.builds(lambda failed, end: [end] if end == "NOT_STARTED" else [*failed, end], before, last)


def milliseconds_of(duration: Duration) -> int:
    return parse_duration(milliseconds(duration))


def durations_of(whole: Duration, number: int) -> st.SearchStrategy[str]:
    """Draws durations of which `number` together are at most `whole`. They shrink to whole seconds."""
    longest = milliseconds_of(whole) // number
    if longest < 1:
        raise ValueError(f"max_duration: {number} parts do not fit into {format_duration(milliseconds_of(whole))}")
    exact = st.integers(1, longest)
    seconds = st.integers(1, longest // 1000).map(lambda number: number * 1000) if longest >= 1000 else exact
    return (seconds | exact).map(format_duration)
