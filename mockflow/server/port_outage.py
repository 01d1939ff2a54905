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
from mockflow.cluster.interference import InPhase

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
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Looks from now on whenever the clock is moved."""
        self._loop = asyncio.get_running_loop()
        self._cluster.on_new_clock = self._watch
        self._watch()

    def end(self) -> None:
        """Looks no more; the port stays as it is."""
        self._cluster.on_new_clock = self._cluster.clock.watcher = None
        self._stop_timer()
        if self._work:
            self._work.cancel()

    def _watch(self) -> None:
        self._cluster.clock.watcher = self._look
        self._look()

    def _look(self) -> None:
        """Opens or closes the port as it should be now, and sets a timer where time alone changes that."""
        self._stop_timer()
        phase = self._phase()
        if phase is not None:
            if self._returns_by_itself():
                left = phase.window.end - phase.elapsed if self._is_real() else phase.window.end - phase.window.begin
                self._set_timer(left, lambda: self._come_back(phase))
        elif self._is_real() and (wait := self._cluster.interference.until_port_closes()) is not None:
            self._set_timer(wait, self._look)
        if (phase is not None) != self._is_closed:
            self._is_closed = phase is not None
            self._work = self._loop.create_task(self._settle())

    def _phase(self) -> InPhase | None:
        phases = self._cluster.interference.phases()
        return next((one for one in phases if one.window.phase == "port_closed"), None)

    def _returns_by_itself(self) -> bool:
        return self._shares_door or self._cluster.clock.mode not in ("frozen", "driven")

    def _is_real(self) -> bool:
        return self._cluster.clock.mode == "real"

    def _come_back(self, phase: InPhase) -> None:
        """The phase is over, whatever the clock says; in auto its run skips to the end of it."""
        phase.end(self._cluster)
        self._look()

    async def _settle(self) -> None:
        """Does what `_is_closed` says; a port that somebody else has taken meanwhile is tried again."""
        if self._is_closed:
            await self._close_port()
            return
        while not self._is_closed:
            try:
                await self._open_port()
            except OSError as error:
                log.warning("the port cannot be opened again: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    def _set_timer(self, milliseconds: int, call: Callable[[], None]) -> None:
        speed = self._cluster.clock.speed if self._is_real() else 1.0
        self._timer = self._loop.call_later(max(milliseconds, 0) / 1000 / speed, call)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
