"""Parses booleans, times and whole numbers as OpenSearch does, with its error messages.

Parameters and settings are parsed alike, by Setting, TimeValue and Booleans of OpenSearch 3
(docs/reference/opensearch.md, "Parameters").
"""

import re
from collections.abc import Mapping
from typing import Final

MAX_INTEGER: Final = 2**31 - 1  # Java's

TIME_UNITS_MS: Final = {
    "nanos": 1e-6,
    "micros": 1e-3,
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}


class BadValueError(ValueError):
    """A value that OpenSearch refuses, with OpenSearch's message. `cause` is the error's ``caused_by``, if any."""

    def __init__(self, reason: str, *, not_a_number: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cause: Mapping[str, str] | None = None
        if not_a_number is not None:
            self.cause = {"type": "number_format_exception", "reason": f'For input string: "{not_a_number}"'}


def boolean(text: str) -> bool:
    """The value of ``true`` or ``false``; anything else is refused."""
    if text in ("true", "false"):
        return text == "true"
    raise BadValueError(f"Failed to parse value [{text}] as only [true] or [false] are allowed.")


def time_value(name: str, text: str) -> int:
    """A time in milliseconds; -1 means without limit. `name` is the name of the parameter or setting."""
    folded = text.strip().lower()
    unit = next((unit for unit in TIME_UNITS_MS if folded.endswith(unit)), None)
    number = folded.removesuffix(unit or "").strip()
    if unit is None:
        if re.fullmatch(r"-0*1|0+", folded):
            return -1 if folded.startswith("-") else 0
        raise BadValueError(
            f"failed to parse setting [{name}] with value [{text}] as a time value: unit is missing or unrecognized"
        )
    if not re.fullmatch(r"[-+]?\d{1,18}", number, re.ASCII):
        raise _no_whole_number(text, number)
    if int(number) < -1:
        raise BadValueError(
            f"failed to parse setting [{name}] with value [{text}] as a time value: "
            "negative durations are not supported"
        )
    return -1 if int(number) == -1 else int(int(number) * TIME_UNITS_MS[unit])


def positive_time(name: str, text: str) -> int:
    """A time in milliseconds, at least 0."""
    milliseconds = time_value(name, text)
    if milliseconds < 0:
        raise BadValueError(f"failed to parse value [{text}] for setting [{name}], must be >= [0ms]")
    return milliseconds


def integer(name: str, text: str, minimum: int, maximum: int) -> int:
    """A 32-bit integer within bounds."""
    if not re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII) or not -MAX_INTEGER - 1 <= int(text) <= MAX_INTEGER:
        raise BadValueError(f"Failed to parse value [{text}] for setting [{name}]", not_a_number=text)
    for within, bound in ((int(text) >= minimum, f">= {minimum}"), (int(text) <= maximum, f"<= {maximum}")):
        if not within:
            raise BadValueError(f"Failed to parse value [{text}] for setting [{name}] must be {bound}")
    return int(text)


def _no_whole_number(text: str, number: str) -> BadValueError:
    try:
        float(number)
    except ValueError:
        return BadValueError(f"failed to parse [{text}]", not_a_number=number)
    return BadValueError(f"failed to parse [{text}], fractional time values are not supported", not_a_number=number)
