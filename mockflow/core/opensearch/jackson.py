"""JSON as Jackson reads it: where each value stands, and the exact message for text that is not JSON.

Values themselves are read with the standard library, which is faster. This reader is for errors alone: it reads the
text once more to find the place that an error names. (docs/reference/opensearch.md, "Bodies and content types";
ReaderBasedJsonParser of Jackson 2.18 and 3.)
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

Path = tuple[str | int, ...]
"""Keys and list indexes from the document's root."""

Part = Literal["value", "key", "end"]

_SOURCE: Final = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_VALUE: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"[\w$]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE: Final = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_LITERALS: Final = ("true", "false", "null")
_KINDS: Final = {"{": "Object", "[": "Array"}
_CLOSING: Final = {"{": "}", "[": "]"}


class Place(NamedTuple):
    """A place in a text: line and column count from 1."""

    line: int
    column: int


@dataclass(eq=False)
class MalformedJsonError(ValueError):
    """Text that is not JSON, in Jackson's words.

    `offset` is the index at which Jackson 3 places the error; `after` the one at which Jackson 2 does. `opened` is the
    index of the container that is not closed, where the message names it.
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

    def error(self, *, jackson: int) -> dict[str, Any]:
        """The `error` object of OpenSearch's answer; `jackson` is the library's major version, 2 or 3."""
        reason = f"{self._filled(jackson)}\n at {self._location(self.offset, self.after, jackson)}"
        if jackson == 2:
            kind = "json_e_o_f_exception" if self.is_end else "json_parse_exception"
            return {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
        kind = "unexpected_end_of_input_exception" if self.is_end else "json_parse_exception"
        cause = "unexpected_end_of_input_exception" if self.is_end else "stream_read_exception"
        return {
            "root_cause": [{"type": kind, "reason": reason}],
            "type": kind,
            "reason": reason,
            "caused_by": {"type": cause, "reason": reason},
        }

    def _filled(self, jackson: int) -> str:
        if self.opened is None:
            renamed = self.message.replace("field name", "property name")
            return self.message if jackson == 2 else self.newer or renamed
        start = f"{_SOURCE}; byte offset: #UNKNOWN]"
        if jackson == 2:
            start = self._location(self.opened, self.opened, jackson)
        return self.message.replace("{start}", start)

    def _location(self, offset: int, after: int, jackson: int) -> str:
        if jackson == 2:
            place = place_at(self.text, after)
            return f"{_SOURCE}; line: {place.line}, column: {place.column}]"
        return f"{_SOURCE}; byte offset: #{len(self.text[:offset].encode('utf-8', 'surrogatepass'))}]"


class Token(NamedTuple):
    """A part of a document: a value, its key in an object, or the brace or bracket that ends a container."""

    path: Path
    start: int
    part: Part = "value"


class _Open(NamedTuple):
    """A container that is open: its first character, the index of it, and the keys so far."""

    mark: str
    start: int
    keys: set[str]


def place_at(text: str, index: int) -> Place:
    """Line and column of an index."""
    line_start = text.rfind("\n", 0, index) + 1
    return Place(text.count("\n", 0, index) + 1, index - line_start + 1)


def malformed(text: str) -> MalformedJsonError | None:
    """What is wrong with a text; None for one JSON value. What follows that value does not matter, as in Jackson."""
    try:
        for _ in tokens(text):
            pass
    except MalformedJsonError as error:
        return error
    return None


def place_of(text: str, path: Path, part: Part = "value") -> Place | None:
    """Where a part of the value at `path` begins; None where there is none."""
    try:
        for token in tokens(text):
            if token.path == path and token.part == part:
                return place_at(text, token.start)
    except MalformedJsonError:
        pass
    return None


def path_to(root: Any, container: object) -> Path | None:
    """The path of that very object within a parsed document; None where it is not part of it."""
    pending: list[tuple[Path, Any]] = [((), root)]
    while pending:
        path, value = pending.pop()
        if value is container:
            return path
        if isinstance(value, Mapping):
            pending += [((*path, key), item) for key, item in value.items() if isinstance(item, (dict, list))]
        elif isinstance(value, list):
            pending += [((*path, number), item) for number, item in enumerate(value) if isinstance(item, (dict, list))]
    return None


def tokens(text: str) -> Iterator[Token]:
    """The values of the first JSON document in `text`, in its order. Raises MalformedJsonError."""
    stack: list[_Open] = []
    path: list[str | int] = []
    index = _space(text, 0)
    if index == len(text):
        return
    while True:
        mark = text[index : index + 1]
        if mark in ("{", "["):
            yield Token(tuple(path), index)
            stack.append(_Open(mark, index, set()))
            index = _space(text, index + 1)
            if text[index : index + 1] == _CLOSING[mark]:
                yield Token(tuple(path), index, "end")
                index += 1
                stack.pop()
            else:
                if mark == "{":
                    start = index
                    key, index = _key(text, index, stack)
                    path.append(key)
                    yield Token(tuple(path), start, "key")
                else:
                    path.append(0)
                continue
        else:
            yield Token(tuple(path), index)
            index = _scalar(text, index, stack)
        # After a value: its container goes on or ends, and so may those around it.
        while stack:
            index = _space(text, index)
            mark, opened, _ = stack[-1]
            found = text[index : index + 1]
            if found == ",":
                index = _space(text, index + 1)
                if mark == "{":
                    start = index
                    key, index = _key(text, index, stack)
                    path[-1] = key
                    yield Token(tuple(path), start, "key")
                else:
                    path[-1] = int(path[-1]) + 1
                break
            if found == _CLOSING[mark]:
                path.pop()
                yield Token(tuple(path), index, "end")
                index += 1
                stack.pop()
                continue
            raise _not_closed(text, index, mark, opened)
        else:
            return


def _space(text: str, index: int) -> int:
    found = _SPACE.match(text, index)
    return found.end() if found else index


def _key(text: str, index: int, stack: list["_Open"]) -> tuple[str, int]:
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
    after = _space(text, end)
    if after >= len(text):
        raise _end(text, "within/between Object entries", None)
    if text[after] != ":":
        raise _unexpected(text, after, "was expecting a colon to separate field name and value")
    value = _space(text, after + 1)
    if value >= len(text):
        raise _end(text, "within/between Object entries", None)
    return key, value


def _scalar(text: str, index: int, stack: list["_Open"]) -> int:
    """The index after a string, number or word."""
    if index >= len(text):
        mark, opened, _ = stack[-1]
        raise _end(text, f"expected close marker for {_KINDS[mark]} (start marker at {{start}})", opened)
    mark = text[index]
    if mark == '"':
        return _string(text, index, "in VALUE_STRING")
    if mark == "-" or mark.isdigit():
        return _number(text, index)
    found = _WORD.match(text, index)
    word = found[0] if found else ""
    if word in _LITERALS:
        return index + len(word)
    if not word:
        raise _unexpected(text, index, f"expected a valid value {_VALUE}")
    if word in ("NaN", "Infinity"):
        message = f"Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
        raise MalformedJsonError(text, message, index, index + len(word))
    message = f"Unrecognized token '{word}': was expecting {_VALUE}"
    raise MalformedJsonError(text, message, index, index + len(word))


def _number(text: str, index: int) -> int:
    found = _NUMBER.match(text, index)
    if found is None:
        after = index + 1
        if after >= len(text):
            raise _end(text, "in a Number value", None)
        raise _unexpected(text, after, "expected digit (0-9) to follow minus sign, for valid numeric value")
    end = found.end()
    following = text[end : end + 1]
    if following.isdigit():
        raise MalformedJsonError(text, "Invalid numeric value: Leading zeroes not allowed", end, end)
    for mark, lacking in _WITHOUT_DIGITS.items():
        if following and following in mark:
            after = end + 1 + (text[end + 1 : end + 2] in ("+", "-") and mark != ".")
            if after >= len(text):
                raise _end(text, "in a Number value", None)
            raise _unexpected(text, after, lacking)
    if following and following not in ' \t\r\n,]}{["':
        raise _unexpected(text, end, "Expected space separating root-level values")
    return end


# A number that stops at one of these characters lacks digits.
_WITHOUT_DIGITS: Final = {
    ".": "Decimal point not followed by a digit",
    "eE": "Exponent indicator not followed by a digit",
}


def _string(text: str, index: int, where: str) -> int:
    """The index after the closing quote."""
    index += 1
    while True:
        found = _PLAIN.match(text, index)
        index = found.end() if found else index
        if index >= len(text):
            raise _end(text, where, None)
        if text[index] == '"':
            return index + 1
        if text[index] != "\\":
            code = ord(text[index])
            what = "name" if where == "in field name" else "string value"
            message = f"Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using backslash "
            raise MalformedJsonError(text, message + f"to be included in {what}", index, index)
        escape = _ESCAPE.match(text, index)
        if escape is None:
            shown = _shown(text[index + 1]) if index + 1 < len(text) else None
            if shown is None:
                raise _end(text, "in character escape sequence", None)
            if text[index + 1] == "u":
                bad = next((i for i in range(index + 2, index + 6) if text[i : i + 1] not in _HEX), len(text))
                if bad >= len(text):
                    raise _end(text, "in character escape sequence", None)
                raise _unexpected(text, bad, "expected a hex-digit for character escape sequence")
            raise MalformedJsonError(text, f"Unrecognized character escape {shown}", index + 1, index + 1)
        index = escape.end()


_HEX: Final = frozenset("0123456789abcdefABCDEF")


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
    return MalformedJsonError(text, f"Unexpected character ({_shown(text[index])}): {wanted}", index, index)


def _shown(character: str) -> str:
    code = ord(character)
    return f"(CTRL-CHAR, code {code})" if code < 32 else f"'{character}' (code {code})"


def _end(text: str, where: str, opened: int | None) -> MalformedJsonError:
    joint = ": " if where.startswith("expected") else " "
    return MalformedJsonError(text, f"Unexpected end-of-input{joint}{where}", len(text), len(text), opened, is_end=True)
