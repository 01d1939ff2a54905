"""What is secret, told by its name: one table for the journal and for all that mockflow writes."""

import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "(hidden)"

# A name is taken apart into words: X-Api-Key, apiKey and api_key are all api, key.
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# A name that has one of these is secret. `credential` is a connector's input, and `x.credential.y` a use case's.
_STEMS: Final = ("credential", "password", "passwd", "passphrase", "secret", "authorization", "cookie")
# A name that ends so, its words joined, is secret. Not `key` alone, nor `tokens`: buckets and models have these.
_ENDS: Final = (
    *("apikey", "apikeyid", "accesskey", "accesskeyid", "secretkey", "privatekey", "authkey", "signingkey"),
    *("encryptionkey", "subscriptionkey", "sharedkey", "openaikey", "coherekey", "sessionid", "jwt", "pwd"),
)

_PLACEHOLDER: Final = re.compile(r"\$\{\{?[^{}]*\}\}?")
_SCHEME: Final = re.compile(r"^\s*(bearer|basic|apikey|token)?\s*$", re.IGNORECASE)

# Secrets within a text, wherever it stands; what is kept of each stands in groups.
_IN_TEXTS: Final = (
    (re.compile(r"([a-z][a-z0-9+.-]{0,30}://)[^/\s@\"'<>]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # A word of small letters alone may be one: basic authentication.
    (re.compile(r"\b((?i:bearer|basic))\s+(?!\$\{)(?=\S*[0-9A-Z=])[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), HIDDEN),
)
_NAMED: Final = re.compile(r"([\w.-]{2,80})\\?[\"']?\s*[=:]\s*\\?[\"']?")
_VALUE: Final = re.compile(r"(?:(?:bearer|basic|apikey|token)\s+)?[^\s\"'&;,\\]+", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether the value of a key, parameter or header with this name is a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    joined = "".join(words)
    return any(stem in joined for stem in _STEMS) or joined.endswith(_ENDS) or (bool(words) and words[-1] == "token")


def is_secret_header(name: str) -> bool:
    """Of a header, also all that AWS signs with."""
    return is_secret(name) or name.lower().startswith("x-amz-")


def may_tell(text: str) -> bool:
    """Whether a text of any form, such as YAML or JSON that was cut short, names a secret."""
    squeezed = text.lower().replace("_", "").replace("-", "")
    return any(name in squeezed for name in (*_STEMS, *_ENDS))


def without_secrets(value: Any) -> Any:
    """A JSON value with what is secret in it hidden; names, and texts that are only placeholders, stay."""
    if isinstance(value, Mapping):
        return {
            name: _all_hidden(inner) if is_secret_header(str(name)) else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(inner) for inner in value]
    return text_without_secrets(value) if isinstance(value, str) else value


def text_without_secrets(text: str) -> str:
    """A text with a URL's user, tokens, keys and assignments to secret names hidden."""
    for pattern, kept in _IN_TEXTS:
        text = pattern.sub(kept, text)
    pieces, end = [], 0
    for named in _NAMED.finditer(text):
        value = _VALUE.match(text, named.end()) if named.start() >= end and is_secret_header(named[1]) else None
        if value and _is_told(value[0]):
            pieces += [text[end : named.end()], HIDDEN]
            end = value.end()
    return "".join((*pieces, text[end:]))


def _all_hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _all_hidden(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_all_hidden(inner) for inner in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not _is_told(value)):
        return value
    return HIDDEN


def _is_told(text: str) -> bool:
    """Whether a text tells a secret: one that only says where it is to be put in does not."""
    return not _SCHEME.match(_PLACEHOLDER.sub("", text))
