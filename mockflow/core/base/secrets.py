"""Finds secrets by their names, for the journal and for everything that mockflow writes."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from mockflow.core.base.remembered import remember_short

HIDDEN: Final = "(hidden)"

# A name is split into words: X-Api-Key, apiKey and api_key are all api, key.
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# A name that contains one of these is secret. `credential` is a connector's input, `x.credential.y` a use case's.
_STEMS: Final = ("credential", "password", "passwd", "passphrase", "secret", "authorization", "cookie")
# A name whose joined words end in one of these is secret. `key` and `tokens` are not: buckets and models have them.
_ENDS: Final = (
    *("apikey", "apikeyid", "accesskey", "accesskeyid", "secretkey", "privatekey", "authkey", "signingkey"),
    *("encryptionkey", "subscriptionkey", "sharedkey", "openaikey", "coherekey", "sessionid", "jwt", "pwd"),
)

_PLACEHOLDER: Final = re.compile(r"\$\{\{?[^{}]*\}\}?")
_SCHEME: Final = re.compile(r"^\s*(bearer|basic|apikey|token)?\s*$", re.IGNORECASE)

# Secrets within a text. The groups are the parts that are kept.
_IN_TEXTS: Final = (
    (re.compile(r"(?<=[a-zA-Z0-9+.-])(://)[^/\s@\"'<>]+@"), rf"\1{HIDDEN}@"),
    # A word of lower-case letters alone is not taken for a secret: basic authentication.
    (re.compile(r"\b((?i:bearer|basic))\s+(?!\$\{)(?=\S*[0-9A-Z=])[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), HIDDEN),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), HIDDEN),
)
# A text without any of these has no secret.
_MARKS: Final = re.compile(r"[=:]|bearer|basic|AKIA|ASIA|sk-|eyJ", re.IGNORECASE)
# The name is a whole word, so that a long one is looked at once.
_NAMED: Final = re.compile(r"(?<![\w.-])([\w.-]{2,})\\?[\"']?\s*[=:]\s*\\?[\"']?")
_LONGEST: Final = 80
"""The characters at the end of a name that count."""
_VALUE: Final = re.compile(r"(?:(?:bearer|basic|apikey|token)\s+)?[^\s\"'&;,\\]+", re.IGNORECASE)


@remember_short(4096, longest=80)
def is_secret(name: str) -> bool:
    """Whether the value of a key, parameter or header with this name is a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    joined = "".join(words)
    return any(stem in joined for stem in _STEMS) or joined.endswith(_ENDS) or (bool(words) and words[-1] == "token")


def is_secret_header(name: str) -> bool:
    """As `is_secret`, for headers: those of AWS signatures are secret too."""
    return is_secret(name) or name.lower().startswith("x-amz-")


def may_contain_secret(text: str) -> bool:
    """Whether a text in any format, such as YAML or truncated JSON, contains the name of a secret."""
    squeezed = text.lower().replace("_", "").replace("-", "")
    return any(name in squeezed for name in (*_STEMS, *_ENDS))


def without_secrets(value: Any) -> Any:
    """A JSON value with its secrets hidden. Names, and texts that are only placeholders, stay."""
    if isinstance(value, Mapping):
        return {
            name: _all_hidden(inner) if is_secret_header(str(name)) else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(inner) for inner in value]
    return text_without_secrets(value) if isinstance(value, str) else value


def target_without_secrets(target: str) -> str:
    """A request's target with the secrets of its path and its query hidden, also those that are percent-encoded."""
    path, mark, query = target.partition("?")
    path = path if _is_clean(path) else text_without_secrets(path)
    return path + mark + "&".join(map(_pair_without_secrets, query.split("&")))


def _pair_without_secrets(pair: str) -> str:
    name, sign, value = pair.partition("=")
    if is_secret_header(unquote_plus(name)) and value:
        return f"{name}={HIDDEN}"
    return pair if _is_clean(pair) else f"{text_without_secrets(name)}{sign}{HIDDEN if sign else ''}"


def _is_clean(encoded: str) -> bool:
    """Whether a part of a target has no secret, neither as it is nor decoded."""
    return all(text_without_secrets(text) == text for text in dict.fromkeys((encoded, unquote_plus(encoded))))


def text_without_secrets(text: str) -> str:
    """A text with a URL's user, tokens, keys and assignments to secret names hidden."""
    if not _MARKS.search(text):
        return text
    for pattern, kept in _IN_TEXTS:
        text = pattern.sub(kept, text)
    pieces, end = [], 0
    for named in _NAMED.finditer(text):
        value = (
            _VALUE.match(text, named.end()) if named.start() >= end and is_secret_header(named[1][-_LONGEST:]) else None
        )
        if value and _has_secret(value[0]):
            pieces += [text[end : named.end()], HIDDEN]
            end = value.end()
    return "".join((*pieces, text[end:]))


def _all_hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _all_hidden(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_all_hidden(inner) for inner in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and not _has_secret(value)):
        return value
    return HIDDEN


def _has_secret(text: str) -> bool:
    """Whether a secret value really is one: a text that consists of placeholders is not."""
    return not _SCHEME.match(_PLACEHOLDER.sub("", text))
