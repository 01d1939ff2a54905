"""`mockflow show`: draws timelines on the terminal."""

from collections.abc import Sequence

import click
from rich.console import Console, Group
from rich.text import Text

from mockflow.cli.client import ca_option, control_token_option
from mockflow.cli.layout import Shade, strip_of
from mockflow.cli.live import follow
from mockflow.cli.options import (
    ScenarioPath,
    ServerUrl,
    body_files_option,
    print_problems,
    step_time_option,
    template_option,
)
from mockflow.cli.preview import RunPreview, ScenarioPreview, preview_of
from mockflow.cli.sources import read_paths
from mockflow.cli.templates import read_template
from mockflow.cli.terminal import Drawing, Pen, moments_table, say
from mockflow.cluster import Settings
from mockflow.core.base.plain_text import plain


@click.command(
    short_help="Draw the timelines of scenarios on the terminal.",
    epilog="Examples: mockflow show scenarios/docs-example.yaml, mockflow show --live http://127.0.0.1:9200",
)
@click.argument("paths", nargs=-1, type=ScenarioPath())
@click.option("--live", type=ServerUrl(), metavar="URL", help="Follow the running server at URL instead, until Ctrl-C.")
@click.option(
    "--filter",
    "words",
    metavar="WORDS",
    default="",
    help="With --live: the workflows to show, by words or globs of id, scenario and state.",
)
@step_time_option
@template_option
@body_files_option
@control_token_option
@ca_option
def show(
    paths: tuple[str, ...],
    live: str | None,
    words: str,
    step_time: int,
    template: str | None,
    body_folders: tuple[str, ...],
    control_token: str | None,
    ca: str | None,
) -> None:
    """Draw the timelines of scenario files and folders: states as bands, resources as marks, and a table of moments.

    A short stretch beside a long one is drawn wider than it is. The path - is standard input. Exits with 1 if a
    file has an error.
    """
    if bool(paths) == bool(live):
        raise click.UsageError("name scenario files or folders, or a server: mockflow show --live URL")
    console = Console(highlight=False, emoji=False, markup=False)
    if live:
        follow(live, console, words=words, token=control_token, ca=ca)
        return
    loading = read_paths(paths, allow_empty=True, body_folders=body_folders).loading
    print_problems(loading.problems, stderr=True)
    parsed = read_template(template).template if template else None
    settings = Settings(mode="frozen", step_time=step_time)
    for located in loading.scenarios:
        say(console, picture(preview_of(located.scenario, settings, parsed), Pen.of(console)))
    raise SystemExit(1 if loading.errors else 0)


def picture(story: ScenarioPreview, pen: Pen) -> Group:
    """The runs of a scenario, one below the other."""
    head = Text.assemble((plain(story.name), "bold"), "  ", (plain(story.about), "dim"))
    lines = [head, *([Text(plain(story.description))] if story.description else [])]
    runs = (part for run in story.runs for part in (Text(), _run(run, story.shades, pen)))
    wrong = [Text(plain(f" {pen.glyphs.fault} {what}"), style="red") for what in (*story.shades, *story.other_effects)]
    return Group(*lines, *runs, *([Text(), *wrong] if wrong else []), Text())


def _run(run: RunPreview, shades: Sequence[Shade], pen: Pen) -> Group:
    title = Text.assemble((run.title, "bold"), (f": {run.note}" if run.note else "", "dim"))
    refusal = [Text(plain(f"answers {run.refusal}"), style="red")] if run.refusal else []
    if not run.moments:
        return Group(title, *refusal)
    strip = strip_of(run.moments, run.before, shades)
    return Group(title, Drawing(strip), Text(), moments_table(strip, pen), *refusal)
