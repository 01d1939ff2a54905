"""Closes the port for an outage's phase port_closed, and opens it again: clients are refused, not answered.

The one thing scripted that needs a timer: nobody can ask a closed port what time it is. A phase lasts its time by the
wall clock, for the owner's door may be behind the same port; where it is not and the clock is frozen, the owner's
moves alone open it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mockflow.cluster import Cluster
from mockflow.cluster.phases import ActivePhase, active_phases, end_early, until_port_closes

log: Final = logging.getLogger("mockflow")
_AGAIN_SECONDS: Final = 0.1


class PortOutages:
    """Watches a cluster's clock for one port: `begin`, then `end`."""

    def __init__(
        self,
        cluster: Cluster,
        close_port: Callable[[], Awaitable[None]],
        open_port: Callable[[], Awaitable[None]],
        *,
        shares_door: bool,
    ) -> None:
        self._cluster = cluster
        self._close_port, self._open_port = close_port, open_port
        self._shares_door = shares_door
        self._is_closed = self._is_to_be_closed = False
        self._has_ended = False
        self._seen: tuple[tuple[str, int, int], float] | None = None
        """The phase that closes the port, and the wall time at which it began to."""
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Looks from now on whenever the clock is moved."""
        self._loop = asyncio.get_running_loop()
        self._cluster.on_new_clock = self._watch
        self._watch()

    async def end(self) -> None:
        """Looks no more; the port stays as it is."""
        self._cluster.on_new_clock = self._cluster.world.clock.watcher = None
        self._stop_timer()
        self._has_ended = True
        if self._work:
            await self._work  # cancelled half way, it could leave a port open that nobody knows of

    def _watch(self) -> None:
        self._cluster.world.clock.watcher = self._look
        self._look()

    def _look(self) -> None:
        """Opens or closes the port as it should be now, and sets a timer where time alone changes that."""
        self._stop_timer()
        phase = self._phase()
        if phase is not None:
            if self._returns_by_itself():
                self._set_timer(self._left(phase), lambda: self._come_back(phase))
        elif self._is_real() and (wait := until_port_closes(self._cluster.world)) is not None:
            self._set_timer(wait, self._look)
        if phase is None:
            self._seen = None
        self._is_to_be_closed = phase is not None
        if self._is_to_be_closed != self._is_closed and (self._work is None or self._work.done()):
            self._work = self._loop.create_task(self._settle())

    def _phase(self) -> ActivePhase | None:
        phases = active_phases(self._cluster.world)
        return next((one for one in phases if one.window.phase == "port_closed"), None)

    def _left(self, phase: ActivePhase) -> float:
        """The ms until it is over: by its own time, or by the wall's since it was first seen."""
        if self._is_real():
            return phase.window.end - phase.elapsed
        now = self._loop.time()
        if self._seen is None or self._seen[0] != phase.key:
            self._seen = phase.key, now
        return phase.window.end - phase.window.begin - (now - self._seen[1]) * 1000

    def _returns_by_itself(self) -> bool:
        return self._shares_door or self._cluster.world.clock.mode not in ("frozen", "driven")

    def _is_real(self) -> bool:
        return self._cluster.world.clock.mode == "real"

    def _come_back(self, phase: ActivePhase) -> None:
        """The phase is over, whatever the clock says; in auto its run skips to the end of it."""
        end_early(self._cluster.world, phase)
        self._look()

    async def _settle(self) -> None:
        """Closes and opens the port, one after the other, until it is as it is to be.

        A port that somebody else has taken meanwhile is tried again.
        """
        has_warned = False
        while self._is_closed != self._is_to_be_closed and not self._has_ended:
            try:
                await (self._close_port if self._is_to_be_closed else self._open_port)()
                self._is_closed = not self._is_closed
            except OSError as error:
                if not has_warned:
                    log.warning("the port cannot be opened again, and is tried until it can: %s", error)
                has_warned = True
                await asyncio.sleep(_AGAIN_SECONDS)

    def _set_timer(self, milliseconds: float, call: Callable[[], None]) -> None:
        speed = self._cluster.world.clock.speed if self._is_real() else 1.0
        self._timer = self._loop.call_later(max(milliseconds, 0) / 1000 / speed, call)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
