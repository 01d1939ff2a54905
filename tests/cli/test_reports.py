"""`mockflow check` for CI: its formats, folders without scenarios, standard input, equal warnings."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockflow.cli import main

GOOD = "scenario: good\nworkflow_id: g\n"
ODD = "scenario: {name}\nworkflow_id: {name}\nprovision: {{timeline: [{{at: 0s, state: COMPLETED}}]}}\n"
BROKEN = 'scenario: "100%"\nworkflow_id: b\nstart: load\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"FORCE_COLOR": None, "TTY_COMPATIBLE": None}).invoke(main, arguments, input=stdin)


def report(*arguments: str) -> tuple[int, str]:
    done = run("check", *arguments)
    return done.exit_code, done.stdout


@pytest.fixture
def mixed(folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    (folder / "a,b:c&.yaml").write_text(BROKEN)
    (folder / "odd.yaml").write_text(ODD.format(name="odd"))


@pytest.mark.usefixtures("mixed")
def test_github() -> None:
    code, text = report(".", "--format", "github")
    assert code == 1
    assert text.splitlines() == [
        '::error file=a%2Cb%3Ac&.yaml,line=3,col=1,title=mockflow::unknown key "start"; did you mean starts?',
        "::warning file=odd.yaml,line=3,col=33,title=mockflow::"
        "COMPLETED without PROVISIONING before it; unrealistic: true allows it",
        "2 good scenarios, 1 error, 1 warning",
    ]
    assert report("good.yaml", "--format", "github") == (0, "1 good scenario, 0 errors, 0 warnings\n")


def test_github_escapes_what_would_end_a_command(folder: Path) -> None:
    (folder / "x.yaml").write_text('scenario: x\nworkflow_id: x\nstarts: "50%"\n')
    assert '::unknown starts "50%25"; one of' in report("x.yaml", "--format", "github")[1]


@pytest.mark.usefixtures("mixed")
def test_sarif(folder: Path) -> None:
    (folder / "twice.yaml").write_text(GOOD)
    code, text = report(".", str(folder / "nowhere.yaml"), "--format", "sarif")
    log = json.loads(text)
    assert (code, log["version"]) == (1, "2.1.0")
    [run_] = log["runs"]
    driver = run_["tool"]["driver"]
    assert driver["name"] == "mockflow"
    results: list[dict[str, Any]] = run_["results"]
    assert [(result["level"], *place(result["locations"][0])) for result in results] == [
        ("error", "a%2Cb%3Ac%26.yaml", 3, 1),
        ("warning", "odd.yaml", 3, 33),
        ("error", "twice.yaml", 1, 11),
        ("error", "twice.yaml", 2, 14),
        ("error", (folder / "nowhere.yaml").as_uri(), None, None),
    ]
    assert {driver["rules"][result["ruleIndex"]]["id"] for result in results} == {"mockflow-check"}
    assert place(results[2]["relatedLocations"][0]) == ("good.yaml", 1, 11)
    assert results[0]["message"] == {"text": 'unknown key "start"; did you mean starts?'}


def place(location: dict[str, Any]) -> tuple[str, int | None, int | None]:
    physical = location["physicalLocation"]
    region = physical.get("region", {})
    return physical["artifactLocation"]["uri"], region.get("startLine"), region.get("startColumn")


@pytest.mark.usefixtures("mixed")
def test_junit() -> None:
    code, text = report(".", "--format", "junit")
    assert code == 1
    suites = ElementTree.fromstring(text.encode())
    [suite] = suites
    assert (suites.tag, suite.attrib["tests"], suite.attrib["failures"]) == ("testsuites", "3", "1")
    broken, good, odd = suite
    assert [case.attrib["name"] for case in suite] == ["a,b:c&.yaml", "good.yaml", "odd.yaml"]
    assert broken[0].attrib["message"] == 'unknown key "start"; did you mean starts?'
    assert (broken[0].text or "").startswith("a,b:c&.yaml:3:1: unknown key")
    assert len(good) == 0
    assert [child.tag for child in odd] == ["system-out"]


def test_junit_of_names_that_xml_does_not_permit(folder: Path) -> None:
    (folder / "a\x01<.yaml").write_text("scenario: x\nworkflow_id: x\nstart: 1\nstrts: 2\n")
    [[case]] = ElementTree.fromstring(report(".", "--format", "junit")[1].encode())
    assert case.attrib["name"] == "a\\x01<.yaml"
    assert case[0].attrib["message"].endswith("(and 1 more)")


@pytest.mark.parametrize("command", [["check"], ["load", "http://127.0.0.1:1"]], ids=["check", "load"])
def test_a_folder_without_scenarios_is_an_error(folder: Path, command: list[str]) -> None:
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.json").write_text('{"x": {"scenario": 1}}')
    done = run(*command, "empty")
    assert done.exit_code == 1
    assert "empty: no scenario in this folder; is the path right? --allow-empty permits it\n" in done.output
    done = run(*command, "empty", "--allow-empty")
    assert done.exit_code == 0
    assert "empty: warning: no scenario in this folder\n" in done.output


def test_json_files_of_a_folder_that_have_a_scenario(folder: Path) -> None:
    (folder / "a.json").write_text('{"scenario": "a", "workflow_id": "a"}')
    (folder / "body.json").write_text('{"answer": "scenario"}')
    (folder / "list.json").write_text('["scenario"]')
    (folder / "broken.json").write_text('{"scenario": "b", ')
    (folder / "other.json").write_text('{"broken": "scenario", ')
    code, text = report(".")
    assert (code, text.splitlines()[-1]) == (1, "1 good scenario, 1 error, 0 warnings")
    assert text.startswith("broken.json:")


def test_standard_input() -> None:
    done = run("check", "-", stdin=BROKEN)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        1,
        'stdin:3:1: unknown key "start"; did you mean starts?',
    )
    assert run("check", "-", stdin=GOOD).stdout == "1 good scenario, 0 errors, 0 warnings\n"
    template = '{"name": "t", "workflows": {"provision": {"nodes": [{"id": "i", "type": "delete_index"}]}}}'
    assert "stdin:1:" in run("check", "-", stdin=template).stdout
    assert run("show", "-", stdin=GOOD).stdout.startswith("good  workflow g\n")
    node = '{"id": "g", "type": "register_model_group", "user_inputs": {"name": "faq", "credential": {"key": "x"}}}'
    drafted = run("draft", "-", stdin='{"name": "t", "workflows": {"provision": {"nodes": [' + node + "]}}}")
    assert drafted.exit_code == 0, drafted.output
    assert "# Drafted from stdin." in drafted.stdout
    assert "(hidden) stands for a secret" in drafted.stdout
    assert "key: (hidden)" in drafted.stdout


def test_equal_warnings_are_one_line_with_their_number(folder: Path) -> None:
    for name in "abcdef":
        (folder / f"{name}.yaml").write_text(ODD.format(name=name))
    assert report(".")[1].splitlines() == [
        "a.yaml:3:33: warning: COMPLETED without PROVISIONING before it; unrealistic: true allows it "
        "(6 times; also at b.yaml:3:33, c.yaml:3:33, d.yaml:3:33 and 2 other places)",
        "6 good scenarios, 0 errors, 6 warnings",
    ]
    assert len(json.loads(report(".", "--format", "json")[1])["problems"]) == 6
