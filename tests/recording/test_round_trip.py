"""A recording, played back, answers what was seen at each time at which it was seen."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow import strategies
from mockflow.cluster import Cluster
from mockflow.handle.builder import Scenario as Builder
from mockflow.loading.load import Located
from mockflow.recording.keyframes import run_of
from mockflow.recording.status_history import StatusHistory
from mockflow.recording.stubs import respond_of
from mockflow.server.answer import answer
from mockflow.server.http.messages import Request
from tests.recording.support import EPOCH, cluster_of, hears, no_delay, played_back, recorded, shipped, watched
from tests.recording.support import status as status_of

SHIPPED: Final = [located for located in shipped() if located.scenario.workflow_id]  # the others script no status
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
PAUSES: Final = st.lists(st.integers(1, 100_000), min_size=1, max_size=12)


@given(scenario=strategies.timelines(outcomes=["COMPLETED", "FAILED", "PROVISIONING", "NOT_STARTED"]), pauses=PAUSES)
def test_any_timeline_at_any_interval(scenario: Builder, pauses: list[int]) -> None:
    history, seen = watched(cluster_of(scenario.build()), strategies.WORKFLOW_ID, pauses)
    assert played_back(history, [time for time, _ in seen]) == seen


@given(scenario=strategies.timelines(), late=st.integers(1, 400_000), pauses=PAUSES)
def test_a_recorder_that_comes_late(scenario: Builder, late: int, pauses: list[int]) -> None:
    cluster = cluster_of(scenario.build())
    status_of(cluster, strategies.WORKFLOW_ID)
    cluster.world.clock.advance(late)
    history, seen = watched(cluster, strategies.WORKFLOW_ID, pauses)
    assert played_back(history, [time for time, _ in seen]) == seen


@given(scenario=strategies.timelines(), skew=st.integers(-600_000, 600_000), pauses=PAUSES)
def test_a_cluster_whose_clock_differs(scenario: Builder, skew: int, pauses: list[int]) -> None:
    """Times are told by the cluster's clock; all else is as it was, and a run that was seen whole lasts as long."""
    history, seen = watched(cluster_of(scenario.build()), strategies.WORKFLOW_ID, pauses, skew=skew)
    again = played_back(history, [time for time, _ in seen])
    assert without_times(again) == without_times(seen)
    begun = next((at for at, status in seen if status["state"] != "NOT_STARTED"), 0)
    if begun:
        assert [duration(status) for _, status in again] == [duration(status) for _, status in seen]


def without_times(answers: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [(at, {k: v for k, v in status.items() if not k.endswith("_time")}) for at, status in answers]


def duration(status: dict[str, Any]) -> int | None:
    end = status.get("provision_end_time")
    return None if end is None else end - status["provision_start_time"]


LOOKS_MS: Final = {70: 30_000, 500: 100_000, 3_000: 300_000}
"""For how long each interval is looked at: short ones make many looks."""


@pytest.mark.parametrize("interval", LOOKS_MS, ids="{}ms".format)
@pytest.mark.parametrize("located", SHIPPED, ids=lambda located: located.scenario.scenario)
async def test_every_shipped_scenario(located: Located, interval: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is left out. Looks that were answered, be it by a fault or an outage, are answered the same.

    Where nothing arrived (a broken connection, a closed port) nobody can tell whether that was the cluster or the way
    to it: such looks are told in the description, and stand for no state.
    """
    scenario = located.scenario
    cluster = cluster_of(scenario)
    workflow_id = scenario.workflow_id
    assert workflow_id is not None
    no_delay(monkeypatch, cluster)
    if scenario.match:
        name = (scenario.match.name or "x").replace("*", "-of-a-consumer")
        template = {"name": name, "workflows": {"provision": {"nodes": [{"id": "n", "type": "noop"}]}}}
        headers = {"X-Mockflow-Scenario": scenario.scenario, "Content-Type": "application/json"}
        assert (await answer(cluster, Request("POST", WORKFLOW, headers, json.dumps(template).encode()))).status == 201
    if scenario.begins == "provision":
        for _ in range(2):  # a refused one is tried again
            told = await answer(cluster, Request("POST", f"{WORKFLOW}/{workflow_id}/_provision", {}))
            assert told.status == 202 or scenario.faults
            if told.status in (202, 504):  # the latter has begun it all the same
                break
    history, heard = StatusHistory(workflow_id), []
    for pause in (0, *[interval] * (LOOKS_MS[interval] // interval)):
        cluster.world.clock.advance(pause)
        now = cluster.world.now() - EPOCH
        status, told_now = await look(cluster, workflow_id)
        if status == 200:
            history.record(now, told_now)
        elif status:
            history.record_gap(now, str(status), {"respond": respond_of(status, told_now, {})})
        else:
            history.record_gap(now, "nothing arrived")
        heard.append((now, status, told_now))
    again = recorded(history)
    assert len(again.model_dump_json()) < 100_000 or scenario.faults
    assert sum(status == 200 for _, status, _ in heard) > len(heard) / 2
    gaps = [gap for gap in history.gaps if not gap.does]
    assert (again.description or "").count("nothing arrived") == min(len(gaps), 20)
    for now, status, _ in heard:
        assert any(gap.start <= now and (gap.end is None or now < gap.end) for gap in gaps) == (status == 0)
    origin = run_of(history.changes, epoch=EPOCH).origin
    replay = cluster_of(again, epoch=EPOCH + origin)
    status_of(replay, workflow_id)  # begins the run
    for now, status, told_now in heard:
        if now >= origin and status:
            replay.world.clock.advance(EPOCH + now - replay.world.now())
            assert (now, await look(replay, workflow_id)) == (now, (status, told_now))


async def look(cluster: Cluster, workflow_id: str) -> tuple[int, Any]:
    """What `mockflow record` hears when it asks."""
    return hears(cluster, await answer(cluster, Request("GET", f"{WORKFLOW}/{workflow_id}/_status?all=true", {})))
