"""Requests that wait on the virtual clock; shutting down ends every wait.

A wait on a clock that nothing moves is logged. Where the settings say so, it is ended after some seconds.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from typing import Final

from mockflow.cluster import Cluster, StuckError, Workflow, World, moments, skipping
from mockflow.cluster.waits import Wait
from mockflow.core.base.durations import format_duration
from mockflow.core.plugin.status import FINAL_STATES
from mockflow.server.http.messages import Request

log: Final = logging.getLogger("mockflow")

TELL_SECONDS: Final = 1.0
"""A wait is logged when the clock has stood still for this time of the wall clock."""
END_SECONDS: Final = 5.0
"""A wait is ended after this time, where the settings end what is stuck: in tests."""


async def condition(
    cluster: Cluster,
    request: Request,
    holds: Callable[[], bool],
    timeout: int | None,
    advance: Callable[[], None],
) -> bool:
    """Whether `holds` becomes true within `timeout` ms of virtual time (None or negative: no limit).

    In mode auto it does not wait: it calls `advance`, which moves runs to their next moment, until `holds` is true
    or nothing changes any more. Raises StuckError as `run_end` does.
    """
    clock = cluster.world.clock
    end = None if timeout is None or timeout < 0 else clock.now() + timeout

    def left() -> int | None:
        if holds():
            return 0
        times = (None if end is None else end - clock.now(), moments.until_next_moment(cluster.world))
        return min((time for time in times if time is not None), default=None)

    await _until(cluster, Wait(request.method, request.target, "the health that it names", left))
    while cluster.world.clock.mode == "auto" and not holds():
        before = _times(cluster)
        advance()
        if before == _times(cluster):
            break
    return holds()


def _times(cluster: Cluster) -> list[int]:
    return [cluster.world.now(), *(workflow.lead for workflow in cluster.world.workflows.values())]


async def run_end(
    cluster: Cluster,
    request: Request,
    workflow: Workflow,
    timeout: int | None = None,
    *,
    ended_by: Collection[str] = FINAL_STATES,
) -> None:
    """Returns when the workflow's run has ended, another has begun, or `timeout` virtual ms have passed.

    `ended_by` are the states that end it. In mode auto the run skips there. If the workflow is deleted or the cluster
    is reset, its run has ended. Raises StuckError where nothing moves the clock and the settings end such waits.
    """
    run = workflow.serial
    limit = None if timeout is None else cluster.world.elapsed(workflow) + timeout

    def end() -> int | None:
        times = [time for time in (workflow.end(ended_by), limit) if time is not None]
        return min(times, default=None)

    def is_running() -> bool:
        return workflow.serial == run and cluster.world.holds(workflow)

    def left() -> int | None:
        if not is_running():
            return 0
        until = end()
        return None if until is None else until - cluster.world.elapsed(workflow)

    await _until(cluster, Wait(request.method, request.target, f"the run of workflow {workflow.id}", left))
    until = end()
    if cluster.world.clock.mode == "auto" and until is not None and is_running():
        skipping.to_time(cluster.world, workflow, until)


async def _until(cluster: Cluster, wait: Wait) -> None:
    """Returns when `wait.left()`, in virtual ms, is 0 or less; None means that time alone does not bring it.

    In mode auto it returns at once, because the caller skips to the end; in mode frozen, when the control API has
    moved the clock far enough; in mode driven it moves the clock itself. A client that disconnects cancels the wait,
    and nothing of it is left.
    """
    world, clock = cluster.world, cluster.world.clock
    moved = asyncio.Event()
    forget = clock.on_move(moved.set)
    standstill = _Standstill(world, wait)
    world.waits.begin(wait)
    try:
        while not clock.closed and clock.mode != "auto":
            milliseconds = wait.left()
            if milliseconds is not None and milliseconds <= 0:
                return
            if clock.mode == "driven" and milliseconds is not None:
                clock.advance(milliseconds)
                continue
            by_itself = clock.mode == "real" and milliseconds is not None
            timeout = milliseconds / 1000 / clock.speed if by_itself and milliseconds is not None else standstill.left()
            moved.clear()
            try:
                await asyncio.wait_for(moved.wait(), timeout)
            except asyncio.TimeoutError:
                if not by_itself:
                    standstill.report()
                continue
    finally:
        world.waits.end(wait)
        forget()


class _Standstill:
    """How long a clock that does not go by itself has stood still while a request waits."""

    def __init__(self, world: World, wait: Wait) -> None:
        self._world, self._wait = world, wait
        self._began, self._changes = time.monotonic(), world.clock.changes
        self._is_told = False

    def left(self) -> float | None:
        """Seconds until `report` has something to do; None: never."""
        if self._changes != self._world.clock.changes:
            self._began, self._changes = time.monotonic(), self._world.clock.changes
        stood = time.monotonic() - self._began
        if not self._is_told:
            return TELL_SECONDS - stood
        return self._end_seconds() - stood if self._world.settings.ends_stuck else None

    def report(self) -> None:
        """Logs the wait once; after a while raises StuckError, where the settings end what is stuck."""
        stood = time.monotonic() - self._began
        if not self._is_told and stood >= TELL_SECONDS:
            self._is_told = True
            log.warning("%s", self._wait.text(self._world.clock))
        if self._world.settings.ends_stuck and stood >= self._end_seconds():
            self._world.waits.ended_at = self._changes
            nobody = f"nothing has moved the clock for {format_duration(round(END_SECONDS * 1000))}"
            message = f"{self._wait.text(self._world.clock)}; {nobody}"
            self._world.stuck = self._world.stuck or message
            raise StuckError(message)

    def _end_seconds(self) -> float:
        """A client that asks again while nothing has moved the clock since is told sooner."""
        return TELL_SECONDS if self._world.waits.ended_at == self._changes else END_SECONDS
