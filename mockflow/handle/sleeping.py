"""Virtual sleep: the code under test waits on the fake cluster's clock, and its waiting moves that clock."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from mockflow.handle.clock import ClockHandle
from mockflow.handle.company import Task, awaits_answer, awaits_thread, is_at_work, other_tasks, threads_in

_ROUNDS: Final = 5
"""So many times in a row all others are found waiting: one that was just woken has begun to work by then."""
_GLANCE_SECONDS: Final = 0.0005
"""How long a sleeper leaves the processor to others before it looks again."""
_PATIENCE_SECONDS: Final = 2.0
"""After which the clock moves although another is at work: what it waits for may never come."""


@dataclass(eq=False)
class _Sleeper:
    """A thread or a task that sleeps until `end`, in epoch ms of the cluster's clock."""

    end: int
    thread: int
    task: Task | None


class VirtualSleep:
    """What stands in for `time` and `asyncio.sleep`, between `begin` and `end`.

    The clock is driven meanwhile: it moves when somebody sleeps, and when a request waits for a run. Of several
    sleepers the one that wakes first moves it, once the others sleep too or wait for one that does.
    """

    def __init__(self, clock: ClockHandle) -> None:
        self._clock = clock
        self._sleepers: list[_Sleeper] = []
        self._turn = threading.Lock()
        self._modules: list[frozenset[str]] = []
        self._mode = ""
        self._offset = 0  # what is between the real monotonic clock and the cluster's

    def begin(self, modules: frozenset[str]) -> None:
        """Code of these modules sleeps virtually from now on, and of those that were begun with before."""
        if not self._modules:
            self._mode = self._clock.mode
            self._offset = math.ceil(time.monotonic()) * 1000 - self._clock.now  # a whole second: sums stay exact
            self._clock.set_mode("driven")
        self._modules.append(modules)

    def end(self, modules: frozenset[str]) -> None:
        """The last one to end gives the clock back the mode that it had."""
        self._modules.remove(modules)
        if not self._modules:
            self._clock.set_mode(self._mode)

    def functions(self) -> Mapping[str, Mapping[str, Callable[..., Any]]]:
        """Module -> function -> what stands in for it."""

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
            for company in self._found(sleeper):
                if company == "none":
                    break
                time.sleep(_GLANCE_SECONDS)
            with self._turn:
                self._move_to(sleeper.end)

    async def async_sleep(self, delay: float, result: Any = None) -> Any:
        """As `asyncio.sleep`."""
        if not 0 < delay < math.inf:
            return await asyncio.sleep(delay, result)
        with self._asleep(delay, asyncio.current_task()) as sleeper:
            for company in self._found(sleeper):
                await asyncio.sleep(_GLANCE_SECONDS if company == "busy" else 0)
            while not self._turn.acquire(blocking=False):  # noqa: ASYNC110 - its holder may need this very loop
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
        try:
            yield sleeper
        finally:
            self._sleepers.remove(sleeper)

    def _found(self, sleeper: _Sleeper) -> Iterator[Literal["none", "waiting", "busy"]]:
        """What the others do, until it is this sleeper that moves the clock, or another has moved it so far."""
        calm, give_up = 0, time.monotonic() + _PATIENCE_SECONDS
        while calm < _ROUNDS and time.monotonic() < give_up and self._clock.now < sleeper.end:
            company = self._company(sleeper)
            calm = 0 if company == "busy" else calm + 1
            yield company

    def _company(self, sleeper: _Sleeper) -> Literal["none", "waiting", "busy"]:
        # Tasks in the thread of one that blocks its event loop cannot wake.
        others = [o for o in self._sleepers if o is not sleeper and (sleeper.task or o.thread != sleeper.thread)]
        threads = threads_in(frozenset().union(*self._modules))
        tasks = other_tasks() if sleeper.task else set()
        if not (others or threads or tasks):
            return "none"
        asleep = {other.task or other.thread for other in others}
        is_busy = (
            any(other.end < sleeper.end for other in others)
            or any(is_at_work(frame) for thread, frame in threads.items() if thread not in asleep)
            or any(awaits_answer(task) for task in tasks if task not in asleep)
            or (not threads and any(map(awaits_thread, tasks)))
        )
        return "busy" if is_busy else "waiting"

    def _move_to(self, end: int) -> None:
        left = end - self._clock.now
        if left > 0:
            self._clock.advance(left)
