"""The order in which Java's maps list their keys.

The plugin keeps what it reads in a `HashMap` or in a copy by `Map.copyOf`, and writes it in the map's own order. So a
client sees keys in another order than it has sent them (docs/reference/plugin.md, "Shapes").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.remembered import remember_short

_SMALLEST_TABLE: Final = 16
_SPAN: Final = 1 << 32


@remember_short(4096, longest=256)
def string_hash(text: str) -> int:
    """`String.hashCode`: 32 bits, signed, over the text's UTF-16 units."""
    number = 0
    if text.isascii():
        for unit in text.encode():
            number = (31 * number + unit) & (_SPAN - 1)
        return number - _SPAN if number >= _SPAN >> 1 else number
    units = text.encode("utf-16-be", "surrogatepass")
    for place in range(0, len(units), 2):
        number = (31 * number + (units[place] << 8 | units[place + 1])) & (_SPAN - 1)
    return number - _SPAN if number >= _SPAN >> 1 else number


def hash_map_order(names: Iterable[str], table: int = _SMALLEST_TABLE, *, most: int = 0) -> list[str]:
    """The names as a `HashMap` lists them that they were put into one by one.

    `table` is the size of its table at first, a power of two. `most` is the number of names that it has had at most,
    if some were removed: a table grows and does not shrink. A bucket lists its names in the order in which they came.
    Java turns a bucket of more than eight into a tree, which lists them otherwise; that is left out.
    """
    names, size = list(names), table
    while max(len(names), most) > size * 3 // 4:
        size *= 2
    return sorted(names, key=lambda name: _bucket(name, size))


def hash_map(content: Mapping[str, Any]) -> dict[str, Any]:
    """`content` in the order of a `HashMap`."""
    return {name: content[name] for name in hash_map_order(content)}


@dataclass(frozen=True)
class CopiedMaps:
    """The order of `Map.copyOf` on one start of a node.

    Java draws a number and a direction at its start, and lists the keys of its unmodifiable maps from there on. `salt`
    is that number, of 32 bits; `ascending` is the direction.
    """

    salt: int
    ascending: bool

    def order(self, names: Iterable[str]) -> list[str]:
        """The names as a copy lists them of a `HashMap` that they were put into one by one."""
        names = hash_map_order(names)
        if len(names) < 2:
            return names
        size = 2 * len(names)
        table: list[str | None] = [None] * size
        free = list(range(size))  # where to look for the next free place: names may be chosen to collide
        for name in names:
            place = _free(free, string_hash(name) % size)
            table[place], free[place] = name, (place + 1) % size
        start, step = self.salt * size // _SPAN, 1 if self.ascending else -1
        listed = (table[(start + step * count) % size] for count in range(1, size + 1))
        return [name for name in listed if name is not None]

    def copy(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """`content` in the order of a copy."""
        return {name: content[name] for name in self.order(content)}


def _free(free: list[int], place: int) -> int:
    """The first free place from `place` on; shortens the way there for the next search."""
    found = place
    while free[found] != found:
        found = free[found]
    while free[place] != found:
        free[place], place = found, free[place]
    return found


def _bucket(name: str, size: int) -> int:
    number = string_hash(name) & (_SPAN - 1)
    return (number ^ number >> 16) & (size - 1)
