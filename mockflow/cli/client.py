"""What commands ask of a server that runs already, and how they tell that it does not answer."""

import json
import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

import click

REQUEST_SECONDS: Final = 5.0
_NOT_OURS: Final = (HTTPException, ValueError, LookupError, TypeError)  # no HTTP, no JSON, or another JSON
UNANSWERED: Final = (OSError, *_NOT_OURS)

control_token_option: Final = click.option(
    "--control-token", envvar="MOCKFLOW_CONTROL_TOKEN", show_envvar=True, help="What its owner's door asks for."
)
ca_option: Final = click.option(
    "--ca", type=click.Path(), envvar="MOCKFLOW_CA", show_envvar=True, help="The CA (PEM) of a server with HTTPS."
)


class RefusedError(OSError):
    """The server answered with an error."""


class UnauthorizedError(RefusedError):
    """It wants to know who asks."""


def trusting_opener() -> urllib.request.OpenerDirector:
    """Verifies no certificate: for what asks for nothing that is secret."""
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    return _opener(unverified)


def verifying_opener(ca: str | None) -> urllib.request.OpenerDirector:
    """Verifies certificates, by the CA in the file `ca` where one is named."""
    try:
        return _opener(ssl.create_default_context(cafile=ca))
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{ca} is no CA in PEM: {error}", param_hint="--ca") from None


def _opener(context: ssl.SSLContext) -> urllib.request.OpenerDirector:
    """Never through a proxy: a mock runs beside its client, and CI's proxies do not know it."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


def request(
    opener: urllib.request.OpenerDirector,
    method: str,
    url: str,
    body: bytes | None = None,
    *,
    token: str | None = None,
    seconds: float = REQUEST_SECONDS,
) -> Any:
    """The answer's JSON. Raises RefusedError, or another one of `UNANSWERED`."""
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    asked = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with opener.open(asked, timeout=seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            told = _refusal(error)
            if error.code != 401:
                raise RefusedError(told) from None
            if "token" in told:
                told += "; the one of --control-token is another" if token else "; --control-token names it"
            raise UnauthorizedError(told) from None


def reason(error: Exception) -> str:
    """Why nothing came, in few words."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "nobody that is trusted here has signed its certificate; --ca names the CA"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, _NOT_OURS):
        return "something answers there, but not mockflow"
    return str(cause)


def _refusal(error: urllib.error.HTTPError) -> str:
    """The owner's door's own words, or the status where something else answered."""
    try:
        return str(json.load(error)["error"]["message"])
    except (*_NOT_OURS, OSError):
        return f"it answered {error.code} {error.reason}; is it mockflow?"
