"""JSON text as a value, as far as it can be read.

Jackson reads while the plugin's parsers ask for tokens. So text that is wrong, or that goes on after the value, matters
only where a parser comes to it. OpenSearch has comments allowed, and refuses a key that stands twice in an object.
"""

import json
import re
from typing import Any, Final

from mockflow.core.base.tokens import BROKEN, NOTHING, Written

MAX_DEPTH: Final = 800
"""So deep may a body be nested. Jackson's bound is 1,000; Python's own for nested calls is not far from it."""


def read_json(text: str) -> Any:
    """The first value in `text`; `BROKEN` stands in it where the text cannot be read on. What follows is left.

    A number with a fraction or an exponent is `Written`, so that its text is known.
    """
    start = _end_of_space(text, 0)
    if start == len(text):
        return NOTHING
    if not text.isascii() and _WRONG_BYTE.search(text):
        return _read_on(text, start)
    try:
        return _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return _read_on(text, start)


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


def _number(text: str) -> Written:
    return Written(float(text), text)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_constant=_no_constant)
_MAX_NUMBER: Final = 1000
"""Characters of a number: StreamReadConstraints of Jackson."""
_WRONG_BYTE: Final = re.compile("[\udc80-\udcff]")
_SPACE: Final = re.compile(r"(?:[ \t\r\n]|/\*.*?\*/|//[^\r\n]*)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f\udc80-\udcff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_SCALAR: Final = re.compile(rf"{_STRING.pattern}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null", re.ASCII)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found
    return found.end()


def _read_on(text: str, at: int) -> Any:
    """What `read_json` gives for text that is no plain JSON: step by step, without recursion."""
    open_: list[Any] = []
    root: list[Any] = []
    key = ""
    expected = "value"  # or "entry": a key or value, or the end of a container; or "separator": a comma or the end
    while True:
        at = _end_of_space(text, at)
        char = text[at : at + 1]
        container = open_[-1] if open_ else root
        if expected == "separator":
            if not open_:
                return root[0]
            if char == ",":
                expected = "value" if isinstance(container, list) else "key"
            elif char == ("]" if isinstance(container, list) else "}"):
                open_.pop()
            else:
                return _broken(root, container, None)
            at += 1
            continue
        if expected == "entry" and char == ("]" if isinstance(container, list) else "}"):
            open_.pop()
            expected, at = "separator", at + 1
            continue
        if isinstance(container, dict):
            found = _STRING.match(text, at)
            colon = _end_of_space(text, found.end()) if found else at
            if found is None or text[colon : colon + 1] != ":" or json.loads(found[0]) in container:
                return _broken(root, container, None)
            key, at = json.loads(found[0]), _end_of_space(text, colon + 1)
            char = text[at : at + 1]
        value: Any
        if char in ("{", "["):
            value, at, expected = {} if char == "{" else [], at + 1, "entry"
        else:
            found = _SCALAR.match(text, at)
            if found is None or (char != '"' and len(found[0]) > _MAX_NUMBER):
                return _broken(root, container, key if char == '"' else None)
            value, at, expected = _DECODER.decode(found[0]), found.end(), "separator"
        if isinstance(container, dict):
            container[key] = value
        else:
            container.append(value)
        if expected == "entry":
            open_.append(value)
            if len(open_) > MAX_DEPTH:
                return _broken(root, value, None)


def _broken(root: list[Any], container: Any, key: str | None) -> Any:
    """The value with its mark. Jackson tells a key before it reads the text behind it, but not before another value."""
    if isinstance(container, dict):
        container[BROKEN if key is None else key] = BROKEN
    else:
        container.append(BROKEN)
    return root[0] if root else BROKEN
