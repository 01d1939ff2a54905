"""Tests of the deployer, for successful and failing deployments."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import deployer
import pytest
from deployer import DeploymentError, deploy
from hypothesis import given, settings
from opensearchpy import OpenSearch

from mockflow import ClusterHandle, MockFlow, Scenario, strategies

TEMPLATE: dict[str, Any] = json.loads(Path(__file__).with_name("template.json").read_text("utf-8"))
BOOKS = Scenario("books").match(name="book-*")


@pytest.fixture
def cluster(mockflow: ClusterHandle) -> Iterator[ClusterHandle]:
    """A cluster with the deployer's virtual sleep: its five seconds and ten minutes take no real time."""
    with mockflow.patch_sleep("deployer"):
        yield mockflow


def types_of(resources: list[dict[str, str]]) -> list[str]:
    return [each["resource_type"] for each in resources]


def test_all_goes_well(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(BOOKS.step_time("7s").step("register_model", takes="40s"))
    resources = deploy(mockflow_client, TEMPLATE)
    assert types_of(resources).count("pipeline_id") == 2
    assert mockflow_client.indices.exists(index="books")
    cluster.journal.assert_called("create", times=1)
    cluster.journal.assert_called("provision", times=1)
    cluster.journal.assert_polling(min_interval="5s", max_interval="5s")
    assert cluster.journal.polling().count == 14  # 7 + 40 + 7 + 7 seconds, and the first poll


@pytest.mark.mockflow(version="2.19.3")
def test_an_older_cluster_accepts_with_other_codes(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    assert deploy(mockflow_client, TEMPLATE)
    cluster.journal.assert_called("provision", status=200)


@pytest.mark.parametrize("step", ["create_connector", "register_model", "search_pipeline", "create_index"])
def test_a_failure_leaves_nothing_behind(step: str, cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.fail_step(step, status="TOO_MANY_REQUESTS", message="slow down")
    with pytest.raises(DeploymentError, match="slow down") as raised:
        deploy(mockflow_client, TEMPLATE)
    assert raised.value.left == []
    assert cluster.workflow().state == "NOT_STARTED"
    assert not mockflow_client.indices.exists(index="books")


def test_a_step_that_times_out(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.fail_step("register_model", timeout=True)
    with pytest.raises(DeploymentError, match="TimeoutException"):
        deploy(mockflow_client, TEMPLATE)


def test_what_cannot_be_deleted_at_first_is_deleted_later(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(BOOKS.step("create_index", fails="timeout").deprovision(keeps=["register_model"]).deprovision())
    with pytest.raises(DeploymentError) as raised:
        deploy(mockflow_client, TEMPLATE)
    assert raised.value.left == []
    assert [each.status for each in cluster.journal.requests("deprovision")] == [202, 200]


def test_what_cannot_be_deleted_is_told(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(BOOKS.step("create_index", fails="timeout").deprovision(keeps=["create_connector"]))
    with pytest.raises(DeploymentError) as raised:
        deploy(mockflow_client, TEMPLATE)
    assert types_of(raised.value.left) == ["connector_id"]
    cluster.journal.assert_called("deprovision", times=3)


def test_it_gives_up_after_ten_minutes(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(BOOKS.at("0s", state="PROVISIONING").at("3m").created("create_connector"))
    with pytest.raises(DeploymentError, match="still PROVISIONING after 600 s"):
        deploy(mockflow_client, TEMPLATE)
    assert cluster.clock.elapsed == 600_000
    cluster.journal.assert_called("deprovision", times=0)


@given(strategies.scenarios(None, steps=TEMPLATE, max_keyframes=8))
@settings(max_examples=25, deadline=None)
def test_whatever_the_plugin_does(scenario: Scenario) -> None:
    """It returns what was created, or raises and leaves nothing behind."""
    with MockFlow(scenario) as cluster, cluster.patch_sleep("deployer"), OpenSearch(cluster.url) as client:
        try:
            assert deploy(client, TEMPLATE) == cluster.workflow().resources
        except DeploymentError:
            assert cluster.workflow().resources == []
        assert cluster.workflow().state == ("NOT_STARTED" if cluster.journal.requests("deprovision") else "COMPLETED")


def test_the_command(
    cluster: ClusterHandle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    template = str(Path(__file__).with_name("template.json"))
    monkeypatch.setattr("sys.argv", ["deployer.py", cluster.url, template])
    deployer.main()
    assert "create_index: index_name books\n" in capsys.readouterr().out
    cluster.fail_step("create_connector", status="FORBIDDEN", message="not on the list")
    with pytest.raises(SystemExit, match="not on the list"):
        deployer.main()
