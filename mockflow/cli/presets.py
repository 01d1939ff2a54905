"""`mockflow presets`: lists the predefined responses of faults and stubs."""

import json

import click
from click.shell_completion import CompletionItem

from mockflow.core.base.suggest import did_you_mean
from mockflow.core.faults.presets import PRESETS


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=each.what) for name, each in PRESETS.items() if name.startswith(incomplete)]


@click.command(
    short_help="List the predefined responses of faults and stubs.",
    epilog="Example: mockflow presets circuit_breaker",
)
@click.argument("name", required=False, shell_complete=_complete)
def presets(name: str | None) -> None:
    """List the predefined responses of faults and stubs, or show the one called NAME."""
    if name is None:
        from rich.console import Console
        from rich.table import Table

        table = Table("name", "status", "what it means", box=None, pad_edge=False)
        for preset_name, preset in PRESETS.items():
            table.add_row(preset_name, str(preset.status), preset.what)
        Console().print(table)
        return
    if name not in PRESETS:
        raise click.ClickException(f'unknown preset "{name}"; {did_you_mean(name, PRESETS)}')
    preset = PRESETS[name]
    click.echo(preset.status)
    for header, value in preset.headers.items():
        click.echo(f"{header}: {value}")
    click.echo()
    click.echo(preset.body if isinstance(preset.body, str) else json.dumps(preset.body, indent=2))
