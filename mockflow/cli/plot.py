"""`mockflow plot`: draws timelines as a picture for documentation."""

from pathlib import Path
from typing import Final

import click

from mockflow.cli.options import (
    ScenarioPath,
    body_files_option,
    print_problems,
    step_time_option,
    template_option,
)
from mockflow.cli.preview import preview_of
from mockflow.cli.sources import read_paths
from mockflow.cli.svg import plotted
from mockflow.cli.templates import read_template
from mockflow.cluster import Settings

_OTHER_PICTURES: Final = frozenset({".gif", ".jpeg", ".jpg", ".pdf", ".png", ".webp"})


@click.command(
    short_help="Draw the timelines of scenarios as SVG.",
    epilog="Example: mockflow plot scenarios/docs-example.yaml -o timeline.svg",
)
@click.argument("paths", nargs=-1, required=True, type=ScenarioPath())
@click.option(
    "-o", "--output", required=True, type=click.Path(), help="The file to write, such as timeline.svg; - is stdout."
)
@step_time_option
@template_option
@body_files_option
def plot(
    paths: tuple[str, ...], output: str, step_time: int, template: str | None, body_folders: tuple[str, ...]
) -> None:
    """Draw the timelines of scenario files and folders as one SVG picture.

    The picture has no scripts or fonts, and colours for light and dark pages.
    """
    if Path(output).suffix.lower() in _OTHER_PICTURES:
        raise click.BadParameter(f"{output}: the picture is an SVG; name it .svg", param_hint="'-o' / '--output'")
    loading = read_paths(paths, body_folders=body_folders).loading
    print_problems(loading.problems, stderr=True)
    if loading.errors or not loading.scenarios:
        raise SystemExit(1)
    parsed = read_template(template).template if template else None
    settings = Settings(mode="frozen", step_time=step_time)
    picture = plotted([preview_of(located.scenario, settings, parsed) for located in loading.scenarios])
    if output == "-":
        click.echo(picture, nl=False)
        return
    try:
        Path(output).write_text(picture, "utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
