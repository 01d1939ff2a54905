"""Virtual waiting: the code under test sleeps on the fake cluster's clock.

Replaced is what modules see, never `time` or `asyncio` itself: event loops and HTTP clients keep real time.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, Final

from mockflow.handle.clock import ClockHandle
from mockflow.handle.errors import MockFlowError

# With no module named: what keeps real time besides the standard library.
_REAL: Final = frozenset(
    name
    for group in (
        "mockflow",
        "anyio asyncio sniffio tornado trio twisted uvloop",  # event loops
        "aiohttp elasticsearch httpcore httpx opensearchpy requests urllib3 websockets yarl",  # HTTP
        "coverage execnet freezegun hypothesis time_machine",
        "pluggy py _pytest pytest pytest_aiohttp pytest_asyncio xdist",
    )
    for name in group.split()
)


class PatchedSleep:
    """A context manager; see `ClusterHandle.patch_sleep`. `slept` is how long the code has slept, in virtual ms."""

    def __init__(self, clock: ClockHandle, modules: tuple[str, ...]) -> None:
        self._clock = clock
        self._modules = modules
        self._replaced: list[tuple[ModuleType, str, Any]] = []
        self._mode = ""
        self._monotonic = 0.0
        self._began = 0
        self._sleepers: list[int] = []
        self._lock = threading.Lock()
        self.slept = 0

    def __enter__(self) -> "PatchedSleep":
        modules = self._wanted()
        self._mode = self._clock.mode
        self._clock.freeze()
        self._began, self._monotonic = self._clock.now, time.monotonic()
        ours: dict[str, dict[str, Any]] = {
            "time": {"sleep": self.sleep, "time": self.time, "monotonic": self.monotonic},
            "asyncio": {"sleep": self.async_sleep},
        }
        functions = {id(getattr(sys.modules[m], n)): f for m, by_name in ours.items() for n, f in by_name.items()}
        proxies = {id(sys.modules[m]): _proxy(sys.modules[m], by_name) for m, by_name in ours.items()}
        for module in modules:
            for name, value in list(vars(module).items()):
                replacement = functions.get(id(value)) or proxies.get(id(value))
                if replacement is not None:
                    self._replaced.append((module, name, value))
                    setattr(module, name, replacement)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for module, name, value in self._replaced:
            setattr(module, name, value)
        self._replaced.clear()
        getattr(self._clock, {"auto": "auto", "real": "real", "frozen": "freeze"}[self._mode])()

    # -- what the code under test calls ----------------------------------------------------------

    def time(self) -> float:
        """Seconds since 1970 by the cluster's clock."""
        return self._clock.now / 1000

    def monotonic(self) -> float:
        """Seconds that go on from the real monotonic clock by the cluster's clock."""
        return self._monotonic + (self._clock.now - self._began) / 1000

    def sleep(self, seconds: float) -> None:
        """Moves the cluster's clock instead of waiting."""
        with self._asleep(seconds) as end:
            self._wake_at(end)

    async def async_sleep(self, delay: float, result: Any = None) -> Any:
        """As `sleep`; of several tasks that sleep, the one to wake first moves the clock first."""
        with self._asleep(delay) as end:
            await asyncio.sleep(0)
            while end > min(self._sleepers):  # noqa: ASYNC110 - who wakes first may be in another thread
                await asyncio.sleep(0)
            self._wake_at(end)
        return result

    @contextmanager
    def _asleep(self, seconds: float) -> Iterator[int]:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        end = self._clock.now + round(seconds * 1000)
        with self._lock:
            self._sleepers.append(end)
        try:
            yield end
        finally:
            with self._lock:
                self._sleepers.remove(end)

    def _wake_at(self, end: int) -> None:
        """Moves the clock to `end` unless another sleeper has done so."""
        with self._lock:
            left = end - self._clock.now
            if left > 0:
                self._clock.advance(left)
                self.slept += left

    # -- whose calls these are -------------------------------------------------------------------

    def _wanted(self) -> list[ModuleType]:
        loaded = {name: module for name, module in list(sys.modules.items()) if isinstance(module, ModuleType)}
        if not self._modules:
            return [module for name, module in loaded.items() if not _keeps_real_time(name)]
        for name in self._modules:
            if name not in loaded:
                raise MockFlowError(f'patch_sleep: no module "{name}" is imported; import it first, or mend the name')
        wanted = [(name, f"{name}.") for name in self._modules]
        return [
            module
            for loaded_name, module in loaded.items()
            if any(loaded_name == name or loaded_name.startswith(within) for name, within in wanted)
        ]


def _keeps_real_time(module: str) -> bool:
    package = module.partition(".")[0]
    return package in _REAL or package in sys.stdlib_module_names


def _proxy(module: ModuleType, replaced: dict[str, Any]) -> ModuleType:
    """The module as it is, but for some of its functions."""
    proxy = ModuleType(module.__name__, module.__doc__)
    proxy.__dict__.update({**vars(module), **replaced})
    return proxy
