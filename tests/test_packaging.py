"""What is in the wheel and the sdist, and why each dependency is there."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.project import PROJECT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both. Built by hatchling itself, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return folder


def files_of(folder: str) -> set[str]:
    return {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and not {"__pycache__", "node_modules"} & set(file.parts)
    }


def test_the_wheel_has_the_package_the_shipped_scenarios_and_nothing_else(built: Path) -> None:
    [wheel] = built.glob("mockflow_opensearch-*-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in names if not re.match(r"mockflow_opensearch-[^/]+\.dist-info/", name)}
    shipped = {f"mockflow/shipped/{name.removeprefix('scenarios/')}" for name in files_of("scenarios")}
    assert package == files_of("mockflow") | shipped
    assert "mockflow/py.typed" in package
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_sdist_has_what_its_own_tests_need(built: Path) -> None:
    [sdist] = built.glob("mockflow_opensearch-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("mockflow", "scenarios", "tests", "examples", "benchmarks", "docs", "tools")
    assert {name for name in names if name.startswith(tuple(f"{folder}/" for folder in folders))} == {
        file for folder in folders for file in files_of(folder)
    }
    assert {name for name in names if "/" not in name} == {
        ".dockerignore",
        ".gitignore",  # hatchling adds it
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "PKG-INFO",
        "README.md",
        "docker-compose.yml",
        "mkdocs.yml",
        "pyproject.toml",
    }


def test_every_dependency_has_its_reason() -> None:
    wanted = [
        *PROJECT["dependencies"],
        *(each for extra in PROJECT["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[<>=~! ]", requirement)[0] for requirement in wanted}
    chapter = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Dependencies")[2]
    told = {
        name
        for row in re.findall(r"^\| (?!at run time|for development)([\w, -]+) \|", chapter, re.MULTILINE)
        for name in row.split(", ")
    }
    assert told == names
