"""The HTTP client of commands that use the control API of a running server."""

import json
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

import click

from mockflow.core.base.plain_text import plain
from mockflow.loading.regular_files import require_regular
from mockflow.server.http.redirects import NoRedirects

REQUEST_SECONDS: Final = 5.0
_NOT_OURS: Final = (HTTPException, ValueError, LookupError, TypeError)  # not HTTP, not JSON, or other JSON
UNANSWERED: Final = (OSError, *_NOT_OURS)

control_token_option: Final = click.option(
    "--control-token", envvar="MOCKFLOW_CONTROL_TOKEN", show_envvar=True, help="Of the control API."
)
ca_option: Final = click.option(
    "--ca",
    type=click.Path(),
    envvar="MOCKFLOW_CA",
    show_envvar=True,
    help="The CA (PEM) that verifies a server with HTTPS.",
)


class RefusedError(OSError):
    """The server answered with an error."""


class UnauthorizedError(RefusedError):
    """The server requires credentials."""


def trusting_opener() -> urllib.request.OpenerDirector:
    """An opener that verifies no certificate, for requests without secrets."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return _opener(unverified)


def verifying_opener(ca: str | None) -> urllib.request.OpenerDirector:
    """An opener that verifies certificates, with the CA in the file `ca` if given."""
    try:
        if ca:
            require_regular(ca)
        return _opener(ssl.create_default_context(cafile=ca))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{ca} is not a CA in PEM: {error}", param_hint="--ca") from None


def _opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """An opener without a proxy: proxies of CI systems do not reach a mock that runs beside its client."""
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context), NoRedirects()
    return urllib.request.build_opener(*handlers)


def request(
    opener: urllib.request.OpenerDirector,
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    token: str | None = None,
    seconds: float = REQUEST_SECONDS,
) -> Any:
    """The JSON of the response. Raises RefusedError or another one of `UNANSWERED`."""
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    message = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with opener.open(message, timeout=seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            refusal = _refusal(error)
            if error.code != 401:
                raise RefusedError(refusal) from None
            if "token" in refusal:
                refusal += "; that of --control-token is wrong" if token else "; use --control-token"
            raise UnauthorizedError(refusal) from None


def reason(error: Exception) -> str:
    """A short description of why there is no response."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not signed by a trusted CA; --ca names the CA"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, _NOT_OURS):
        return "a server answers there, but not mockflow"
    return str(cause)


def _refusal(error: urllib.error.HTTPError) -> str:
    """The message of the control API, or the status if another server answered."""
    try:
        return plain(str(json.load(error)["error"]["message"]), keep="\n")
    except (*_NOT_OURS, OSError):
        return f"it answered {error.code} {plain(error.reason)}; is it mockflow?"
