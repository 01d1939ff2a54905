"""`mockflow wait` and `mockflow load`: against a server that runs already, such as a CI service."""

import json
import ssl
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


class _RefusedError(OSError):
    """The server answered with an error."""


class _UnauthorizedError(_RefusedError):
    """It wants to know who asks."""


@click.command(short_help="Wait until a server answers.")
@click.argument("url", type=ServerUrl())
@click.option("--timeout", type=Duration(), default="30s", show_default=True, help="How long to wait.")
def wait(url: str, timeout: int) -> None:
    """Wait until the server at URL answers; exits with 1 when it does not in time.

    It asks for nothing that is secret: a server that wants a user has answered, and HTTPS is not verified.
    """
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    opener = _opener(unverified)
    end = time.monotonic() + timeout / 1000
    while True:
        left = end - time.monotonic()
        try:
            _request(opener, "GET", url, seconds=max(min(left, _REQUEST_SECONDS), _PAUSE_SECONDS))
        except _UnauthorizedError:
            return
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
@click.option(
    "--control-token", envvar="MOCKFLOW_CONTROL_TOKEN", show_envvar=True, help="What its owner's door asks for."
)
@click.option(
    "--ca", type=click.Path(), envvar="MOCKFLOW_CA", show_envvar=True, help="The CA (PEM) of a server with HTTPS."
)
def load(url: str, paths: tuple[str, ...], control_token: str | None, ca: str | None) -> None:
    """Load scenario files and folders into the server at URL; those of the same name are replaced."""
    loading = load_paths(paths)
    print_problems(loading.problems, stderr=True)
    if loading.errors:
        raise click.ClickException(f"nothing was loaded: {counted(len(loading.errors), 'error')}")
    opener = _verifying_opener(ca)
    for file in dict.fromkeys(located.place.file for located in loading.scenarios):
        text = Path(file).read_bytes()
        try:
            address = f"{url}/_mockflow/scenarios?source={quote(file)}"
            loaded = _request(opener, "PUT", address, text, token=control_token)["loaded"]
            names = [scenario["scenario"] for scenario in loaded]
        except _RefusedError as error:
            raise click.ClickException(f"{file}: {error}") from None
        except _UNANSWERED as error:
            raise click.ClickException(f"{url} does not answer: {_reason(error)}") from None
        click.echo(f"{file}: {', '.join(names)}")


def _opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Never through a proxy: a mock runs beside its client, and CI's proxies do not know it."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def _verifying_opener(ca: str | None) -> urllib.request.OpenerDirector:
    try:
        return _opener(ssl.create_default_context(cafile=ca))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{ca} is no CA in PEM: {error}", param_hint="--ca") from None


def _request(
    opener: urllib.request.OpenerDirector,
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    token: str | None = None,
    seconds: float = _REQUEST_SECONDS,
) -> Any:
    """The answer's JSON."""
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with opener.open(request, timeout=seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            kind = _UnauthorizedError if error.code == 401 else _RefusedError
            raise kind(_refusal(error)) from None


def _refusal(error: urllib.error.HTTPError) -> str:
    """The owner's door's own words, or the status where something else answered."""
    try:
        return str(json.load(error)["error"]["message"])
    except (*_NOT_OURS, OSError):
        return f"it answered {error.code} {error.reason}; is it mockflow?"


def _reason(error: Exception) -> str:
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "nobody that is trusted here has signed its certificate; --ca names the CA"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, _NOT_OURS):
        return "something answers there, but not mockflow"
    return str(cause)
