"""An output file that a command rewrites as a whole."""

import os
from pathlib import Path

import click


class Output:
    """Checks at the start that the file can be written, and replaces it atomically."""

    def __init__(self, path: str, *, force: bool) -> None:
        """Raises ClickException if the file exists (unless `force`) or cannot be written."""
        self.name = path
        self._path = Path(os.path.realpath(path))  # a link is followed
        self._part = self._path.with_name(f".{self._path.name}.part")
        if self._path.exists() and not self._path.is_file():
            raise click.ClickException(f"{path} is not a file that can be replaced; choose another with --output")
        if self._path.exists() and not force:
            raise click.ClickException(f"{path} exists already; --force replaces it")
        try:
            self._part.write_text("")
            self._part.unlink()
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror or error}") from None

    def write(self, text: str) -> None:
        """Replaces the file. Raises OSError if that fails; the old file stays then."""
        self._part.write_text(text, "utf-8")
        self._part.replace(self._path)

    def write_at_last(self, text: str) -> None:
        """As `write`; if that fails, the text goes to standard output, so that it is not lost."""
        try:
            self.write(text)
        except OSError as error:
            click.echo(text, nl=False)
            message = f"{self.name} cannot be written: {error.strerror or error}; standard output has it instead"
            raise click.ClickException(message) from None
