"""Conditions of faults, outages and stubs: windows of time and states, and the workflows for which they hold."""

from collections.abc import Iterable

from mockflow.cluster.active import Span
from mockflow.cluster.workflow import Workflow
from mockflow.cluster.world import World
from mockflow.core.scenario.model import Scenario


def is_of(workflow: Workflow, scenario: Scenario) -> bool:
    """Whether the workflow goes by this scenario."""
    return workflow.scenario is not None and workflow.scenario.scenario == scenario.scenario


def holds(
    world: World, scenario: Scenario | None, about: Workflow | None, window: Span | None, state: str | None
) -> tuple[bool, Workflow | None]:
    """Whether a window of time and a state hold, and for which workflow (None: for the cluster as a whole).

    They are checked for the workflow that the request is `about`, else for any of the scenario's.
    """
    if window is None and state is None:
        return True, about
    candidates: Iterable[Workflow]
    if about is not None and (scenario is None or not scenario.has_workflow or is_of(about, scenario)):
        candidates = (about,)
    elif scenario is not None and scenario.has_workflow:
        candidates = world.workflows_of(scenario)
    elif state is None:
        return _within(window, world.elapsed_ms), None
    else:
        candidates = tuple(world.workflows.values())
    for workflow in candidates:
        if (window is None or (workflow.run and _within(window, world.elapsed(workflow)))) and (
            state is None or world.state(workflow) == state
        ):
            return True, workflow
    return False, None


def _within(window: Span | None, elapsed: int) -> bool:
    return window is None or (window[0] <= elapsed and (window[1] is None or elapsed < window[1]))
