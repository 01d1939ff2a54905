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
    closing = "}" if opening == "{" else "]"
    value: Any = {} if opening == "{" else []
    count = 0
    one_by_one = 0  # up to this place
    place = _after_space(text, place + 1)
    if text[place : place + 1] == closing:
        return value, place + 1
    while True:
        members, after = None, place
        if place >= one_by_one:
            members, after = _several(text, place, opening, closing, scan)
            one_by_one = place + _PART if members is None else 0
        if members is not None:
            place = after
        elif opening == "{":
            _expect(text, place, '"')
            key, place = scanstring(text, place + 1, True)
            place = _after_space(text, place)
            _expect(text, place, ":")
            member, place = read_in_parts(text, _after_space(text, place + 1), scan, levels)
            members = {key: member}
        else:
            member, place = read_in_parts(text, place, scan, levels)
            members = [member]
        count += len(members)
        if opening == "{":
            value.update(members)
        else:
            value += members
        if after != place:  # no comma was read
            place = _after_space(text, place)
            if text[place : place + 1] == closing:
                if len(value) < count:
                    raise ValueError("a key stands twice in an object")
                return value, place + 1
            _expect(text, place, ",")
            place += 1
        place = _after_space(text, place)


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
