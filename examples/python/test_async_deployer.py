"""Tests of the asynchronous deployer. They need a plugin that runs coroutines, such as pytest-asyncio."""

from collections.abc import Iterator
from typing import Any

import pytest
from async_deployer import Outcome, deploy, deploy_all
from hypothesis import given, settings
from opensearchpy import AsyncOpenSearch

from mockflow import ClusterHandle, MockFlow, Scenario, strategies

pytestmark = pytest.mark.asyncio


@pytest.fixture
def cluster(mockflow: ClusterHandle) -> Iterator[ClusterHandle]:
    with mockflow.patch_sleep("async_deployer"):
        yield mockflow


def template(name: str) -> dict[str, Any]:
    """A template of two steps, one after the other."""
    pipeline = {"pipeline_id": f"embed-{name}", "configurations": {"processors": []}}
    index = {"index_name": name, "configurations": {}}
    nodes = [
        {"id": "pipeline", "type": "create_ingest_pipeline", "user_inputs": pipeline},
        {"id": "index", "type": "create_index", "user_inputs": index},
    ]
    edges = [{"source": "pipeline", "dest": "index"}]
    return {"name": name, "workflows": {"provision": {"nodes": nodes, "edges": edges}}}


async def test_several_at_once(cluster: ClusterHandle, mockflow_async_client: AsyncOpenSearch) -> None:
    """The slowest deployment determines the time."""
    cluster.load(Scenario("films").match(name="films").step_time("30s"))
    outcomes = await deploy_all(mockflow_async_client, [template("books"), template("films"), template("songs")])
    assert outcomes == [Outcome(name, "COMPLETED") for name in ("books", "films", "songs")]
    assert outcomes[0].resources == ("embed-books", "books")
    assert cluster.clock.elapsed == 60_000
    for workflow in cluster.workflows():
        cluster.journal.assert_polling(workflow.id, min_interval="2s")


async def test_one_fails_and_the_others_do_not(cluster: ClusterHandle, mockflow_async_client: AsyncOpenSearch) -> None:
    cluster.load(Scenario("films").match(name="films").step("index", fails={"status": "CONFLICT", "message": "no"}))
    outcomes = await deploy_all(mockflow_async_client, [template("books"), template("films")])
    assert [outcome.state for outcome in outcomes] == ["COMPLETED", "FAILED"]
    assert outcomes[1].reason == "WorkflowStepException during step index, no, restStatus: CONFLICT"
    assert not await mockflow_async_client.indices.exists(index="films")


async def test_what_is_left_is_told(cluster: ClusterHandle, mockflow_async_client: AsyncOpenSearch) -> None:
    cluster.load(Scenario("films").match(name="films").step("index", fails="timeout").deprovision(keeps=["pipeline"]))
    [outcome] = await deploy_all(mockflow_async_client, [template("films")])
    assert "TimeoutException" in outcome.reason
    assert outcome.reason.endswith("; Failed to deprovision some resources: [pipeline_id embed-films].")


async def test_it_gives_up_after_five_minutes(cluster: ClusterHandle, mockflow_async_client: AsyncOpenSearch) -> None:
    cluster.load(Scenario("stuck").match(everything=True).at("0s", state="PROVISIONING"))
    [outcome] = await deploy_all(mockflow_async_client, [template("books")])
    assert outcome == Outcome("books", "TIMED_OUT", "not done after 300 s")
    assert cluster.journal.polling().count == 150


async def test_a_template_that_the_plugin_refuses(
    cluster: ClusterHandle, mockflow_async_client: AsyncOpenSearch
) -> None:
    wrong = template("books")
    del wrong["workflows"]["provision"]["nodes"][1]["user_inputs"]["index_name"]
    [outcome] = await deploy_all(mockflow_async_client, [wrong])
    assert outcome.state == "REFUSED"
    assert outcome.reason.endswith("node [index] missing the following required inputs : [index_name]")


@given(strategies.scenarios(None, steps=template("books"), max_duration="4m"))
@settings(max_examples=25, deadline=None)
async def test_whatever_the_plugin_does(scenario: Scenario) -> None:
    """The fake cluster runs in the test's own loop."""
    async with MockFlow(scenario) as cluster, AsyncOpenSearch(cluster.url) as client:
        with cluster.patch_sleep("async_deployer"):
            outcome = await deploy(client, template("books"))
        [workflow] = cluster.workflows()
        assert outcome.state == ("FAILED" if cluster.journal.requests("deprovision") else "COMPLETED")
        assert bool(outcome.reason) == (outcome.state == "FAILED")
        assert workflow.state == {"FAILED": "NOT_STARTED", "COMPLETED": "COMPLETED"}[outcome.state]
