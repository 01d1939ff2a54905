"""What shows of Java in OpenSearch's texts: class names, values as text, casts that fail."""

import math
import re
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order

_MAX_INT: Final = 2**31
_MAX_LONG: Final = 2**63
_BOOTSTRAP: Final = "are in module java.base of loader 'bootstrap'"


def class_name(value: Any) -> str:
    """The class that a value of parsed JSON has in OpenSearch, such as ``java.lang.String``."""
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, int):
        if -_MAX_INT <= value < _MAX_INT:
            return "java.lang.Integer"
        return "java.lang.Long" if -_MAX_LONG <= value < _MAX_LONG else "java.math.BigInteger"
    if isinstance(value, float):
        return "java.lang.Double"
    if isinstance(value, list):
        return "java.util.ArrayList"
    return "java.util.HashMap" if isinstance(value, dict) else "java.lang.String"


def java_text(value: Any) -> str:
    """A value as ``toString`` writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"[{', '.join(map(java_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={java_text(value[key])}' for key in hash_map_order(value))}}}"
    return _double(value) if isinstance(value, float) else str(value)


def failed_cast(value: Any, wanted: str = "java.util.Map", given: str | None = None) -> str:
    """The message of a ClassCastException. `wanted` is a class name, such as ``java.lang.String``.

    `given` is the value's class where it is not that of parsed JSON.
    """
    given = given or class_name(value)
    return f"class {given} cannot be cast to class {wanted} ({given} and {wanted} {_BOOTSTRAP})"


def is_java_int(text: str) -> bool:
    """Whether `Integer.parseInt` reads the text."""
    return bool(re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII)) and -_MAX_INT <= int(text) < _MAX_INT


def as_double(value: Any) -> float:
    """A number or text as a double; an integer that is too large is infinite. Raises ValueError and TypeError."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _double(number: float) -> str:
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    mantissa, exponent = re.split("e", f"{number:.16e}")
    digits = repr(float(mantissa))
    shortest = repr(number)
    if "e" in shortest:  # the digits of Python's shortest form are Java's
        digits = shortest.partition("e")[0]
        digits = digits if "." in digits else digits + ".0"
    else:
        plain = shortest.replace(".", "").strip("-0") or "0"
        sign = "-" if number < 0 else ""
        digits = f"{sign}{plain[0]}.{plain[1:] or '0'}"
    return f"{digits}E{int(exponent)}"
