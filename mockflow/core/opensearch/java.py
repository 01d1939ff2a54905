"""What shows of Java in OpenSearch's texts: class names, the order of a HashMap's keys, casts that fail."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final

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
        return f"{{{', '.join(f'{key}={java_text(value[key])}' for key in hash_order(value))}}}"
    return _double(value) if isinstance(value, float) else str(value)


def failed_cast(value: Any, wanted: str = "java.util.Map") -> str:
    """The message of a ClassCastException. `wanted` is a class name, such as ``java.lang.String``."""
    given = class_name(value)
    return f"class {given} cannot be cast to class {wanted} ({given} and {wanted} {_BOOTSTRAP})"


def hash_order(keys: Collection[str], capacity_for: int | None = None) -> list[str]:
    """Keys in the order in which a HashMap iterates over them.

    `capacity_for` is the number of entries that the map has had at most (default: as many as there are keys): a map
    grows with its entries and does not shrink when they are removed. Keys of one bucket keep their order.
    """
    size = 16
    while (capacity_for or len(keys)) > size * 3 // 4:
        size *= 2
    return sorted(keys, key=lambda key: _spread(key) & (size - 1))


@lru_cache(maxsize=4096)
def _spread(text: str) -> int:
    """String.hashCode with HashMap's mixing of the upper bits, as an unsigned number of 32 bits."""
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        code = (31 * code + (high << 8 | low)) & 0xFFFFFFFF
    return code ^ (code >> 16)


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
