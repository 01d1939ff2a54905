"""The virtual clock. It has four modes.

real
    The clock goes by itself, at a speed.
auto
    The clock stands still; a run skips to its next moment after each status read.
frozen
    The clock stands still until the control API moves it.
driven
    A frozen clock that the program under test moves: by its virtual sleep, and by a request that waits for a run.
"""

import time
from collections.abc import Callable
from typing import Final, Literal

Mode = Literal["real", "auto", "frozen", "driven"]
MODES: Final[tuple[Mode, ...]] = ("real", "auto", "frozen", "driven")
DEFAULT_EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z: times repeat from run to run
MAX_SPEED: Final = 1_000_000.0
MAX_TIME: Final = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z, the last time of a date with four digits: the clock goes no further."""


class Clock:
    """Epoch milliseconds that pass by themselves in mode real, and change in the other modes only when moved.

    The lead that mode auto gives each run over this clock is stored in `World` and `Workflow`.
    """

    def __init__(
        self,
        mode: Mode = "real",
        speed: float = 1.0,
        epoch: int | None = None,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        if epoch is None:
            epoch = int(time.time() * 1000) if mode == "real" else DEFAULT_EPOCH
        self._wall = wall
        self._mode: Mode = mode
        self._speed = _checked(speed)
        self._virtual = float(epoch)  # the virtual time at the wall time `_since`
        self._since = wall()
        self._waiting: dict[object, Callable[[], None]] = {}  # in order: what waits first goes on first
        self.changes = 0
        """How often the clock was moved, or its mode or speed changed."""
        self.watcher: Callable[[], None] | None = None
        """Called at each notification, before the callbacks of `on_move`."""
        self.closed = False
        """Whether waits for this clock have ended for good."""

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def speed(self) -> float:
        return self._speed

    def now(self) -> int:
        """Epoch milliseconds."""
        if self._mode != "real":
            return int(self._virtual)
        now = int(self._virtual + (self._wall() - self._since) * 1000 * self._speed)
        return now if now < MAX_TIME else MAX_TIME

    def check_advance(self, milliseconds: int) -> None:
        """Raises ValueError where `advance` would."""
        if milliseconds < 0:
            raise ValueError("time moves forward only")
        if self.now() + milliseconds > MAX_TIME:
            raise ValueError("the clock does not go beyond the year 9999; advance it less, or reset it")

    def advance(self, milliseconds: int) -> None:
        """Moves the clock forward, in any mode. Raises ValueError for a move back, or beyond the year 9999."""
        self.check_advance(milliseconds)
        self._anchor()
        self._virtual += milliseconds
        self.notify()

    def set_mode(self, mode: Mode) -> None:
        """Changes the mode; the time stays as it is now."""
        self._anchor()
        self._mode = mode
        self.notify()

    def set_speed(self, speed: float) -> None:
        """Virtual seconds for each second of the wall clock, in mode real."""
        self._anchor()
        self._speed = _checked(speed)
        self.notify()

    def on_move(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls `callback` at each notification until the returned function is called."""
        key = object()
        self._waiting[key] = callback

        def forget() -> None:
            self._waiting.pop(key, None)

        return forget

    def close(self) -> None:
        """Ends every wait, because the server stops or the world is replaced."""
        self.closed = True
        self.notify()

    def _anchor(self) -> None:
        """Adds the time that has passed to `_virtual`, so that mode and speed may change."""
        self.changes += 1
        wall = self._wall()
        if self._mode == "real":
            self._virtual = min(self._virtual + (wall - self._since) * 1000 * self._speed, MAX_TIME)
        self._since = wall

    def notify(self) -> None:
        """Calls all callbacks: the clock has changed, or something that a wait depends on."""
        if self.watcher:
            self.watcher()
        for callback in tuple(self._waiting.values()):
            callback()


class WallTime:
    """Epoch seconds that never go back, although the system's clock may be set back."""

    def __init__(self, system: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._system = system
        self._steady = steady
        self._offset = system() - steady()

    def __call__(self) -> float:
        """The time when this began, and what has passed since; a clock that was set forward is followed."""
        now = self._steady()
        ahead = self._system() - now - self._offset
        if ahead > _SUSPENDED_SECONDS:
            self._offset += ahead
        return now + self._offset


_SUSPENDED_SECONDS: Final = 2.0  # what a steady clock may lack after the machine has slept
wall_time: Final = WallTime()


def _checked(speed: float) -> float:
    if not 0 < speed <= MAX_SPEED:  # nor NaN
        raise ValueError(f"a speed is above 0 and at most {MAX_SPEED:.0f}")
    return speed
