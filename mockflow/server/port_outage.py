"""Closes the port for the phase port_closed of an outage, and opens it again: connections are refused meanwhile.

This is the only part of a script that needs a timer, because no request arrives at a closed port to read the clock. The
phase lasts its duration by the wall clock, because the control API may be behind the same port. If it is not, and the
clock is frozen, only a move of the clock opens the port.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from mockflow.cluster import Cluster
from mockflow.cluster.phases import ActivePhase, active_phases, end_early, until_port_closes

log: Final = logging.getLogger("mockflow")
_RETRY_SECONDS: Final = 0.1
_CLOSED: Final = "the port is closed by an outage (phase port_closed); it opens again when the phase ends"
_OPEN: Final = "the port is open again"


class PortOutages:
    """Opens and closes one port by a cluster's clock: `begin`, then `end`."""

    def __init__(
        self,
        cluster: Cluster,
        close_port: Callable[[], Awaitable[None]],
        open_port: Callable[[], Awaitable[None]],
        *,
        control_needs_port: bool,
    ) -> None:
        self._cluster = cluster
        self._close_port, self._open_port = close_port, open_port
        self._control_needs_port = control_needs_port
        self._is_closed = self._should_be_closed = False
        self._has_ended = False
        self._seen: tuple[tuple[str, int, int], float] | None = None
        """The phase that closes the port, and the wall time at which it was first seen."""
        self._timer: asyncio.TimerHandle | None = None
        self._work: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Checks the port from now on at every move of the clock."""
        self._loop = asyncio.get_running_loop()
        self._cluster.on_new_clock = self._watch
        self._watch()

    async def end(self) -> None:
        """Stops checking; the port stays as it is."""
        self._cluster.on_new_clock = self._cluster.world.clock.watcher = None
        self._stop_timer()
        self._has_ended = True
        if self._work:
            await self._work  # if cancelled half way, it could leave a port open

    def _watch(self) -> None:
        self._cluster.world.clock.watcher = self._check
        self._check()

    def _check(self) -> None:
        """Opens or closes the port as it should be now, and sets a timer for the next change by time."""
        self._stop_timer()
        phase = self._phase()
        if phase is not None:
            if self._reopens_by_time():
                self._set_timer(self._left(phase), lambda: self._end_phase(phase))
        elif self._is_real() and (wait := until_port_closes(self._cluster.world)) is not None:
            self._set_timer(wait, self._check)
        if phase is None:
            self._seen = None
        self._should_be_closed = phase is not None
        if self._should_be_closed != self._is_closed and (self._work is None or self._work.done()):
            self._work = self._loop.create_task(self._settle())

    def _phase(self) -> ActivePhase | None:
        phases = active_phases(self._cluster.world)
        return next((one for one in phases if one.window.phase == "port_closed"), None)

    def _left(self, phase: ActivePhase) -> float:
        """The ms until the phase ends: by the clock, or by the wall time since it was first seen."""
        if self._is_real():
            return phase.window.end - phase.elapsed
        now = self._loop.time()
        if self._seen is None or self._seen[0] != phase.key:
            self._seen = phase.key, now
        return phase.window.end - phase.window.begin - (now - self._seen[1]) * 1000

    def _reopens_by_time(self) -> bool:
        return self._control_needs_port or self._cluster.world.clock.mode not in ("frozen", "driven")

    def _is_real(self) -> bool:
        return self._cluster.world.clock.mode == "real"

    def _end_phase(self, phase: ActivePhase) -> None:
        """Ends the phase, regardless of the clock; in mode auto its run skips to the end of the phase."""
        end_early(self._cluster.world, phase)
        self._check()

    async def _settle(self) -> None:
        """Closes and opens the port in turn until it is as it should be.

        If another process has taken the port meanwhile, opening it is tried again.
        """
        has_warned = False
        while self._is_closed != self._should_be_closed and not self._has_ended:
            try:
                await (self._close_port if self._should_be_closed else self._open_port)()
                self._is_closed = not self._is_closed
                log.info(_CLOSED if self._is_closed else _OPEN)
            except OSError as error:
                if not has_warned:
                    log.warning("cannot reopen the port, trying again until it succeeds: %s", error)
                has_warned = True
                await asyncio.sleep(_RETRY_SECONDS)

    def _set_timer(self, milliseconds: float, call: Callable[[], None]) -> None:
        speed = self._cluster.world.clock.speed if self._is_real() else 1.0
        self._timer = self._loop.call_later(max(milliseconds, 0) / 1000 / speed, call)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
