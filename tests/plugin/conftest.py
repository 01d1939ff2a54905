"""Each test here runs pytest on a small file, in a process of its own, as other repositories do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT
from tests.support.processes import run_pytest
from tests.support.served import Served

ID: Final = "8xL8bowB8y25Tqfenm50"
BEGINNING: Final = f"""
import asyncio, json, threading, time, unittest, urllib.request
import pytest
from mockflow import Scenario

ID = "{ID}"
STUCK = Scenario("stuck").workflow(ID).at("0s", state="PROVISIONING")

def state(url):
    with urllib.request.urlopen(f"{{url}}/_plugins/_flow_framework/workflow/{{ID}}/_status", timeout=20) as response:
        return json.load(response)["state"]

def elsewhere(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
"""
STORY: Final = f"""
scenario: story
workflow_id: {ID}
provision:
  timeline:
    - {{at: 0s, state: PROVISIONING}}
    - {{at: 5s, state: COMPLETED}}
"""


class Suite:
    """A folder of tests, with the scenario story.yaml beside them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path
        self.write("story.yaml", STORY)
        self.settings()

    def write(self, file: str, text: str) -> None:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def settings(self, *lines: str) -> None:
        """The ini file."""
        self.pytester.makeini("\n".join(["[pytest]", "asyncio_default_fixture_loop_scope = function", *lines]))

    def run_on_workers(self, tests: str, *options: str) -> pytest.RunResult:
        """As `run`, on two workers. Each of these imports all plugins again, so there are no others than needed."""
        self.pytester.makeini("[pytest]")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return self.run(tests, "-p", "xdist", "-p", "mockflow", "-n", "2", *options)

    def run(self, tests: str, *options: str, file: str = "test_it.py") -> pytest.RunResult:
        """What pytest says of these tests; what it warns of is an error."""
        self.write(file, BEGINNING + tests)
        basetemp = self.pytester.path.with_name(f"{self.pytester.path.name}-temporary")
        done = run_pytest(self.path, f"--basetemp={basetemp}", "-W", "error", *options, env=os.environ)
        print(done.stdout, done.stderr, sep="\n")
        return pytest.RunResult(done.returncode, done.stdout.splitlines(), done.stderr.splitlines(), 0)


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "")  # so that it is as before after the test
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    for variable in tuple(os.environ):
        if variable.startswith(("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST")):
            monkeypatch.delenv(variable)
    return Suite(pytester)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server that is up already, with a scenario of its own for the tests' workflow."""
    own = tmp_path / "own.yaml"
    own.write_text(STORY.replace("scenario: story", "scenario: its-own"), "utf-8")
    with Served("--quiet", own) as server:
        yield server
