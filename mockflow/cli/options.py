"""Types of options, and the output of problems."""

import re
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.text import Text

from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.security import User, parse_user
from mockflow.core.plugin.versions import Version, parse_version
from mockflow.loading.problems import Problem

body_files_option: Final = click.option(
    "--body-files",
    "body_folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    envvar="MOCKFLOW_BODY_FILES",
    help="A folder besides that of the scenario from which body_file may read.",
)


class Duration(click.ParamType):  # type: ignore[type-arg]  # in older click it takes none
    """An OpenSearch time unit such as 30s, as milliseconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ServerUrl(click.ParamType):  # type: ignore[type-arg]
    """The URL of a server, such as http://127.0.0.1:9200. A final slash is removed."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        url = value if "://" in value else f"http://{value}"
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or re.search(r"[\s?#]", url):
            self.fail(f'"{value}" is not the address of a server, such as http://127.0.0.1:9200', param, ctx)
        return url.rstrip("/")


class UserText(click.ParamType):  # type: ignore[type-arg]
    """A user of the security plugin: ``name:password`` or ``name:password:roles``."""

    name = "name:password[:roles]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> User:
        if isinstance(value, User):
            return value
        try:
            return parse_user(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class VersionText(click.ParamType):  # type: ignore[type-arg]
    """A release of OpenSearch, such as 3.2.0."""

    name = "version"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Version:
        if isinstance(value, Version):
            return value
        try:
            return parse_version(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Parameter(click.ParamType):  # type: ignore[type-arg]
    """A parameter of a provision: ``name=value``, as a pair."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail(f'"{value}" is not name=value', param, ctx)
        return name, text


class Epoch(click.ParamType):  # type: ignore[type-arg]
    """A date and time in ISO 8601 (UTC if there is no zone), or epoch milliseconds."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        if str(value).isdigit() and len(value) <= 15:
            return int(value)
        try:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
            return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f'"{value}" is neither a date such as 2026-01-01T00:00:00Z nor epoch milliseconds', param, ctx)


def print_problems(problems: Iterable[Problem], *, stderr: bool = False) -> None:
    """Prints one line for each problem, in colour on a terminal."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    for problem in problems:
        line = Text(str(problem))
        line.stylize("bold", 0, len(str(problem.place)))
        line.stylize("yellow" if problem.severity == "warning" else "red", len(str(problem.place)) + 1)
        console.print(line)


def counted(count: int, thing: str) -> str:
    """``1 problem``, ``2 problems``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
