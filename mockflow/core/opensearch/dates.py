"""Dates in documents and queries: the formats of a date field, as far as they are plain (DateFormatters).

A format is one or more names or patterns, separated by ``||``. A pattern is made of Java's letters. What mockflow does
not know, such as week dates, takes every text.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from mockflow.core.base.remembered import remember_short

DEFAULT_FORMAT: Final = "strict_date_optional_time||epoch_millis"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)

Parse = Callable[[str], int | None]
"""The epoch ms of a text; None if it has not the format."""


class NoDateError(ValueError):
    """A text that none of the formats has."""


def parse_date(value: Any, format: str = DEFAULT_FORMAT) -> int | str:
    """The epoch ms of a value; the text itself for a format that mockflow does not know. Raises NoDateError."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    parsers = _parsers(format)
    for parse in parsers:
        if parse is None:
            return text
        found = parse(text)
        if found is not None:
            return found
    raise NoDateError(text)


@remember_short(256, longest=1024)
def _parsers(format: str) -> tuple[Parse | None, ...]:
    return tuple(_parser(part.strip()) for part in format.removeprefix("8").split("||"))


def _parser(name: str) -> Parse | None:
    if name == "epoch_millis":
        return lambda text: int(float(text)) if _NUMBER.fullmatch(text) else None
    if name == "epoch_second":
        return lambda text: int(float(text) * 1000) if _NUMBER.fullmatch(text) else None
    is_strict = name.startswith("strict_")
    pattern = _NAMED.get(name.removeprefix("strict_"))
    if pattern is None:
        pattern = _of_letters(name)
    if pattern is None:
        return None
    if not is_strict:
        pattern = pattern.replace(r"\d{4}", r"\d{1,4}", 1).replace(r"\d\d", r"\d{1,2}") if name in _LENIENT else pattern
    compiled = re.compile(pattern, re.ASCII)

    def parse(text: str) -> int | None:
        found = compiled.fullmatch(text)
        return None if found is None else _milliseconds(found.groupdict())

    return parse


def _milliseconds(parts: dict[str, str | None]) -> int | None:
    def number(name: str, otherwise: int) -> int:
        return int(parts.get(name) or otherwise)

    fraction = ((parts.get("fraction") or "") + "000")[:3]
    try:
        moment = datetime(
            number("year", 1970), number("month", 1), number("day", 1), number("hour", 0), number("minute", 0),
            number("second", 0), tzinfo=timezone.utc,
        )  # fmt: skip
        days = (moment - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None
    return days + int(fraction) - _offset(parts.get("zone"))


def _offset(zone: str | None) -> int:
    """The ms by which a zone such as ``+02:00`` is ahead."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "") + "0000"
    minutes = int(digits[:2]) * 60 + int(digits[2:4])
    return (minutes if zone[0] == "+" else -minutes) * 60_000


_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d\d)", r"(?P<day>\d\d)"
_HOUR, _MINUTE, _SECOND = r"(?P<hour>\d\d)", r"(?P<minute>\d\d)", r"(?P<second>\d\d)"
_FRACTION, _ZONE = r"(?P<fraction>\d{1,9})", r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)"
_DATE: Final = f"{_YEAR}-{_MONTH}-{_DAY}"
_TIME: Final = f"{_HOUR}:{_MINUTE}:{_SECOND}"
_OPTIONAL_TIME: Final = (
    rf"{_YEAR}(?:-{_MONTH}(?:-{_DAY}(?:T(?:{_HOUR}(?::{_MINUTE}(?::{_SECOND}(?:[.,]{_FRACTION})?)?)?{_ZONE}?)?)?)?)?"
)
_NAMED: Final = {
    "date_optional_time": _OPTIONAL_TIME,
    "date_optional_time_nanos": _OPTIONAL_TIME,
    "date": _DATE,
    "year_month_day": _DATE,
    "year_month": f"{_YEAR}-{_MONTH}",
    "year": _YEAR,
    "date_time": rf"{_DATE}T{_TIME}\.{_FRACTION}{_ZONE}",
    "date_time_no_millis": f"{_DATE}T{_TIME}{_ZONE}",
    "date_hour_minute_second": f"{_DATE}T{_TIME}",
    "date_hour_minute_second_millis": rf"{_DATE}T{_TIME}\.{_FRACTION}",
    "basic_date": f"{_YEAR}{_MONTH}{_DAY}",
    "basic_date_time": rf"{_YEAR}{_MONTH}{_DAY}T{_HOUR}{_MINUTE}{_SECOND}\.{_FRACTION}{_ZONE}",
    "basic_date_time_no_millis": f"{_YEAR}{_MONTH}{_DAY}T{_HOUR}{_MINUTE}{_SECOND}{_ZONE}",
}
_LENIENT: Final = frozenset({"date_optional_time", "date", "year_month_day", "year_month", "date_time"})

_LETTERS: Final = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|(.)", re.DOTALL)
_OF_LETTER: Final = {
    "yyyy": _YEAR, "uuuu": _YEAR, "MM": _MONTH, "M": r"(?P<month>\d{1,2})", "dd": _DAY, "d": r"(?P<day>\d{1,2})",
    "HH": _HOUR, "H": r"(?P<hour>\d{1,2})", "mm": _MINUTE, "ss": _SECOND,
    "S": r"(?P<fraction>\d)", "SS": r"(?P<fraction>\d\d)", "SSS": r"(?P<fraction>\d{3})",
    "SSSSSS": r"(?P<fraction>\d{6})", "SSSSSSSSS": r"(?P<fraction>\d{9})",
    "Z": _ZONE, "X": _ZONE, "XX": _ZONE, "XXX": _ZONE,
}  # fmt: skip


def _of_letters(pattern: str) -> str | None:
    """The regular expression of a pattern of Java's letters; None for one with a letter that is not known here."""
    parts, seen = [], set()
    for found in _LETTERS.finditer(pattern):
        if found[1] is not None:
            parts.append(re.escape(found[1].replace("''", "'") or "'"))
        elif found[2]:
            part = _OF_LETTER.get(found[0])
            if part is None or found[2] in seen:
                return None
            seen.add(found[2])
            parts.append(part)
        else:
            parts.append(re.escape(found[0]))
    return "".join(parts) if seen else None
