"""The patterns of wildcard queries: ``*`` is any text, ``?`` one character, a backslash takes the next one as it is."""

import re
from typing import Final

_PIECE: Final = re.compile(r"\\.|.", re.DOTALL)


class Glob:
    """A pattern that is compared without going back: each part between asterisks is put as early as it fits."""

    def __init__(self, pattern: str) -> None:
        parts: list[list[str]] = [[]]
        for piece in _PIECE.findall(pattern):
            if piece == "*":
                parts.append([])
            else:
                parts[-1].append("" if piece == "?" else piece[-1])
        self._first, *self._parts = parts  # a part is a list of characters; an empty one stands for any
        self._least = sum(map(len, parts))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        if len(text) < self._least or not _fits(self._first, text, 0):
            return False
        if not self._parts:
            return len(text) == self._least
        *middle, last = self._parts
        place, end = len(self._first), len(text) - len(last)
        for part in middle:
            if not part:
                continue
            while place + len(part) <= end and not _fits(part, text, place):
                place += 1
            place += len(part)
            if place > end:
                return False
        return _fits(last, text, end)


def _fits(part: list[str], text: str, place: int) -> bool:
    return all(one in ("", mark) for one, mark in zip(part, text[place : place + len(part)], strict=True))
