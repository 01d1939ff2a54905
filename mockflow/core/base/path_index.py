"""Finds the patterns for a path among many, by the segments that they have as they are."""

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from mockflow.core.base.groups import remove_from
from mockflow.core.base.path_pattern import PathPattern, segments_of, split_path

T = TypeVar("T", bound=Hashable)


class _Shape(NamedTuple):
    """Where a pattern has plain segments. All patterns of one shape are found by one lookup."""

    length: int
    takes_rest: bool
    plain: tuple[int, ...]


class PathIndex(Generic[T]):
    """Items by the patterns of their paths."""

    def __init__(self) -> None:
        self._shapes: dict[_Shape, dict[tuple[str, ...], dict[T, None]]] = {}
        self._beginnings: dict[tuple[str, ...], dict[T, None]] = {}

    def add(self, pattern: PathPattern, item: T) -> None:
        """Adds an item. One item may have several patterns."""
        shape, key = _place(pattern)
        self._shapes.setdefault(shape, {}).setdefault(key, {})[item] = None
        for beginning in _beginnings(pattern.path):
            self._beginnings.setdefault(beginning, {})[item] = None

    def remove(self, pattern: PathPattern, item: T) -> None:
        """Removes what was added with this pattern."""
        shape, key = _place(pattern)
        items = self._shapes.get(shape, {})
        remove_from(items, key, item)
        if not items:
            self._shapes.pop(shape, None)
        for beginning in _beginnings(pattern.path):
            remove_from(self._beginnings, beginning, item)

    def find(self, path: str) -> list[T]:
        """The items that may match a raw path: their plain segments are the path's. Each one once, in no order."""
        given = split_path(path)
        found: dict[T, None] = {}
        for shape, items in self._shapes.items():
            if len(given) == shape.length or (shape.takes_rest and len(given) > shape.length):
                found |= items.get(tuple(given[place] for place in shape.plain), {})
        return list(found)

    def near(self, path: str, most: int) -> list[T]:
        """The items that may match, then those that share the longest beginning with a path; `most` at most."""
        found = dict.fromkeys(islice(self.find(path), most))
        for beginning in reversed(list(_beginnings(path))):
            for item in self._beginnings.get(beginning, ()):
                if len(found) >= most:
                    return list(found)
                found[item] = None
        return list(found)


def _place(pattern: PathPattern) -> tuple[_Shape, tuple[str, ...]]:
    segments, takes_rest = segments_of(pattern.path)
    plain = {number: one[0] for number, one in enumerate(segments) if isinstance(one, tuple) and len(one) == 1}
    return _Shape(len(segments), takes_rest, tuple(plain)), tuple(plain.values())


def _beginnings(path: str) -> Iterator[tuple[str, ...]]:
    """The first segment of a path, the first two, and so on."""
    segments = tuple(split_path(path))
    return (segments[:length] for length in range(1, len(segments) + 1))
