"""`mockflow init`: writes a first scenario, a test and a compose file into a repository."""

from importlib.resources import files
from pathlib import Path
from typing import Final

import click

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
def init(folder: str) -> None:
    """Write a first scenario, a test and a compose file into DIR (default: the current folder).

    Existing files are not changed.
    """
    root = Path(folder)
    for name, what in _STARTER:
        try:
            is_new = _write(root / name, _starter(name))
        except OSError as error:
            raise click.ClickException(f"{root / name}: cannot be written: {error.strerror}") from None
        click.echo(f"{'wrote' if is_new else 'kept'} {root / name}: {what if is_new else 'it exists already'}")


def _starter(name: str) -> str:
    return files("mockflow.cli").joinpath("starter", *name.split("/")).read_text("utf-8")


def _write(path: Path, text: str) -> bool:
    """Writes a new file; returns False if the path exists, even as a broken link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True
