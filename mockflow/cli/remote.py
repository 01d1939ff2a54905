"""`mockflow wait` and `mockflow load`: against a server that runs already, such as a CI service."""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from mockflow.cli.options import Duration, ServerUrl, counted, print_problems
from mockflow.core.durations import format_duration
from mockflow.loading.load import load_paths

_PAUSE_SECONDS = 0.1
_REQUEST_SECONDS = 5.0
_NOT_OURS = (HTTPException, ValueError, LookupError, TypeError)  # no HTTP, no JSON, or another JSON
_UNANSWERED = (OSError, *_NOT_OURS)

# Never through a proxy: a mock runs beside its client, and CI's proxies do not know it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class _RefusedError(OSError):
    """The server answered with an error."""


@click.command(short_help="Wait until a server answers.")
@click.argument("url", type=ServerUrl())
@click.option("--timeout", type=Duration(), default="30s", show_default=True, help="How long to wait.")
def wait(url: str, timeout: int) -> None:
    """Wait until the server at URL answers; exits with 1 when it does not in time."""
    end = time.monotonic() + timeout / 1000
    while True:
        left = end - time.monotonic()
        try:
            _request("GET", url, seconds=max(min(left, _REQUEST_SECONDS), _PAUSE_SECONDS))
        except _UNANSWERED as error:
            if left <= 0:
                waited = format_duration(timeout)
                raise click.ClickException(f"{url} is not ready after {waited}: {_reason(error)}") from None
            time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
        else:
            return


@click.command(short_help="Load scenarios into a running server.")
@click.argument("url", type=ServerUrl())
@click.argument("paths", nargs=-1, required=True, type=click.Path())
def load(url: str, paths: tuple[str, ...]) -> None:
    """Load scenario files and folders into the server at URL; those of the same name are replaced."""
    loading = load_paths(paths)
    print_problems(loading.problems, stderr=True)
    if loading.errors:
        raise click.ClickException(f"nothing was loaded: {counted(len(loading.errors), 'error')}")
    for file in dict.fromkeys(located.place.file for located in loading.scenarios):
        text = Path(file).read_bytes()
        try:
            loaded = _request("PUT", f"{url}/_mockflow/scenarios?source={quote(file)}", text)["loaded"]
            names = [scenario["scenario"] for scenario in loaded]
        except _RefusedError as error:
            raise click.ClickException(f"{file}: {error}") from None
        except _UNANSWERED as error:
            raise click.ClickException(f"{url} does not answer: {_reason(error)}") from None
        click.echo(f"{file}: {', '.join(names)}")


def _request(method: str, url: str, body: bytes | None = None, seconds: float = _REQUEST_SECONDS) -> Any:
    """The answer's JSON."""
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with _OPENER.open(request, timeout=seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise _RefusedError(_refusal(error)) from None


def _refusal(error: urllib.error.HTTPError) -> str:
    """The owner's door's own words, or the status where something else answered."""
    try:
        return str(json.load(error)["error"]["message"])
    except (*_NOT_OURS, OSError):
        return f"it answered {error.code} {error.reason}; is it mockflow?"


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, _NOT_OURS):
        return "something answers there, but not mockflow"
    return str(cause)
