"""Clusters that live longer than a test: of a module, of the session, of the user's own fixtures."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.plugin.conftest import ID, Suite
from tests.support.paths import SHARED

MODULE: Final = """
pytestmark = pytest.mark.mockflow("story.yaml", strict=True)

@pytest.fixture(scope="module")
def deployed(mockflow_module):
    assert state(mockflow_module.url) == "PROVISIONING"
    return mockflow_module

def test_one(deployed, mockflow_server):
    assert state(deployed.url) == "COMPLETED"
    assert deployed.url != mockflow_server.url
    assert state(mockflow_server.url) == "COMPLETED"

def test_two(deployed, mockflow_session):
    assert deployed.journal.polling().count == 3
    assert mockflow_session.scenarios() == []
    mockflow_session.load(STUCK)

@pytest.mark.mockflow(strict=False)
def test_a_test_has_its_own_beside_it(deployed, mockflow, mockflow_server):
    assert mockflow.url != deployed.url
    assert state(mockflow_server.url) == "PROVISIONING"
    mockflow.journal.assert_called("get_status", times=1)
    assert deployed.journal.polling().count == 3

def test_fails(deployed):
    state(deployed.url)
    assert False

def test_fails_without_a_request(deployed):
    assert False
"""
OTHER: Final = """
pytestmark = pytest.mark.mockflow("story.yaml", strict=True)

def test_session(mockflow_session):
    assert mockflow_session.scenarios() == ["stuck"]

def test_sees_too_little(mockflow_module, mockflow_session):
    state(mockflow_module.url)
"""


def test_of_a_module_and_of_the_session(suite: Suite) -> None:
    suite.write("test_other.py", "from test_it import *\ndel test_one, test_two, test_fails\n")
    suite.write("conftest.py", "")
    suite.write("test_z.py", "from test_it import pytest, state, STUCK, ID\n" + OTHER)
    result = suite.run(MODULE, "--mockflow-report", "--deselect=test_other.py", "test_it.py", "test_z.py")
    result.assert_outcomes(passed=5, failed=2, errors=1)
    text = result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_sees_too_little*",
            "strict: scripted but never observed:",
            "  story: provision: 5s COMPLETED",
            "*- mockflow -*",
            "mockflow received 1 request, clock auto:",
            "*_ test_fails _*",
            "*- mockflow -*",
            "mockflow received 1 request, clock auto:",
            "*_status -> 200 COMPLETED",
            "*PROVISIONING  [[]seen by 1 poll[]]",
            "*COMPLETED  [[]seen by 3 polls[]]",
            "*_ test_fails_without_a_request _*",
            "*- mockflow -*",
            "mockflow received no requests, clock auto",
            "story * 2 of 2    100 %",
        ]
    )
    assert text.count("mockflow received") == 3


def test_a_shared_cluster_that_cuts_a_client_off_fails_each_test_that_it_happens_to(suite: Suite) -> None:
    tests = """
pytestmark = pytest.mark.mockflow(STUCK, max_polls=3)

def poll(url):
    try:
        while True:
            state(url)
    except OSError:
        pass

@pytest.mark.parametrize("number", range(2))
def test_cut_off(mockflow_module, number):
    poll(mockflow_module.url)

def test_asks_something_else(mockflow_module):
    assert mockflow_module.stuck

def test_swallows_everything(mockflow_module):
    while True:
        poll(mockflow_module.url)
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=3, passed=1)
    result.stdout.fnmatch_lines([f"a client was cut off: workflow {ID}: the same answer 3 times, *"])
    result.stdout.fnmatch_lines(["*a client keeps polling although its connection is closed*"])


OWN: Final = """
import os
from mockflow import MockFlow

@pytest.fixture(scope="module")
def lasting():
    with MockFlow(STUCK) as cluster:
        yield cluster.url

@pytest.fixture
def own():
    with MockFlow(STUCK) as cluster:
        yield cluster.url

def test_of_a_module(lasting):
    state(lasting)
    assert False

def test_of_a_module_again(lasting):
    state(lasting)
    assert False

def test_other(lasting):
    assert False

def test_own(own):
    state(own)
    assert False

def test_within():
    with MockFlow(STUCK) as cluster:
        state(cluster.url)
        assert False

def test_once(own):
    with MockFlow(STUCK) as cluster:
        state(cluster.url)
        cluster.journal.assert_called("create")

def test_connected(lasting):
    with MockFlow.connect(lasting) as cluster:
        assert cluster.scenarios() == ["stuck"]
        state(lasting)
        assert False

def test_two(own):
    with MockFlow(STUCK) as cluster:
        state(cluster.url), state(own)
        assert False

def test_passes(own):
    state(own)

def test_none():
    assert False
"""


def test_the_story_of_own_fixtures_once(suite: Suite) -> None:
    result = suite.run(OWN)
    result.assert_outcomes(failed=9, passed=1)
    text, _, _ = result.stdout.str().partition("short test summary")  # which is longer where CI is set
    parts = re.split(r"\n_{5,} (test_\w+) _{5,}\n", text)[1:]
    tests = dict(zip(parts[::2], parts[1::2], strict=True))
    counts = {name: part.count("mockflow received") for name, part in tests.items()}
    assert counts == {
        "test_of_a_module": 1,
        "test_of_a_module_again": 1,
        "test_other": 0,
        "test_own": 1,
        "test_within": 1,
        "test_once": 1,
        "test_connected": 1,
        "test_two": 2,
        "test_none": 0,
    }
    assert "mockflow received 1 request" in tests["test_of_a_module_again"]
    assert tests["test_two"].count("- mockflow at http://127.0.0.1:") == 2


def test_a_proxy_of_the_environment_is_named_where_nothing_was_asked(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    tests = """
def test_x(mockflow):
    assert False

def test_y(mockflow):
    mockflow.journal.assert_called("create")

def test_z(mockflow, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    assert False
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=3)
    hint = "HTTP_PROXY is set and NO_PROXY does not name 127.0.0.1: a client may have sent its requests to the proxy"
    reports, _, _ = result.stdout.str().partition("short test summary")
    assert reports.count(hint) == 2


def test_a_test_that_waits_on_a_frozen_clock_fails(suite: Suite) -> None:
    suite.write("conftest.py", "import mockflow.server.rest.waiting as w\nw.TELL_SECONDS, w.END_SECONDS = 0.0, 0.05\n")
    tests = """
BODY = {"name": "t", "workflows": {"provision": {"nodes": [{"id": "a", "type": "noop"}]}}}

@pytest.mark.mockflow(clock="frozen")
def test_x(mockflow):
    url = f"{mockflow.url}/_plugins/_flow_framework/workflow?provision=true&wait_for_completion_timeout=9s"
    request = urllib.request.Request(url, json.dumps(BODY).encode(), {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request, timeout=20)
    except OSError:
        pass
"""
    result = suite.run(tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['a client was cut off: POST */workflow?* waits for the run of workflow *, 1s from now; *clock.advance("1s")*']
    )


CASE: Final = SHARED / "cases" / "23-session-fixture.py"


@pytest.mark.skipif(not CASE.exists(), reason="the cases are not here")
def test_a_fixture_of_a_module_without_a_cluster_is_told_which_to_use(suite: Suite) -> None:
    text = Path(CASE).read_text("utf-8")
    result = suite.run(text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the fixture mockflow_module or mockflow_session*"])
    result = suite.run(text.replace("deployed(mockflow_server)", "deployed(mockflow_server, mockflow_module)"))
    result.assert_outcomes(passed=1)
