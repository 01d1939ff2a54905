"""Hypothesis strategies: scenarios that the plugin could play, for property tests of a whole polling loop.

    @given(strategies.scenarios())
    def test_waits_for_every_end(scenario):
        with MockFlow(scenario) as cluster:
            assert wait(cluster.url, strategies.WORKFLOW_ID) == cluster.workflow().state

Drawn scenarios pass `mockflow check` without warnings (docs/reference/plugin.md, "Status document"), and shrink to the
shortest one with which the test fails. Hypothesis prints a failing example as YAML, which can be saved as a scenario
file. The module needs hypothesis: ``pip install hypothesis``.
"""

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError("mockflow.strategies needs hypothesis, which is not installed: pip install hypothesis") from error

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, get_args

from mockflow.core.base.suggest import did_you_mean
from mockflow.core.faults.model import CONNECTIONS
from mockflow.core.faults.presets import PRESETS
from mockflow.core.opensearch.operations import OPERATIONS
from mockflow.core.plugin.failures import ERROR_FORMATS
from mockflow.core.plugin.versions import parse_version
from mockflow.handle.builder import Scenario
from mockflow.handle.clock import Duration
from mockflow.strategies.common import ENDS, Outcome, attempts_of, durations_of
from mockflow.strategies.keyframes import Limits, drawn_timelines
from mockflow.strategies.steps import Steps, checked_template, drawn_plans, drawn_templates

__all__ = ["RETRYABLE", "WORKFLOW_ID", "Outcome", "faults", "plans", "scenarios", "timelines"]

WORKFLOW_ID: Final = "8xL8bowB8y25Tqfenm50"
"""The default id of the workflow of a drawn scenario."""

RETRYABLE: Final = ("too_many_requests", "circuit_breaker", "not_recovered", "no_cluster_manager", "bad_gateway")
"""Presets of temporary errors."""


def scenarios(
    workflow_id: str | None = WORKFLOW_ID,
    *,
    steps: Steps | None = None,
    outcomes: Collection[Outcome] = ENDS,
    max_keyframes: int = 6,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
    max_faults: int = 0,
    version: str | None = None,
) -> st.SearchStrategy[Scenario]:
    """Draws scenarios of `timelines` and `plans`, with up to `max_faults` of `faults`.

    The arguments are those of `timelines` and `plans`. Without `steps`, a plan is drawn together with its template.
    With `workflow_id` None and without `steps` only timelines are drawn, since the steps of the clients' workflows are
    unknown.
    """
    limits: dict[str, Any] = {"max_duration": max_duration, "max_attempts": max_attempts}
    drawn = timelines(workflow_id, outcomes=outcomes, max_keyframes=max_keyframes, version=version, **limits)
    ends = [outcome for outcome in outcomes if outcome in ENDS]
    if ends and not (steps is None and workflow_id is None):
        drawn = drawn | plans(steps, workflow_id, outcomes=ends, **limits)
    if max_faults < 1:
        return drawn
    return st.builds(_with_faults, drawn, st.lists(faults(), max_size=max_faults))


def timelines(
    workflow_id: str | None = WORKFLOW_ID,
    *,
    outcomes: Collection[Outcome] = ENDS,
    max_keyframes: int = 6,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
    version: str | None = None,
) -> st.SearchStrategy[Scenario]:
    """Draws scenarios with keyframes: NOT_STARTED, PROVISIONING with a growing list of resources, and an end.

    `workflow_id` is the workflow that the scenario defines; with None it applies to all workflows of clients.
    `outcomes` are the states in which a run may stay. A run lasts at most `max_duration`, in addition to the polls that
    a keyframe may wait for (up to 3 each). With several attempts, all but the last fail. `version` restricts error
    texts to those of one OpenSearch release. Raises ValueError if no scenario meets the limits.
    """
    legal = get_args(Outcome) if workflow_id is not None else (*ENDS, "PROVISIONING")
    runs = attempts_of(outcomes, legal, max_attempts)
    if max_keyframes < 2:
        raise ValueError("max_keyframes: a run has at least two, PROVISIONING and its end")
    formats = (parse_version(version).behaviour.step_error,) if version else tuple(ERROR_FORMATS)[::-1]
    limits = Limits(max_keyframes, durations_of(max_duration, max_keyframes), formats)
    return drawn_timelines(workflow_id, runs, limits)


def plans(
    steps: Steps | None = None,
    workflow_id: str | None = WORKFLOW_ID,
    *,
    outcomes: Collection[Outcome] = ENDS,
    max_duration: Duration = "5m",
    max_attempts: int = 1,
) -> st.SearchStrategy[Scenario]:
    """Draws scenarios with plans of steps: their durations, and which of them fail and how.

    `steps` is the workflow's template as a client sends it, or its step types; with None a template is drawn, too. The
    other arguments are those of `timelines`. A plan always ends.
    """
    if steps is None and workflow_id is None:
        raise ValueError("steps: name the template of the workflows that clients create, or the types of its steps")
    runs = attempts_of(outcomes, ENDS, max_attempts)
    templates = drawn_templates() if steps is None else st.just(checked_template(steps))
    by_type = steps is not None and not isinstance(steps, Mapping)
    return drawn_plans(workflow_id, runs, templates, max_duration, by_type)


def faults(
    on: Collection[str] = ("get_status",),
    *,
    presets: Collection[str] = RETRYABLE,
    connections: Collection[str] = ("reset", "empty", "truncate", "lost_reply"),
) -> st.SearchStrategy[Mapping[str, Any]]:
    """Draws faults of a few calls each, for `Scenario.fault(**fault)`. A program that retries succeeds in the end.

    `on` are the operations, `presets` the responses (by default temporary errors), `connections` the ways in which
    connections break. Raises ValueError for unknown names.
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
