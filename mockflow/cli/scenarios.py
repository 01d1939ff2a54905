"""`mockflow scenarios`: the scenarios that come with mockflow."""

from __future__ import annotations

import click

from mockflow.cli.options import ShippedName


@click.group(
    invoke_without_command=True,
    short_help="List the shipped scenarios, or print one.",
    epilog="Serve one or all of them: mockflow serve @overloaded, mockflow serve @all",
)
@click.pass_context
def scenarios(context: click.Context) -> None:
    """List the scenarios that come with mockflow, each with what it is about."""
    if context.invoked_subcommand is None:
        from mockflow.loading.load import load_paths
        from mockflow.loading.shipped import ALL

        rows = [(one.scenario.scenario, one.scenario.description or "") for one in load_paths([ALL]).scenarios]
        width = max((len(name) for name, _ in rows), default=0)
        for name, description in rows:
            click.echo(f"@{name:<{width}}  {_first_sentence(description)}")


@scenarios.command()
@click.argument("name", type=ShippedName())
def show(name: str) -> None:
    """Print the YAML of the scenario NAME."""
    from mockflow.loading.shipped import find

    try:
        path = find(name)
    except LookupError as error:
        raise click.ClickException(str(error)) from None
    if not path.is_file():
        raise click.ClickException(f"{name} is more than one scenario; name one of them")
    click.echo(path.read_text("utf-8"), nl=False)


def _first_sentence(text: str) -> str:
    line = " ".join(text.split())
    head, stop, _ = line.partition(". ")
    return head + stop.strip()
