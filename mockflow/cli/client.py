"""The client of commands that use the control API of a running server.

`mockflow wait` runs as a health check, so this module imports neither `ssl` nor `urllib.request` before it needs them.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from mockflow.cli.http import HttpResponse, exchange

if TYPE_CHECKING:
    import ssl

from mockflow.core.base.plain_text import SENDABLE, is_sendable, plain

REQUEST_SECONDS: Final = 5.0
_NOT_OURS: Final = (ValueError, LookupError, TypeError)  # not HTTP, not JSON, or other JSON
UNANSWERED: Final = (OSError, *_NOT_OURS)


def _sendable(_: click.Context, __: click.Parameter, token: str | None) -> str | None:
    if token and not is_sendable(token):
        raise click.BadParameter(f"a control token {SENDABLE}")
    return token


control_token_option: Final = click.option(
    "--control-token",
    envvar="MOCKFLOW_CONTROL_TOKEN",
    show_envvar=True,
    callback=_sendable,
    help="The token of the control API.",
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


class Opener:
    """How connections with HTTPS are verified: by the CAs of the system and the one in the file `ca`, or not at all."""

    def __init__(self, *, verifies: bool, ca: str | None = None) -> None:
        self._verifies = verifies
        self._ca = ca

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The TLS context. Raises OSError or ValueError if `ca` has no certificate."""
        import ssl

        if self._verifies:
            return ssl.create_default_context(cafile=self._ca)
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        return unverified


def trusting_opener() -> Opener:
    """Verifies no certificate, for requests without secrets."""
    return Opener(verifies=False)


def verifying_opener(ca: str | None) -> Opener:
    """Verifies certificates, with the CA in the file `ca` if given. Raises BadParameter if it has none."""
    opener = Opener(verifies=True, ca=ca)
    try:
        if ca is not None:
            from mockflow.loading.regular_files import require_regular

            require_regular(ca)
            opener.context  # noqa: B018 - reads the file
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{ca} is not a CA in PEM: {error}", param_hint=_ca_hint()) from None
    return opener


def _ca_hint() -> str:
    """The option, or the variable if that has the value."""
    context = click.get_current_context(silent=True)
    source = context and context.get_parameter_source("ca")
    return "'--ca' (environment variable MOCKFLOW_CA)" if source is ParameterSource.ENVIRONMENT else "--ca"


def request(
    opener: Opener,
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
    response = exchange(method, url, headers=headers, body=body, seconds=seconds, context=lambda: opener.context)
    if response.status < 300:
        return json.loads(response.body)
    refusal = _refusal(response)
    if response.status != 401:
        raise RefusedError(refusal)
    if "token" in refusal:
        refusal += "; that of --control-token is wrong" if token else "; use --control-token"
    raise UnauthorizedError(refusal)


def reason(error: Exception) -> str:
    """A short description of why there is no response."""
    if type(error).__name__ == "SSLCertVerificationError":  # by its name, since ssl may not be imported
        return "its certificate is not signed by a trusted CA; --ca names the CA"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "a server answers there, but not mockflow" if isinstance(error, _NOT_OURS) else str(error)


def _refusal(response: HttpResponse) -> str:
    """The message of the control API, or the status if another server answered."""
    try:
        return plain(str(json.loads(response.body)["error"]["message"]), keep="\n")
    except _NOT_OURS:
        return f"it answered {response.status} {plain(response.reason)}; is it mockflow?"
