"""`mockflow check` and `mockflow schema` as a person or a script calls them; what they say of files: tests/loading."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from mockflow.cli import main
from mockflow.core.scenario.json_schema import json_schema
from tests.support.paths import ROOT

GOOD = "scenario: good\nworkflow_id: w1\n"
ODD = "scenario: odd\nworkflow_id: w2\nprovision: {timeline: [{at: 0s, state: COMPLETED}]}\n"
BROKEN = "scenario: broken\nworkflow_id: w3\nstart: load\n"
CLAIMED = "scenario: good\nworkflow_id: w4\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {"good": GOOD, "odd": ODD, "broken": BROKEN, "claimed": CLAIMED}.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner(env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None}).invoke(main, arguments)


@pytest.mark.parametrize(
    ("paths", "code", "last_line"),
    [
        (["good.yaml"], 0, "1 good scenario, 0 errors, 0 warnings"),
        (["good.yaml", "odd.yaml"], 0, "2 good scenarios, 0 errors, 1 warning"),
        (["broken.yaml"], 1, "0 good scenarios, 1 error, 0 warnings"),
        (["good.yaml", "claimed.yaml"], 1, "1 good scenario, 1 error, 0 warnings"),
        (["."], 1, "2 good scenarios, 2 errors, 1 warning"),
        (["good.yaml", "nowhere"], 1, "1 good scenario, 1 error, 0 warnings"),
    ],
    ids=["good", "odd", "broken", "claimed twice", "folder", "missing"],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_exit_code_and_count(paths: list[str], code: int, last_line: str, form: str) -> None:
    result = run("check", *paths, "--format", form)
    assert result.exit_code == code
    if form == "text":
        assert result.stdout.splitlines()[-1] == last_line
    else:
        report = json.loads(result.stdout)
        kinds = [problem["severity"] for problem in report["problems"]]
        counted = len(report["scenarios"]), kinds.count("error"), kinds.count("warning")
        assert [str(count) for count in counted] == [part.split()[0] for part in last_line.split(", ")]


def test_json_tells_what_the_text_tells() -> None:
    report = json.loads(run("check", "--format", "json", "odd.yaml", "good.yaml", "claimed.yaml", "broken.yaml").stdout)
    assert report == {
        "templates": [],
        "scenarios": ["odd", "good"],
        "problems": [
            {
                "file": "odd.yaml",
                "line": 3,
                "column": 33,
                "severity": "warning",
                "message": "COMPLETED without PROVISIONING before it",
                "hint": "unrealistic: true allows it",
                "other": None,
            },
            {
                "file": "claimed.yaml",
                "line": 1,
                "column": 11,
                "severity": "error",
                "message": 'two scenarios named "good"',
                "hint": "rename one",
                "other": {"file": "good.yaml", "line": 1, "column": 11},
            },
            {
                "file": "broken.yaml",
                "line": 3,
                "column": 1,
                "severity": "error",
                "message": 'unknown key "start"',
                "hint": "did you mean starts?",
                "other": None,
            },
        ],
    }


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "--format", "xml", "good.yaml"], ["check", "--strict", "."]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_poor_terminal_is_told_too(encoding: str, folder: Path) -> None:
    file = folder / "größe 😀.yaml"
    file.write_text("scenario: s\nworkflow_id: w\nstatés: 1\n", "utf-8")
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mockflow", "check", file.name]
    result = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert result.stderr == b""
    assert result.returncode == 1
    expected = f'{file.name}:3:1: unknown key "statés"; did you mean starts?'
    assert result.stdout.splitlines()[0] == expected.encode(encoding, "backslashreplace")


def test_schema_prints_the_json_schema_of_the_language() -> None:
    result = run("schema")
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert schema == json_schema()
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("at", "is_good"),
    [
        (0, True),
        ("0", True),
        ("0s", True),
        ("+0", True),
        ("15 ms", True),
        ("+2h", True),
        (2, False),
        ("2", False),
        ("-1s", False),
        ("1.5s", False),
        ("2S", False),
        ("1m30s", False),
        ("٣s", False),
        ("2s\n", False),
        ("", False),
        (True, False),
    ],
)
def test_an_editor_knows_a_time_as_check_does(at: Any, is_good: bool, folder: Path) -> None:
    scenario = {"scenario": "s", "workflow_id": "w", "provision": {"timeline": [{"at": at, "state": "PROVISIONING"}]}}
    file = folder / "time.yaml"
    file.write_text(json.dumps(scenario), "utf-8")
    assert run("check", str(file)).exit_code == (0 if is_good else 1)
    if at != "2s\n":  # Python's $ finds the end before a line end, an editor's does not
        assert Draft202012Validator(json_schema()).is_valid(scenario) is is_good
