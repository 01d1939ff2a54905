"""A group of commands that are imported when they are called."""

import errno
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

import click
from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """`catalog` has for each command its module and a line of help, so that neither help nor completion imports any.

    The attribute of the module has the command's name.
    """

    def __init__(self, name: str, *, catalog: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(name, **options)
        self.catalog = catalog

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """As click does. Output that cannot be written is an error with a message, as a broken pipe is none."""
        try:
            return super().main(args, prog_name, complete_var, standalone_mode, **extra)
        except OSError as error:
            if not standalone_mode or error.filename is not None or error.errno not in _OUTPUT_ERRORS:
                raise
            _drop_output()
            with suppress(OSError):
                click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)
            sys.exit(1)

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


_OUTPUT_ERRORS: Final = (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG)


def _drop_output() -> None:
    """What standard output still holds goes nowhere; else Python tries once more at its end, and shows a traceback."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
