"""The command `mockflow`."""

import io
import sys

import click

from mockflow._version import __version__
from mockflow.cli.check import check, schema
from mockflow.cli.presets import presets
from mockflow.cli.remote import load, wait
from mockflow.cli.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockflow")
def main() -> None:
    """A fake OpenSearch for programs that use the flow-framework API, driven by YAML scenarios."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no terminal is too poor to be told of a problem


for command in (serve, check, schema, presets, wait, load):
    main.add_command(command)

__all__ = ["main"]
