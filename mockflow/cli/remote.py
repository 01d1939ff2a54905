"""`mockflow wait` and `mockflow load`, for a running server such as a CI service."""

import os
import time
from urllib.parse import quote

import click

from mockflow.cli.client import (
    REQUEST_SECONDS,
    UNANSWERED,
    RefusedError,
    ca_option,
    control_token_option,
    reason,
    request,
    trusting_opener,
    verifying_opener,
)
from mockflow.cli.options import Duration, ScenarioPath, ServerUrl, body_files_option, counted, print_problems
from mockflow.cli.readiness import is_ready, url_from
from mockflow.core.base.durations import format_duration
from mockflow.core.base.plain_text import plain

_PAUSE_SECONDS = 0.1


@click.command(short_help="Wait until a server answers.")
@click.argument("url", type=ServerUrl(), required=False)
@click.option("--timeout", type=Duration(), default="30s", show_default=True, help="How long to wait.")
def wait(url: str | None, timeout: int) -> None:
    """Wait until the server at URL answers. Exits with 1 if it does not in time.

    Without URL it is the server of this machine, by the environment variables of mockflow serve (MOCKFLOW_PORT and
    others). A mockflow is asked for /_mockflow/health, which counts as no request of a client; any other server is
    asked for /. The request has no secrets: a 401 counts as an answer, and HTTPS certificates are not verified.
    """
    url = url or url_from(os.environ)
    opener = trusting_opener()
    end = time.monotonic() + timeout / 1000
    while True:
        left = end - time.monotonic()
        try:
            is_mockflow = is_ready(opener, url, seconds=max(min(left, REQUEST_SECONDS), _PAUSE_SECONDS))
        except UNANSWERED as error:
            if left <= 0:
                waited = format_duration(timeout)
                raise click.ClickException(f"{url} is not ready after {waited}: {reason(error)}") from None
            time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
        else:
            if not is_mockflow:
                click.echo(f"{url} answers GET /; it has no /_mockflow/health", err=True)
            return


@click.command(short_help="Load scenarios into a running server.")
@click.argument("url", type=ServerUrl())
@click.argument("paths", nargs=-1, required=True, type=ScenarioPath())
@click.option("--allow-empty", is_flag=True, help="A folder without scenarios is a warning, not an error.")
@control_token_option
@ca_option
@body_files_option
def load(
    url: str,
    paths: tuple[str, ...],
    allow_empty: bool,
    control_token: str | None,
    ca: str | None,
    body_folders: tuple[str, ...],
) -> None:
    """Load scenario files and folders into the server at URL. Scenarios of the same name are replaced.

    The path - is standard input.
    """
    from pathlib import Path

    from mockflow.cli.sources import read_paths

    read = read_paths(paths, allow_empty=allow_empty, body_folders=body_folders)
    loading = read.loading
    print_problems(loading.problems, stderr=True)
    if loading.errors:
        if Path(given := url.removeprefix("http://")).exists():
            raise click.ClickException(f"nothing was loaded: the server's URL comes first, and {given} is a path")
        raise click.ClickException(f"nothing was loaded: {counted(len(loading.errors), 'error')}")
    opener = verifying_opener(ca)
    for file in dict.fromkeys(located.place.file for located in loading.scenarios):
        text = read.text(file)
        try:
            address = f"{url}/_mockflow/scenarios?source={quote(file)}"
            loaded = request(opener, "PUT", address, text, token=control_token)["loaded"]
            names = [scenario["scenario"] for scenario in loaded]
        except RefusedError as error:
            raise click.ClickException(f"{file}: {error}") from None
        except UNANSWERED as error:
            raise click.ClickException(f"{url} does not answer: {reason(error)}") from None
        click.echo(plain(f"{file}: {', '.join(names)}"))
