"""JSON text read in parts, so that other threads have their turn in between.

The standard library reads a value in one go, for which a large one holds all threads for tenths of a second.
"""

import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

Scan = Callable[[str, int], tuple[Any, int]]
"""`scan_once` of a JSONDecoder: a value and where it ends. Raises StopIteration or ValueError where there is none."""

FROM: Final = 256 * 1024
"""From so many characters on a text is read in parts."""

_PART: Final = 64 * 1024
"""The characters that are read in one go."""
_LEVELS: Final = 3
_ENDS: Final = (",", "},", "],", '",')
"""How a member that others follow may end."""
_CLOSING: Final = {"{": "}", "[": "]"}
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def read_in_parts(text: str, start: int, scan: Scan, levels: int = _LEVELS) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends. Raises ValueError for text that is none.

    A key that stands twice in an object is one of these. Objects and arrays within more than `levels` others are read
    in one go.
    """
    if levels and text[start : start + 1] in ("{", "["):
        try:
            value, length = scan(text[start : start + _PART], 0)
        except (StopIteration, ValueError):
            return _container(text, start, scan, levels - 1)
        return value, start + length
    return _scanned(text, start, scan)


def _container(text: str, place: int, scan: Scan, levels: int) -> tuple[Any, int]:
    """An object or array that is no small one, of many members at a time."""
    opening = text[place]
    closing = _CLOSING[opening]
    value: Any = {} if opening == "{" else []
    add = value.update if opening == "{" else value.extend
    count = 0
    one_by_one = 0  # up to this place
    place = _after_space(text, place + 1)
    if text[place : place + 1] == closing:
        return value, place + 1
    is_last = False
    while not is_last:
        members = None
        if place >= one_by_one:
            members, after = _several(text, place, opening, closing, scan)
            one_by_one = after if members is not None else place + _PART
        if members is not None:
            place = after
        else:
            members, place, is_last = _one(text, place, opening, scan, levels)
        add(members)
        count += len(members)
        if not is_last:
            place = _after_space(text, place)
    if len(value) < count:
        raise ValueError("a key stands twice in an object")
    return value, place


def _one(text: str, place: int, opening: str, scan: Scan, levels: int) -> tuple[Any, int, bool]:
    """The next member as an object or array, the place behind what follows it, and whether it is the last."""
    if opening == "{":
        _expect(text, place, '"')
        key, place = scanstring(text, place + 1, True)
        place = _after_space(text, place)
        _expect(text, place, ":")
        member, place = read_in_parts(text, _after_space(text, place + 1), scan, levels)
        members: Any = {key: member}
    else:
        member, place = read_in_parts(text, place, scan, levels)
        members = [member]
    place = _after_space(text, place)
    is_last = text[place : place + 1] == _CLOSING[opening]
    if not is_last:
        _expect(text, place, ",")
    return members, place + 1, is_last


def _several(text: str, place: int, opening: str, closing: str, scan: Scan) -> tuple[Any, int]:
    """The next members that others follow, and the place behind their comma; None if the text is to be read otherwise.

    A comma within a string or within a member cuts either in two, so that what is before it cannot be read.
    """
    part = text[place : place + _PART]
    for end in _ENDS:
        cut = part.rfind(end) + len(end) - 1
        if cut < len(end):
            continue
        whole = f"{opening}{part[:cut]}{closing}"
        try:
            members, length = scan(whole, 0)
        except (StopIteration, ValueError):
            continue
        if length == len(whole):  # else the object or array ends before
            return members, place + cut + 1
    return None, place


def _scanned(text: str, place: int, scan: Scan) -> tuple[Any, int]:
    try:
        return scan(text, place)
    except StopIteration:
        raise ValueError("no value") from None


def _after_space(text: str, place: int) -> int:
    if text[place : place + 1] > " ":
        return place
    found = _SPACE.match(text, place)
    assert found
    return found.end()


def _expect(text: str, place: int, mark: str) -> None:
    if text[place : place + 1] != mark:
        raise ValueError(f"no {mark}")
