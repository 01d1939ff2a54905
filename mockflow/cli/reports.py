"""The reports of `mockflow check` that programs read."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from mockflow._version import __version__
from mockflow.loading.problems import Problem


@dataclass(frozen=True)
class Checked:
    """What was checked: the names of good scenarios, the files of good templates, all files, and every problem."""

    scenarios: Sequence[str]
    templates: Sequence[str]
    scenario_files: Sequence[str]
    template_files: Sequence[str]
    problems: Sequence[Problem]


def as_json(checked: Checked) -> str:
    """Mockflow's own form."""
    problems = [problem.as_json() for problem in checked.problems]
    report = {"scenarios": [*checked.scenarios], "templates": [*checked.templates], "problems": problems}
    return json.dumps(report, indent=2)


def as_github(checked: Checked) -> str:
    """Workflow commands of GitHub Actions, which annotate the lines of a pull request."""
    return "\n".join(map(_annotation, checked.problems))


def as_sarif(checked: Checked) -> str:
    """SARIF 2.1.0 (OASIS), which code scanning reads."""
    rules = [{"id": "mockflow-check", "shortDescription": {"text": "A scenario or template has a problem."}}]
    driver = {"name": "mockflow", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in checked.problems],
    }
    report = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(report, indent=2)


def as_junit(checked: Checked) -> str:
    """JUnit's XML as GitLab and Jenkins read it: a test case for each file, whose errors are one failure."""
    by_file: dict[str, list[Problem]] = {file: [] for file in (*checked.scenario_files, *checked.template_files)}
    for problem in checked.problems:
        by_file.setdefault(problem.place.file, []).append(problem)
    failed = sum(any(problem.severity == "error" for problem in problems) for problems in by_file.values())
    counts = f'tests="{len(by_file)}" failures="{failed}" errors="0"'
    cases = [line for file, problems in by_file.items() for line in _case(file, problems)]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="mockflow check" {counts}>',
            f'  <testsuite name="mockflow check" {counts} skipped="0" time="0">',
            *cases,
            "  </testsuite>",
            "</testsuites>",
        )
    )


REPORTS: Final[Mapping[str, Callable[[Checked], str]]] = {
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
    "junit": as_junit,
}
"""By the value of ``--format``."""


def _annotation(problem: Problem) -> str:
    place = problem.place
    keys = {
        "file": place.file,
        **({"line": place.line, "col": place.column} if place.line else {}),
        "title": "mockflow",
    }
    written = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in keys.items())
    return f"::{problem.severity} {written}::{_escaped(problem.what)}"


def _escaped(text: str, more: str = "") -> str:
    """A value of a workflow command: the characters that would end it are percent-encoded."""
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _result(problem: Problem) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": "mockflow-check",
        "ruleIndex": 0,
        "level": problem.severity,
        "message": {"text": problem.what},
        "locations": [_location(problem.place.file, problem.place.line, problem.place.column)],
    }
    if problem.other:
        other = problem.other
        location = _location(other.file, other.line, other.column)
        result["relatedLocations"] = [{"id": 1, "message": {"text": "the other"}, **location}]
    return result


def _location(file: str, line: int, column: int) -> dict[str, Any]:
    path = Path(file)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    region = {"region": {"startLine": line, "startColumn": column}} if line else {}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, **region}}


def _case(file: str, problems: Sequence[Problem]) -> list[str]:
    head = f'    <testcase classname="mockflow.check" name={_attribute(file)} file={_attribute(file)} time="0"'
    if not problems:
        return [f"{head}/>"]
    lines = [f"{head}>"]
    errors = [problem for problem in problems if problem.severity == "error"]
    warnings = [str(problem) for problem in problems if problem.severity == "warning"]
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = _attribute(errors[0].what + more)
        lines.append(f'      <failure type="error" message={message}>{_content(map(str, errors))}</failure>')
    if warnings:
        lines.append(f"      <system-out>{_content(warnings)}</system-out>")
    return [*lines, "    </testcase>"]


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _content(lines: Any) -> str:
    return escape(_printable("\n".join(lines)))


def _printable(text: str) -> str:
    """`text` without the characters that XML does not permit, which file names may have."""
    kept = (c if c in "\n\t" or c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return "".join(kept)
