"""OpenSearch time units as whole milliseconds.

A duration is a whole number and one of ``ms``, ``s``, ``m``, ``h``, ``d`` (OpenSearch's time units);
``0`` needs no unit.
"""

import re
from typing import Final

UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_MS: Final = 36_500 * UNITS_MS["d"]  # a century: longer is a slip of the pen, and times stay small integers

_DURATION = re.compile(r"(\d{1,15})\s*(ms|s|m|h|d)")


def parse_duration(text: object) -> int:
    """``"2s"`` -> 2000. Raises ValueError that says what would be right."""
    if text == 0 and not isinstance(text, bool):
        return 0
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        raise ValueError(f'a time needs its unit: "{text}s" or "{text}ms"')
    if not isinstance(text, str):
        raise ValueError('a time is a whole number with a unit, such as "500ms" or "2s"')
    if text == "0":
        return 0
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not a time; {_advice(text)}')
    milliseconds = int(found[1]) * UNITS_MS[found[2]]
    if milliseconds > MAX_MS:
        raise ValueError(f'"{text}" is longer than a century; a time is at most {MAX_MS // UNITS_MS["d"]}d')
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """2000 -> ``"2s"``: the largest unit that needs no fraction."""
    if milliseconds == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        if milliseconds % UNITS_MS[unit] == 0:
            return f"{milliseconds // UNITS_MS[unit]}{unit}"
    return f"{milliseconds}ms"


def _advice(text: str) -> str:
    if re.fullmatch(r"-.*", text):
        return "times are not negative"
    if re.fullmatch(r"\d+", text):
        return f'it needs a unit: "{text}s" or "{text}ms"'
    if found := re.fullmatch(r"(\d*)\.(\d{1,3})\s*(s|m|h|d)", text):
        milliseconds = float(f"{found[1] or 0}.{found[2]}") * UNITS_MS[found[3]]
        if milliseconds == int(milliseconds):
            return f'times are whole numbers: "{format_duration(int(milliseconds))}"'
    return 'a whole number and ms, s, m, h or d, such as "500ms" or "2s"'
