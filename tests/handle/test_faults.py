"""Faults from Python: `cluster.fail`, over both transports."""

from collections.abc import Callable
from pathlib import Path

import pytest
from opensearchpy import OpenSearch, TransportError

from mockflow import ClusterHandle, MockFlow, MockFlowError, Scenario
from mockflow.handle.faults import FaultHandle

ID = "8xL8bowB8y25Tqfenm50"
STORY = Scenario("story").workflow(ID).at("0s", state="PROVISIONING").at("6s", state="COMPLETED")

Connect = Callable[[MockFlow], ClusterHandle]


@pytest.fixture(params=[lambda cluster: cluster, lambda cluster: MockFlow.connect(cluster.url)], ids=["local", "http"])
def connect(request: pytest.FixtureRequest) -> Connect:
    chosen: Connect = request.param
    return chosen


def status(cluster: ClusterHandle) -> object:
    """What a client without retries sees: the state, or the status of the error."""
    with OpenSearch(cluster.url, max_retries=0, timeout=5) as client:
        try:
            return client.plugins.flow_framework.get_status(workflow_id=ID)["state"]
        except TransportError as error:
            return error.status_code


def test_the_first_so_many_calls_fail(connect: Connect) -> None:
    with MockFlow(STORY) as server:
        cluster = connect(server)
        fault = cluster.fail("get_status", times=2, respond="too_many_requests")
        assert [status(cluster) for _ in range(4)] == [429, 429, "PROVISIONING", "COMPLETED"]
        assert (fault.calls, fault.acted) == (4, 2)


def test_it_counts_from_when_it_is_added() -> None:
    with MockFlow(STORY) as cluster:
        assert status(cluster) == "PROVISIONING"
        cluster.fail("get_status", call=1, respond={"status": 418, "body": "no"})
        assert [status(cluster), status(cluster)] == [418, "COMPLETED"]


def test_one_that_is_removed_acts_no_more(connect: Connect) -> None:
    with MockFlow(STORY) as server:
        cluster = connect(server)
        fault = cluster.fail("any", respond="unauthorized")
        assert status(cluster) == 401
        fault.remove()
        assert status(cluster) == "PROVISIONING"
        with pytest.raises(MockFlowError, match="no fault"):
            fault.remove()
        assert (fault.calls, fault.acted) == (0, 0)


def test_all_are_cleared_but_those_of_scenarios(connect: Connect) -> None:
    with MockFlow(STORY.fault("get_status", call=3, respond="forbidden")) as server:
        cluster = connect(server)
        cluster.fail("get_status", respond="unauthorized")
        cluster.fail("get_status", respond="internal_error")
        assert status(cluster) == 401
        cluster.clear_faults()
        assert [status(cluster), status(cluster)] == ["PROVISIONING", 403]


def test_a_reset_takes_them_away() -> None:
    with MockFlow(STORY) as cluster:
        cluster.fail("any", respond="unauthorized")
        cluster.reset()
        assert status(cluster) == "PROVISIONING"


def test_one_workflow_alone() -> None:
    other = Scenario("other").workflow("other").at("0s", state="COMPLETED")
    with MockFlow(STORY, other) as cluster, OpenSearch(cluster.url, max_retries=0) as client:
        cluster.fail("get_status", respond="unauthorized", workflow_id="other")
        assert status(cluster) == "PROVISIONING"
        with pytest.raises(TransportError):
            client.plugins.flow_framework.get_status(workflow_id="other")


def test_a_state_and_a_window() -> None:
    with MockFlow(STORY, clock="frozen") as cluster:
        cluster.fail("get_status", state="PROVISIONING", during="1s..2s", respond="not_recovered")
        seen = []
        for _ in range(4):
            seen.append(status(cluster))
            cluster.clock.advance("1s")
        assert seen == ["PROVISIONING", 503, "PROVISIONING", "PROVISIONING"]


def test_a_broken_connection() -> None:
    with MockFlow(STORY) as cluster:
        cluster.fail("get_status", connection="reset", times=1)
        assert status(cluster) == "N/A"
        assert status(cluster) == "PROVISIONING"
        [broken, whole] = cluster.journal.requests("get_status")
        assert (broken.status, broken.fault, broken.is_poll) == (0, "get_status calls 1..1: reset", False)
        assert (whole.status, whole.fault, whole.is_poll) == (200, None, True)


def test_the_story_tells_of_faults_and_stubs() -> None:
    scenario = STORY.fault("get_status", call=1, respond="bad_gateway").stub("GET /mine", {"body": "hello"})
    with MockFlow(scenario) as cluster, OpenSearch(cluster.url, max_retries=0) as client:
        status(cluster)
        client.transport.perform_request("GET", "/mine")
        with pytest.raises(TransportError):
            client.transport.perform_request("POST", "/mine")
        story = cluster.journal.story()
    assert "-> 502 <html>" in story
    assert "[fault get_status call 1: bad_gateway]" in story
    assert "GET /mine -> 200 hello  [stub GET /mine]" in story
    assert "[nearest stub GET /mine: the method is POST, not GET]" in story


def test_coverage_names_what_never_acted() -> None:
    scenario = STORY.fault("get_status", call=1, respond="bad_gateway").fault("delete", respond="forbidden")
    with MockFlow(scenario.stub("GET /mine", {"body": "hello"}).outage("1h", ("yellow", "1s"))) as cluster:
        assert status(cluster) == 502
        unseen = [str(part) for part in cluster.coverage().unseen if part.run in ("faults", "stubs", "outages")]
        assert unseen == ["story: faults: delete: forbidden", "story: outages: outage", "story: stubs: GET /mine"]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"on": "get_stat"}, "unknown operation"),
        ({"on": "get_status"}, "a fault that does nothing"),
        ({"on": "get_status", "respond": "too_many"}, "unknown preset"),
        ({"on": "get_status", "connection": "rest"}, "connection"),
        ({"on": "get_status", "delay": "5"}, "it needs a unit"),
        ({"on": "get_status", "delay": "5s", "during": "2s..1s"}, "ends before it begins"),
        ({"on": "get_status", "delay": "5s", "probability": 2}, "probability"),
        ({"on": "get_status", "delay": "5s", "times": 0}, "times is at least 1"),
        ({"on": "get_status", "delay": "5s", "workflow_id": "nowhere"}, "nowhere"),
        ({"on": "get_status", "respond": {"status": 99}}, "status"),
        ({"on": "get_status", "respond": {"body": 1}, "connection": "reset"}, "sends no response"),
    ],
)
def test_what_cannot_be_meant_is_refused(connect: Connect, keys: dict[str, object], told: str) -> None:
    with MockFlow(STORY) as server:
        with pytest.raises(MockFlowError, match=told):
            connect(server).fail(**keys)  # type: ignore[arg-type]
        assert status(server) == "PROVISIONING"


def test_it_shows_itself() -> None:
    with MockFlow(STORY) as cluster:
        fault: FaultHandle = cluster.fail("get_status", respond="unauthorized")
        assert repr(fault) == "<Fault get_status: unauthorized>"
        fault.remove()
        assert repr(fault) == "<Fault (removed)>"


def test_a_body_in_a_file_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text('{"state": "{{path.id}}"}', "utf-8")
    (tmp_path / "s.yaml").write_text(
        "scenario: s\nstubs:\n  - request: GET /x/{id}\n    respond: {body_file: page.json}\n", "utf-8"
    )
    with MockFlow() as cluster, OpenSearch(cluster.url) as client:
        for known in (cluster, MockFlow.connect(cluster.url)):
            known.load(tmp_path / "s.yaml")
            assert client.transport.perform_request("GET", "/x/7") == {"state": "7"}
            known.remove("s")
