"""What is said twice about a release agrees, and the guard of the release workflow finds what does not."""

import re
from pathlib import Path
from typing import Any

import pytest

from mockflow import __version__
from mockflow.loading.yaml12 import read
from tests.support.paths import ROOT
from tests.support.project import PROJECT, REPOSITORY
from tools.release import problems

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
OWNER = REPOSITORY.removeprefix("https://github.com/")


def workflow(name: str) -> dict[str, Any]:
    file = ROOT / ".github/workflows" / name
    [document], found = read(file.read_text("utf-8"), name)
    assert found == []
    jobs: dict[str, Any] = document.value["jobs"]
    return jobs


def checkout(folder: Path, changelog: str) -> Path:
    (folder / "mockflow").mkdir()
    (folder / "mockflow/_version.py").write_text('__version__ = "1.2.3"\n', "utf-8")
    (folder / "CHANGELOG.md").write_text(changelog, "utf-8")
    (folder / "pyproject.toml").write_text('Repository = "https://github.com/a/b"\n', "utf-8")
    return folder


def test_what_agrees_is_published(tmp_path: Path) -> None:
    assert list(problems(checkout(tmp_path, "## [1.2.3] - 2026-01-31\n"), "v1.2.3", "a/b")) == []


@pytest.mark.parametrize(
    ("changelog", "tag", "repository", "said"),
    [
        ("## [1.2.3] - 2026-01-31\n", "v1.2.4", "a/b", "the tag should be v1.2.3"),
        ("## [1.2.3] - unreleased\n", "v1.2.3", "a/b", "no heading with the version and the day"),
        ("## [1.2.3] - 2026-01-31\n", "v1.2.3", "a/fork", "this is https://github.com/a/fork"),
    ],
)
def test_what_does_not_agree_is_not(tmp_path: Path, changelog: str, tag: str, repository: str, said: str) -> None:
    [problem] = problems(checkout(tmp_path, changelog), tag, repository)
    assert said in problem


def test_this_checkout_could_be_published_but_for_its_day() -> None:
    assert [it for it in problems(ROOT, f"v{__version__}", OWNER) if "no heading" not in it] == []


def test_the_pythons_of_ci_are_those_that_the_package_names() -> None:
    named = [it.rpartition(" ")[2] for it in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", it)]
    assert workflow("ci.yml")["test"]["strategy"]["matrix"]["python"] == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_each_make_target_of_a_workflow_is_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = {
        target
        for file in WORKFLOWS
        for words in re.findall(r"run: make (.+)", file.read_text("utf-8"))
        for target in words.split()
        if "=" not in target
    }
    assert used
    assert used <= targets


def test_actions_are_used_at_a_version() -> None:
    texts = [file.read_text("utf-8") for file in (ROOT / ".github").rglob("*.yml")]
    used = {name for text in texts for name in re.findall(r"uses: (\S+)", text) if not name.startswith("./")}
    assert {name for name in used if not re.search(r"@(release/)?v\d+$", name)} == set()
