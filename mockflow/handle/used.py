"""The clusters that the running test has used, so that its report can tell what they were asked.

The pytest plugin calls `test_begins` and `used`. Outside of pytest nothing is remembered.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

Count = tuple[object, int]
"""A world, and the number of requests that it has received."""


class Source(Protocol):
    """A transport."""

    @property
    def url(self) -> str:
        """The cluster's URL."""

    def read(self, path: str) -> Any:
        """The JSON of a read, of a cluster that has stopped too."""

    def count(self) -> Count | None:
        """Of a cluster in this process: its requests so far. None of another."""


@dataclass(frozen=True)
class Use:
    """A cluster that the test has used, and the number of the last request before the test."""

    source: Source
    since: int

    def story(self) -> str:
        """The requests of this test and the timelines. Raises MockFlowError if the cluster does not answer."""
        return str(self.source.read(f"/story?since={self.since}")["story"])


class _Register:
    def __init__(self) -> None:
        self._lock = Lock()
        self._watches = "PYTEST_CURRENT_TEST" in os.environ
        self._running: WeakKeyDictionary[Source, Count | None] = WeakKeyDictionary()
        """The clusters of this process that run, with what they had received when the test began."""
        self._asked: dict[Source, None] = {}

    def begins(self, source: Source) -> None:
        """A cluster of this process has started."""
        with self._lock:
            self._running[source] = None
        self.asked(source)

    def ends(self, source: Source) -> None:
        """It has stopped."""
        with self._lock:
            is_idle = self._running.pop(source, None) == source.count()
        if not is_idle:
            self.asked(source)

    def asked(self, source: Source) -> None:
        """A command was sent."""
        if self._watches:
            self._asked[source] = None

    def test_begins(self) -> None:
        """Forgets what earlier tests have used."""
        self._watches = True
        with self._lock:
            self._asked.clear()
            for source in list(self._running):
                self._running[source] = source.count()

    def used(self, others: Iterable[Source] = ()) -> list[Use]:
        """What was started, asked or stopped since the test began, and `others`: each cluster once."""
        with self._lock:
            running = dict(self._running)
        found = [*self._asked, *(one for one, before in running.items() if before != one.count()), *others]
        by_url = {one.url: one for one in sorted(found, key=lambda one: one.count() is not None)}
        return [Use(by_url[url], _since(by_url[url], running)) for url in dict.fromkeys(one.url for one in found)]


def _since(source: Source, running: dict[Source, Count | None]) -> int:
    before, now = running.get(source), source.count()
    return before[1] if before and now and before[0] is now[0] else 0


_REGISTER: Final = _Register()
begins, ends, asked = _REGISTER.begins, _REGISTER.ends, _REGISTER.asked
test_begins, used = _REGISTER.test_begins, _REGISTER.used
