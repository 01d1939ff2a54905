"""Lists of resources that share their entries, and the differences between them.

The moments of a run list mostly the same resources. With shared entries, n moments of up to n resources take memory
and time in proportion to n.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mockflow.core.plugin.status import Resource

Identity = str


class ResourceList:
    """An immutable list: the first entries of one list, followed by the last entries of another."""

    __slots__ = ("_begin", "_count", "_head", "_tail")

    def __init__(self, entries: Iterable[Resource] = ()) -> None:
        self._head: list[Resource] = list(entries)
        self._count = len(self._head)
        self._tail = _NOTHING
        self._begin = 0

    @classmethod
    def of(cls, entries: "Iterable[Resource] | None") -> "ResourceList":
        """The entries as a list of this kind; itself if it is one."""
        return entries if isinstance(entries, ResourceList) else cls(entries or ())

    def followed_by(self, more: Iterable[Resource]) -> "ResourceList":
        """The list with more entries at its end. It shares the entries of this one, unless another one follows it."""
        if self._begin < len(self._tail) or len(self._head) > self._count:
            return ResourceList([*self, *more])
        self._head += more
        return self._part(len(self._head))

    def _part(self, count: int, tail: list[Resource] | None = None, begin: int = 0) -> "ResourceList":
        part = object.__new__(ResourceList)
        part._head, part._count = self._head, count
        part._tail, part._begin = (_NOTHING, 0) if tail is None else (tail, begin)
        return part

    def without(self, going: Sequence[Resource]) -> Iterator["ResourceList"]:
        """The list without the first of `going`, without the first two, and so on. The lists share their entries.

        `going` are entries of this list, the last ones first. Entries that are equal disappear together.
        """
        entries = list(self)
        removed = set(map(identity_of, going))
        if len(set(map(identity_of, entries))) < len(entries):
            yield from _without_equal(entries, going)
            return
        staying = [(place, entry) for place, entry in enumerate(entries) if identity_of(entry) not in removed]
        tail = [entry for _, entry in staying]
        places = {identity_of(entry): place for place, entry in enumerate(entries)}
        shared, begin = ResourceList(entries), len(tail)
        for entry in going:
            place = places[identity_of(entry)]
            while begin and staying[begin - 1][0] > place:
                begin -= 1
            yield shared._part(place, tail, begin)

    def __len__(self) -> int:
        return self._count + len(self._tail) - self._begin

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.entries())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ResourceList):
            if len(self) != len(other):
                return False
            if self._is_part_of(other) and (self._count, self._begin) == (other._count, other._begin):
                return True
            return self.entries() == other.entries()
        return self.entries() == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.entries())

    def entries(self) -> list[Resource]:
        """A new list of the entries."""
        return self._head[: self._count] + self._tail[self._begin :]

    def _is_part_of(self, other: "ResourceList") -> bool:
        """Whether both are made of the same two lists."""
        return self._head is other._head and self._tail is other._tail

    def after(self, other: "ResourceList") -> list[Resource] | None:
        """The entries that follow those of `other`, if the list begins with them; else None."""
        if self._is_part_of(other) and not self._tail and self._count >= other._count:
            return self._head[other._count : self._count]
        entries, begin = self.entries(), other.entries()
        return entries[len(begin) :] if entries[: len(begin)] == begin else None

    def difference(self, other: "ResourceList") -> tuple[list[Resource], list[Resource]] | None:
        """The entries of this list that `other` may lack, and the reverse, if they share their entries; else None."""
        if self._is_part_of(other):
            return (
                self._head[other._count : self._count] + self._tail[self._begin : other._begin],
                self._head[self._count : other._count] + self._tail[other._begin : self._begin],
            )
        return None


_NOTHING: Final[list[Resource]] = []  # never changed


class Differences:
    """Follows a list of resources from one moment to the next."""

    def __init__(self, before: Iterable[Resource] | None = None) -> None:
        """`before` are the resources before the first moment."""
        self._before = ResourceList(before or ())
        self._held = Counter(map(identity_of, self._before))

    def to(self, now: Iterable[Resource] | None) -> tuple[list[Resource], list[Resource]]:
        """The resources that are new at the next moment, and those that are gone. `now` are all that it lists."""
        listed = ResourceList.of(now)
        plus, minus = listed.difference(self._before) or (listed.entries(), self._before.entries())
        if not (plus or minus):
            self._before = listed
            return [], []
        added, taken = list(map(identity_of, plus)), list(map(identity_of, minus))
        new = [entry for entry, identity in zip(plus, added, strict=True) if not self._held[identity]]
        self._held.update(added)
        self._held.subtract(taken)
        self._before = listed
        return new, [entry for entry, identity in zip(minus, taken, strict=True) if not self._held[identity]]


def identity_of(resource: Mapping[str, str]) -> Identity:
    """A text that is equal for equal entries. Thousands of tuples would cost the garbage collector more time."""
    return repr(tuple(resource.values()))


def _without_equal(entries: list[Resource], going: Sequence[Resource]) -> Iterator[ResourceList]:
    removed: set[Identity] = set()
    for entry in going:
        removed.add(identity_of(entry))
        yield ResourceList(one for one in entries if identity_of(one) not in removed)
