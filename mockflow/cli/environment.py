"""The environment variables of `mockflow serve`: each option is one, and its mistakes are reported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Final

import click
from click.core import ParameterSource

from mockflow.core.base.suggest import closest

PREFIX: Final = "MOCKFLOW_"
_OTHERS: Final = ("MOCKFLOW_CA", "MOCKFLOW_CONTROL_TOKEN")  # of other commands and of the Python API
_OTHER_PREFIXES: Final = ("MOCKFLOW_RECORD_", "MOCKFLOW_PROXY_")

# Variables that Docker's links and Kubernetes set in each container, for a service that is called mockflow...
_LINK_VALUE: Final = re.compile(r"(tcp|udp|sctp)://")
_LINK_NAME: Final = re.compile(
    r"_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+)?_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$"
)


class EnvironmentCommand(click.Command):
    """A command whose options are environment variables. Those that container links set are not its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; the error of a value from the environment names its variable."""
        links = {name: os.environ.pop(name) for name in [*os.environ] if is_link(name, os.environ[name])}
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            if error.param and _is_from_there(ctx, error.param):
                hint = error.param.get_error_hint(ctx)
                error.param_hint = f"{hint} (environment variable {variable_of(ctx, error.param)})"
            raise
        finally:
            os.environ.update(links)


def variable_of(ctx: click.Context, parameter: click.Parameter) -> str:
    """The variable of an option or argument."""
    if isinstance(parameter.envvar, str):
        return parameter.envvar
    return f"{ctx.auto_envvar_prefix}_{parameter.name}".upper()


def is_link(name: str, value: str) -> bool:
    """Whether a variable is one of those that container links set, such as ``MOCKFLOW_PORT=tcp://10.0.0.1:9200``."""
    is_ours = name.startswith(PREFIX)
    return is_ours and (_LINK_NAME.search(name) is not None or _LINK_VALUE.match(value) is not None)


def unknown_variables(ctx: click.Context, variables: Mapping[str, str]) -> Iterator[str]:
    """A message for each variable that looks like an option and is none."""
    known = {*_OTHERS, *(variable_of(ctx, parameter) for parameter in ctx.command.params)}
    for name, value in sorted(variables.items()):
        if not name.startswith(PREFIX) or name in known or name.startswith(_OTHER_PREFIXES) or is_link(name, value):
            continue
        meant = closest(name.removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known))
        advice = f"did you mean {PREFIX}{meant}?" if meant else "mockflow serve --help lists the options"
        yield f"unknown environment variable {name}; {advice}"


def _is_from_there(ctx: click.Context, parameter: click.Parameter) -> bool:
    return ctx.get_parameter_source(parameter.name or "") is ParameterSource.ENVIRONMENT
