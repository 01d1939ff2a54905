"""Broken files, each with exactly what `mockflow check` prints about it.

``broken/NAME.yaml``, or the folder ``broken/NAME``, is checked; ``broken/NAME.txt`` is what is printed.
When words of the messages change, ``python -m tests.loading.test_broken`` writes down what is printed now.
"""

import os
import re
from pathlib import Path
from typing import Final

import pytest
import yaml
from click.testing import CliRunner, Result

from mockflow.cli import main
from mockflow.loading import yaml12

pytestmark = pytest.mark.slow

FOLDER: Final = Path(__file__).parent / "broken"
CASES: Final = sorted(path for path in FOLDER.iterdir() if path.suffix != ".txt")

each_case = pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
each_warning = pytest.mark.parametrize("case", sorted(FOLDER.glob("warning-*.yaml")), ids=lambda path: path.stem)


def checked(path: str | Path) -> Result:
    """What `mockflow check` does; the problems name `path` as it is given."""
    return CliRunner(env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None}).invoke(main, ["check", str(path)])


def expected(case: Path) -> str:
    return case.with_suffix(".txt").read_text("utf-8")


@pytest.fixture(autouse=True)
def _within_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@each_case
def test_check_prints_every_problem_and_nothing_else_and_only_errors_fail_it(case: Path) -> None:
    result = checked(case.name)
    assert result.output == expected(case)
    assert result.exit_code == (0 if ", 0 errors, " in result.output else 1)


def test_there_are_enough_and_nothing_is_left_over() -> None:
    assert sum(", 0 errors, " not in expected(case) for case in CASES) >= 30
    assert {path.stem for path in FOLDER.glob("*.txt")} == {case.stem for case in CASES}


@each_case
def test_every_place_is_in_the_file(case: Path) -> None:
    for line in expected(case).splitlines()[:-1]:
        problem = re.match(r"(?P<file>[^:]+)(:(?P<line>\d+):(?P<column>\d+))?: \S", line)
        assert problem, "each problem is one line that begins with its place"
        other = re.search(r"the other is at (?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+)", line)
        for place in (problem, other):
            if place and place["line"]:
                text = Path(place["file"]).read_text("utf-8-sig", "replace").splitlines()[int(place["line"]) - 1]
                assert 1 <= int(place["column"]) <= len(text) + 1


# PyYAML's own parser looks one character further on, and takes half a surrogate pair for a character.
OF_LIBYAML: Final = {"escape-unknown", "surrogate-escaped", "json-with-half-a-surrogate-pair"}


@pytest.mark.parametrize("case", [case for case in CASES if case.stem not in OF_LIBYAML], ids=lambda path: path.stem)
def test_it_is_the_same_where_libyaml_is_missing(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml12, "_LOADER", yaml.SafeLoader)
    assert checked(case.name).output == expected(case)


@each_warning
def test_unrealistic_silences_warnings(case: Path, tmp_path: Path) -> None:
    file = tmp_path / case.name
    file.write_text("unrealistic: true\n" + case.read_text("utf-8"), "utf-8")
    assert checked(file).output == "1 good scenario, 0 errors, 0 warnings\n"


@pytest.mark.parametrize("name", ["state-misspelled", "state-unknown"])
def test_unrealistic_permits_states_that_do_not_exist(name: str, tmp_path: Path) -> None:
    file = tmp_path / "unrealistic.yaml"
    file.write_text("unrealistic: true\n" + Path(f"{name}.yaml").read_text("utf-8"), "utf-8")
    assert checked(file).output == "1 good scenario, 0 errors, 0 warnings\n"


# -- what is too large to be kept here, or no file at all --------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# " + "x" * yaml12.MAX_BYTES, ": the file is larger than 8 MiB; split it into several files"),
        (
            "- x\n" * (yaml12.MAX_NODES + 1),
            f":{yaml12.MAX_NODES + 1}:3: the document has more than 200000 values; split it into several",
        ),
        ("- [" + "[" * 900, ":1:42: the YAML is nested too deeply; at most 40 levels"),
    ],
    ids=["bytes", "values", "levels"],
)
def test_too_much(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_text(text, "utf-8")
    assert checked(file).output == f"{file}{told}\n0 good scenarios, 1 error, 0 warnings\n"


def test_a_million_levels(tmp_path: Path) -> None:
    """Which of two bounds is met first, ours or that of libyaml, hangs on its release."""
    file = tmp_path / "deep.yaml"
    file.write_text("- " + "[" * 1_000_000, "utf-8")
    assert checked(file).output.endswith(
        " is nested too deeply; at most 40 levels\n0 good scenarios, 1 error, 0 warnings\n"
    )


def test_a_path_that_is_not_there() -> None:
    result = checked("nowhere.yaml")
    assert result.output == "nowhere.yaml: no such file or folder\n0 good scenarios, 1 error, 0 warnings\n"
    assert result.exit_code == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_to_itself(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(link)
    result = checked(link)
    assert result.output.startswith(f"{link}: cannot be read: ")
    assert result.exit_code == 1


if __name__ == "__main__":
    os.chdir(FOLDER)
    for each in CASES:
        each.with_suffix(".txt").write_text(checked(each.name).output, "utf-8")
