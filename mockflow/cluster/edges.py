"""Times in order: the edges of windows of time and of phases of outages."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable


class Edges:
    """Milliseconds in order, repeated ones included."""

    def __init__(self, times: Iterable[int] = ()) -> None:
        self._times = sorted(times)

    def add(self, times: Iterable[int]) -> None:
        for time in times:
            insort(self._times, time)

    def remove(self, times: Iterable[int]) -> None:
        """Removes times that were added before, each once."""
        for time in times:
            del self._times[bisect_left(self._times, time)]

    def place(self, time: int) -> int:
        """The number of edges up to `time`: another one after each edge."""
        return bisect_right(self._times, time)

    def after(self, time: int) -> int | None:
        """The first one later than `time`."""
        place = self.place(time)
        return self._times[place] if place < len(self._times) else None
