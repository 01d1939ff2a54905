"""Virtual time: real at a speed, auto, or frozen and moved by hand (design: the clock's three modes).

A fourth one, driven, is a frozen clock that the program under test moves: by its virtual sleep, and by waiting for an
answer, for a request that waits for a run moves the clock to its own end.
"""

import time
from collections.abc import Callable
from typing import Final, Literal

Mode = Literal["real", "auto", "frozen", "driven"]
MODES: Final[tuple[Mode, ...]] = ("real", "auto", "frozen", "driven")
DEFAULT_EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z: times repeat from run to run
MAX_SPEED: Final = 1_000_000.0


class Clock:
    """Epoch milliseconds that pass by themselves in mode real, and stand still else until moved.

    What auto adds, each run's own lead over this clock, is the cluster's business.
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
        self._waiting: set[Callable[[], None]] = set()
        self.changes = 0
        """How often it was moved or changed, rather than went on by itself."""
        self.watcher: Callable[[], None] | None = None
        """Called as those who wait are, before them."""
        self.closed = False
        """True once nobody shall wait for this clock any more."""

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
        return int(self._virtual + (self._wall() - self._since) * 1000 * self._speed)

    def advance(self, milliseconds: int) -> None:
        """Moves the clock forward, in any mode."""
        if milliseconds < 0:
            raise ValueError("time moves forward only")
        self._anchor()
        self._virtual += milliseconds
        self.notify()

    def set_mode(self, mode: Mode) -> None:
        """Goes on in another mode from the time it is now."""
        self._anchor()
        self._mode = mode
        self.notify()

    def set_speed(self, speed: float) -> None:
        """Virtual seconds for each second of the wall clock, in mode real."""
        self._anchor()
        self._speed = _checked(speed)
        self.notify()

    def on_move(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls back whenever the owner moves or changes the clock, until the returned function is called."""
        self._waiting.add(callback)
        return lambda: self._waiting.discard(callback)

    def close(self) -> None:
        """Ends every wait: the server stops, or a new world has another clock."""
        self.closed = True
        self.notify()

    def _anchor(self) -> None:
        """Takes what has passed so far into `_virtual`, so that mode and speed may change."""
        self.changes += 1
        wall = self._wall()
        if self._mode == "real":
            self._virtual += (wall - self._since) * 1000 * self._speed
        self._since = wall

    def notify(self) -> None:
        """Wakes whoever waits, to look again."""
        if self.watcher:
            self.watcher()
        for callback in tuple(self._waiting):
            callback()


def _checked(speed: float) -> float:
    if not 0 < speed <= MAX_SPEED:
        raise ValueError(f"a speed is above 0 and at most {MAX_SPEED:.0f}")
    return speed
