"""`mockflow completion`: shell scripts that complete commands, options and files."""

import click
from click.shell_completion import get_completion_class

_SHELLS = {
    "bash": 'eval "$(mockflow completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(mockflow completion zsh)" in ~/.zshrc, after compinit',
    "fish": "mockflow completion fish | source in ~/.config/fish/config.fish",
}


@click.command(
    short_help="Print the completion script of a shell.",
    epilog="\b\nAdd one of these lines:\n" + "\n".join(f"  {line}" for line in _SHELLS.values()),
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options and files."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "mockflow", "_MOCKFLOW_COMPLETE").source())
