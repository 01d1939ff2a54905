"""The command `mockflow`. Each command is imported when it is called, so that a health check costs little."""

import gc
import io
import sys
from typing import Final

_collects: Final = gc.isenabled()
gc.disable()  # collections during the imports find nothing and take a tenth of their time

import click  # noqa: E402

from mockflow._version import __version__  # noqa: E402
from mockflow.cli.lazy import LazyGroup  # noqa: E402

if _collects:
    gc.enable()

COMMANDS: Final = {
    "check": ("mockflow.cli.check", "Check scenarios and workflow templates."),
    "completion": ("mockflow.cli.completion", "Print the completion script of a shell."),
    "draft": ("mockflow.cli.draft", "Write a scenario for a workflow template."),
    "init": ("mockflow.cli.init", "Write a first scenario and a test into a repository."),
    "load": ("mockflow.cli.remote", "Load scenarios into a running server."),
    "plot": ("mockflow.cli.plot", "Draw the timelines of scenarios as SVG."),
    "presets": ("mockflow.cli.presets", "List the predefined responses of faults and stubs."),
    "proxy": ("mockflow.cli.proxy", "Record a client's requests."),
    "record": ("mockflow.cli.record", "Record a real cluster."),
    "scenarios": ("mockflow.cli.scenarios", "List the shipped scenarios, or print one."),
    "schema": ("mockflow.cli.check", "Print the JSON Schema of scenarios, for editors."),
    "serve": ("mockflow.cli.serve", "Serve a fake OpenSearch with scenarios."),
    "show": ("mockflow.cli.show", "Draw the timelines of scenarios on the terminal."),
    "wait": ("mockflow.cli.remote", "Wait until a server answers."),
}
"""Each command's module and its line in the help."""


def _main() -> None:
    """A fake OpenSearch for programs that use the flow-framework API, scripted in YAML scenarios."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # so that messages can be printed in any encoding


main: Final = LazyGroup(
    "mockflow",
    callback=_main,
    help=_main.__doc__,
    catalog=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, prog_name="mockflow")(main)

__all__ = ["main"]
