"""The fixtures, in every kind of test."""

import subprocess
import sys

import pytest

from tests.plugin.conftest import Suite


def test_each_test_has_a_fresh_world_on_a_port_of_its_own(suite: Suite) -> None:
    tests = """
seen = []

@pytest.mark.parametrize("number", range(3))
def test_fresh(mockflow, mockflow_url, mockflow_server, number):
    assert (mockflow.scenarios(), mockflow.journal.requests(), mockflow.clock.elapsed) == ([], [], 0)
    mockflow.load("story.yaml")
    assert [state(mockflow_url) for _ in range(3)] == ["PROVISIONING", "COMPLETED", "COMPLETED"]
    assert state(mockflow_server.url) == "COMPLETED"
    mockflow.journal.assert_called("get_status", times=4)
    seen.append((mockflow.url, mockflow_server.url))

def test_urls():
    assert len({own for own, _ in seen}) == 3
    assert len({session for _, session in seen}) == 1
"""
    suite.run(tests).assert_outcomes(passed=4)


def test_each_test_sees_the_same_ids(suite: Suite) -> None:
    tests = """
seen = set()

@pytest.mark.parametrize("number", range(3))
def test_create(mockflow_client, number):
    made = mockflow_client.plugins.flow_framework.create(body={"name": "mine"})
    seen.add(made["workflow_id"])
    assert len(seen) == 1

@pytest.mark.mockflow(seed=1)
def test_of_another_seed(mockflow_client):
    test_create(mockflow_client, 0)
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=3, failed=1)


def test_a_client_of_the_session_without_a_running_test_is_told_why(suite: Suite) -> None:
    tests = """
import urllib.error

def test_no_world(mockflow_server):
    with pytest.raises(urllib.error.HTTPError) as caught:
        state(mockflow_server.url)
    assert caught.value.code == 503
    assert "no test that uses the fixture mockflow" in caught.value.read().decode()
"""
    suite.run(tests).assert_outcomes(passed=1)


ASYNC = """
@pytest.mark.mockflow("story.yaml")
async def test_client(mockflow_async_client, mockflow):
    statuses = [await mockflow_async_client.plugins.flow_framework.get_status(workflow_id=ID) for _ in range(2)]
    assert [status["state"] for status in statuses] == ["PROVISIONING", "COMPLETED"]
    mockflow.journal.assert_called("get_status", times=2)
    assert mockflow.clock.mode == "auto"

async def test_two_servers(mockflow):
    from mockflow import MockFlow
    async with MockFlow(STUCK) as other:
        assert await asyncio.to_thread(state, other.url) == "PROVISIONING"
    assert mockflow.journal.requests() == []

class TestClass:
    async def test_method(self, mockflow_async_client):
        assert (await mockflow_async_client.info())["version"]["distribution"] == "opensearch"
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_async_tests(suite: Suite, mode: str) -> None:
    mark = "pytestmark = pytest.mark.asyncio\n" if mode == "strict" else ""
    suite.run(mark + ASYNC, f"--asyncio-mode={mode}").assert_outcomes(passed=3)


def test_async_tests_with_what_pytest_aiohttp_brings(suite: Suite) -> None:
    tests = """
from aiohttp import web

async def test_a_service_that_asks_mockflow(aiohttp_client, mockflow):
    mockflow.load(STUCK)

    async def handle(request):
        return web.json_response(await asyncio.to_thread(state, mockflow.url))

    app = web.Application()
    app.router.add_get("/", handle)
    client = await aiohttp_client(app)
    assert await (await client.get("/")).json() == "PROVISIONING"
"""
    suite.run(tests, "--asyncio-mode=auto").assert_outcomes(passed=1)


def test_the_clients_are_closed_where_a_test_fails(suite: Suite) -> None:
    tests = """
import gc

async def test_fails(mockflow_async_client):
    await mockflow_async_client.info()
    assert False

def test_fails_too(mockflow_client):
    mockflow_client.info()
    assert False

def test_nothing_is_left_open():
    gc.collect()
"""
    result = suite.run(tests, "--asyncio-mode=auto")
    result.assert_outcomes(passed=1, failed=2)
    assert "Unclosed" not in result.stdout.str() + result.stderr.str()


def test_unittest_classes(suite: Suite) -> None:
    tests = """
@pytest.mark.mockflow("story.yaml")
class TestDeploy(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _mockflow(self, mockflow):
        self.mockflow = mockflow

    def test_it(self):
        self.assertEqual(state(self.mockflow.url), "PROVISIONING")

    @pytest.mark.mockflow(strict=True)
    def test_sees_too_little(self):
        state(self.mockflow.url)

    def test_fails(self):
        self.assertEqual(state(self.mockflow.url), "COMPLETED")

@pytest.mark.usefixtures("mockflow")
class TestAsync(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _client(self, mockflow_url):
        self.url = mockflow_url

    async def test_it(self):
        with self.assertRaises(OSError):
            await asyncio.to_thread(state, self.url)
"""
    result = suite.run(tests)
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["mockflow received 1 request, clock auto:"])


def test_workers_have_a_server_each(suite: Suite) -> None:
    tests = """
@pytest.mark.parametrize("number", range(12))
@pytest.mark.mockflow(STUCK)
def test_it(mockflow, mockflow_server, number, testrun_uid, worker_id):
    assert state(mockflow.url) == "PROVISIONING"
    mockflow.journal.assert_called("get_status", times=1)
    with open("urls", "a") as urls:
        print(worker_id, mockflow_server.url, file=urls)
"""
    suite.run_on_workers(tests).assert_outcomes(passed=12)
    lines = set((suite.path / "urls").read_text("utf-8").splitlines())
    assert len(lines) == len({line.split()[0] for line in lines}) == len({line.split()[1] for line in lines}) > 1


HEAVY = "{'aiohttp', 'yaml', 'pydantic', 'click', 'rich', 'asyncio', 'opensearchpy'}"


def test_an_unused_plugin_imports_nothing_heavy() -> None:
    script = f"import sys, mockflow, mockflow.pytest_plugin; print(sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_run_without_the_fixtures_imports_nothing_heavy(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.write("test_it.py", f"import sys\ndef test_it(): assert {HEAVY} & set(sys.modules) == set()\n")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins import asyncio
    suite.pytester.makeini("[pytest]")
    suite.pytester.runpytest_subprocess("-p", "mockflow", "--mockflow-report").assert_outcomes(passed=1)
