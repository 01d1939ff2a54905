"""Virtual sleep: the code under test sleeps on the cluster's clock, and its sleeps move that clock."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from mockflow.handle.clock import ClockHandle
from mockflow.handle.concurrency import Task, awaits_response, awaits_thread, is_busy_thread, other_tasks, threads_in

_ROUNDS: Final = 5
"""How often in a row all others must be waiting: a thread that was just woken may not run yet at the first check."""
_CHECK_SECONDS: Final = 0.0005
"""The pause between two checks, so that other threads can run."""
_MAX_WAIT_SECONDS: Final = 2.0
"""After this time the clock moves although another thread or task is busy: it may wait for something unrelated."""


@dataclass(eq=False)
class _Sleeper:
    """A thread or a task that sleeps until `end`, in epoch ms of the cluster's clock."""

    end: int
    thread: int
    task: Task | None


class VirtualSleep:
    """Replacements for `time` and `asyncio.sleep`, between `begin` and `end`.

    The clock's mode is `driven` meanwhile: a sleep moves it, and so does a request that waits for the end of a run. Of
    several sleepers the one that wakes first moves the clock, once all others sleep or wait for a sleeper.
    """

    def __init__(self, clock: ClockHandle) -> None:
        self._clock = clock
        self._sleepers: list[_Sleeper] = []
        self._turn = threading.Lock()
        self.begun = 0
        """How many sleeps have begun."""
        self._modules: list[frozenset[str]] = []
        self._mode = ""
        self._offset = 0  # ms from the cluster's clock to the monotonic clock

    def begin(self, modules: frozenset[str]) -> None:
        """Makes the sleeps of these modules virtual, in addition to those of earlier calls."""
        if not self._modules:
            self._mode = self._clock.mode
            self._offset = math.ceil(time.monotonic()) * 1000 - self._clock.now  # a whole second: sums stay exact
            self._clock.set_mode("driven")
        self._modules.append(modules)

    def end(self, modules: frozenset[str]) -> None:
        """Ends one `begin`. The last one restores the clock's mode."""
        self._modules.remove(modules)
        if not self._modules:
            self._clock.set_mode(self._mode)

    def functions(self) -> Mapping[str, Mapping[str, Callable[..., Any]]]:
        """Module name -> function name -> replacement."""

        def monotonic() -> int:
            return self._clock.now + self._offset

        return {
            "asyncio": {"sleep": self.async_sleep},
            "time": {
                "sleep": self.sleep,
                "time": lambda: self._clock.now / 1000,
                "time_ns": lambda: self._clock.now * 1_000_000,
                "monotonic": lambda: monotonic() / 1000,
                "monotonic_ns": lambda: monotonic() * 1_000_000,
                "perf_counter": lambda: monotonic() / 1000,
                "perf_counter_ns": lambda: monotonic() * 1_000_000,
            },
        }

    def sleep(self, seconds: float) -> None:
        """As `time.sleep`."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        with self._asleep(seconds, None) as sleeper:
            for others_are in self._until_turn(sleeper):
                if others_are == "none":
                    break
                time.sleep(_CHECK_SECONDS)
            with self._turn:
                self._move_to(sleeper.end)

    async def async_sleep(self, delay: float, result: Any = None) -> Any:
        """As `asyncio.sleep`."""
        if not 0 < delay < math.inf:
            return await asyncio.sleep(delay, result)
        with self._asleep(delay, asyncio.current_task()) as sleeper:
            for others_are in self._until_turn(sleeper):
                await asyncio.sleep(_CHECK_SECONDS if others_are == "busy" else 0)
            while not self._turn.acquire(blocking=False):  # noqa: ASYNC110 - the holder may need this event loop
                await asyncio.sleep(0)
            try:
                self._move_to(sleeper.end)
            finally:
                self._turn.release()
        return result

    @contextmanager
    def _asleep(self, seconds: float, task: Task | None) -> Iterator[_Sleeper]:
        milliseconds = max(round(seconds * 1000), 1) if seconds else 0
        sleeper = _Sleeper(self._clock.now + milliseconds, threading.get_ident(), task)
        self._sleepers.append(sleeper)
        self.begun += 1
        try:
            yield sleeper
        finally:
            self._sleepers.remove(sleeper)

    def _until_turn(self, sleeper: _Sleeper) -> Iterator[Literal["none", "waiting", "busy"]]:
        """Yields what the others do, until this sleeper may move the clock or another has moved it far enough."""
        calm, give_up = 0, time.monotonic() + _MAX_WAIT_SECONDS
        while calm < _ROUNDS and time.monotonic() < give_up and self._clock.now < sleeper.end:
            others_are = self._others(sleeper)
            calm = 0 if others_are == "busy" else calm + 1
            yield others_are

    def _others(self, sleeper: _Sleeper) -> Literal["none", "waiting", "busy"]:
        # If this sleeper blocks an event loop, the tasks of that loop cannot wake.
        others = [o for o in self._sleepers if o is not sleeper and (sleeper.task or o.thread != sleeper.thread)]
        threads = threads_in(frozenset().union(*self._modules))
        tasks = other_tasks() if sleeper.task else set()
        if not (others or threads or tasks):
            return "none"
        asleep = {other.task or other.thread for other in others}
        is_busy = (
            any(other.end < sleeper.end for other in others)
            or any(is_busy_thread(frame) for thread, frame in threads.items() if thread not in asleep)
            or any(awaits_response(task) for task in tasks if task not in asleep)
            or (not threads and any(map(awaits_thread, tasks)))
        )
        return "busy" if is_busy else "waiting"

    def _move_to(self, end: int) -> None:
        left = end - self._clock.now
        if left > 0:
            self._clock.advance(left)
