"""Rules that span several keys of a scenario; how they are told with places in a file: tests/loading/broken."""

from typing import Any

import pytest

from mockflow.core.base.findings import Finding
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import check, claims


def scenario(*keyframes: dict[str, Any], **more: Any) -> Scenario:
    """A scenario with these keyframes, a second apart where they name no time."""
    timed = [keyframe if "at_poll" in keyframe else {"at": f"{n}s", **keyframe} for n, keyframe in enumerate(keyframes)]
    script = {"provision": {"timeline": timed}} if timed else {}
    return Scenario.model_validate({"scenario": "s", "workflow_id": "w", **script, **more})


def found(*keyframes: dict[str, Any], **more: Any) -> list[Finding]:
    return check(scenario(*keyframes, **more))


def at(number: int, *key: str) -> tuple[str | int, ...]:
    return ("provision", "timeline", number, *key)


def resource(number: int) -> dict[str, str]:
    return {"workflow_step_name": "create_index", "workflow_step_id": f"i{number}", "resource_id": f"id{number}"}


NOT_STARTED = {"state": "NOT_STARTED"}
PROVISIONING = {"state": "PROVISIONING"}
COMPLETED = {"state": "COMPLETED"}
FAILED = {"state": "FAILED", "error": "x"}

LIKE_THE_PLUGIN: dict[str, tuple[dict[str, Any], ...]] = {
    "nothing happens": (),
    "only created": (NOT_STARTED,),
    "provisioned step by step": (
        NOT_STARTED,
        PROVISIONING,
        {"created": [resource(1)]},
        {"created": [resource(2)]},
        COMPLETED,
    ),
    "failed with leftovers": (PROVISIONING, {"created": [resource(1)]}, FAILED),
    "failed after an older failure": ({**PROVISIONING, "error": "old"}, {"state": "FAILED"}),
    "stuck": (PROVISIONING,),
    "written out": (
        {**NOT_STARTED, "provisioning_progress": "NOT_STARTED"},
        {**PROVISIONING, "provisioning_progress": "IN_PROGRESS", "provision_start_time": 1},
        {**COMPLETED, "provisioning_progress": "DONE", "provision_end_time": 2, "resources_created": [resource(1)]},
    ),
    "the last resource with the end": (PROVISIONING, {**COMPLETED, "created": [resource(1)]}),
    "by polls": (PROVISIONING, {"at_poll": 3, **COMPLETED}),
    "the same list again": (
        PROVISIONING,
        {"created": [resource(1)]},
        {"resources_created": [resource(1), resource(2)]},
    ),
}


@pytest.mark.parametrize("keyframes", LIKE_THE_PLUGIN.values(), ids=LIKE_THE_PLUGIN.keys())
def test_what_the_plugin_does_is_no_finding(keyframes: tuple[dict[str, Any], ...]) -> None:
    assert found(*keyframes) == []


@pytest.mark.parametrize(
    ("keyframes", "path", "message"),
    [
        ([COMPLETED], at(0, "state"), "COMPLETED without PROVISIONING before it"),
        ([NOT_STARTED, FAILED], at(1, "state"), "FAILED without PROVISIONING before it"),
        ([PROVISIONING, COMPLETED, FAILED], at(2, "state"), "FAILED after the final state COMPLETED"),
        ([PROVISIONING, FAILED, PROVISIONING], at(2, "state"), "PROVISIONING after the final state FAILED"),
        ([PROVISIONING, NOT_STARTED], at(1, "state"), "NOT_STARTED again after PROVISIONING"),
        ([{"state": None}], at(0, "state"), "a status without a state"),
        ([PROVISIONING, {"state": "FAILED"}], at(1), "FAILED without an error"),
        ([PROVISIONING, {"state": "FAILED", "error": None}], at(1, "error"), "FAILED without an error"),
        (
            [{**PROVISIONING, "provisioning_progress": "DONE"}],
            at(0, "provisioning_progress"),
            "provisioning_progress DONE in state PROVISIONING, where the plugin has IN_PROGRESS",
        ),
        ([{"created": [resource(1)]}], at(0), "resources in state NOT_STARTED"),
        ([{"resources_created": [resource(1)]}], at(0, "resources_created"), "resources in state NOT_STARTED"),
        (
            [{**PROVISIONING, "created": [resource(1), resource(2)]}, {"resources_created": [resource(2)]}],
            at(1, "resources_created"),
            'resources vanish without deprovisioning: "id1"',
        ),
    ],
)
def test_what_it_never_does_is_one_warning(keyframes: list[dict[str, Any]], path: Any, message: str) -> None:
    (finding,) = found(*keyframes)
    assert (finding.severity, finding.path, finding.message) == ("warning", path, message)
    assert found(*keyframes, unrealistic=True) == []


@pytest.mark.parametrize(
    "later",
    [{"error": "x"}, {"tenant_id": "t"}, {"state": "PROVISIONING", "provisioning_progress": "DONE"}],
)
def test_what_goes_on_is_told_once(later: dict[str, Any]) -> None:
    assert len(found({**PROVISIONING, "provisioning_progress": "DONE"}, later, later)) == 1


def test_errors_hide_warnings() -> None:
    odd = [COMPLETED, {"at": "0s", "state": "NOT_STARTED"}]
    assert [finding.severity for finding in found(*odd)] == ["error"]


@pytest.mark.parametrize(
    ("keyframes", "path", "other"),
    [
        ([{"at": "1s"}, {"at": "1s"}], at(1, "at"), at(0, "at")),
        ([{"at": "1s"}, {"at": "+0ms"}], at(1, "at"), at(0, "at")),
        ([{"at": "1m"}, {"at": "60s"}], at(1, "at"), at(0, "at")),
        ([{"at": "2s"}, {"at": "1s"}], at(1, "at"), at(0, "at")),
        ([{"at": "2s"}, {"at_poll": 1}, {"at": "0s"}], at(2, "at"), at(1, "at_poll")),
        ([{"at_poll": 2}, {"at": "3s"}, {"at_poll": 2}], at(2, "at_poll"), at(0, "at_poll")),
        ([{"at_poll": 2}, {"at_poll": 1}], at(1, "at_poll"), at(0, "at_poll")),
        ([{"at": "1s", "at_poll": 1}], at(0, "at_poll"), at(0, "at")),
        ([{"at": "0s", "created": [], "resources_created": []}], at(0, "created"), at(0, "resources_created")),
        ([{"at": "0s", "created": None, "resources_created": None}], at(0, "created"), at(0, "resources_created")),
        ([{"at": "0s", "workflow_id": "x"}], at(0, "workflow_id"), ("workflow_id",)),
    ],
)
@pytest.mark.parametrize("unrealistic", [False, True])
def test_an_error_of_two_places_names_both(
    keyframes: list[dict[str, Any]], path: Any, other: Any, unrealistic: bool
) -> None:
    (finding,) = found(*keyframes, unrealistic=unrealistic)
    assert (finding.severity, finding.path, finding.other) == ("error", path, other)


@pytest.mark.parametrize("keyframe", [{"at": None}, {"at_poll": None}, {"at": None, "at_poll": None}])
def test_a_keyframe_without_a_time(keyframe: dict[str, Any]) -> None:
    (finding,) = check(
        Scenario.model_validate({"scenario": "s", "workflow_id": "w", "provision": {"timeline": [keyframe]}})
    )
    assert (finding.severity, finding.path) == ("error", at(0))


@pytest.mark.parametrize(("key", "value"), [("state", "DONE"), ("provisioning_progress", "PROVISIONING")])
def test_words_that_the_plugin_does_not_know(key: str, value: str) -> None:
    (finding,) = found({key: value})
    assert (finding.severity, finding.path) == ("error", at(0, key))
    assert found({key: value}, unrealistic=True) == []


def test_the_order_of_places_does_not_matter_across_polls() -> None:
    assert found({"at": "9s"}, {"at_poll": 1}, {"at": "1s"}, {"at_poll": 2}, {"at": "1s"}) == []


def test_claims_name_the_first_of_each_name_and_workflow() -> None:
    def named(name: str, workflow_id: str) -> Scenario:
        return Scenario(scenario=name, workflow_id=workflow_id)

    scenarios = [named("a", "1"), named("b", "2"), named("a", "3"), named("c", "1"), named("a", "2")]
    assert list(claims(scenarios)) == [
        (2, 0, "scenario"),
        (3, 0, "workflow_id"),
        (4, 0, "scenario"),
        (4, 1, "workflow_id"),
    ]
    assert list(claims([named("a", "b"), named("b", "a")])) == []
    assert list(claims([])) == []
