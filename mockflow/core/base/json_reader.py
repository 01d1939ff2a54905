"""JSON text as a value.

Jackson reads while OpenSearch's parsers ask for tokens. So text that is wrong, or that goes on after the value, matters
only where a parser comes to it: `read_json` keeps what can be read. Parsers that want a whole value use `read_value`.
Plain JSON is read with the standard library, which is faster; `scan` reads the rest.
"""

import json
import math
import re
import sys
from collections.abc import Callable
from typing import Any, Final

from mockflow.core.base.json_parts import FROM, read_in_parts
from mockflow.core.base.json_scanner import MAX_DEPTH, MAX_NUMBER, MalformedJsonError, end_of_space, scan
from mockflow.core.base.tokens import BROKEN, NOTHING, Written


def read_json(text: str) -> Any:
    """The first value in `text`; `BROKEN` stands in it where the text cannot be read on, `NOTHING` if it has none.

    A number with a fraction or an exponent is `Written`, so that its text is known.
    """
    value, error = _read(text, _WRITTEN)
    if error is not None and value is NOTHING:
        return BROKEN
    return value


def read_value(text: str) -> Any:
    """The first value in `text`, `NOTHING` if it has none. Raises MalformedJsonError."""
    value, error = _read(text, _PLAIN)
    if error is not None:
        raise error
    return value


def text_of_body(body: bytes) -> str:
    """The characters of a body in UTF-8, 16 or 32, found out as Jackson does; a wrong byte becomes a half surrogate."""
    encoding = json.detect_encoding(body)
    return body.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "replace")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in an object")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class Unbounded(float):
    """A number beyond a double's range, which is infinite. As text it is as it was written, such as ``1e400``."""

    def __new__(cls, text: str) -> "Unbounded":
        number = super().__new__(cls, text)
        number._text = text
        return number

    _text: str

    def __str__(self) -> str:
        return self._text


def _fraction(text: str) -> float:
    number = float(_bounded(text))
    return number if math.isfinite(number) else Unbounded(text)


def _written(text: str) -> Written:
    return Written(float(_bounded(text)), text)


def _bounded(text: str) -> str:
    if len(text) > MAX_NUMBER:
        raise ValueError("a number with too many characters")
    return text


def _decoder(fraction: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_unique, parse_float=fraction, parse_constant=_no_constant)


_PLAIN: Final = _decoder(_fraction)
_WRITTEN: Final = _decoder(_written)
_WRONG_BYTE: Final = re.compile("[\udc80-\udcff]")
_DIGITS: Final = "0123456789"


def _may_have_long_number(text: str) -> bool:
    """Whether there are more than `MAX_NUMBER` digits in a row, in a number or in a string.

    So many have one at a multiple of that number, so few characters are looked at.
    """
    for place in range(MAX_NUMBER, len(text), MAX_NUMBER):
        if text[place] in _DIGITS:
            before, after = text[place - MAX_NUMBER : place], text[place : place + MAX_NUMBER + 1]
            row = len(before) - len(before.rstrip(_DIGITS)) + len(after) - len(after.lstrip(_DIGITS))
            if row > MAX_NUMBER:
                return True
    return False


def _may_be_deep(text: str) -> bool:
    """Whether the text may be nested deeper than the standard library's reader refuses by itself.

    It refuses by Python's recursion limit, which some programs raise for their own ends.
    """
    if sys.getrecursionlimit() <= _RECURSION_LIMIT or text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for bracket in _NO_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False


_RECURSION_LIMIT: Final = 1000  # Python's own
_NO_BRACKETS: Final = re.compile(r"[^\[\]{}]+")


def _read(text: str, decoder: json.JSONDecoder) -> tuple[Any, MalformedJsonError | None]:
    """The first value as far as it can be read, and why it cannot be read on."""
    try:
        start = end_of_space(text, 0)
    except MalformedJsonError as error:
        return NOTHING, error
    if start == len(text):
        return NOTHING, None
    if (text.isascii() or not _WRONG_BYTE.search(text)) and not (_may_have_long_number(text) or _may_be_deep(text)):
        try:
            if len(text) >= FROM:
                return read_in_parts(text, start, decoder.scan_once)[0], None  # type: ignore[attr-defined]
            return decoder.raw_decode(text, start)[0], None
        except (ValueError, RecursionError):
            pass
    return _read_on(text, start, decoder)


def _read_on(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Any, MalformedJsonError | None]:
    """What `_read` gives for text that is no plain JSON: step by step, without recursion."""
    root: list[Any] = []
    open_: list[Any] = [root]
    key: str | None = None
    try:
        for part, begin, end in scan(text, start):
            if part == "key":
                key = json.loads(text[begin:end])
                continue
            if part == "close":
                open_.pop()
                continue
            value: Any = ({} if text[begin] == "{" else []) if part == "open" else decoder.decode(text[begin:end])
            container = open_[-1]
            if isinstance(container, dict):
                assert key is not None
                container[key], key = value, None
            else:
                container.append(value)
            if part == "open":
                open_.append(value)
    except MalformedJsonError as error:
        container = open_[-1]
        if isinstance(container, dict):
            container[BROKEN if key is None else key] = BROKEN
        else:
            container.append(BROKEN)
        return root[0], error
    return root[0], None
