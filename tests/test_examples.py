"""The examples use mockflow as strangers would; `make examples` runs their tests, and counts what it could not run."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

import mockflow
from checks.examples.programs import ALL, EXAMPLES, Example, MissingError, Tool, play
from tests.support.paths import ROOT

needs_shell = pytest.mark.skipif(shutil.which("sh") is None, reason="sh is not installed")


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("python/*.py")), ids=lambda file: file.name)
def test_only_public_names_are_used(file: Path) -> None:
    for module, names in re.findall(r"^from (mockflow\S*) import (.+)$", file.read_text("utf-8"), re.MULTILINE):
        assert module == "mockflow"
        assert set(names.split(", ")) <= {*mockflow.__all__, "strategies"}


def test_each_is_run_and_named() -> None:
    folders = {
        folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and not folder.name.startswith(("_", "."))
    }
    assert {example.folder for example in ALL} == folders
    assert (
        set(re.findall(r"^\| \[(\w+)\]\(\1\) \|", (EXAMPLES / "README.md").read_text("utf-8"), re.MULTILINE)) == folders
    )


@pytest.mark.parametrize("name", ["package.json", "pom.xml", "go.mod"])
def test_versions_are_pinned_and_no_registry_is_named(name: str) -> None:
    [file] = EXAMPLES.glob(f"*/{name}")
    text = file.read_text("utf-8")
    assert not re.search(r'[\^~]\d|": "\*"|latest|RELEASE|<repositor|registry', text)
    assert not list(file.parent.glob("package-lock.json"))


PASSES: Final = ("sh", "-c", "echo all is well")


def example(folder: Path, **parts: tuple[str, ...] | tuple[Tool, ...]) -> Example:
    return Example(folder.name, **{"test": PASSES, **parts})  # type: ignore[arg-type]


@needs_shell
@pytest.mark.process
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"tools": (Tool("a-tool-of-no-machine"),)}, "a-tool-of-no-machine is not installed"),
        ({"tools": (Tool("sh", ("sh", "-c", "echo v19.1"), r"v(\d+)", 20),)}, "sh is too old: version 19, not 20"),
        ({"tools": (Tool("sh", ("sh", "-c", "exit 1"), r"v(\d+)", 20),)}, "sh does not run"),
        (
            {"fetch": ("sh", "-c", "echo npm error code ENOTFOUND; exit 1")},
            "cannot be reached: npm error code ENOTFOUND",
        ),
        (
            {"fetch": ("sh", "-c", "echo '[ERROR] Could not transfer artifact x'; exit 1")},
            "Could not transfer artifact x",
        ),
        ({"fetch": ("sh", "-c", "echo 'dial tcp: lookup x: no such host'; exit 1")}, "no such host"),
        ({"fetch": ("sh", "-c", "sleep 60")}, "not done after 0.2 s"),
    ],
)
def test_what_a_machine_has_not_is_told(parts: dict[str, tuple[str, ...]], reason: str, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=re.escape(reason)):
        play(example(tmp_path, **parts), folder=tmp_path.parent, fetch_seconds=0.2 if "sleep" in str(parts) else 60)


@needs_shell
@pytest.mark.process
@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"fetch": ("sh", "-c", "echo COMPILATION ERROR; exit 1")}, "exit code 1\nCOMPILATION ERROR"),
        ({"test": ("sh", "-c", "echo 1 test fails; exit 3")}, "exit code 3\n1 test fails"),
        ({"test": ("sh", "-c", "echo dial tcp; exit 1")}, "exit code 1\ndial tcp"),
        ({"test": ("sh", "-c", "sleep 60")}, "not done after 0.2 s"),
    ],
)
def test_all_else_fails(parts: dict[str, tuple[str, ...]], reason: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=re.escape(reason)):
        play(example(tmp_path, **parts), folder=tmp_path.parent, test_seconds=0.2 if "sleep" in str(parts) else 60)


@needs_shell
@pytest.mark.process
def test_what_passes_is_shown(tmp_path: Path) -> None:
    assert play(example(tmp_path, fetch=("true",)), folder=tmp_path.parent) == "all is well\n"


def test_the_last_line_counts(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((ROOT / "checks/examples/conftest.py").read_text("utf-8"))
    pytester.makepyfile(
        "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no')\ndef test_c(): assert 0\n"
        "def test_d(missing): pass\n"
    )
    assert pytester.runpytest("-p", "no:mockflow").outlines[-1] == "Examples: 1 passed, 2 failed, 1 skipped"
