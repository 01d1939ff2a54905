"""Coverage of the scripts: which parts has a client really seen?"""

from typing import Any

import pytest

from mockflow import MockFlow, Scenario
from mockflow.handle import Coverage
from tests.support.python_api import STORY, WORKFLOW, create, ended, poll, request

LONG = STORY.at_poll(3, error="late").at("2s", state="FAILED")


def seen(cluster: MockFlow) -> dict[str, bool]:
    return {str(part): part.seen for part in cluster.coverage().parts}


def deprovision(cluster: MockFlow, workflow_id: str) -> None:
    made = ",".join(resource["resource_id"] for resource in cluster.workflow(workflow_id).resources)
    assert request(cluster.url, f"{WORKFLOW}/{workflow_id}/_deprovision?allow_delete={made}", method="POST")[0] == 200


def test_in_auto_every_keyframe_is_seen_in_turn() -> None:
    with MockFlow(LONG) as cluster:
        counts = [len(cluster.coverage().seen)]
        for _ in range(6):
            poll(cluster.url)
            counts.append(len(cluster.coverage().seen))
        assert counts == [0, 1, 2, 3, 4, 4, 4]
        assert list(seen(cluster)) == [
            "story: provision: 0s PROVISIONING 1 created",
            "story: provision: 1m COMPLETED",
            "story: provision: poll 3",
            "story: provision: 2s FAILED",
        ]


def test_frozen_what_time_has_passed_over_is_not_seen() -> None:
    with MockFlow(LONG, clock="frozen") as cluster:
        poll(cluster.url)
        cluster.clock.advance("2m")
        poll(cluster.url)
        poll(cluster.url)
        cluster.clock.advance("1h")
        assert list(seen(cluster).values()) == [True, True, True, False]
        with pytest.raises(AssertionError) as error:
            cluster.coverage().assert_complete()
        assert str(error.value) == "scripted but never observed:\n  story: provision: 2s FAILED"
        poll(cluster.url)
        cluster.coverage().assert_complete()


def test_what_the_owner_looks_at_is_not_seen(frozen: MockFlow) -> None:
    assert frozen.workflow().status
    assert frozen.workflow().timeline
    frozen.clock.next()
    assert frozen.coverage().seen == ()


@pytest.mark.parametrize("mode", ["auto", "frozen"])
def test_told_by_a_search(mode: Any) -> None:
    with MockFlow(STORY, clock=mode) as cluster:
        poll(cluster.url)
        if mode == "frozen":
            cluster.clock.advance("1m")
        request(cluster.url, f"{WORKFLOW}/state/_search", {"query": {"match_all": {}}})
        cluster.coverage().assert_complete()


def test_told_by_an_answer_that_was_waited_for() -> None:
    script = Scenario("s").match(everything=True).at("0s", state="PROVISIONING").at("1m", state="COMPLETED")
    with MockFlow(script) as cluster:
        create(cluster, query="use_case=semantic_search&provision=true&wait_for_completion_timeout=1h")
        assert seen(cluster) == {"s: provision: 0s PROVISIONING": False, "s: provision: 1m COMPLETED": True}


def test_a_planned_step_behind_a_failure_is_not_seen() -> None:
    with MockFlow() as cluster:
        cluster.fail_step("create_ingest_pipeline", takes="1s")
        cluster.fail_step("create_index", takes="2s")
        assert ended(cluster, create(cluster))["state"] == "FAILED"
        assert seen(cluster) == {
            "(added): plans: step create_ingest_pipeline takes 1s and fails with INTERNAL_SERVER_ERROR": True,
            "(added): plans: step create_index takes 2s and fails with INTERNAL_SERVER_ERROR": False,
        }


def test_attempts() -> None:
    script = (
        Scenario("s")
        .match(everything=True)
        .at("0s", state="PROVISIONING")
        .at("1s", state="FAILED")
        .attempt()
        .at("0s", state="PROVISIONING")
        .attempt()
        .step_time("1s")
        .deprovision()
        .deprovision(takes="1s")
    )
    with MockFlow(script) as cluster:
        created = create(cluster)
        assert list(seen(cluster)) == [
            "s: provision: 0s PROVISIONING",
            "s: provision: 1s FAILED",
            "s: provision attempt 2: 0s PROVISIONING",
            "s: provision attempt 3: the attempt",
            "s: deprovision: the attempt",
            "s: deprovision attempt 2: the attempt",
        ]
        ended(cluster, created)
        assert list(seen(cluster).values()) == [True, True, False, False, False, False]
        for number in range(2):
            deprovision(cluster, created)
            assert [part.seen for part in cluster.coverage().parts if part.run == "deprovision"] == [True, number > 0]
            request(cluster.url, f"{WORKFLOW}/{created}/_provision", method="POST")
            poll(cluster.url, created)
            cluster.clock.advance("1h")
        cluster.coverage().assert_complete()


def test_a_look_and_the_provision_after_it_are_one_attempt() -> None:
    with MockFlow(STORY.attempt().at("0s", state="FAILED")) as cluster:
        poll(cluster.url)
        request(cluster.url, f"{WORKFLOW}/w/_provision", method="POST")
        poll(cluster.url)
        assert [part.seen for part in cluster.coverage().parts] == [True, False, False]


def test_steps_of_a_plan() -> None:
    script = (
        Scenario("s")
        .match(everything=True)
        .step("create_index", takes="2s", fails={"status": "CONFLICT"})
        .step("create_indx", fails="timeout")
        .step("deploy_model")
    )
    with MockFlow(script) as cluster:
        ended(cluster, create(cluster))
        assert seen(cluster) == {
            "s: provision: step create_index takes 2s and fails with CONFLICT": True,
            "s: provision: step create_indx times out": False,
            "s: provision: step deploy_model": False,
        }
        assert [part.step for part in cluster.coverage().unseen] == ["create_indx", "deploy_model"]


def test_a_scenario_that_is_replaced_or_removed_begins_anew(cluster: MockFlow) -> None:
    poll(cluster.url)
    poll(cluster.url)
    cluster.load(STORY)
    assert cluster.coverage().seen == ()
    poll(cluster.url)
    cluster.remove("story")
    assert cluster.coverage().parts == ()
    cluster.load(STORY)
    assert cluster.coverage().seen == ()


def test_a_restart_keeps_what_was_seen(cluster: MockFlow) -> None:
    poll(cluster.url)
    cluster.workflow().restart()
    assert len(cluster.coverage().seen) == 1


def test_where_nothing_is_scripted() -> None:
    with MockFlow() as cluster:
        ended(cluster, create(cluster))
        assert cluster.coverage() == Coverage(())
        cluster.coverage().assert_complete()
