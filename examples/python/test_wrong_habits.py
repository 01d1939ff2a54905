"""Each wrong habit of wrong_habits.py, and the test that catches it.

In a program's own test suite the test would fail. Here `pytest.raises` has the error that it would report.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import wrong_habits
from opensearchpy import AuthorizationException, OpenSearch, RequestError, TransportError

from mockflow import ClusterHandle, MockFlow, Scenario

ID = "8xL8bowB8y25Tqfenm50"
TEMPLATE: dict[str, Any] = json.loads(Path(__file__).with_name("template.json").read_text("utf-8"))
BOOKS = Scenario("books").match(name="book-*")
OURS = Scenario("ours").workflow(ID).at("0s", state="PROVISIONING")
COMPLETED = OURS.at("30s", state="COMPLETED").created("create_connector")
FAILED = OURS.at("30s", state="FAILED", error="Failed to create index during step create_index, restStatus: CONFLICT")


@pytest.fixture
def cluster(mockflow: ClusterHandle) -> Iterator[ClusterHandle]:
    """A cluster with virtual sleep for the wrong programs."""
    with mockflow.patch_sleep("wrong_habits"):
        yield mockflow


def created(client: OpenSearch) -> str:
    return str(client.plugins.flow_framework.create(body=TEMPLATE)["workflow_id"])


def status_at_the_end(cluster: ClusterHandle, client: OpenSearch) -> dict[str, Any]:
    """Deploys the template and returns the last status."""
    workflow_id = created(client)
    client.plugins.flow_framework.provision(workflow_id=workflow_id)
    cluster.clock.advance("10m")
    status: dict[str, Any] = client.plugins.flow_framework.get_status(workflow_id=workflow_id)
    return status


# -- waiting -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "scenario"),
    [
        (wrong_habits.waits_for_complete, COMPLETED),
        (wrong_habits.knows_no_failure, FAILED),
        (wrong_habits.has_no_time_limit, OURS),
        (wrong_habits.makes_no_pause, COMPLETED),
    ],
)
def test_who_polls_for_ever_is_cut_off(program: Callable[[OpenSearch, str], object], scenario: Scenario) -> None:
    """With the fixture `mockflow`, the test fails and reports the requests."""
    with (
        MockFlow(scenario, max_polls=40) as cluster,
        cluster.patch_sleep("wrong_habits"),
        OpenSearch(cluster.url, max_retries=0) as client,
    ):
        with pytest.raises(TransportError):
            program(client, ID)
        assert "the same answer 40 times" in str(cluster.stuck)


def test_who_asks_on_after_the_end_asks_too_often(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(COMPLETED)
    wrong_habits.asks_on_after_the_end(mockflow_client, ID)
    cluster.clock.advance("1m")
    wrong_habits.asks_on_after_the_end(mockflow_client, ID)
    with pytest.raises(AssertionError, match="19 polls after the end of the workflow"):
        cluster.journal.assert_polling()


def test_who_makes_no_pause_polls_too_fast(mockflow: ClusterHandle, mockflow_client: OpenSearch) -> None:
    """In mode auto the run ends at once, and intervals are measured by the wall clock."""
    mockflow.load(COMPLETED)
    assert wrong_habits.makes_no_pause(mockflow_client, ID) == "COMPLETED"
    with pytest.raises(AssertionError, match="faster than 1s"):
        mockflow.journal.assert_polling(min_interval="1s")


@pytest.mark.parametrize(("step_time", "error"), [("7s", KeyError), ("3s", AssertionError)])
def test_who_sleeps_and_hopes_is_slower_one_day(
    step_time: str, error: type[Exception], cluster: ClusterHandle, mockflow_client: OpenSearch
) -> None:
    """Resources may still be missing."""
    cluster.load(BOOKS.step_time(step_time))
    with pytest.raises(error):  # noqa: PT012
        resources = wrong_habits.sleeps_and_hopes(mockflow_client, TEMPLATE)
        assert "books" in [each["resource_id"] for each in resources]


# -- reading what was created ------------------------------------------------------------------------


def test_who_takes_the_first_finds_none(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.fail_step("create_index", status="CONFLICT")
    with pytest.raises(IndexError):
        wrong_habits.takes_the_first(status_at_the_end(cluster, mockflow_client))


def test_who_takes_the_first_pipeline_takes_the_wrong_one(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(BOOKS.step("search_pipeline", takes="2s").step("create_connector", takes="20s"))
    found = wrong_habits.first_pipeline_wins(status_at_the_end(cluster, mockflow_client))
    assert found == "rank-books"  # and it wanted embed-books


def test_who_makes_a_dict_by_step_loses_one(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    status = status_at_the_end(cluster, mockflow_client)
    assert len(status["resources_created"]) == 6
    assert len(wrong_habits.dict_by_step(status)) == 5


# -- reading answers ---------------------------------------------------------------------------------


def test_who_reads_the_status_of_provision(mockflow_client: OpenSearch) -> None:
    with pytest.raises(KeyError, match="status"):
        wrong_habits.reads_the_status_of_provision(mockflow_client, created(mockflow_client))


@pytest.mark.mockflow(version="3.2.0")
def test_who_knows_200_alone_is_wrong_since_3(mockflow_client: OpenSearch) -> None:
    assert not wrong_habits.two_hundred_is_success(mockflow_client, created(mockflow_client))


@pytest.mark.mockflow(version="2.19.3")
def test_who_knows_200_alone_was_right_before(mockflow_client: OpenSearch) -> None:
    assert wrong_habits.two_hundred_is_success(mockflow_client, created(mockflow_client))


def test_who_looks_for_exceptions_alone_leaves_something(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    cluster.load(COMPLETED.deprovision(keeps=["create_connector_1"]))
    cluster.workflow(ID)
    mockflow_client.plugins.flow_framework.get_status(workflow_id=ID)
    cluster.clock.advance_to(state="COMPLETED")
    wrong_habits.no_exception_is_success(mockflow_client, ID)
    cluster.journal.assert_called("deprovision", status=202)
    assert [each["resource_type"] for each in cluster.workflow(ID).resources] == ["connector_id"]


def test_who_names_nothing_to_delete_is_refused(cluster: ClusterHandle, mockflow_client: OpenSearch) -> None:
    workflow_id = status_at_the_end(cluster, mockflow_client)["workflow_id"]
    with pytest.raises(AuthorizationException, match="require the allow_delete parameter"):
        wrong_habits.no_exception_is_success(mockflow_client, workflow_id)


@pytest.mark.parametrize(("version", "understood"), [("2.19.3", True), ("3.2.0", False)])
def test_who_parses_the_error_depends_on_the_release(version: str, understood: bool) -> None:
    with MockFlow(version=version, clock="frozen") as cluster, OpenSearch(cluster.url) as client:
        cluster.fail_step("create_connector", status="CONFLICT", message="there is one")
        status = status_at_the_end(cluster, client)
    if understood:
        assert wrong_habits.parses_the_error(status) == ("create_connector", "CONFLICT")
    else:
        with pytest.raises(ValueError, match="WorkflowStepException during step create_connector, there is one"):
            wrong_habits.parses_the_error(status)


@pytest.mark.mockflow(version="3.2.0-SNAPSHOT")
def test_who_makes_integers_of_the_version(mockflow_client: OpenSearch) -> None:
    with pytest.raises(ValueError, match="0-SNAPSHOT"):
        wrong_habits.makes_integers_of_the_version(mockflow_client)


# -- what the client does ----------------------------------------------------------------------------


def test_who_sends_a_python_boolean(mockflow_client: OpenSearch) -> None:
    with pytest.raises(RequestError, match=r"Failed to parse value \[True\]"):
        wrong_habits.sends_a_python_boolean(mockflow_client, TEMPLATE)


@pytest.mark.asyncio
async def test_who_relies_on_info(mockflow_url: str) -> None:
    with pytest.raises(TypeError):
        await wrong_habits.relies_on_info(mockflow_url, "unknown")
