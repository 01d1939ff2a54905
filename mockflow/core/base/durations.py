"""OpenSearch time units as whole milliseconds.

A duration is a whole number and one of ``ms``, ``s``, ``m``, ``h``, ``d`` (OpenSearch's time units);
``0`` needs no unit.
"""

import re
from functools import lru_cache
from typing import Final

from mockflow.core.base.quoting import quoted

UNITS_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
MAX_MS: Final = 36_500 * UNITS_MS["d"]  # a century; a longer time is taken for a mistake
_MAX_DIGITS: Final = 15

# The pattern in the JSON Schema of the scenario language.
DURATION_PATTERN: Final = r"^(0|[0-9]+ *(ms|s|m|h|d))$"
MOMENT_PATTERN: Final = r"^\+?(0|[0-9]+ *(ms|s|m|h|d))$"

_MOMENT = re.compile(r"(?P<sign>\+?)(?:0|(?P<number>[0-9]+) *(?P<unit>ms|s|m|h|d))")


def parse_duration(text: object) -> int:
    """``"2s"`` -> 2000. Raises ValueError with what would be right."""
    relative, milliseconds = parse_moment(text)
    if relative:
        raise ValueError(f"{quoted(text)} is not a time; leave out the +")
    return milliseconds


def parse_moment(text: object) -> tuple[bool, int]:
    """``"2s"`` -> (False, 2000), ``"+2s"`` -> (True, 2000). Raises ValueError with what would be right."""
    return _parse_short(text) if isinstance(text, str) and len(text) <= _SHORT else _parse(text)


def _parse(text: object) -> tuple[bool, int]:
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise ValueError(f"a time is {_RIGHT}")
    found = _MOMENT.fullmatch(str(text))
    if not found:
        raise ValueError(f"{quoted(text)} is not a time; {_advice(str(text))}")
    number, unit = found["number"] or "0", found["unit"] or "ms"
    milliseconds = int(number) * UNITS_MS[unit] if len(number) <= _MAX_DIGITS else MAX_MS + 1
    if milliseconds > MAX_MS:
        raise ValueError(f"{quoted(text)} is longer than a century; a time is at most {MAX_MS // UNITS_MS['d']}d")
    return bool(found["sign"]), milliseconds


_SHORT: Final = 20
_parse_short: Final = lru_cache(1024)(_parse)  # scenarios have few different times, and each is read several times


def format_duration(milliseconds: int) -> str:
    """2000 -> ``"2s"``, in the largest unit that gives a whole number."""
    if milliseconds == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        if milliseconds % UNITS_MS[unit] == 0:
            return f"{milliseconds // UNITS_MS[unit]}{unit}"
    return f"{milliseconds}ms"


_RIGHT: Final = 'a whole number with a unit (ms, s, m, h or d), such as "500ms" or "2s"'

# Common mistakes, so that the message can suggest the intended time.
_WORDS: Final = {
    "ms": ("millis", "millisecond", "milliseconds", "msec", "msecs"),
    "s": ("sec", "secs", "second", "seconds"),
    "m": ("min", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
}
_UNIT_OF_WORD: Final = {word: unit for unit, words in _WORDS.items() for word in (unit, *words)}
_PART: Final = r"(?i)\s*([0-9]{0,15}(?:\.[0-9]{1,9})?)\s*([a-z]+)\s*"


def _advice(text: str) -> str:
    if re.match(r"\+?-", text):
        return "times are not negative"
    sign, unsigned = ("+", text[1:]) if text.startswith("+") else ("", text)
    if re.fullmatch(r"[0-9]+", unsigned):
        return f'it needs a unit: "{text}s" or "{text}ms"'
    if meant := _meant(unsigned):
        return f'write "{sign}{format_duration(meant)}"'
    return f"write {_RIGHT}"


def _meant(text: str) -> int | None:
    """The milliseconds of texts such as ``1.5s``, ``1m30s``, ``2 seconds``; None if unclear or not whole."""
    from decimal import Decimal  # only for a mistake; a health check does not pay for it

    pattern = re.compile(_PART)
    total, end = Decimal(0), 0
    while part := pattern.match(text, end):
        unit = _UNIT_OF_WORD.get(part[2].lower())
        if not part[1] or not unit:
            return None
        total += Decimal(part[1]) * UNITS_MS[unit]
        end = part.end()
    return int(total) if end == len(text) and 0 < total <= MAX_MS and total == int(total) else None
