"""Further clusters of one server: each has its own clock, scenarios, workflows, journal and faults."""

import re
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

from mockflow.core.base import bounds
from mockflow.core.base.steps import Steps

PREFIX: Final = "/_world/"
"""The path below which they are served: /_world/NAME/..."""
MAX_WORLDS: Final = bounds.WORLDS
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_SHOWN: Final = 80  # characters of a bad name

C = TypeVar("C")


class UnknownWorldError(LookupError):
    """There is no world of this name."""


class WorldExistsError(ValueError):
    """There is a world of this name, or there are too many."""


class Worlds(Generic[C]):
    """The further clusters of a server by name, the oldest first."""

    def __init__(self) -> None:
        self._clusters: dict[str, C] = {}
        self._made = 0

    def __iter__(self) -> Iterator[tuple[str, C]]:
        return iter(self._clusters.items())

    def make_in_steps(self, name: str | None, new: Callable[[str], Steps[C]]) -> Steps[str]:
        """Adds the cluster that `new` makes for a path, and returns its name.

        ValueError for a bad name, WorldExistsError for one that is taken, or if there are too many worlds.
        """
        if name is None:
            name = self._free_name()
        self._check(name)
        cluster = yield from new(f"{PREFIX}{name}")
        self._check(name)  # others may have been made meanwhile
        self._clusters[name] = cluster
        return name

    def _check(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            shown = name if len(name) <= _MOST_SHOWN else f"{name[:_MOST_SHOWN]}..."
            raise ValueError(f'a world\'s name is 1 to 64 letters, digits and ".", "_", "-", not "{shown}"')
        if name in self._clusters:
            raise WorldExistsError(f"there is a world {name}; DELETE it first, or choose another name")
        if len(self._clusters) >= MAX_WORLDS:
            raise WorldExistsError(f"there are {MAX_WORLDS} worlds, which is the most; DELETE one first")

    def remove(self, name: str) -> C:
        """Removes a cluster. UnknownWorldError if there is none."""
        if name not in self._clusters:
            raise UnknownWorldError(name)
        return self._clusters.pop(name)

    def find(self, target: str) -> tuple[C, str]:
        """The cluster that a target below the prefix names, and the rest of the target. Raises UnknownWorldError."""
        path, mark, query = target.partition("?")
        name, _, rest = path[len(PREFIX) :].partition("/")
        if name not in self._clusters:
            raise UnknownWorldError(name)
        return self._clusters[name], f"/{rest}{mark}{query}"

    def _free_name(self) -> str:
        while True:
            self._made += 1
            if (name := f"world-{self._made}") not in self._clusters:
                return name
