"""The documents that clients have written, by index, and the scrolls over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mockflow.core.base import bounds

if TYPE_CHECKING:  # what a cluster without documents does not need
    from mockflow.core.opensearch.documents.document_store import DocumentStore
    from mockflow.core.opensearch.search.request import Results, Searched

MAX_SCROLLS: Final = bounds.SCROLLS
"""OpenSearch's search.max_open_scroll_context."""
MAX_TASKS: Final = 1_000
MAX_POINTS_IN_TIME: Final = 300
"""OpenSearch's search.max_open_pit_context."""


@dataclass
class Scroll:
    """A search whose hits are read page by page."""

    results: Results
    size: int
    ends: int
    """Epoch ms of its end, unless it is read before."""
    next: int = 0
    """The first hit of the next page."""


@dataclass
class PointInTime:
    """The documents of indices as they were when a client opened it, for searches that name it."""

    searched: list[Searched]
    made: dict[str, int | None]
    """When each index was created, epoch ms; it ends with any of them."""
    created: int
    """Epoch ms."""
    keep_alive: int
    ends: int


class Stores:
    """The documents by index. An index that is made anew begins without any, so a store belongs to one creation."""

    def __init__(self) -> None:
        self._stores: dict[str, tuple[int, DocumentStore]] = {}  # with the creation of the index, epoch ms
        self.scrolls: dict[str, Scroll] = {}
        """By id."""
        self.points_in_time: dict[str, PointInTime] = {}
        """By id."""
        self.tasks: dict[int, dict[str, Any]] = {}
        """By number: what became of requests that did not wait; the last `MAX_TASKS`."""
        self._tasks_made = 0
        self.ids_made = 0
        """How many ids of documents and scrolls were made."""
        self.told_full = False
        """Whether the log has said that there is room for no more documents."""

    @property
    def total(self) -> int:
        """The number of all documents."""
        return sum(len(store) for _, store in self._stores.values())

    def find(self, name: str, created: int) -> DocumentStore | None:
        """The documents of the index that was created then; None where none was ever written."""
        made, store = self._stores.get(name, (None, None))
        return store if made == created else None

    def open(self, name: str, created: int) -> DocumentStore:
        """The same, ready to be written to."""
        store = self.find(name, created)
        if store is None:
            from mockflow.core.opensearch.documents.document_store import DocumentStore

            store = DocumentStore(name)
            self._stores[name] = created, store
        return store

    def drop(self, name: str) -> None:
        """Forgets the documents of an index that is deleted."""
        self._stores.pop(name, None)

    def prune(self, is_there: Callable[[str, int], bool]) -> None:
        """Forgets the documents of indices that are gone; `is_there`: whether the one that was created then is left."""
        for name in [name for name, (made, _) in self._stores.items() if not is_there(name, made)]:
            del self._stores[name]

    def keep_task(self, outcome: dict[str, Any]) -> int:
        """Keeps an outcome; returns its number."""
        self._tasks_made += 1
        self.tasks[self._tasks_made] = outcome
        if len(self.tasks) > MAX_TASKS:
            del self.tasks[next(iter(self.tasks))]
        return self._tasks_made

    def end_scrolls(self, ids: Iterable[str]) -> int:
        """Ends scrolls; returns how many there were."""
        return sum(self.scrolls.pop(id, None) is not None for id in ids)
