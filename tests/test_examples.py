"""The examples use mockflow as strangers would, and the one on Node passes its own tests.

Those in Python are collected beside these tests.
"""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

import mockflow
from tests.support.npm import install
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE_SECONDS, environment, serving

EXAMPLES: Final = ROOT / "examples"
NODE: Final = EXAMPLES / "node"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.py")), ids=lambda file: file.name)
def test_only_public_names_are_used(file: Path) -> None:
    for module, names in re.findall(r"^from (mockflow\S*) import (.+)$", file.read_text("utf-8"), re.MULTILINE):
        assert module == "mockflow"
        assert set(names.split(", ")) <= {*mockflow.__all__, "strategies"}


@pytest.mark.parametrize("is_up", [False, True])
def test_node(is_up: bool) -> None:
    """With a server of its own, and with one that is up."""
    if reason := install(NODE):
        pytest.skip(reason)
    if is_up:
        with serving("serve", "--port", "0", "--quiet") as url:
            told = run_node({"MOCKFLOW_URL": url})
    else:
        told = run_node({})
    assert re.search(r"^# pass [1-9]", told, re.MULTILINE)
    assert "# fail 0" in told


def run_node(variables: dict[str, str]) -> str:
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap"],
        cwd=NODE,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_readme_names_each() -> None:
    named = set(re.findall(r"^\| \[(\w+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE))
    assert named == {
        folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and not folder.name.startswith("_")
    }
