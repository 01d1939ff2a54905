"""When keyframes lie, and what of an answer they say."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from mockflow.core.base.durations import parse_duration
from mockflow.recording.keyframes import run_of
from mockflow.recording.status_history import StatusHistory
from tests.recording.support import EPOCH, recorded

CONNECTOR: Final = {
    "workflow_step_name": "create_connector",
    "workflow_step_id": "create_connector_1",
    "resource_type": "connector_id",
    "resource_id": "NdjCQYwBLmvn802B0IwE",
}
NOT_STARTED: Final = {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}


def running(start: int, *resources: Mapping[str, str]) -> dict[str, Any]:
    listed = {"resources_created": list(resources)} if resources else {}
    return {"state": "PROVISIONING", "provisioning_progress": "IN_PROGRESS", "provision_start_time": start, **listed}


def completed(start: int, end: int) -> dict[str, Any]:
    return {
        **running(start, CONNECTOR),
        "state": "COMPLETED",
        "provisioning_progress": "DONE",
        "provision_end_time": end,
    }


def timeline(*seen: tuple[int, dict[str, Any]], complete: bool = True) -> list[tuple[str, Any]]:
    """Time and state of each keyframe."""
    return [(one["at"], one.get("state")) for one in written(*seen, complete=complete)]


def written(*seen: tuple[int, dict[str, Any]], complete: bool = True) -> list[dict[str, Any]]:
    history = StatusHistory("w")
    for at, status in seen:
        history.record(at, status, complete=complete)
    recorded(history)
    return [keyframe.model_dump(exclude_unset=True) for keyframe in run_of(history.changes, epoch=EPOCH).keyframes]


def test_the_plugins_own_times_place_begin_and_end() -> None:
    seen = timeline(
        (0, NOT_STARTED),
        (1000, running(EPOCH + 640)),
        (2000, running(EPOCH + 640, CONNECTOR)),
        (3000, completed(EPOCH + 640, EPOCH + 2345)),
    )
    assert seen == [("0s", "NOT_STARTED"), ("640ms", "PROVISIONING"), ("2s", None), ("2345ms", "COMPLETED")]


@pytest.mark.parametrize("skew", [-500_000, -3_000, 0, 3_000, 500_000])
def test_a_cluster_whose_clock_differs(skew: int) -> None:
    """The run lasts as long as the cluster says, and begins and ends between the looks that saw it."""
    start = EPOCH + 640 + skew
    seen = written((0, NOT_STARTED), (1000, running(start)), (2000, completed(start, start + 1100)))
    times = [parse_duration(one["at"]) for one in seen[1:]]
    assert 0 < times[0] <= 1000 < times[1] <= 2000
    assert times[1] - times[0] == 1100
    assert not any("provision_start_time" in one or "provision_end_time" in one for one in seen)


def test_times_that_cannot_be_are_written_as_they_are() -> None:
    last_year = EPOCH - 31_536_000_000
    seen = written((0, NOT_STARTED), (1000, running(last_year)), (2000, completed(last_year, last_year + 5)))
    assert [one["at"] for one in seen] == ["0s", "1s", "2s"]
    assert seen[1]["provision_start_time"] == last_year
    assert seen[2]["provision_end_time"] == last_year + 5


def test_all_between_two_looks() -> None:
    seen = timeline((0, NOT_STARTED), (9000, completed(EPOCH + 2000, EPOCH + 5000)))
    assert seen == [("0s", "NOT_STARTED"), ("2s", "PROVISIONING"), ("5s", "COMPLETED")]


def test_a_run_that_had_begun_counts_from_its_beginning() -> None:
    seen = timeline((0, running(EPOCH - 7000, CONNECTOR)), (3000, completed(EPOCH - 7000, EPOCH + 2500)))
    assert seen == [("0s", "PROVISIONING"), ("7s", None), ("9500ms", "COMPLETED")]


def test_a_run_that_is_over_lasts_as_long_as_it_did() -> None:
    seen = timeline((0, completed(EPOCH - 90_000_000, EPOCH - 89_991_500)))
    assert seen == [("0s", "PROVISIONING"), ("8500ms", "COMPLETED")]


def test_one_that_is_stuck_for_long_is_told_from_the_first_look_on() -> None:
    seen = written((0, running(EPOCH - 90_000_000, CONNECTOR)))
    assert [(one["at"], one["provision_start_time"]) for one in seen] == [("0s", EPOCH - 90_000_000)]


def test_without_all_the_looks_alone_tell() -> None:
    seen = written(
        (0, {"state": "NOT_STARTED"}),
        (1000, {"state": "PROVISIONING"}),
        (1500, {"state": "PROVISIONING"}),
        (2000, {"state": "FAILED", "error": "broken"}),
        complete=False,
    )
    assert seen == [
        {"at": "0s", "state": "NOT_STARTED"},
        {"at": "1s", "state": "PROVISIONING"},
        {"at": "2s", "state": "FAILED", "error": "broken"},
    ]


def test_what_vanishes_is_taken_away() -> None:
    gone = {**NOT_STARTED, "user": {"name": "me"}}
    seen = written((0, {**completed(EPOCH, EPOCH), "error": "old"}), (1000, gone))
    assert seen[-1] == {
        "at": "1s",
        "state": "NOT_STARTED",
        "error": None,
        "user": {"name": "me"},
        "resources_created": None,
        "provision_start_time": None,
        "provision_end_time": None,
    }


def test_a_state_that_nobody_knows_is_meant() -> None:
    history = StatusHistory("w")
    history.record(0, {"state": "DREAMING"})
    assert recorded(history).unrealistic


def test_what_the_language_cannot_say_is_left_out_and_told() -> None:
    history = StatusHistory("w")
    history.record(
        0, {"state": "PROVISIONING", "user": "me", "mood": "good", "resources_created": [{"id": 1}, 2, CONNECTOR]}
    )
    assert history.changes[0].status == {"state": "PROVISIONING", "resources_created": [CONNECTOR]}
    assert history.left_out == {"the field mood", "an invalid user", "a resource without its step"}


def test_two_looks_within_a_millisecond() -> None:
    seen = timeline((5, NOT_STARTED), (5, {"state": "PROVISIONING"}), (5, {"state": "FAILED", "error": "x"}))
    assert [at for at, _ in seen] == ["0s", "1ms", "2ms"]


def test_gaps_are_told() -> None:
    history = StatusHistory("w")
    history.record(0, NOT_STARTED)
    news = [
        history.record_gap(at, why) for at, why in [(1000, "refused"), (2000, "refused"), (3000, "503"), (4000, "503")]
    ]
    history.record(5000, NOT_STARTED)
    history.record_gap(6000, "refused")
    assert news == [True, False, True, False]
    assert recorded(history).description == (
        "No response from 1s to 3s: refused. No response from 3s to 5s: 503. No response from 6s on: refused."
    )
