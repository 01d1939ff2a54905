"""The wheel as a stranger installs it: in a new virtual environment, with a sample suite of its own."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.environments import OWN, PIP, Environment, bare
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE_SECONDS

NEEDS: Final = ("pytest", "pytest-asyncio", "pytest-xdist", "opensearch-py[async]")
SCENARIO: Final = """
scenario: failed
workflow_id: 8xL8bowB8y25Tqfenm50
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - {at: 5s, state: FAILED, error: "no space"}
"""
SUITE: Final = '''
import json, sys, urllib.request
from pathlib import Path

import mockflow as package
import pytest
from mockflow import MockFlow, Scenario

ID = "8xL8bowB8y25Tqfenm50"
COMPLETED = Scenario("completed").workflow(ID).at("0s", state="PROVISIONING").at("2s", state="COMPLETED")


def deploy(url):
    """A consumer: polls until the workflow is at its end."""
    while True:
        with urllib.request.urlopen(f"{url}/_plugins/_flow_framework/workflow/{ID}/_status") as response:
            status = json.load(response)
        if status["state"] in ("COMPLETED", "FAILED"):
            return status


def test_it_is_the_wheel():
    assert Path(package.__file__).is_relative_to(sys.prefix)


def test_one_line(mockflow):
    mockflow.load(COMPLETED)
    assert deploy(mockflow.url)["state"] == "COMPLETED"
    mockflow.journal.assert_polling()


@pytest.mark.mockflow("failed.yaml", strict=True)
def test_marker(mockflow):
    assert deploy(mockflow.url)["error"] == "no space"


@pytest.mark.mockflow(COMPLETED, clock="frozen", version="2.19.0")
def test_client(mockflow, mockflow_client):
    def state():
        return mockflow_client.plugins.flow_framework.get_status(workflow_id=ID)["state"]

    assert state() == "PROVISIONING"
    mockflow.clock.advance_to(state="COMPLETED")
    assert state() == "COMPLETED"


@pytest.mark.asyncio
@pytest.mark.mockflow(COMPLETED)
async def test_async(mockflow_async_client):
    states = []
    while "COMPLETED" not in states:
        states.append((await mockflow_async_client.plugins.flow_framework.get_status(workflow_id=ID))["state"])
    assert states == ["PROVISIONING", "COMPLETED"]


def test_without_a_fixture():
    with MockFlow(COMPLETED) as cluster:
        assert deploy(cluster.url)["state"] == "COMPLETED"
'''


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python in a virtual environment that has the wheel and `NEEDS`."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    venv = Environment(folder / "venv", OWN, *NEEDS)
    pip = [sys.executable, "-m", "pip", "--python", str(venv.python), "install", *PIP]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, env=bare({}))
    return venv.python


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_sample_suite_passes(python: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "test_sample.py").write_text(SUITE, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", "utf-8")
    (tmp_path / "failed.yaml").write_text(SCENARIO, "utf-8")
    done = subprocess.run(
        [str(python), "-m", "pytest", "-W", "error", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=bare({}),
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert re.search(r"=+ 6 passed in ", done.stdout), done.stdout + done.stderr
