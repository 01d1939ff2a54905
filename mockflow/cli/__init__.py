"""The command `mockflow`."""

import io
import sys

import click

from mockflow._version import __version__
from mockflow.cli.check import check, schema
from mockflow.cli.completion import completion
from mockflow.cli.draft import draft
from mockflow.cli.init import init
from mockflow.cli.plot import plot
from mockflow.cli.presets import presets
from mockflow.cli.proxy import proxy
from mockflow.cli.record import record
from mockflow.cli.remote import load, wait
from mockflow.cli.serve import serve
from mockflow.cli.show import show


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockflow")
def main() -> None:
    """A fake OpenSearch for programs that use the flow-framework API, scripted in YAML scenarios."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # so that messages can be printed in any encoding


for command in (serve, check, schema, presets, show, plot, draft, init, wait, load, record, proxy, completion):
    main.add_command(command)

__all__ = ["main"]
