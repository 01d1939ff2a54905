"""`mockflow check` and `mockflow schema`, which need no server."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from mockflow.cli.options import Parameter, VersionText, body_files_option, counted, print_problems
from mockflow.core.plugin.versions import DEFAULT_VERSION, NEWEST, OLDEST, Version
from mockflow.core.scenario.model import json_schema
from mockflow.loading.load import files_in, load_paths
from mockflow.loading.problems import Problem
from mockflow.loading.regular_files import read_regular
from mockflow.loading.templates import check_template, is_template, read_templates
from mockflow.loading.yaml12 import MAX_BYTES


@click.command(short_help="Check scenarios and workflow templates.")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--opensearch-version",
    "version",
    type=VersionText(),
    default=DEFAULT_VERSION,
    show_default=True,
    help=f"The release that templates are for, from {OLDEST} to {NEWEST}.",
)
@click.option("--param", "params", type=Parameter(), multiple=True, help="A parameter of the provision, name=value.")
@body_files_option
def check(
    paths: tuple[str, ...],
    output: str,
    version: Version,
    params: tuple[tuple[str, str], ...],
    body_folders: tuple[Path, ...],
) -> None:
    """Check scenarios (files and folders) and workflow templates (files), and print every problem.

    A template is JSON or YAML with workflows: its problems are what the plugin would refuse, and the steps that would
    fail. Exits with 1 if there is an error.
    """
    templates, scenarios = _apart(paths)
    loading = load_paths(scenarios, body_folders)
    found = {file: _problems(text, file, version, dict(params)) for file, text in templates.items()}
    good = [file for file, problems in found.items() if not _errors(problems)]
    problems = [*loading.problems, *(problem for of_file in found.values() for problem in of_file)]
    errors = _errors(problems)
    if output == "json":
        report = {
            "scenarios": [located.scenario.scenario for located in loading.scenarios],
            "templates": good,
            "problems": [problem.as_json() for problem in problems],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        print_problems(problems)
        parts = [counted(len(loading.scenarios), "good scenario")] if scenarios else []
        parts += [counted(len(good), "good template")] if templates else []
        parts += [counted(len(errors), "error"), counted(len(problems) - len(errors), "warning")]
        click.echo(", ".join(parts))
    raise SystemExit(1 if errors else 0)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the scenario language, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))


def _apart(paths: Iterable[str]) -> tuple[dict[str, bytes], list[str]]:
    """The templates among the files, with their texts, and the other files and folders."""
    templates: dict[str, bytes] = {}
    others = []
    for path, problem in files_in(paths):
        text = b"" if problem else _text(path)
        if b"workflows" in text and _has_templates(text, str(path)):
            templates[str(path)] = text
        else:
            others.append(str(path))
    return templates, others


def _text(path: Path) -> bytes:
    """The beginning of a file; empty if it cannot be read, which loading it reports."""
    try:
        return read_regular(path, MAX_BYTES)
    except OSError:
        return b""


def _has_templates(text: bytes, file: str) -> bool:
    """Whether all documents are templates. Broken JSON counts as one."""
    documents, problems = read_templates(text, file)
    return all(map(is_template, documents)) if documents else bool(problems) and file.endswith(".json")


def _problems(text: bytes, file: str, version: Version, params: Mapping[str, str]) -> list[Problem]:
    documents, problems = read_templates(text, file)
    for document in documents:
        checked = check_template(document, version, params)
        problems += [*checked.refusals, *checked.others]
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]
