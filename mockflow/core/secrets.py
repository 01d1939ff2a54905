"""Takes secrets out of what users give away, such as a template that becomes a scenario in a repository."""

import re
from collections.abc import Mapping
from typing import Any, Final

Json = Any


def without_secrets(value: Json) -> Json:
    """`value` with a placeholder for everything that is, or by its key may be, a secret.

    A value under a key that speaks of credentials is one as a whole (a connector's ``credential``, and the use cases'
    ``x.credential.y``), and so is text under a key such as ``api_key`` or ``Authorization``. References to other
    values, ``${credential.key}`` and ``${{ key }}``, stay: they tell nothing.
    """
    if isinstance(value, Mapping):
        return {name: _of_key(str(name), item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if isinstance(value, str):
        for pattern, replacement in _IN_TEXT:
            value = pattern.sub(replacement, value)
    return value


def _of_key(name: str, value: Json) -> Json:
    if "credential" in name.lower():
        return _hidden(name, value)
    if isinstance(value, str) and _SECRET_KEY.search(name):
        return _hidden(name, value)
    return without_secrets(value)


def _hidden(name: str, value: Json) -> Json:
    """Placeholders in place of all texts and numbers, in the shape of `value`."""
    if isinstance(value, Mapping):
        return {key: _hidden(str(key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hidden(name, item) for item in value]
    if value is None or isinstance(value, bool) or (isinstance(value, str) and _REFERENCE.fullmatch(value)):
        return value
    return _placeholder(name)


def _placeholder(name: str) -> str:
    return f"<{name}>"


_REFERENCE: Final = re.compile(r"\s*((Bearer|Basic|Token)\s+)?(\$\{\{[^{}]*\}\}|\$\{[^{}]*\})\s*", re.IGNORECASE)
_SECRET_KEY: Final = re.compile(
    r"authorization|password|passwd|secret|private[-_]?key|api[-_]?key|access[-_]?key|(^|[-_])(auth|access|session|"
    r"security|bearer|api|id|refresh)[-_]?token$|^token$|^cookie$|(^|[-_])signature$",
    re.IGNORECASE,
)
# Passwords in addresses, keys in queries, tokens and keys whose form gives them away.
_IN_TEXT: Final = (
    (re.compile(r"(?<=://)([^/\s:@]+):(?!\$\{)[^@/\s]+(?=@)"), r"\1:<password>"),
    (re.compile(r"([?&](api[-_]?key|access[-_]?token|token|key|sig|signature)=)(?!\$\{)[^&\s#]+", re.I), r"\1<\2>"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.I), r"\1 <token>"),
    (re.compile(r"\b(sk-[\w-]{16,}|A[KS]IA[0-9A-Z]{16})\b"), "<key>"),
)
