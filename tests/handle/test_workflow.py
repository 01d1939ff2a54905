"""One workflow in Python; how its next run fails; a new world."""

from typing import Any

import pytest

from mockflow import MockFlow, MockFlowError, Scenario
from tests.support.python_api import STORY, WORKFLOW, create, ended, poll, request


def test_what_it_tells(frozen: MockFlow) -> None:
    workflow = frozen.workflow("w")
    assert (workflow.id, workflow.state, workflow.elapsed, workflow.polls) == ("w", "PROVISIONING", 0, 0)
    assert repr(workflow) == "<workflow w: PROVISIONING>"
    poll(frozen.url)
    frozen.clock.advance("90s")
    poll(frozen.url)
    assert (workflow.state, workflow.elapsed, workflow.polls) == ("COMPLETED", 90_000, 2)
    assert [resource["workflow_step_id"] for resource in workflow.resources] == ["create_connector_1"]
    status = workflow.status
    assert (status["state"], status["provisioning_progress"], status["provision_end_time"]) == (
        "COMPLETED",
        "DONE",
        frozen.clock.now - 30_000,
    )
    assert workflow.status_at("59s")["state"] == workflow.status_at(59_999)["state"] == "PROVISIONING"
    assert workflow.status_at("1h")["state"] == "COMPLETED"
    assert workflow.polls == 2


def test_its_timeline() -> None:
    with MockFlow(STORY.at_poll(5, error="late").at("2s", state="FAILED")) as cluster:
        told = [(moment.keyframe, moment.at, moment.at_poll) for moment in cluster.workflow().timeline]
        assert told == [(0, 0, None), (1, 60_000, None), (2, None, 5), (3, None, 5)]
        assert [moment.status["state"] for moment in cluster.workflow().timeline] == [
            "PROVISIONING",
            "COMPLETED",
            "COMPLETED",
            "FAILED",
        ]


def test_restart(frozen: MockFlow) -> None:
    workflow = frozen.workflow()
    poll(frozen.url)
    frozen.clock.advance("2m")
    workflow.restart()
    assert (workflow.state, workflow.elapsed, workflow.polls) == ("PROVISIONING", 0, 0)
    frozen.clock.advance("1m")
    assert poll(frozen.url) == "COMPLETED"


def test_restart_of_what_a_client_has_to_provision() -> None:
    why = "begins when a client provisions it"
    with MockFlow(STORY.workflow("w", starts="provision")) as cluster, pytest.raises(MockFlowError, match=why):
        cluster.workflow().restart()


@pytest.mark.parametrize("workflow_id", ["a/b c", "50%", "ä?x#y", "..", "+"])
def test_any_id(workflow_id: str) -> None:
    with MockFlow(Scenario("odd").workflow(workflow_id).at("0s", state="FAILED", error="why")) as cluster:
        workflow = cluster.workflow(workflow_id)
        workflow.restart()
        assert (workflow.state, workflow.status["error"], len(workflow.timeline)) == ("FAILED", "why", 1)
        cluster.clock.advance_to("FAILED", workflow_id)
        assert f"workflow {workflow_id}, by scenario odd" in cluster.journal.story()


def test_one_that_there_is_not(cluster: MockFlow) -> None:
    with pytest.raises(MockFlowError, match='no workflow "v"; one of w'):
        cluster.workflow("v")
    workflow = cluster.workflow("w")
    cluster.remove("story")
    with pytest.raises(MockFlowError, match='no workflow "w"'):
        workflow.state  # noqa: B018 - reading it asks
    with pytest.raises(MockFlowError, match='no workflow "w"; there are no workflows'):
        cluster.workflow("w")


def test_one_that_is_gone_is_in_no_list_and_breaks_no_story() -> None:
    with MockFlow() as cluster:
        created = create(cluster)
        made = [resource["resource_id"] for resource in ended(cluster, created)["resources_created"]]
        request(cluster.url, f"{WORKFLOW}/{created}", method="DELETE")  # the template; deprovisioning ends the rest
        request(cluster.url, f"{WORKFLOW}/{created}/_deprovision?allow_delete={','.join(made)}", method="POST")
        assert cluster.workflows() == []
        assert f"DELETE /workflow/{created}" in cluster.journal.story()


# -- fail_step -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["create_index", "create_ingest_pipeline"])
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, "WorkflowStepException during step {step}, {message}restStatus: INTERNAL_SERVER_ERROR"),
        (
            {"status": "BAD_REQUEST", "message": "disk full"},
            "WorkflowStepException during step {step}, disk full, restStatus: BAD_REQUEST",
        ),
        (
            {"status": "CONFLICT", "message": "m", "exception": "OpenSearchStatusException"},
            "OpenSearchStatusException during step {step}, restStatus: CONFLICT",
        ),
        ({"timeout": True}, "TimeoutException during step {step}, restStatus: INTERNAL_SERVER_ERROR"),
    ],
)
def test_a_step_fails_once(step: str, given: dict[str, Any], error: str) -> None:
    with MockFlow() as cluster:
        cluster.fail_step(step, **given)
        end = ended(cluster, create(cluster))
        told = end["error"]
        assert end["state"] == "FAILED"
        beginning, _, rest = error.format(step=step, message="\0").partition("\0")
        assert told.startswith(beginning)
        assert told.endswith(rest)
        another = create(cluster, {"create_ingest_pipeline.model_id": "m", "create_index.name": "other"})
        assert ended(cluster, another)["state"] == "COMPLETED"


def test_it_takes_its_time() -> None:
    with MockFlow(clock="frozen", step_time="1s") as cluster:
        cluster.fail_step("create_ingest_pipeline", takes="30s")
        workflow = cluster.workflow(create(cluster))
        cluster.clock.advance_to("FAILED")
        assert workflow.elapsed == 30_000


def test_by_id_and_in_the_first_run_that_has_it() -> None:
    with MockFlow() as cluster:
        cluster.fail_step("mine", message="by id")
        assert ended(cluster, create(cluster))["state"] == "COMPLETED"  # its steps have other ids
        node = {"id": "mine", "type": "create_index", "user_inputs": {"index_name": "j", "configurations": "{}"}}
        template = {"name": "t", "workflows": {"provision": {"nodes": [node]}}}
        assert "by id" in ended(cluster, create(cluster, template, "provision=true"))["error"]


@pytest.mark.parametrize(
    ("step", "version", "why"),
    [
        ("create_indx", "3.2.0", 'no step "create_indx" in OpenSearch 3.2.0 .*; did you mean create_index\\?'),
        ("createIndex", "3.2.0", "did you mean create_index"),
        ("reindex", "2.13.0", 'no step "reindex" in OpenSearch 2.13.0'),
        ("delete_index", "2.18.0", 'no step "delete_index"'),  # no template may have it
    ],
)
def test_a_step_that_no_run_can_have(step: str, version: str, why: str) -> None:
    with MockFlow(version=version) as cluster:
        create_one = {"id": "n", "type": "register_model_group", "user_inputs": {"name": "g"}}
        create(cluster, {"name": "t", "workflows": {"provision": {"nodes": [create_one]}}}, "")
        with pytest.raises(MockFlowError, match=why):
            cluster.fail_step(step)
        cluster.fail_step("n")
        cluster.fail_step("register_model_group")


def test_an_id_is_accepted_until_a_template_is_known() -> None:
    with MockFlow() as cluster:
        for step in ("create_index_2", "my_create_index", "register_model", "x"):
            cluster.fail_step(step)
        with pytest.raises(MockFlowError, match="did you mean create_index"):
            cluster.fail_step("create_indx")
        create(cluster)
        with pytest.raises(MockFlowError, match='no step "register_model"'):
            cluster.fail_step("register_model")


def test_it_wins_over_the_script() -> None:
    script = Scenario("fine").match(everything=True).step("create_index", takes="1ms")
    with MockFlow(script) as cluster:
        cluster.fail_step("create_index", message="all the same")
        assert "all the same" in ended(cluster, create(cluster))["error"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"status": "TEAPOT"}, 'unknown status "TEAPOT"'),
        ({"status": "OK"}, "is not a failure"),
        ({"status": 400}, "write its name, BAD_REQUEST"),
        ({"takes": "30"}, "it needs a unit"),
        ({"timeout": True, "status": "BAD_REQUEST"}, "a time-out has its own status and message"),
        ({"message": 3}, "message"),
    ],
)
def test_what_cannot_fail_so(cluster: MockFlow, given: dict[str, Any], why: str) -> None:
    with pytest.raises(MockFlowError, match=why):
        cluster.fail_step("create_index", **given)
    assert ended(cluster, create(cluster))["state"] == "COMPLETED"


# -- reset ---------------------------------------------------------------------------------------------


def test_a_new_world(cluster: MockFlow) -> None:
    poll(cluster.url)
    cluster.fail_step("create_index")
    cluster.load(Scenario("later").workflow("v").at("0s", state="FAILED"))
    cluster.reset()
    assert (cluster.clock.elapsed, cluster.clock.mode, cluster.journal.requests()) == (0, "auto", [])
    assert (cluster.scenarios(), cluster.workflow().polls, cluster.coverage().seen) == (["story"], 0, ())
    assert ended(cluster, create(cluster))["state"] == "COMPLETED"


def test_a_new_world_of_other_settings(cluster: MockFlow) -> None:
    cluster.load(Scenario("later").workflow("v").at("0s", state="FAILED"))
    cluster.reset(mode="frozen", step_time="10ms", epoch=5000, keep=["scenarios"])
    assert (cluster.clock.mode, cluster.clock.now, cluster.scenarios()) == ("frozen", 5_000, ["story", "later"])
    cluster.clock.advance_to("COMPLETED", create(cluster))
    assert cluster.clock.elapsed == 20


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"mod": "auto"}, "did you mean mode"),
        ({"mode": "fast"}, "should be"),
        ({"step_time": "1"}, "needs a unit"),
        ({"epoch": 10**400}, "epoch: should be less than or equal to 253402300799999"),
        ({"speed": float("nan")}, "NaN is not a number of JSON"),
        ({"users": {1}}, "the values of a command are JSON"),
    ],
)
def test_a_world_that_cannot_be(cluster: MockFlow, settings: dict[str, Any], why: str) -> None:
    poll(cluster.url)
    with pytest.raises(MockFlowError, match=why):
        cluster.reset(**settings)
    assert cluster.workflow().polls == 1
