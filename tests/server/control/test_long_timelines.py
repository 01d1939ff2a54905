"""Long timelines in the control API: what changes at each moment, a bounded number of moments, and what is left out."""

from typing import Any

import pytest

from tests.support.control import Owner
from tests.support.server import Servers

pytestmark = pytest.mark.slow


def script(keyframes: int, *, states: bool = False) -> str:
    rows = [
        f"{{at: {number}ms, {f'tenant_id: t{number}, ' if states else ''}created: "
        f"[{{workflow_step_name: create_connector, workflow_step_id: step_{number}, resource_id: c{number}}}]}}"
        for number in range(1, keyframes)
    ]
    rows = ["{at: 0s, state: PROVISIONING}", *rows, f"{{at: {keyframes}ms, state: COMPLETED}}"]
    return f"{{scenario: long, workflow_id: w, provision: {{timeline: [{', '.join(rows)}]}}}}"


async def detail_of(serve: Servers, text: str) -> tuple[Owner, dict[str, Any]]:
    owner = await Owner.of(await serve(text))
    await owner.server.status()
    return owner, await owner.get("/workflows/w")


def ids(entries: list[dict[str, str]]) -> list[str]:
    return [entry["resource_id"] for entry in entries]


async def test_a_short_timeline_has_lists_and_differences(serve: Servers) -> None:
    _, detail = await detail_of(serve, script(10))
    assert detail["left_out"] == {"moments": 0, "resources": 0, "faults": 0}
    for number, moment in enumerate(detail["timeline"]):
        assert ids(moment["status"].get("resources_created", [])) == [f"c{n}" for n in range(1, min(number, 9) + 1)]
        assert ids(moment["created"]) == ([f"c{number}"] if 0 < number < 10 else [])
        assert (moment["resources"], moment["gone"], moment["left_out"]) == (min(number, 9), [], 0)


async def test_lists_that_are_long_together_are_left_to_the_status(serve: Servers) -> None:
    owner, detail = await detail_of(serve, script(200))
    assert [moment for moment in detail["timeline"] if "resources_created" in moment["status"]] == []
    assert [moment["resources"] for moment in detail["timeline"]] == [*range(200), 199]
    assert [ids(moment["created"]) for moment in detail["timeline"][1:-1]] == [[f"c{n}"] for n in range(1, 200)]
    status = await owner.get("/workflows/w/status?at=150ms")
    assert ids(status["resources_created"]) == [f"c{number}" for number in range(1, 151)]


async def test_of_very_many_moments_a_thousand_stay(serve: Servers) -> None:
    _, detail = await detail_of(serve, script(2_999))
    timeline = detail["timeline"]
    assert (len(timeline), detail["left_out"]["moments"]) == (1_000, 2_000)
    assert sum(moment["left_out"] for moment in timeline) == 2_000
    assert [moment["keyframe"] for moment in (timeline[0], timeline[-1])] == [0, 2_999]
    assert [moment["status"]["state"] for moment in timeline[-2:]] == ["PROVISIONING", "COMPLETED"]
    created = [one for moment in timeline for one in ids(moment["created"])]
    assert created == [f"c{number}" for number in range(1, 2_999)]
    assert [moment["resources"] for moment in timeline] == [
        sum(map(len, (moment["created"] for moment in timeline[: number + 1]))) for number in range(1_000)
    ]


async def test_differences_are_bounded_and_what_is_left_out_is_counted(serve: Servers) -> None:
    _, detail = await detail_of(serve, script(4_000))
    assert sum(len(moment["created"]) for moment in detail["timeline"]) == 3_000
    assert detail["left_out"] == {"moments": 3_001, "resources": 999, "faults": 0}
    assert detail["timeline"][-1]["resources"] == 3_999


async def test_changes_of_state_stay(serve: Servers) -> None:
    rows = [
        f"{{at: {number}ms, state: {'FAILED' if number % 1500 == 7 else 'PROVISIONING'}}}" for number in range(5_000)
    ]
    text = f"{{scenario: s, workflow_id: w, unrealistic: true, provision: {{timeline: [{', '.join(rows)}]}}}}"
    _, detail = await detail_of(serve, text)
    failed = [moment["keyframe"] for moment in detail["timeline"] if moment["status"]["state"] == "FAILED"]
    assert (len(detail["timeline"]), failed) == (1_000, [7, 1507, 3007, 4507])


async def test_windows_of_faults_are_bounded(serve: Servers) -> None:
    faults = ", ".join(
        f"{{on: get, during: {number}s..{number + 1}s, respond: too_many_requests}}" for number in range(1_200)
    )
    _, detail = await detail_of(serve, f"{{scenario: s, workflow_id: w, faults: [{faults}]}}")
    assert (len(detail["faults"]), detail["left_out"]["faults"]) == (1_000, 200)
