"""The same tests against servers that are up already."""

import json
from urllib.request import urlopen

import pytest
from aiohttp.test_utils import unused_port

from tests.plugin.conftest import Suite
from tests.support.served import Served


def test_the_same_tests(suite: Suite, served: Served) -> None:
    tests = f"""
@pytest.mark.mockflow("story.yaml", clock="frozen", version="2.19.0", epoch=5_000, seed=3)
def test_one(mockflow, mockflow_client, mockflow_server):
    assert mockflow.url == mockflow_server.url == {served.url!r}
    assert (mockflow.scenarios(), mockflow.clock.now) == (["story"], 5_000)
    assert state(mockflow.url) == "PROVISIONING"
    assert mockflow_client.info()["version"]["number"] == "2.19.0"

def test_two(mockflow, mockflow_client):
    assert (mockflow.scenarios(), mockflow.clock.mode, mockflow.journal.requests()) == ([], "auto", [])
    assert mockflow_client.info()["version"]["number"] == "3.2.0"

@pytest.mark.mockflow(clock="frozen", step_time=10)
def test_step_time(mockflow, mockflow_client):
    node = {{"id": "a", "type": "create_index", "user_inputs": {{"index_name": "a", "configurations": "{{}}"}}}}
    template = {{"name": "x", "workflows": {{"provision": {{"nodes": [node]}}}}}}
    id = mockflow_client.plugins.flow_framework.create(body=template)["workflow_id"]
    mockflow_client.plugins.flow_framework.provision(workflow_id=id)
    mockflow.clock.advance("9ms")
    assert mockflow.workflow(id).status["state"] == "PROVISIONING"
    mockflow.clock.advance("1ms")
    assert mockflow.workflow(id).status["state"] == "COMPLETED"
"""
    suite.run(tests, "--mockflow-url", served.url).assert_outcomes(passed=3)


def test_what_tests_show(suite: Suite, served: Served) -> None:
    tests = """
@pytest.mark.mockflow(STUCK)
def test_story(mockflow):
    assert state(mockflow.url) == "COMPLETED"

@pytest.mark.mockflow("story.yaml", strict=True)
def test_strict(mockflow):
    state(mockflow.url)

@pytest.mark.mockflow(STUCK, max_polls=20)
def test_cut_off(mockflow):
    try:
        while True:
            state(mockflow.url)
    except OSError:
        pass
"""
    result = suite.run(tests, "--mockflow-report", "--mockflow-url", f"{served.url}/")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["mockflow received 1 request, clock auto:"])
    result.stdout.fnmatch_lines(["strict: scripted but never observed:"])
    result.stdout.no_fnmatch_line("*another exception occurred*")
    result.stdout.fnmatch_lines(["a client was cut off: workflow *: the same answer 20 times, *"])
    result.stdout.fnmatch_lines(["never seen: story: provision: 5s COMPLETED"])


def test_the_server_is_left_as_it_was(suite: Suite, served: Served) -> None:
    suite.run("@pytest.mark.mockflow(STUCK)\ndef test_x(mockflow): pass\n", "--mockflow-url", served.url)
    with urlopen(f"{served.url}/_mockflow/scenarios") as response:
        assert [scenario["scenario"] for scenario in json.load(response)["scenarios"]] == ["its-own"]


WORKERS = """
@pytest.mark.parametrize("number", range(12))
@pytest.mark.mockflow(STUCK)
def test_it(mockflow, number):
    assert state(mockflow.url) == "PROVISIONING"
    mockflow.journal.assert_called("get_status", times=1)
"""


def test_a_server_for_each_worker(suite: Suite, served: Served) -> None:
    """By the option twice; once it may have several, between commas."""
    with Served("--quiet") as another:
        nobody = f"http://127.0.0.1:{unused_port()}"  # of a third worker
        options = [f"--mockflow-url={served.url}", f"--mockflow-url={another.url},{nobody}"]
        suite.run_on_workers(WORKERS, *options).assert_outcomes(passed=12)


def test_workers_do_not_share_a_server(suite: Suite) -> None:
    result = suite.run_on_workers(WORKERS, "--mockflow-url", "http://127.0.0.1:9200")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mockflow-url: 2 workers and 1 server; give one URL for each worker*"])


def test_a_server_that_is_not_there(suite: Suite) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    result = suite.run("def test_x(mockflow): pass\n", "--mockflow-url", url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"mockflow: no mockflow at {url}: *"])
    result.stdout.no_fnmatch_line("*testing.py*")


def test_a_module_has_a_world_of_its_own(suite: Suite, served: Served) -> None:
    tests = """
pytestmark = pytest.mark.mockflow("story.yaml")

def test_one(mockflow_module):
    assert "/_world/" in mockflow_module.url
    assert mockflow_module.scenarios() == ["story"]
    assert state(mockflow_module.url) == "PROVISIONING"

def test_two(mockflow_module, mockflow):
    assert state(mockflow.url) == "PROVISIONING"
    assert state(mockflow_module.url) == "COMPLETED"

def test_fails(mockflow_module):
    state(mockflow_module.url)
    assert False
"""
    result = suite.run(tests, "--mockflow-url", served.url)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["mockflow received 3 requests, clock auto:"])
    with urlopen(f"{served.url}/_mockflow/worlds") as response:
        assert json.load(response) == []
