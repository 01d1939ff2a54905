"""The parts of a JSON text one by one, as Jackson reads them, and Jackson's words for text that is not JSON.

OpenSearch has comments allowed, and refuses a key that stands twice in an object. What follows the first value is not
read. (docs/reference/opensearch.md, "Bodies and content types"; ReaderBasedJsonParser of Jackson 2.18 and 3.)
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

MAX_DEPTH: Final = 800
"""So deep may a text be nested. Jackson's bound is 1,000; Python's own for nested calls is not far from it."""
MAX_NUMBER: Final = 1000
"""The most characters of a number (StreamReadConstraints)."""

Part = Literal["open", "key", "scalar", "close"]


class Scanned(NamedTuple):
    """A part of a text, from `start` up to `end`: a brace or bracket, a key, or a value that is no container."""

    part: Part
    start: int
    end: int


@dataclass(eq=False)
class MalformedJsonError(ValueError):
    """Text that is not JSON, in Jackson's words.

    `offset` is the index at which Jackson 3 places the error; `after` the one at which Jackson 2 does. `opened` is the
    index of the container that is not closed; it stands for ``{start}`` in the message.
    """

    text: str
    message: str
    offset: int
    after: int
    opened: int | None = None
    is_end: bool = False
    """Whether the text ends too early."""
    newer: str | None = None
    """The message of Jackson 3 where it is another one."""


def scan(text: str, index: int = 0) -> Iterator[Scanned]:
    """The parts of the first JSON value in `text` from `index` on. Raises MalformedJsonError where it cannot go on.

    Jackson tells a key before it reads a text behind it, but not before another value; so an error in such a value
    comes in place of its key.
    """
    stack: list[_Open] = []
    index = end_of_space(text, index)
    if index == len(text):
        return
    key: Scanned | None = None
    while True:
        mark = text[index : index + 1]
        if key is not None and mark in _READ_LATER:
            yield key
            key = None
        if mark in _CLOSING:
            if len(stack) >= MAX_DEPTH:
                raise MalformedJsonError(text, _TOO_DEEP, index, index)
            yield Scanned("open", index, index + 1)
            stack.append(_Open(mark, index, set()))
            index = end_of_space(text, index + 1)
            if text[index : index + 1] != _CLOSING[mark]:
                if mark == "{":
                    key, index = _key(text, index, stack)
                continue
        else:
            end = _scalar(text, index, stack)
            if key is not None:
                yield key
                key = None
            yield Scanned("scalar", index, end)
            index = end
        # After a value: its container goes on or ends, and so may those around it.
        while stack:
            index = end_of_space(text, index)
            mark, opened, _ = stack[-1]
            found = text[index : index + 1]
            if found == ",":
                index = end_of_space(text, index + 1)
                if mark == "{":
                    key, index = _key(text, index, stack)
                break
            if found != _CLOSING[mark]:
                raise _not_closed(text, index, mark, opened)
            yield Scanned("close", index, index + 1)
            index += 1
            stack.pop()
        else:
            return


def end_of_space(text: str, index: int) -> int:
    """The index of what follows white space and comments. Raises MalformedJsonError for half a comment."""
    while (found := _SPACE.match(text, index)) and found.end() > index:
        index = found.end()
    if text[index : index + 1] == "/":
        if text[index + 1 : index + 2] in ("", "*"):
            raise _end(text, "in a comment", None)
        raise _unexpected(text, index + 1, "was expecting either '*' or '/' for a comment")
    return index


class _Open(NamedTuple):
    """A container that is open: its first character, the index of it, and the keys so far."""

    mark: str
    start: int
    keys: set[Any]


_VALUE: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_TOO_DEEP: Final = (
    "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
    "`StreamReadConstraints.getMaxNestingDepth()`)"
)
_SPACE: Final = re.compile(r"(?:[ \t\r\n]+|/\*.*?\*/|//[^\r\n]*){0,1000}", re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"[\w$]*")
# Characters and escapes of a string; bounded, because an expression keeps a record of each repetition.
_CHARACTERS: Final = re.compile(r'(?:[^"\\\x00-\x1f\udc80-\udcff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){0,1000}')
_LITERALS: Final = ("true", "false", "null")
_KINDS: Final = {"{": "Object", "[": "Array"}
_CLOSING: Final = {"{": "}", "[": "]"}
_READ_LATER: Final = ('"', "{", "[")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_AFTER_NUMBER: Final = ' \t\r\n,]}{["/'

# A number that stops at one of these characters lacks digits.
_WITHOUT_DIGITS: Final = {
    ".": "Decimal point not followed by a digit",
    "eE": "Exponent indicator not followed by a digit",
}


def _key(text: str, index: int, stack: list[_Open]) -> tuple[Scanned, int]:
    """An object's key and the index of its value."""
    mark, opened, keys = stack[-1]
    if index >= len(text):
        raise _end(text, f"expected close marker for {_KINDS[mark]} (start marker at {{start}})", opened)
    if text[index] != '"':
        raise _unexpected(text, index, "was expecting double-quote to start field name")
    end = _string(text, index, "in field name")
    key = json.loads(text[index:end], strict=False)
    if key in keys:
        raise MalformedJsonError(text, f"Duplicate field '{key}'", end, end, newer=f'Duplicate Object property "{key}"')
    keys.add(key)
    after = end_of_space(text, end)
    if after >= len(text):
        raise _end(text, "within/between Object entries", None)
    if text[after] != ":":
        raise _unexpected(text, after, "was expecting a colon to separate field name and value")
    value = end_of_space(text, after + 1)
    if value >= len(text):
        raise _end(text, "within/between Object entries", None)
    return Scanned("key", index, end), value


def _scalar(text: str, index: int, stack: list[_Open]) -> int:
    """The index after a string, number or word."""
    if index >= len(text):
        mark, opened, _ = stack[-1]
        raise _end(text, f"expected close marker for {_KINDS[mark]} (start marker at {{start}})", opened)
    mark = text[index]
    if mark == '"':
        return _string(text, index, "in VALUE_STRING")
    if mark in "-0123456789":
        return _number(text, index)
    found = _WORD.match(text, index)
    word = found[0] if found else ""
    if word in _LITERALS:
        return index + len(word)
    if not word:
        raise _unexpected(text, index, f"expected a valid value {_VALUE}")
    raise _no_value(text, index, word)


_NOT_NUMERIC: Final = frozenset({"NaN", "Infinity", "-Infinity", "-INF"})


def _no_value(text: str, index: int, word: str) -> MalformedJsonError:
    """For a word that is no JSON value."""
    message = f"Unrecognized token '{word}': was expecting {_VALUE}"
    if word in _NOT_NUMERIC:
        message = f"Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    return MalformedJsonError(text, message, index, index + len(word))


def _number(text: str, index: int) -> int:
    found = _NUMBER.match(text, index)
    if found is None:
        after = index + 1
        if (word := _WORD.match(text, after)) and word[0].startswith(("In", "IN")):
            raise _no_value(text, index, f"-{word[0]}")
        if after >= len(text):
            raise _end(text, "in a Number value", None)
        raise _unexpected(text, after, "expected digit (0-9) to follow minus sign, for valid numeric value")
    end = found.end()
    following = text[end : end + 1]
    if following and following in "0123456789":
        raise MalformedJsonError(text, "Invalid numeric value: Leading zeroes not allowed", end, end)
    for marks, lacking in _WITHOUT_DIGITS.items():
        if following and following in marks:
            after = end + 1 + (text[end + 1 : end + 2] in ("+", "-") and marks != ".")
            if after >= len(text):
                raise _end(text, "in a Number value", None)
            raise _unexpected(text, after, lacking)
    if following and following not in _AFTER_NUMBER:
        raise _unexpected(text, end, "Expected space separating root-level values")
    if end - index > MAX_NUMBER:
        message = f"Number value length ({end - index}) exceeds the maximum allowed ({MAX_NUMBER}, from "
        raise MalformedJsonError(text, f"{message}`StreamReadConstraints.getMaxNumberLength()`)", index, index)
    return end


def _string(text: str, index: int, where: str) -> int:
    """The index after the closing quote."""
    index += 1
    while (found := _CHARACTERS.match(text, index)) and found.end() > index:
        index = found.end()
    if index >= len(text):
        raise _end(text, where, None)
    if text[index] == '"':
        return index + 1
    if text[index] == "\\":
        raise _bad_escape(text, index)
    code = ord(text[index])
    if code > _LAST_CONTROL:
        raise _wrong_byte(text, index)
    what = "name" if where == "in field name" else "string value"
    message = f"Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using backslash "
    raise MalformedJsonError(text, message + f"to be included in {what}", index, index)


_LAST_CONTROL: Final = 0x1F


def _bad_escape(text: str, index: int) -> MalformedJsonError:
    if index + 1 >= len(text):
        return _end(text, "in character escape sequence", None)
    if text[index + 1] != "u":
        message = f"Unrecognized character escape {_shown(text[index + 1])}"
        return MalformedJsonError(text, message, index + 1, index + 1)
    bad = next((place for place in range(index + 2, index + 6) if text[place : place + 1] not in _HEX), len(text))
    if bad >= len(text):
        return _end(text, "in character escape sequence", None)
    return _unexpected(text, bad, "expected a hex-digit for character escape sequence")


def _not_closed(text: str, index: int, mark: str, opened: int) -> MalformedJsonError:
    if index >= len(text):
        return _end(text, f"expected close marker for {_KINDS[mark]} (start marker at {{start}})", opened)
    if text[index] in "]}":
        message = f"Unexpected close marker '{text[index]}': expected '{_CLOSING[mark]}' "
        return MalformedJsonError(text, f"{message}(for {_KINDS[mark]} starting at {{start}})", index, index, opened)
    return _unexpected(text, index, f"was expecting comma to separate {_KINDS[mark]} entries")


def _unexpected(text: str, index: int, wanted: str) -> MalformedJsonError:
    if index >= len(text):
        return _end(text, "in a value", None)
    if "\udc80" <= text[index] <= "\udcff":
        return _wrong_byte(text, index)
    return MalformedJsonError(text, f"Unexpected character ({_shown(text[index])}): {wanted}", index, index)


def _wrong_byte(text: str, index: int) -> MalformedJsonError:
    """For a byte that is no UTF-8; in the text it is a half surrogate."""
    return MalformedJsonError(text, f"Invalid UTF-8 start byte 0x{ord(text[index]) & 0xFF:x}", index, index)


def _shown(character: str) -> str:
    code = ord(character)
    return f"(CTRL-CHAR, code {code})" if code <= _LAST_CONTROL else f"'{character}' (code {code})"


def _end(text: str, where: str, opened: int | None) -> MalformedJsonError:
    joint = ": " if where.startswith("expected") else " "
    return MalformedJsonError(text, f"Unexpected end-of-input{joint}{where}", len(text), len(text), opened, is_end=True)
