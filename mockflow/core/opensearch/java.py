"""How Java orders and prints the values of a JSON document, as error texts of OpenSearch show them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

_CLASSES: Final[tuple[tuple[type, str], ...]] = (
    (str, "java.lang.String"),
    (bool, "java.lang.Boolean"),
    (int, "java.lang.Integer"),
    (float, "java.lang.Double"),
    (list, "java.util.ArrayList"),
    (dict, "java.util.HashMap"),
)


def java_text(value: Any) -> str:
    """The value as ``toString`` gives it: ``{a=1}``, ``[a, b]``, ``null``, ``true``."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={java_text(value[key])}" for key in hash_order(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _double(value) if isinstance(value, float) else str(value)


def java_class(value: Any) -> str:
    """The full name of the class that a value of a JSON document has."""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**31) <= value < 2**31:
        return "java.lang.Long"
    return next(name for kind, name in _CLASSES if isinstance(value, kind))


def cast_error(value: Any, wanted: str = "java.util.Map") -> str:
    """The message of a ClassCastException between two classes of the Java library."""
    given = java_class(value)
    where = "are in module java.base of loader 'bootstrap'"
    return f"class {given} cannot be cast to class {wanted} ({given} and {wanted} {where})"


def hash_order(keys: Iterable[str]) -> list[str]:
    """Keys in the order in which a java.util.HashMap iterates over them when they are put in the order given."""
    given = list(keys)
    if len(given) < 2:
        return given
    capacity = 16
    while len(given) > capacity * 3 // 4:
        capacity *= 2
    return sorted(given, key=lambda key: _spread(key) & (capacity - 1))


@lru_cache(maxsize=4096)
def _spread(text: str) -> int:
    """``String.hashCode``, mixed as HashMap does."""
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + (high << 8 | low)) & 0xFFFFFFFF
    return value ^ value >> 16


def _double(number: float) -> str:
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
