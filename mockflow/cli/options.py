"""Types of options, and the output of problems. Large libraries are imported by those that need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
from click.shell_completion import CompletionItem

from mockflow.core.base.durations import parse_duration

if TYPE_CHECKING:
    from mockflow.core.opensearch.security import User
    from mockflow.core.plugin.versions import Version
    from mockflow.loading.problems import Problem

body_files_option: Final = click.option(
    "--body-files",
    "body_folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(file_okay=False),
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


step_time_option: Final = click.option(
    "--step-time", type=Duration(), default="1s", show_default=True, help="The duration of steps without a plan."
)
template_option: Final = click.option("--template", type=click.Path(), help="The template for scenarios with match.")


class Seed(click.ParamType):  # type: ignore[type-arg]
    """A whole number, or the word random for one made by chance."""

    name = "integer or random"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if isinstance(value, int):
            return value
        if value == RANDOM:
            return RANDOM
        least, most = -(2**63), 2**63 - 1  # as the settings allow, whose module is large to import
        digits = value.removeprefix("-").removeprefix("+")
        number = int(value) if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS else None
        if number is None or not least <= number <= most:
            self.fail(f'"{value}" is neither a whole number from {least} to {most} nor {RANDOM}', param, ctx)
        return number


RANDOM: Final = "random"
_DIGITS: Final = 19


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
        if not good or any(c.isspace() or c in "?#" for c in url):
            self.fail(f'"{value}" is not the address of a server, such as http://127.0.0.1:9200', param, ctx)
        return url.rstrip("/")


class UserText(click.ParamType):  # type: ignore[type-arg]
    """A user of the security plugin: ``name:password`` or ``name:password:roles``."""

    name = "name:password[:roles]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> User:
        from mockflow.core.opensearch.security import User, parse_user

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
        from mockflow.core.plugin.versions import Version, parse_version

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
        from datetime import datetime, timezone

        if isinstance(value, int):
            return value
        if value.isascii() and value.isdigit() and len(value) <= 15:
            return int(value)
        try:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
            return int(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            self.fail(f'"{value}" is neither a date such as 2026-01-01T00:00:00Z nor epoch milliseconds', param, ctx)


def print_problems(problems: Iterable[Problem], *, stderr: bool = False) -> None:
    """Prints one line for each problem, in colour on a terminal. Equal warnings are one line with their number."""
    problems = list(problems)
    if not problems:
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=stderr, highlight=False, soft_wrap=True)
    for problem, others in _grouped(problems):
        line = Text(f"{problem}{others}")
        line.stylize("bold", 0, len(str(problem.place)))
        line.stylize("yellow" if problem.severity == "warning" else "red", len(str(problem.place)) + 1)
        console.print(line)


def _grouped(problems: Iterable[Problem]) -> Iterator[tuple[Problem, str]]:
    """Each error; and each warning once, with the number and the places of those that say the same."""
    problems = list(problems)
    equal: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        if problem.severity == "warning" and problem.other is None:
            equal.setdefault((problem.message, problem.hint), []).append(problem)
    for problem in problems:
        same = equal.get((problem.message, problem.hint), [problem])
        if len(same) == 1 or problem.severity == "error" or problem.other:
            yield problem, ""
        elif same[0] is problem:
            places = [str(each.place) for each in same[1 : _MOST_PLACES + 1]]
            left = len(same) - 1 - len(places)
            listed = ", ".join(places) + (f" and {counted(left, 'other place')}" if left else "")
            yield problem, f" ({len(same)} times; also at {listed})"


_MOST_PLACES = 3


def counted(count: int, thing: str) -> str:
    """``1 problem``, ``2 problems``."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


class ShippedName(click.ParamType):  # type: ignore[type-arg]
    """The name of a shipped scenario, with or without the mark @; the value has it."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return value if str(value).startswith("@") else f"@{value}"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from mockflow.loading.shipped import files

        mark = "@" if incomplete.startswith("@") else ""
        return [CompletionItem(mark + name) for name in files() if f"{mark}{name}".startswith(incomplete)]


class ScenarioPath(click.Path):
    """A file or folder of scenarios, or a shipped scenario such as @overloaded; completes both."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        if not incomplete.startswith("@"):
            return super().shell_complete(ctx, param, incomplete)
        from mockflow.loading.shipped import ALL, files

        return [
            CompletionItem(name) for name in (ALL, *(f"@{name}" for name in files())) if name.startswith(incomplete)
        ]
