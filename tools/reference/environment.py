"""The environment variables, from the options of click."""

import click

from mockflow.cli import main
from mockflow.cli.environment import variable_of
from tools.reference.command_line import context_of, with_note
from tools.reference.markdown import code, codes, document, table

_INTRODUCTION = """\
An option on the command line takes precedence over its variable. A flag is set by `1`, `true` or `yes`; several
values are separated by spaces, paths as in `PATH`. `mockflow serve` warns of unknown variables that begin with
`MOCKFLOW_`, except those that Kubernetes and container links set for a service called mockflow.
"""
_ALSO = {"MOCKFLOW_CONTROL_TOKEN", "MOCKFLOW_CA"}  # read by the Python API, too
_PYTHON = ", `MockFlow.connect`, `--mockflow-url`"
_OTHERS = (
    (
        "`WATCHFILES_FORCE_POLLING`",
        "`1`: `mockflow serve --watch` polls files, where the system sends no notifications",
    ),
    ("`NO_COLOR`", "any value: no colours"),
)
_TITLES = {
    "serve": "Of mockflow serve, and of the container image",
    "record": "Of mockflow record",
    "proxy": "Of mockflow proxy",
}


def page() -> str:
    own = [f"## {title}\n\n{table(('variable', 'option', 'meaning'), _rows(name))}" for name, title in _TITLES.items()]
    others: dict[str, tuple[str, str, list[str]]] = {}
    for name in main.catalog:
        if name not in _TITLES:
            for variable, option, meaning in _rows(name):
                others.setdefault(variable, (option, meaning, []))[2].append(name)
    rows = (
        (variable, option, codes(users) + _PYTHON * (variable.strip("`") in _ALSO), meaning)
        for variable, (option, meaning, users) in others.items()
    )
    return document(
        "Environment variables",
        "the options of `mockflow/cli/`",
        _INTRODUCTION,
        *own,
        "## Of other commands",
        table(("variable", "option", "commands", "meaning"), rows),
        "## Others",
        table(("variable", "meaning"), _OTHERS),
    )


def _rows(name: str) -> list[tuple[str, str, str]]:
    context = context_of(name)
    return [
        (code(variable_of(context, parameter)), code(_name(parameter)), _meaning(parameter))
        for parameter in context.command.params
        if parameter.name != "help" and (parameter.envvar or _has_own(context, parameter))
    ]


def _has_own(context: click.Context, parameter: click.Parameter) -> bool:
    """Whether the command's prefix gives the parameter a variable. Click gives arguments none."""
    return bool(context.auto_envvar_prefix) and isinstance(parameter, click.Option)


def _name(parameter: click.Parameter) -> str:
    return max(parameter.opts, key=len) if isinstance(parameter, click.Option) else (parameter.name or "").upper()


def _meaning(parameter: click.Parameter) -> str:
    text = parameter.help or "" if isinstance(parameter, click.Option) else "Scenario files and folders."
    return with_note(text)
