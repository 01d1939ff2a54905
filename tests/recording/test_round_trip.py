"""A recording, played back, answers what was seen at each time at which it was seen."""

from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockflow import strategies
from mockflow.handle.builder import Scenario as Builder
from mockflow.loading.load import Located, load_paths
from mockflow.server.answer import answer
from mockflow.server.http import Request
from tests.recording.support import EPOCH, cluster_of, played_back, recorded, status, watched

SHIPPED: Final = [
    located
    for located in load_paths([Path(__file__).parent.parent.parent / "scenarios"]).scenarios
    if not (located.scenario.faults or located.scenario.outages or located.scenario.stubs)  # these hide answers
]
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
PAUSES: Final = st.lists(st.integers(1, 100_000), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(scenario=strategies.timelines(outcomes=["COMPLETED", "FAILED", "PROVISIONING", "NOT_STARTED"]), pauses=PAUSES)
def test_any_timeline_at_any_interval(scenario: Builder, pauses: list[int]) -> None:
    looks, seen = watched(cluster_of(scenario.build()), strategies.WORKFLOW_ID, pauses)
    assert played_back(looks, [time for time, _ in seen]) == seen


@settings(max_examples=150, deadline=None)
@given(scenario=strategies.timelines(), late=st.integers(1, 400_000), pauses=PAUSES)
def test_a_recorder_that_comes_late(scenario: Builder, late: int, pauses: list[int]) -> None:
    cluster = cluster_of(scenario.build())
    status(cluster, strategies.WORKFLOW_ID)
    cluster.clock.advance(late)
    looks, seen = watched(cluster, strategies.WORKFLOW_ID, pauses)
    assert played_back(looks, [time for time, _ in seen]) == seen


@settings(max_examples=100, deadline=None)
@given(scenario=strategies.timelines(), skew=st.integers(-600_000, 600_000), pauses=PAUSES)
def test_a_cluster_whose_clock_differs(scenario: Builder, skew: int, pauses: list[int]) -> None:
    """Times are told by the cluster's clock; all else is as it was, and a run that was seen whole lasts as long."""
    looks, seen = watched(cluster_of(scenario.build()), strategies.WORKFLOW_ID, pauses, skew=skew)
    again = played_back(looks, [time for time, _ in seen])
    assert without_times(again) == without_times(seen)
    begun = next((at for at, status in seen if status["state"] != "NOT_STARTED"), 0)
    if begun:
        assert [duration(status) for _, status in again] == [duration(status) for _, status in seen]


def without_times(answers: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [(at, {k: v for k, v in status.items() if not k.endswith("_time")}) for at, status in answers]


def duration(status: dict[str, Any]) -> int | None:
    end = status.get("provision_end_time")
    return None if end is None else end - status["provision_start_time"]


@pytest.mark.parametrize("interval", [70, 500, 3_000], ids="{}ms".format)
@pytest.mark.parametrize("located", SHIPPED, ids=lambda located: located.scenario.scenario)
async def test_every_shipped_scenario(located: Located, interval: int) -> None:
    scenario = located.scenario
    cluster = cluster_of(scenario)
    workflow_id = scenario.workflow_id
    assert workflow_id is not None
    if scenario.match:
        template = b'{"name": "x", "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop"}]}}}'
        headers = {"X-Mockflow-Scenario": scenario.scenario, "Content-Type": "application/json"}
        assert (await answer(cluster, Request("POST", WORKFLOW, headers, template))).status == 201
    if scenario.begins == "provision":
        assert (await answer(cluster, Request("POST", f"{WORKFLOW}/{workflow_id}/_provision", {}))).status == 202
    looks, seen = watched(cluster, workflow_id, [interval] * (300_000 // interval))
    assert played_back(looks, [time for time, _ in seen]) == seen
    assert len(recorded(looks).model_dump_json()) < 100_000
    assert seen[0][0] + EPOCH >= EPOCH
