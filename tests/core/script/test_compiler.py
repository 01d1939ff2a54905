"""From keyframes to snapshots: what holds, what is taken away, what is derived, and that what is written wins."""

from typing import Any

import pytest

from mockflow.core.opensearch.ids import resource_id
from mockflow.core.plugin.status import KeyframeTime
from mockflow.core.script.compiler import compile_run
from mockflow.core.script.models import Keyframe
from mockflow.core.script.timeline import Timeline

START, END, PROGRESS = "provision_start_time", "provision_end_time", "provisioning_progress"

Keyframes = tuple[dict[str, Any], ...]

CONNECTOR = {"workflow_step_name": "create_connector", "workflow_step_id": "c1", "resource_id": "id1"}
INDEX = {"workflow_step_name": "create_index", "workflow_step_id": "i2", "resource_id": "id2"}


def compiled(*keyframes: dict[str, Any], **more: str) -> Timeline:
    """A run of these keyframes; where none has a time, they are a second apart."""
    for number, keyframe in enumerate(keyframes):
        if "at_poll" not in keyframe:
            keyframe.setdefault("at", f"{number}s")
    models = [Keyframe.model_validate(keyframe) for keyframe in keyframes]
    return compile_run(models, scenario="s", workflow_id="w", **more)


def snapshots(*keyframes: dict[str, Any], **more: str) -> list[dict[str, Any]]:
    """What each moment shows; its times as milliseconds of elapsed time."""
    return [
        {name: value.offset if isinstance(value, KeyframeTime) else value for name, value in fields.items()}
        for segment in compiled(*keyframes, **more).segments
        for fields in segment.snapshots
    ]


def shown(field: str, *keyframes: dict[str, Any]) -> list[Any]:
    return [snapshot.get(field) for snapshot in snapshots(*keyframes)]


# -- fields hold until they are changed --------------------------------------------------------------

SCRIPTED = {
    "state": "PROVISIONING",
    "error": "x",
    "user": {"name": "a"},
    "user_outputs": {"a": 1},
    "tenant_id": "t",
    "all_shared_principals": ["p"],
    START: 5,
    END: 6,
    PROGRESS: "DONE",
}


@pytest.mark.parametrize("field", SCRIPTED)
def test_a_field_holds_until_it_is_taken_away(field: str) -> None:
    value = SCRIPTED[field]
    assert shown(field, {field: value}, {}, {field: None}, {}) == [value, value, None, None]


@pytest.mark.parametrize("field", SCRIPTED)
def test_a_field_that_is_taken_away_is_no_field(field: str) -> None:
    assert field not in snapshots({field: SCRIPTED[field]}, {field: None})[-1]


def test_a_field_holds_across_an_at_poll() -> None:
    assert shown("error", {"error": "x"}, {"at_poll": 3}, {"at": "1s", "state": "FAILED"}) == ["x", "x", "x"]


def test_its_own_workflow_id_changes_nothing() -> None:
    assert snapshots({"workflow_id": "w", "state": "PROVISIONING"}) == snapshots({"state": "PROVISIONING"})


# -- resources ---------------------------------------------------------------------------------------


def ids(*keyframes: dict[str, Any]) -> list[list[str]]:
    return [[resource["resource_id"] for resource in listed or ()] for listed in shown("resources_created", *keyframes)]


def test_created_adds_and_resources_created_replaces() -> None:
    assert ids({"created": [CONNECTOR]}, {}, {"created": [INDEX]}, {"resources_created": [INDEX]}) == [
        ["id1"],
        ["id1"],
        ["id1", "id2"],
        ["id2"],
    ]


@pytest.mark.parametrize("nothing", [None, []])
def test_nothing_created_adds_nothing_and_no_resources_are_none(nothing: Any) -> None:
    assert ids({"created": [CONNECTOR]}, {"created": nothing}, {"resources_created": nothing}) == [["id1"], ["id1"], []]


def test_after_none_are_left_new_ones_are_the_first() -> None:
    assert ids({"created": [CONNECTOR]}, {"resources_created": None}, {"created": [INDEX]})[-1] == ["id2"]


def test_a_later_keyframe_leaves_earlier_snapshots_alone() -> None:
    first, second = shown("resources_created", {"created": [CONNECTOR]}, {"created": [INDEX]})
    assert len(first) == 1
    assert len(second) == 2


@pytest.mark.parametrize(
    ("step", "resource_type"),
    [
        ("create_connector", "connector_id"),
        ("register_remote_model", "model_id"),
        ("deploy_model", "model_id"),
        ("register_agent", "agent_id"),
        ("register_model_group", "model_group_id"),
        ("create_ingest_pipeline", "pipeline_id"),
        ("create_search_pipeline", "pipeline_id"),
        ("create_index", "index_name"),
        ("reindex", "index_name"),
    ],
)
def test_the_type_follows_from_the_step(step: str, resource_type: str) -> None:
    resource = {"workflow_step_name": step, "workflow_step_id": "x"}
    (listed,) = shown("resources_created", {"created": [resource]})
    assert listed == [
        {**resource, "resource_type": resource_type, "resource_id": resource_id(resource_type, "s", "w", "x")}
    ]


def test_a_type_or_id_that_is_written_wins() -> None:
    resource = {**CONNECTOR, "resource_type": "agent_id", "resource_id": "mine"}
    (listed,) = shown("resources_created", {"created": [resource]})
    assert listed == [resource]


def test_the_two_entries_of_a_deployed_model_share_its_id() -> None:
    steps = ("register_remote_model", "deploy_model")
    ((first, second),) = ids({"created": [{"workflow_step_name": s, "workflow_step_id": "m1"} for s in steps]})
    assert first == second


def test_made_ids_are_the_same_wherever_a_resource_is_listed() -> None:
    unnamed = {"workflow_step_name": "create_connector", "workflow_step_id": "c1"}
    (first,), (second,) = ids({"created": [unnamed]}, {"resources_created": [unnamed]})
    assert first == second


# -- what is derived ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        ("NOT_STARTED", "NOT_STARTED"),
        ("PROVISIONING", "IN_PROGRESS"),
        ("COMPLETED", "DONE"),
        ("FAILED", "FAILED"),
        ("A_STATE_THAT_DOES_NOT_EXIST", None),
        (None, None),
    ],
)
def test_progress_follows_from_the_state(state: str | None, progress: str | None) -> None:
    assert shown(PROGRESS, {"state": state}) == [progress]


def test_progress_that_is_written_holds_until_the_state_is_written_again() -> None:
    assert shown(PROGRESS, {"state": "PROVISIONING", PROGRESS: "DONE"}, {"error": "x"}, {"state": "PROVISIONING"}) == [
        "DONE",
        "DONE",
        "IN_PROGRESS",
    ]


def test_progress_may_be_written_apart_from_the_state() -> None:
    keyframes: Keyframes = {"state": "PROVISIONING"}, {PROGRESS: "FAILED"}, {PROGRESS: None}, {}, {"state": "COMPLETED"}
    assert shown(PROGRESS, *keyframes) == ["IN_PROGRESS", "FAILED", None, None, "DONE"]


def test_progress_and_state_written_together_hold_together() -> None:
    keyframes: Keyframes = {PROGRESS: "DONE"}, {"state": "FAILED", PROGRESS: "IN_PROGRESS"}, {}
    assert shown(PROGRESS, *keyframes) == ["DONE", "IN_PROGRESS", "IN_PROGRESS"]


def test_the_start_is_the_first_state_that_is_not_not_started() -> None:
    keyframes: Keyframes = (
        {"state": "NOT_STARTED"},
        {},
        {"state": "PROVISIONING"},
        {"state": "PROVISIONING"},
        {"state": "FAILED"},
    )
    assert shown(START, *keyframes) == [None, None, 2_000, 2_000, 2_000]


def test_the_end_is_the_first_completed_or_failed_after_it() -> None:
    keyframes: Keyframes = (
        {"state": "PROVISIONING"},
        {"state": "FAILED"},
        {"state": "PROVISIONING"},
        {"state": "COMPLETED"},
    )
    assert shown(END, *keyframes) == [None, 1_000, 1_000, 1_000]


def test_what_is_completed_at_once_starts_and_ends_at_once() -> None:
    (_, last) = snapshots({"at": "3s", "state": "COMPLETED"})
    assert (last[START], last[END]) == (3_000, 3_000)


def test_the_start_stays_when_the_state_goes_back() -> None:
    assert shown(START, {"state": "PROVISIONING"}, {"state": "NOT_STARTED"}, {"state": None}) == [0, 0, 0]


def test_a_state_that_is_taken_away_starts_and_ends_nothing() -> None:
    first, second = snapshots({"state": None}, {"state": "NOT_STARTED"})
    assert START not in first | second
    assert END not in first | second


@pytest.mark.parametrize("field", [START, END])
def test_a_time_that_is_written_holds_until_the_state_is_written_again(field: str) -> None:
    keyframes: Keyframes = {"state": "COMPLETED", field: 5}, {"error": "x"}, {"state": "COMPLETED"}
    assert shown(field, *keyframes) == [5, 5, 0]


@pytest.mark.parametrize("field", [START, END])
def test_a_time_that_is_taken_away_comes_back_with_the_state(field: str) -> None:
    assert shown(field, {"state": "COMPLETED"}, {field: None}, {}, {"state": "COMPLETED"}) == [0, None, None, 0]


def test_a_written_start_does_not_move_the_derived_end() -> None:
    (_, last) = snapshots({"state": "PROVISIONING", START: 5}, {"state": "COMPLETED"})
    assert (last[START], last[END]) == (0, 1_000)


def test_times_count_from_the_poll_that_begins_their_segment() -> None:
    timeline = compiled(
        {"state": "NOT_STARTED"}, {"at_poll": 2, "state": "PROVISIONING"}, {"at": "+2s", "state": "FAILED"}
    )
    last = timeline.segments[-1].snapshots[-1]
    assert (last[START], last[END]) == (KeyframeTime(1, 0), KeyframeTime(1, 2_000))


# -- before the first keyframe, and places in time ---------------------------------------------------


@pytest.mark.parametrize("first", [{"at": "1ms"}, {"at_poll": 1}])
def test_before_the_first_keyframe_nothing_has_started(first: dict[str, Any]) -> None:
    assert snapshots({**first, "state": "COMPLETED"})[0] == {"state": "NOT_STARTED", PROGRESS: "NOT_STARTED"}


def test_before_the_first_keyframe_an_accepted_provision_is_in_progress() -> None:
    first, second = snapshots({"at": "1s", "error": "x"}, state="PROVISIONING")
    assert first == {"state": "PROVISIONING", PROGRESS: "IN_PROGRESS", START: 0}
    assert second == {**first, "error": "x"}


def test_without_keyframes_nothing_ever_happens() -> None:
    assert snapshots() == [{"state": "NOT_STARTED", PROGRESS: "NOT_STARTED"}]
    assert snapshots(state="PROVISIONING") == [{"state": "PROVISIONING", PROGRESS: "IN_PROGRESS", START: 0}]


def test_a_first_keyframe_at_0_is_the_first_moment() -> None:
    (segment,) = compiled({"at": 0, "state": "PROVISIONING"}, {"at": "2s"}).segments
    assert segment.offsets == (0, 2_000)
    assert segment.keyframes == (0, 1)


def test_relative_times_add_up_and_absolute_ones_do_not() -> None:
    (segment,) = compiled({"at": "1s"}, {"at": "+1s"}, {"at": "+500ms"}, {"at": "1m"}, {"at": "+1s"}).segments
    assert segment.offsets == (0, 1_000, 2_000, 2_500, 60_000, 61_000)
    assert segment.keyframes == (None, 0, 1, 2, 3, 4)


def test_each_at_poll_begins_a_segment_in_which_time_begins_anew() -> None:
    first, second, third = compiled(
        {"at": "5s"}, {"at_poll": 3}, {"at": "1s"}, {"at": "+1s"}, {"at_poll": 7}, {"at": "+1s"}
    ).segments
    assert (first.poll, first.offsets, first.keyframes) == (0, (0, 5_000), (None, 0))
    assert (second.poll, second.offsets, second.keyframes) == (3, (0, 1_000, 2_000), (1, 2, 3))
    assert (third.poll, third.offsets, third.keyframes) == (7, (0, 1_000), (4, 5))
