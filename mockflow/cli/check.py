"""`mockflow check` and `mockflow schema`, which need no server."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockflow.cli.options import Parameter, ScenarioPath, VersionText, body_files_option, counted, print_problems
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, Version

if TYPE_CHECKING:
    from mockflow.cli.reports import Checked
    from mockflow.loading.problems import Problem


@click.command(short_help="Check scenarios and workflow templates.")
@click.argument("paths", nargs=-1, required=True, type=ScenarioPath())
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "github", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="github: annotations of GitHub Actions; sarif: SARIF 2.1.0; junit: JUnit's XML.",
)
@click.option(
    "--opensearch-version",
    "version",
    type=VersionText(),
    default=DEFAULT_VERSION,
    show_default=True,
    help=f"The release that templates are for, from {OLDEST} to {NEWEST}.",
)
@click.option("--param", "params", type=Parameter(), multiple=True, help="A parameter of the provision, name=value.")
@click.option("--allow-empty", is_flag=True, help="A folder without scenarios is a warning, not an error.")
@body_files_option
def check(
    paths: tuple[str, ...],
    output: str,
    version: Version,
    params: tuple[tuple[str, str], ...],
    allow_empty: bool,
    body_folders: tuple[str, ...],
) -> None:
    """Check scenarios (files and folders) and workflow templates (files), and print every problem.

    A template is JSON or YAML with workflows: its problems are what the plugin would refuse, and the steps that would
    fail. The path - is standard input. Exits with 1 if there is an error, or a folder has no scenario.
    """
    from mockflow.cli.reports import REPORTS

    checked = _checked(paths, version, dict(params), allow_empty=allow_empty, body_folders=body_folders)
    errors = _errors(checked.problems)
    if output in ("text", "github"):
        if output == "text":
            print_problems(checked.problems)
        elif report := REPORTS[output](checked):
            click.echo(report)
        click.echo(_summary(checked))
    else:
        click.echo(REPORTS[output](checked))
    raise SystemExit(1 if errors else 0)


@click.command(short_help="Print the JSON Schema of scenarios, for editors.")
def schema() -> None:
    """Print the JSON Schema of the scenario language, for editors."""
    from mockflow.core.scenario.json_schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def _checked(
    paths: Collection[str],
    version: Version,
    params: Mapping[str, str],
    *,
    allow_empty: bool,
    body_folders: Collection[str],
) -> Checked:
    from mockflow.cli.reports import Checked
    from mockflow.cli.sources import read_paths

    templates, scenarios = _apart(paths)
    read = read_paths(scenarios, allow_empty=allow_empty, body_folders=body_folders)
    found = {file: _problems(text, file, version, params) for file, text in templates.items()}
    return Checked(
        [located.scenario.scenario for located in read.loading.scenarios],
        [file for file, problems in found.items() if not _errors(problems)],
        read.files,
        [*templates],
        [*read.loading.problems, *(problem for of_file in found.values() for problem in of_file)],
    )


def _summary(checked: Checked) -> str:
    """``2 good scenarios, 0 errors, 1 warning``."""
    errors = len(_errors(checked.problems))
    parts = [counted(len(checked.scenarios), "good scenario")] if checked.scenario_files else []
    parts += [counted(len(checked.templates), "good template")] if checked.template_files else []
    return ", ".join([*parts, counted(errors, "error"), counted(len(checked.problems) - errors, "warning")])


def _apart(paths: Collection[str]) -> tuple[dict[str, bytes], list[str]]:
    """The templates among the files, with their texts, and the other files and folders."""
    from mockflow.cli.sources import STDIN, STDIN_NAME, stdin_text
    from mockflow.loading.load import files_in

    templates: dict[str, bytes] = {}
    others = []
    named = [path for path in paths if path != STDIN]
    found = [(str(path), str(path), b"" if problem else _text(path)) for path, problem in files_in(named)]
    if len(named) < len(tuple(paths)):
        found.append((STDIN, STDIN_NAME, stdin_text()))
    for path, name, text in found:
        if b"workflows" in text and _has_templates(text, name):
            templates[name] = text
        else:
            others.append(path)
    return templates, others


def _text(path: Path) -> bytes:
    """The beginning of a file; empty if it cannot be read, which loading it reports."""
    from mockflow.loading.regular_files import read_regular
    from mockflow.loading.yaml12 import MAX_BYTES

    try:
        return read_regular(path, MAX_BYTES)
    except OSError:
        return b""


def _has_templates(text: bytes, file: str) -> bool:
    """Whether all documents are templates. Broken JSON counts as one."""
    from mockflow.loading.templates import is_template, read_templates

    documents, problems = read_templates(text, file)
    return all(map(is_template, documents)) if documents else bool(problems) and file.endswith(".json")


def _problems(text: bytes, file: str, version: Version, params: Mapping[str, str]) -> list[Problem]:
    from mockflow.loading.templates import check_template, read_templates

    documents, problems = read_templates(text, file)
    for document in documents:
        checked = check_template(document, version, params)
        problems += [*checked.refusals, *checked.others]
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]
