"""The values of plain scalars by the core schema of YAML 1.2."""

import math
import re
from typing import Any, Final

# https://yaml.org/spec/1.2.2/#103-core-schema
_NULL = re.compile(r"null|Null|NULL|~|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FIRST: Final = frozenset("~nNtTfF-+.0123456789") | {""}
"""What begins a null, a boolean or a number; most scalars are text by their first character."""
_MAX_NUMBER_LENGTH: Final = 40


def is_text(plain: str) -> bool:
    """Whether an unquoted scalar is a string, and not null, a boolean or a number."""
    return plain[:1] not in _FIRST or not any(kind.fullmatch(plain) for kind in (_NULL, _BOOLEAN, _INTEGER, _FLOAT))


class NotANumber(str):
    """The reason why a number cannot be written as JSON."""


def scalar(text: str) -> Any:
    """The value of a plain scalar: null, a boolean, a number, else the text itself."""
    if text[:1] not in _FIRST:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text[0] in "tT"
    if _INTEGER.fullmatch(text):
        if len(text) > _MAX_NUMBER_LENGTH:
            return NotANumber("a number with too many digits")
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        if len(text) > _MAX_NUMBER_LENGTH:
            return NotANumber("a number with too many digits")
        number = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        return number if math.isfinite(number) else NotANumber(f"{text} is not a number in JSON")
    return text
