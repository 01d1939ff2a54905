"""The strategies: what they draw is what the plugin could do, plays to its end, and shrinks to the shortest story."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.vendor.pretty import pretty

from mockflow import MockFlow, Scenario, strategies
from mockflow.core.base.durations import parse_duration
from mockflow.core.script.models import Attempt
from mockflow.loading.load import load_text
from tests.support.client_story import TEMPLATE

W: Final = strategies.WORKFLOW_ID
EVERY_OUTCOME: Final[tuple[strategies.Outcome, ...]] = ("COMPLETED", "FAILED", "PROVISIONING", "NOT_STARTED")
STEPS: Final = ("create_connector", "register_remote_model", "create_index")

played = settings(settings.get_profile("mockflow"), max_examples=20)


def asked(url: str, method: str = "GET", body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"content-type": "application/json"}, method=method)) as response:
        return json.load(response)


def status_of(cluster: MockFlow, workflow_id: str = W) -> dict[str, Any]:
    status: dict[str, Any] = asked(f"{cluster.url}/_plugins/_flow_framework/workflow/{workflow_id}/_status")
    return status


def polls_of(cluster: MockFlow, workflow_id: str = W, most: int = 60) -> list[dict[str, Any]]:
    """What a program is told that polls until COMPLETED or FAILED, and gives up after `most` polls."""
    polls: list[dict[str, Any]] = []
    with closing(HTTPConnection(cluster.host, cluster.port)) as connection:
        while len(polls) < most:
            connection.request("GET", f"/_plugins/_flow_framework/workflow/{workflow_id}/_status")
            response = connection.getresponse()
            if response.status != 200:
                raise HTTPError(cluster.url, response.status, response.reason, response.headers, response)
            polls.append(json.load(response))
            if polls[-1]["state"] in ("COMPLETED", "FAILED"):
                break
    return polls


def attempts_of(scenario: Scenario) -> tuple[Attempt, ...]:
    script = scenario.build().provision
    assert script
    return script.attempts or (script,)


# -- what is drawn -----------------------------------------------------------------------------------


@given(
    strategies.scenarios()
    | strategies.scenarios("another", outcomes=EVERY_OUTCOME, max_attempts=3, max_keyframes=9)
    | strategies.scenarios(None, max_attempts=2, outcomes=("PROVISIONING", "FAILED"), max_keyframes=2)
    | strategies.scenarios(steps=STEPS, max_duration="10ms")
    | strategies.scenarios(None, steps=STEPS)
    | strategies.plans(TEMPLATE, max_attempts=3)
    | strategies.plans(TEMPLATE, None)
)
def test_the_plugin_could_do_it(scenario: Scenario) -> None:
    assert [str(problem) for problem in load_text(scenario.yaml(), "drawn.yaml").problems] == []


@given(strategies.scenarios())
@played
def test_each_comes_to_its_end(scenario: Scenario) -> None:
    with MockFlow(scenario) as cluster:
        polls = polls_of(cluster)
        assert cluster.clock.elapsed <= parse_duration("5m")
    assert polls[-1]["state"] in ("COMPLETED", "FAILED")
    for poll in polls:
        assert ("error" in poll) == (poll["state"] == "FAILED")
    for before, after in pairwise(polls):
        held = before.get("resources_created", [])
        assert after.get("resources_created", [])[: len(held)] == held


@given(st.data())
@played
def test_a_run_stays_where_it_was_told_to(data: st.DataObject) -> None:
    outcome = data.draw(st.sampled_from(EVERY_OUTCOME))
    scenario = data.draw(strategies.scenarios(outcomes=[outcome]))
    with MockFlow(scenario, clock="frozen") as cluster:
        status_of(cluster)
        for _ in range(20):
            cluster.clock.advance("10m")
            told = status_of(cluster)
    assert told["state"] == outcome


@given(strategies.timelines(max_duration="9s", max_keyframes=4))
def test_keyframes_and_their_times_keep_the_limits(scenario: Scenario) -> None:
    [attempt] = attempts_of(scenario)
    assert attempt.timeline
    assert 2 <= len(attempt.timeline) <= 4
    assert sum(parse_duration((keyframe.at or "0s").lstrip("+")) for keyframe in attempt.timeline) <= 9_000


@given(strategies.scenarios(max_attempts=3))
def test_each_attempt_but_the_last_fails(scenario: Scenario) -> None:
    *before, _ = attempts_of(scenario)
    for attempt in before:
        if attempt.timeline:
            assert attempt.timeline[-1].state == "FAILED"
        else:
            assert any(plan.fails for plan in attempt.steps.values())


@given(strategies.timelines(outcomes=["FAILED"], version="2.12.0"))
def test_error_texts_of_one_release(scenario: Scenario) -> None:
    [attempt] = attempts_of(scenario)
    assert attempt.timeline
    assert "restStatus" not in str(attempt.timeline[-1].error)


@given(strategies.scenarios(None, steps=TEMPLATE, outcomes=["FAILED"]))
@played
def test_workflows_that_clients_create(scenario: Scenario) -> None:
    with MockFlow(scenario) as cluster:
        created = asked(f"{cluster.url}/_plugins/_flow_framework/workflow?provision=true&index=books", "POST", TEMPLATE)
        assert polls_of(cluster, created["workflow_id"])[-1]["state"] == "FAILED"


@pytest.mark.parametrize(
    ("what", "is_drawn"),
    [
        ("an at_poll", lambda attempt: any(k.at_poll for k in attempt.timeline or ())),
        ("a beginning that waits", lambda attempt: attempt.timeline and attempt.timeline[0].state == "NOT_STARTED"),
        (
            "a step that lists two resources",
            lambda attempt: any(len(k.created or ()) > 1 for k in attempt.timeline or ()),
        ),
        ("a time-out", lambda attempt: any(plan.fails and plan.fails.timeout for plan in attempt.steps.values())),
        (
            "a failure with its own words",
            lambda attempt: any(p.fails and p.fails.message for p in attempt.steps.values()),
        ),
        ("a slow step", lambda attempt: any(plan.takes for plan in attempt.steps.values())),
    ],
)
def test_nothing_is_left_out(what: str, is_drawn: Callable[[Attempt], bool]) -> None:
    drawn = settings(_quiet, phases=[Phase.generate])
    find(strategies.scenarios(), lambda scenario: bool(is_drawn(attempts_of(scenario)[0])), settings=drawn)


# -- how it shrinks ----------------------------------------------------------------------------------

_quiet: Final = settings(max_examples=500, deadline=None, database=None, derandomize=True)


def has_no_branch_for_failed(scenario: Scenario) -> bool:
    """Whether a program polls for ever that waits for COMPLETED alone."""
    with MockFlow(scenario) as cluster:
        return bool(polls_of(cluster, most=30)[-1]["state"] != "COMPLETED")


def test_no_branch_for_failed_shrinks_to_two_keyframes() -> None:
    [attempt] = attempts_of(find(strategies.timelines(), has_no_branch_for_failed, settings=_quiet))
    assert attempt.timeline
    assert [keyframe.model_dump(exclude_defaults=True, exclude={"error"}) for keyframe in attempt.timeline] == [
        {"at": "0s", "state": "PROVISIONING"},
        {"at": "+1s", "state": "FAILED"},
    ]


def test_a_plan_shrinks_to_two_moments() -> None:
    with MockFlow(find(strategies.plans(), has_no_branch_for_failed, settings=_quiet)) as cluster:
        timeline = cluster.workflow().timeline
    assert [moment.status["state"] for moment in timeline] == ["PROVISIONING", "FAILED"]


def test_a_dict_by_step_shrinks_to_one_step_with_two_resources() -> None:
    def loses_one(scenario: Scenario) -> bool:
        with MockFlow(scenario) as cluster:
            resources = polls_of(cluster)[-1].get("resources_created", [])
        return len({resource["workflow_step_id"]: resource for resource in resources}) < len(resources)

    [attempt] = attempts_of(find(strategies.timelines(), loses_one, settings=_quiet))
    assert attempt.timeline
    assert len(attempt.timeline) == 2
    [created] = [keyframe.created for keyframe in attempt.timeline if keyframe.created]
    assert [entry.workflow_step_name for entry in created] == [_DEPLOYING, "deploy_model"]
    assert {entry.workflow_step_id for entry in created} == {f"{_DEPLOYING}_1"}


_DEPLOYING: Final = "register_local_custom_model"


def test_a_failing_example_is_shown_as_yaml() -> None:
    scenario = find(strategies.timelines(), lambda scenario: True, settings=_quiet)
    assert pretty(scenario).endswith(scenario.yaml())


# -- what cannot be drawn ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: strategies.timelines(outcomes=["COMPLETE"]), 'outcomes: "COMPLETE" is not possible here'),  # type: ignore[list-item]
        (lambda: strategies.timelines(None, outcomes=["NOT_STARTED"]), 'outcomes: "NOT_STARTED" is not possible here'),
        (lambda: strategies.timelines(outcomes=[]), "outcomes: at least one"),
        (lambda: strategies.timelines(max_keyframes=1), "max_keyframes: a run has at least two"),
        (lambda: strategies.timelines(max_duration="3ms"), "max_duration: 6 parts do not fit into 3ms"),
        (lambda: strategies.timelines(max_duration="3"), "it needs a unit"),
        (lambda: strategies.timelines(version="1.0.0"), "OpenSearch 1.0.0 is not supported"),
        (lambda: strategies.scenarios(max_attempts=0), "max_attempts: at least one"),
        (lambda: strategies.plans(outcomes=["PROVISIONING"]), 'outcomes: "PROVISIONING" is not possible here'),
        (lambda: strategies.plans(workflow_id=None), "steps: name the template"),
        (
            lambda: strategies.plans(["create_indexx"]),
            'the plugin has no step "create_indexx"; did you mean create_index',
        ),
        (lambda: strategies.plans(["delete_index"]), r"The step type \[delete_index\] .* can not be used"),
        (lambda: strategies.plans([]), "steps: "),
        (lambda: strategies.plans({"name": "x"}), "steps: the template has no workflow to provision"),
        (
            lambda: strategies.plans({}),
            "steps: the plugin would refuse this template: A template object requires a name",
        ),
    ],
)
def test_arguments_of_which_no_scenario_can_be_made(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()


def test_without_hypothesis_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['hypothesis'] = None; import mockflow.strategies"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "ImportError: mockflow.strategies needs hypothesis, which is not installed: pip install hypothesis"
    )


# -- faults ------------------------------------------------------------------------------------------


@given(strategies.scenarios(max_faults=3) | strategies.scenarios(steps=STEPS, max_faults=1))
@played
def test_one_who_tries_again_sees_every_end_whatever_goes_wrong(scenario: Scenario) -> None:
    assert [str(problem) for problem in load_text(scenario.yaml(), "drawn.yaml").problems] == []
    with MockFlow(scenario) as cluster:
        for _ in range(100):
            try:
                state = status_of(cluster)["state"]
            except (OSError, HTTPException):  # an error's status, or no answer
                continue
            if state in ("COMPLETED", "FAILED"):
                break
        assert cluster.workflow().state == state
        assert state in ("COMPLETED", "FAILED")


def test_it_shrinks_to_the_fault_that_breaks_the_program() -> None:
    def breaks(scenario: Scenario) -> bool:
        with MockFlow(scenario) as cluster:
            try:
                polls_of(cluster)
            except HTTPError as error:
                return error.code == 503
            except (OSError, HTTPException):
                return False
        return False

    drawn = strategies.scenarios(max_faults=3)
    found = find(
        drawn, breaks, settings=settings(max_examples=2000, database=None, phases=(Phase.generate, Phase.shrink))
    )
    [fault] = found.build().faults
    assert fault.respond
    assert (fault.on, fault.call, fault.respond.preset) == (("get_status",), 1, "not_recovered")
    assert len(attempts_of(found)[0].timeline or ()) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"on": ["get_statu"]}, "did you mean get_status"),
        ({"on": []}, "on: at least one"),
        ({"presets": ["teapot"]}, "presets: unknown"),
        ({"connections": ["rest"]}, "did you mean reset"),
        ({"presets": [], "connections": []}, "at least one of both"),
    ],
)
def test_faults_that_cannot_be_drawn(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        strategies.faults(**arguments)
