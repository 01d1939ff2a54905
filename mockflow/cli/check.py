"""`mockflow check` and `mockflow schema`, which need no server."""

import json

import click

from mockflow.cli.options import counted, print_problems
from mockflow.core.scenario.model import json_schema
from mockflow.loading.load import load_paths


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(paths: tuple[str, ...], output: str) -> None:
    """Check scenario files and folders and print every problem. Exits with 1 if there is an error."""
    loading = load_paths(paths)
    if output == "json":
        report = {
            "scenarios": [located.scenario.scenario for located in loading.scenarios],
            "problems": [problem.as_json() for problem in loading.problems],
        }
        click.echo(json.dumps(report, indent=2))
    else:
        print_problems(loading.problems)
        errors, warnings = counted(len(loading.errors), "error"), counted(len(loading.warnings), "warning")
        click.echo(f"{counted(len(loading.scenarios), 'good scenario')}, {errors}, {warnings}")
    raise SystemExit(1 if loading.errors else 0)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the scenario language, for editors."""
    click.echo(json.dumps(json_schema(), indent=2))
