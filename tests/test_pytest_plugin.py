"""The pytest plugin as other repositories use it: each test here runs pytest on a small file."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Final

import pytest

from tests.cli.support import Served

ID: Final = "8xL8bowB8y25Tqfenm50"
BEGINNING: Final = f"""
import json, time, unittest, urllib.request
import pytest
from mockflow import Scenario

ID = "{ID}"
STUCK = Scenario("stuck").workflow(ID).at("0s", state="PROVISIONING")

def state(url):
    with urllib.request.urlopen(f"{{url}}/_plugins/_flow_framework/workflow/{{ID}}/_status") as response:
        return json.load(response)["state"]
"""
STORY: Final = f"""
scenario: story
workflow_id: {ID}
provision:
  timeline:
    - {{at: 0s, state: PROVISIONING}}
    - {{at: 5s, state: COMPLETED}}
"""


@pytest.fixture(autouse=True)
def _in_processes_of_their_own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.path.joinpath("story.yaml").write_text(STORY, "utf-8")


def run(pytester: pytest.Pytester, tests: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(BEGINNING + tests)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_each_test_has_a_fresh_world_on_a_port_of_its_own(pytester: pytest.Pytester) -> None:
    tests = """
seen = []

@pytest.mark.parametrize("number", range(3))
def test_fresh(mockflow, mockflow_url, mockflow_server, number):
    mockflow.load("story.yaml")
    assert [state(mockflow_url) for _ in range(3)] == ["PROVISIONING", "COMPLETED", "COMPLETED"]
    assert state(mockflow_server.url) == "COMPLETED"
    mockflow.journal.assert_called("get_status", times=4)
    seen.append((mockflow.url, mockflow_server.url))

def test_urls():
    assert len({own for own, _ in seen}) == 3
    assert len({session for _, session in seen}) == 1
"""
    run(pytester, tests).assert_outcomes(passed=4)


def test_the_marker(pytester: pytest.Pytester) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml", clock="frozen", version="2.19.0", step_time="10ms")
def test_frozen(mockflow, mockflow_client):
    assert state(mockflow.url) == state(mockflow.url) == "PROVISIONING"
    mockflow.clock.advance_to(state="COMPLETED")
    assert state(mockflow.url) == "COMPLETED"
    assert mockflow_client.info()["version"]["number"] == "2.19.0"

@pytest.mark.mockflow(clock="real", speed=20)
def test_real(mockflow):
    assert (mockflow.clock.mode, mockflow.clock.speed) == ("real", 20)

@pytest.mark.mockflow(STUCK)
class TestClass:
    @pytest.mark.mockflow(seed=7)
    def test_markers_add_up(self, mockflow):
        assert mockflow.scenarios() == ["stuck"]
"""
    run(pytester, tests).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('"nowhere.yaml"', '*no scenario "nowhere.yaml"; looked for *nowhere.yaml*'),
        ("speeed=3", "*unknown speeed; it knows clock, speed, *"),
        ('version="1.0.0"', "*OpenSearch 1.0.0 is not known here*"),
    ],
)
def test_a_wrong_marker_says_what_would_be_right(pytester: pytest.Pytester, marker: str, message: str) -> None:
    result = run(pytester, f"@pytest.mark.mockflow({marker})\ndef test_x(mockflow): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])


def test_ini_options(pytester: pytest.Pytester) -> None:
    pytester.makeini(
        "[pytest]\nmockflow_scenarios = story.yaml\nmockflow_clock = frozen\nmockflow_version = 2.12.0\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    tests = """
def test_defaults(mockflow, mockflow_client):
    assert (mockflow.scenarios(), mockflow.clock.mode) == (["story"], "frozen")
    assert mockflow_client.info()["version"]["number"] == "2.12.0"
"""
    run(pytester, tests).assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_async_tests(pytester: pytest.Pytester, mode: str) -> None:
    tests = """
@pytest.mark.asyncio
@pytest.mark.mockflow(STUCK)
async def test_async(mockflow_async_client):
    status = await mockflow_async_client.plugins.flow_framework.get_status(workflow_id=ID)
    assert status["state"] == "PROVISIONING"
"""
    run(pytester, tests, f"--asyncio-mode={mode}", "-W", "error").assert_outcomes(passed=1)


def test_unittest_classes(pytester: pytest.Pytester) -> None:
    tests = """
class TestDeploy(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _mockflow(self, mockflow):
        self.mockflow = mockflow

    def test_it(self):
        self.mockflow.load(STUCK)
        self.assertEqual(state(self.mockflow.url), "PROVISIONING")
"""
    run(pytester, tests).assert_outcomes(passed=1)


def test_several_workers(pytester: pytest.Pytester) -> None:
    tests = """
@pytest.mark.parametrize("number", range(12))
@pytest.mark.mockflow(STUCK)
def test_it(mockflow, number):
    assert state(mockflow.url) == "PROVISIONING"
    mockflow.journal.assert_called("get_status", times=1)
"""
    run(pytester, tests, "-n", "4").assert_outcomes(passed=12)


def test_a_failed_test_tells_the_story(pytester: pytest.Pytester) -> None:
    result = run(
        pytester, "@pytest.mark.mockflow(STUCK)\ndef test_x(mockflow): assert state(mockflow.url) == 'COMPLETED'\n"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- mockflow -*",
            "mockflow was asked 1 request, clock auto:",
            f"*GET /workflow/{ID}/_status -> 200 PROVISIONING",
        ]
    )


def test_a_loop_that_would_never_end_fails(pytester: pytest.Pytester) -> None:
    tests = """
@pytest.mark.mockflow(STUCK, max_polls=20)
def test_cut_off(mockflow):
    while state(mockflow.url) != "COMPLETED":
        pass

@pytest.mark.mockflow(STUCK, max_polls=20)
def test_although_it_is_swallowed(mockflow):
    for _ in range(30):
        try:
            state(mockflow.url)
        except OSError:
            break
"""
    result = run(pytester, tests)
    result.assert_outcomes(failed=2)
    reason = f"*a client polls for ever: workflow {ID}: the same answer 20 times, and nothing in its script changes*"
    result.stdout.fnmatch_lines([reason, reason])


def test_strict_tests_see_everything_that_is_scripted(pytester: pytest.Pytester) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml", strict=True)
@pytest.mark.parametrize("polls", [1, 2])
def test_polls(mockflow, polls):
    for _ in range(polls):
        state(mockflow.url)
"""
    result = run(pytester, tests)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*strict: scripted, and never observed:", "*story: provision: 5s COMPLETED"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_the_report(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml")
@pytest.mark.parametrize("number", range(2))
def test_looks_once(mockflow, number):
    state(mockflow.url)
"""
    result = run(pytester, tests, "--mockflow-report", *workers)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["1 of 2 (50 %)", "  never seen: story: provision: 5s COMPLETED"])


@pytest.fixture
def served() -> Iterator[Served]:
    with Served("--quiet") as server:
        yield server


def test_a_server_that_is_up_already(pytester: pytest.Pytester, served: Served) -> None:
    tests = f"""
@pytest.mark.mockflow("story.yaml", clock="frozen", version="2.19.0")
def test_one(mockflow, mockflow_client):
    assert mockflow.url == {served.url!r}
    assert state(mockflow.url) == "PROVISIONING"
    assert mockflow_client.info()["version"]["number"] == "2.19.0"

def test_two(mockflow):
    assert (mockflow.scenarios(), mockflow.clock.mode) == ([], "auto")
"""
    run(pytester, tests, "--mockflow-url", served.url).assert_outcomes(passed=2)


def test_workers_do_not_share_a_server(pytester: pytest.Pytester, served: Served) -> None:
    tests = "@pytest.mark.parametrize('n', range(8))\ndef test_it(mockflow, n): time.sleep(0)\n"
    result = run(pytester, tests, "--mockflow-url", served.url, "-n", "2")
    result.stdout.fnmatch_lines(["*give one URL for each worker*"])
    assert result.ret != 0


def test_an_unused_plugin_imports_nothing_heavy() -> None:
    script = (
        "import sys, mockflow, mockflow.pytest_plugin; "
        "print(sorted({'aiohttp', 'yaml', 'pydantic', 'click', 'rich', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
