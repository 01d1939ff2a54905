"""The terms that values of fields are indexed by: words, numbers, booleans, dates, addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import Any, Final

from mockflow.core.base.remembered import remember_short
from mockflow.core.opensearch.search.json_values import as_text

DATE_FORMAT: Final = "strict_date_time||epoch_millis"


class BadValueError(ValueError):
    """A value that is invalid for the type of its field. The text is OpenSearch's."""


@remember_short(16_384, longest=1024)
def words(text: str) -> tuple[str, ...]:
    """Splits a text about as the standard analyzer: lower-case words, single CJK characters, `3.5` and `a.b` whole."""
    return split_words(text.lower())


def split_words(text: str) -> tuple[str, ...]:
    """The same without a change of case: the standard tokenizer."""
    return tuple(word for word in matches_in(text, _WORD) if any(map(str.isalnum, word)))


def matches_in(text: str, pattern: re.Pattern[str]) -> Iterable[str]:
    """All matches. Those of a long text are found one by one, so that other threads run in between."""
    return pattern.findall(text) if len(text) <= _LONG_TEXT else (found[0] for found in pattern.finditer(text))


_LONG_TEXT: Final = 64 * 1024


def word_starts(text: str, most: int) -> list[int]:
    """Where the words of a text begin, at most so many."""
    found = (word.start() for word in _WORD.finditer(text) if any(map(str.isalnum, word[0])))
    return list(islice(found, most))


_CJK: Final = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_LETTER: Final = rf"[^\W\d_{_CJK}]"
_WORD: Final = re.compile(
    rf"[{_CJK}]|[^\W{_CJK}]+(?:(?:(?<={_LETTER})[.':\u2019](?={_LETTER})|(?<=\d)[.,;'](?=\d))[^\W{_CJK}]+)*"
)
_DATE_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})(?:Z|([+-]\d\d):?(\d\d))")


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = as_text(value)
    if re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", text):
        return float(text)
    raise BadValueError(f'For input string: "{text}"')


def _boolean(value: Any) -> bool:
    if value in (True, "true"):
        return True
    if value in (False, "false", ""):
        return False
    raise BadValueError(f"Can't parse boolean value [{value}], expected [true] or [false]")


def _date(value: Any) -> int:
    """The epoch milliseconds of a date, given as such or as a full time with fraction and zone."""
    text = as_text(value)
    if re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    if found := _DATE_TIME.fullmatch(text):
        offset = timedelta(hours=int(found[3] or 0), minutes=int((found[3] or "+")[0] + (found[4] or "0")))
        try:
            moment = datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc) - offset
        except (ValueError, OverflowError):
            pass
        else:
            return round(moment.timestamp()) * 1000 + int((found[2] + "00")[:3])
    failure = f"failed to parse date field [{text}] with format [{DATE_FORMAT}]"
    raise BadValueError(f"{failure}: [{failure}]")


def formatted_date(value: Any, format: str) -> int | str:
    from mockflow.core.opensearch.dates import NoDateError, parse_date  # on first use

    try:
        return parse_date(value, format)
    except NoDateError as error:
        failure = f"failed to parse date field [{error}] with format [{format}]"
        raise BadValueError(f"{failure}: [{failure}]") from None


def _ip(value: Any) -> int:
    """An address as a number; those of version 4 are among those of version 6, as Lucene has them."""
    return ip_range(as_text(value), is_single=True)[0]


def ip_range(text: str, *, is_single: bool = False) -> tuple[int, int]:
    """The first and the last address of a block such as ``10.0.0.0/8``, or of one address. Raises BadValueError."""
    from ipaddress import IPv4Network, ip_network  # on first use

    try:
        if is_single and "/" in text:
            raise ValueError
        block = ip_network(text, strict=False)
    except ValueError:
        raise BadValueError(f"'{text}' is not an IP string literal.") from None
    offset = 0xFFFF << 32 if isinstance(block, IPv4Network) else 0
    return int(block.network_address) + offset, int(block.broadcast_address) + offset


TERMS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "integer": _number,
    "long": _number,
    "float": _number,
    "boolean": _boolean,
    "date": _date,
    "ip": _ip,
}
