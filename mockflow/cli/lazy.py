"""A group of commands that are imported when they are called."""

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """`catalog` has for each command its module and a line of help, so that neither help nor completion imports any.

    The attribute of the module has the command's name.
    """

    def __init__(self, name: str, *, catalog: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(name, **options)
        self.catalog = catalog

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in alphabetical order."""
        return sorted(self.catalog)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None if there is none of this name."""
        return self.load(cmd_name) if cmd_name in self.catalog else None

    def load(self, name: str) -> click.Command:
        """The command of this name. Raises LookupError."""
        collects = gc.isenabled()
        gc.disable()
        try:
            command = getattr(import_module(self.catalog[name][0]), name)
        finally:
            if collects:
                gc.enable()
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, from the catalog."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.catalog[name][1]) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, and the group's own options."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self.catalog[name][1]) for name in names]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]
