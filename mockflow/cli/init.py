"""`mockflow init`: writes a first scenario, a test and a compose file into a repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from mockflow.cli.options import ShippedName

_SCENARIOS: Final = "tests/scenarios"
_STARTER: Final = (
    ("tests/scenarios/first.yaml", "a scenario: a workflow that completes after three seconds"),
    ("tests/test_first_scenario.py", "two tests with it; run them with: pytest"),
    ("compose.mockflow.yaml", "mockflow as a service for Docker Compose"),
)
"""The files and their descriptions. `starter` has them under the same names."""


@click.command(
    short_help="Write a first scenario and a test into a repository.",
    epilog="Example: cd my-repo && mockflow init && pytest tests/test_first_scenario.py",
)
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(file_okay=False))
@click.option("--with", "shipped", type=ShippedName(), multiple=True, help="Copy this shipped scenario, too.")
def init(folder: str, shipped: tuple[str, ...]) -> None:
    """Write a first scenario, a test and a compose file into DIR (default: the current folder).

    The JSON Schema beside the scenario lets editors complete and explain its keys. Existing files are not changed.
    """
    root = Path(folder)
    copied = list(_shipped(shipped))
    for name, what, text in [*_starters(), *copied]:
        try:
            is_new = _write(root / name, text)
        except OSError as error:
            raise click.ClickException(f"{root / name} cannot be written: {error.strerror}") from None
        click.echo(f"{'wrote' if is_new else 'kept'} {root / name}: {what if is_new else 'it exists already'}")


def _starters() -> Iterator[tuple[str, str, str]]:
    """Each file's name, description and text."""
    from mockflow.core.scenario.json_schema import json_schema

    for name, what in _STARTER:
        yield name, what, files("mockflow.cli").joinpath("starter", *name.split("/")).read_text("utf-8")
        if name.startswith(f"{_SCENARIOS}/"):
            schema = json.dumps(json_schema(), indent=2) + "\n"
            yield f"{_SCENARIOS}/schema.json", "by which editors complete and explain the keys of scenarios", schema


def _shipped(names: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """As `_starters`, for shipped scenarios. Raises ClickException for a name that is none."""
    from mockflow.loading.shipped import files as shipped_files
    from mockflow.loading.shipped import find

    for name in names:
        try:
            path = find(name)
        except LookupError as error:
            raise click.ClickException(str(error)) from None
        for file in [path] if path.is_file() else shipped_files().values():
            yield f"{_SCENARIOS}/{file.name}", "a shipped scenario", file.read_text("utf-8")


def _write(path: Path, text: str) -> bool:
    """Writes a new file; returns False if the path exists, even as a broken link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True
