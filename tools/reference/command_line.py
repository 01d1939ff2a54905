"""The commands, from click."""

import re
import textwrap

import click

from mockflow.cli import main
from tools.reference.markdown import code, document, prose, table

_INTRODUCTION = """\
`mockflow COMMAND --help` prints the same. A *time* is such as `30s` or `250ms`. [Environment
variables](environment.md) lists the variables that set options.
"""


def page() -> str:
    rows = ((f"[{name}](#mockflow-{name})", summary) for name, (_, summary) in main.catalog.items())
    commands = [section for name in main.catalog for section in _sections(f"mockflow {name}", context_of(name))]
    return document(
        "Command line", "the commands of `mockflow/cli/`", _INTRODUCTION, table(("command", ""), rows), *commands
    )


def context_of(name: str) -> click.Context:
    """The command as click knows it; `command` has its parameters."""
    return _context(name, main.load(name))


def _context(name: str, command: click.Command) -> click.Context:
    """With the group's settings: a command keeps its help option from the first context that it gets."""
    return command.make_context(name, [], resilient_parsing=True, **main.context_settings)


def _sections(name: str, context: click.Context) -> list[str]:
    command = context.command
    arguments = " ".join(command.collect_usage_pieces(context))
    if isinstance(command, click.Group) and command.invoke_without_command:
        arguments = arguments.replace(" COMMAND ", " [COMMAND] ")  # as click writes it from 8.2 on
    parts = [
        f"## {name}",
        f"```text\n{name} {arguments}\n```",
        prose(textwrap.dedent(command.help or "").replace("\b\n", "")),
        table(("option", "meaning"), (_option(record) for record in _records(context))),
        _epilog(command.epilog or ""),
    ]
    sections = ["\n\n".join(filter(None, parts))]
    if isinstance(command, click.Group):
        for each, inner in command.commands.items():
            sections += _sections(f"{name} {each}", _context(each, inner))
    return sections


def _records(context: click.Context) -> list[tuple[str, str]]:
    found = (parameter.get_help_record(context) for parameter in context.command.params)
    return [record for record in found if record and record[0].startswith("-")]


def _option(record: tuple[str, str]) -> tuple[str, str]:
    """Its names, and its help with what click adds in brackets."""
    names, text = record
    return code(names), with_note(text)


def with_note(text: str) -> str:
    """The help of an option, with what click or the option adds in brackets."""
    return re.sub(r"  \[(.+)\]$", r" (\1)", text)


def _epilog(text: str) -> str:
    lines = textwrap.dedent(text).replace("\b\n", "").strip()
    return prose(lines) if "\n  " not in lines else f"```text\n{lines}\n```"
