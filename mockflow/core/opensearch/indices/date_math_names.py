"""Index names with a date in them, such as ``<logs-{now/d}>`` (IndexNameExpressionResolver.DateMathExpressionResolver).

named("<logs-{now/d-1d{yyyy.MM}}>", now)  # now in epoch ms, UTC
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

from mockflow.core.opensearch.search.errors import SearchError, not_supported


def has_date(name: str) -> bool:
    """Whether the name is such an expression."""
    return name.startswith("<") and name.endswith(">")


def named(expression: str, now: int) -> str:
    """The name that an expression means; another name is itself. Raises SearchError."""
    if not has_date(expression):
        return expression
    text = expression[1:-1]
    parts: list[str] = []
    placeholder: str | None = None
    in_format = escaped = False
    for position, char in enumerate(text, 1):
        was_escaped, escaped = escaped, False
        if char == "\\":
            if was_escaped:
                parts.append(char)
            escaped = not was_escaped
        elif placeholder is None:
            if char == "{" and not was_escaped:
                placeholder = ""
            elif char == "}" and not was_escaped:
                raise _invalid(
                    expression,
                    f"invalid character at position [{position}]. `{{` and `}}` are reserved characters and should be "
                    "escaped when used as part of the index name using `\\` (e.g. `\\{text\\}`)",
                )
            else:
                parts.append(char)
        elif char == "{":
            if in_format and not was_escaped:
                raise _invalid(expression, f"invalid character in placeholder at position [{position}]")
            in_format = True
            placeholder += char
        elif char == "}" and (in_format or was_escaped):
            in_format = in_format and was_escaped
            placeholder += char
        elif char == "}":
            parts.append(_date(placeholder, now))
            placeholder = None
        else:
            placeholder += char
    if placeholder is not None:
        raise _invalid(expression, "date math placeholder is open ended")
    if not parts:
        raise SearchError("parse_exception", "nothing captured")
    return "".join(parts)


def _date(placeholder: str, now: int) -> str:
    """The text of one placeholder, such as ``now/d`` or ``now-1M/M{yyyy.MM|+01:00}``."""
    math, brace, rest = placeholder.partition("{")
    if brace and not rest.endswith("}"):
        why = "missing closing `}` for date math format"
        raise _parse_error(f"invalid dynamic name expression [{placeholder}]. {why}")
    if brace and rest == "}":
        raise _parse_error(f"invalid dynamic name expression [{placeholder}]. missing date format")
    pattern, _, zone = (rest[:-1] if brace else "uuuu.MM.dd").partition("|")
    moment = datetime.fromtimestamp(now / 1000, _zone(zone))
    try:
        return _formatted(_calculated(math, moment), pattern)
    except SearchError:
        raise
    except (OverflowError, ValueError):
        raise not_supported(f"the date [{math}] in the name of an index", ("years from 1 to 9999",)) from None


def _zone(text: str) -> timezone:
    if text in ("", "Z", "UTC"):
        return timezone.utc
    found = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if not found:
        raise not_supported(f"the time zone [{text}] in the name of an index", ("[UTC]", "[+01:00]"))
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


def _calculated(math: str, moment: datetime) -> datetime:
    if not math.startswith("now"):
        raise not_supported(f"the date math [{math}] in the name of an index", ("[now]", "[now/d]", "[now-1M/M]"))
    rest = math[3:]
    while rest:
        found = _STEP.match(rest)
        if not found:
            raise _parse_error(f"operator not supported for date math [{rest}]")
        sign, number, unit = found[1], int(found[2] or 1), found[3]
        moment = _ROUND[unit](moment) if sign == "/" else _added(moment, number if sign == "+" else -number, unit)
        rest = rest[found.end() :]
    return moment


def _added(moment: datetime, number: int, unit: str) -> datetime:
    if unit not in ("y", "M"):
        return moment + _UNITS[unit] * number
    months = moment.year * 12 + moment.month - 1 + number * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _formatted(moment: datetime, pattern: str) -> str:
    """The moment by a pattern of numeric fields. Java's pattern letters."""
    if set(re.sub(r"'[^']*'", "", pattern)) & _LETTERS_NOT_HERE:
        raise not_supported(f"the date format [{pattern}] in the name of an index", ("[yyyy.MM.dd]", "[HH]", "[mm]"))
    return _FIELD.sub(lambda found: _field(found, moment), pattern)


def _field(found: "re.Match[str]", moment: datetime) -> str:
    if found[1] is not None:
        return found[1] or "'"
    letters = found[0]
    number = getattr(moment, _ATTRIBUTES[letters[0]])
    return f"{number % 100:02}" if letters in ("yy", "uu") else f"{number:0{len(letters)}}"


def _invalid(expression: str, why: str) -> SearchError:
    return _parse_error(f"invalid dynamic name expression [{expression[1:]}]. {why}")


def _parse_error(reason: str) -> SearchError:
    return SearchError("parse_exception", reason)


_STEP: Final = re.compile(r"([+\-/])(\d*)([yMwdhHms])")
_FIELD: Final = re.compile(r"'([^']*)'|y+|u+|M+|d+|H+|m+|s+")
_ATTRIBUTES: Final = {
    "y": "year", "u": "year", "M": "month", "d": "day", "H": "hour", "m": "minute", "s": "second",
}  # fmt: skip
_LETTERS_NOT_HERE: Final = frozenset("GxYQqLwWDEecFaBhKkSAnNVzOXZpr")
_UNITS: Final = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "H": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_MIDNIGHT: Final = {"hour": 0, "minute": 0, "second": 0, "microsecond": 0}
_ROUND: Final[Mapping[str, Callable[[datetime], datetime]]] = {
    "y": lambda moment: moment.replace(month=1, day=1, **_MIDNIGHT),  # type: ignore[arg-type]
    "M": lambda moment: moment.replace(day=1, **_MIDNIGHT),  # type: ignore[arg-type]
    "w": lambda moment: (moment - timedelta(days=moment.weekday())).replace(**_MIDNIGHT),  # type: ignore[arg-type]
    "d": lambda moment: moment.replace(**_MIDNIGHT),  # type: ignore[arg-type]
    "h": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "H": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "m": lambda moment: moment.replace(second=0, microsecond=0),
    "s": lambda moment: moment.replace(microsecond=0),
}
