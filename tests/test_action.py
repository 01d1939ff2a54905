"""The shell lines of the composite actions, run as a runner does."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import pytest

from mockflow.loading.yaml12 import read
from tests.support.paths import ROOT, SCENARIOS
from tests.support.processes import PATIENCE_SECONDS, environment

ACTION: Final = ".github/actions/mockflow/action.yml"
JOURNAL: Final = ".github/actions/mockflow/journal/action.yml"

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not installed"),
]


def action(path: str) -> dict[str, Any]:
    [document], problems = read((ROOT / path).read_text("utf-8"), path)
    assert problems == []
    value: dict[str, Any] = document.value
    return value


class Runner:
    """Runs steps with the files and variables of a GitHub runner, all in one process group."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder / "temp"
        self.workspace = folder / "workspace"
        self.temp.mkdir()
        self.workspace.mkdir()
        self.files = {name: folder / name for name in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in self.files.values():
            file.touch()
        self.groups: list[int] = []

    def run(self, path: str, name: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """One step, by the beginning of its name; `inputs` replace the defaults."""
        described = action(path)
        given = {key: str(value.get("default", "")) for key, value in described["inputs"].items()} | inputs
        [step] = [it for it in described["runs"]["steps"] if it.get("name", "").startswith(name)]
        variables = {key: given[value[len("${{ inputs.") : -len(" }}")]] for key, value in step.get("env", {}).items()}
        exported = dict(line.split("=", 1) for line in self.files["GITHUB_ENV"].read_text("utf-8").splitlines())
        with (self.temp / "output").open("w+", encoding="utf-8") as output:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.workspace,
                env=environment(
                    {key: str(file) for key, file in self.files.items()},
                    RUNNER_TEMP=str(self.temp),
                    GITHUB_WORKSPACE=str(self.workspace),
                    **variables,
                    **exported,
                ),
                start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(PATIENCE_SECONDS)
            output.seek(0)
            return subprocess.CompletedProcess(step["run"], code, output.read(), "")

    def stop(self) -> None:
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGTERM)
            except ProcessLookupError:
                pass  # it had ended


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    yield made
    made.stop()


def test_checks_serves_waits_exports_and_keeps_the_journal(runner: Runner) -> None:
    shutil.copytree(SCENARIOS, runner.workspace / "scenarios")
    checked = runner.run(ACTION, "Check")
    assert checked.returncode == 0, checked.stdout
    served = runner.run(ACTION, "Serve", port="0")
    assert served.returncode == 0, served.stdout
    url = runner.files["GITHUB_OUTPUT"].read_text("utf-8").strip().removeprefix("url=")
    assert runner.files["GITHUB_ENV"].read_text("utf-8").strip() == f"OPENSEARCH_URL={url}"
    with urlopen(f"{url}/_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status") as answer:
        assert json.load(answer)["state"] == "NOT_STARTED"
    kept = runner.run(JOURNAL, "Read")
    assert kept.returncode == 0, kept.stdout
    journal = (runner.temp / "mockflow-journal/journal.json").read_text("utf-8")
    assert "8xL8bowB8y25Tqfenm50" in journal
    assert {file.name for file in (runner.temp / "mockflow-journal").iterdir()} == {
        "coverage.json",
        "journal.json",
        "server.log",
    }


def test_a_wrong_scenario_fails_the_job_with_its_place(runner: Runner) -> None:
    text = (SCENARIOS / "docs-example.yaml").read_text("utf-8").replace("PROVISIONING", "PROVISIONNING")
    (runner.workspace / "wrong.yaml").write_text(text, "utf-8")
    checked = runner.run(ACTION, "Check", scenarios="wrong.yaml")
    assert checked.returncode == 1
    assert "::error file=wrong.yaml,line=" in checked.stdout
    served = runner.run(ACTION, "Serve", scenarios="wrong.yaml", port="0")
    assert served.returncode == 1
    assert "did you mean PROVISIONING" in served.stdout
