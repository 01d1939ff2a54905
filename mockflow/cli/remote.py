"""`mockflow wait` and `mockflow load`: against a server that runs already, such as a CI service."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from mockflow.cli.options import Duration, counted, print_problems
from mockflow.loading.load import load_paths

_PAUSE_SECONDS = 0.1
_REQUEST_SECONDS = 5.0


@click.command()
@click.argument("url")
@click.option("--timeout", type=Duration(), default="30s", show_default=True, help="How long to wait.")
def wait(url: str, timeout: int) -> None:
    """Wait until the server at URL answers; exits with 1 when it does not in time."""
    end = time.monotonic() + timeout / 1000
    while True:
        left = end - time.monotonic()
        try:
            _request("GET", _base(url), seconds=max(min(left, _REQUEST_SECONDS), _PAUSE_SECONDS))
        except (OSError, ValueError) as error:
            if left <= 0:
                raise click.ClickException(f"{url} does not answer after {timeout} ms: {_reason(error)}") from None
            time.sleep(min(_PAUSE_SECONDS, max(left, 0)))
        else:
            return


@click.command()
@click.argument("url")
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
            answer = _request("PUT", f"{_base(url)}/_mockflow/scenarios?source={quote(file)}", text)
        except urllib.error.HTTPError as error:
            raise click.ClickException(f"{file}: {_refusal(error)}") from None
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{url} does not answer: {_reason(error)}") from None
        names = [scenario["scenario"] for scenario in answer["loaded"]]
        click.echo(f"{file}: {', '.join(names)}")


def _base(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        url = f"http://{url}"
    return url.rstrip("/")


def _request(method: str, url: str, body: bytes | None = None, seconds: float = _REQUEST_SECONDS) -> Mapping[str, Any]:
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=seconds) as response:
        answer: Mapping[str, Any] = json.load(response)
        return answer


def _refusal(error: urllib.error.HTTPError) -> str:
    """The owner's door's own words, or the status where something else answered."""
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code}; is it mockflow?"


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", error))
