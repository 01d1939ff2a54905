"""What commands ask of a server that runs already, and how they tell that it does not answer."""

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

REQUEST_SECONDS: Final = 5.0
_NOT_OURS: Final = (HTTPException, ValueError, LookupError, TypeError)  # no HTTP, no JSON, or another JSON
UNANSWERED: Final = (OSError, *_NOT_OURS)

# Never through a proxy: a mock runs beside its client, and CI's proxies do not know it.
_OPENER: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RefusedError(OSError):
    """The server answered with an error."""


def request(method: str, url: str, body: bytes | None = None, seconds: float = REQUEST_SECONDS) -> Any:
    """The answer's JSON. Raises RefusedError, or one of `UNANSWERED`."""
    headers = {"Content-Type": "application/yaml"} if body is not None else {}
    asked = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with _OPENER.open(asked, timeout=seconds) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError(_refusal(error)) from None


def reason(error: Exception) -> str:
    """Why nothing came, in few words."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if is_stranger(error):
        return "something answers there, but not mockflow"
    return str(cause)


def is_stranger(error: Exception) -> bool:
    """Whether something else than mockflow has answered."""
    return isinstance(error, _NOT_OURS)


def _refusal(error: urllib.error.HTTPError) -> str:
    """The owner's door's own words, or the status where something else answered."""
    try:
        return str(json.load(error)["error"]["message"])
    except (*_NOT_OURS, OSError):
        return f"it answered {error.code} {error.reason}; is it mockflow?"
