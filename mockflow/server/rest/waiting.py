"""Requests that wait on the virtual clock; shutting down ends every wait."""

import asyncio
from collections.abc import Callable, Collection

from mockflow.cluster import Cluster, Workflow, moments, skipping
from mockflow.core.plugin.status import FINAL_STATES


async def condition(
    cluster: Cluster, holds: Callable[[], bool], timeout: int | None, advance: Callable[[], None]
) -> bool:
    """Whether `holds` becomes true within `timeout` ms of virtual time (None or negative: no limit).

    In mode auto it does not wait: it calls `advance`, which moves runs to their next moment, until `holds` is true
    or nothing changes any more.
    """
    clock = cluster.world.clock
    end = None if timeout is None or timeout < 0 else clock.now() + timeout

    def left() -> int | None:
        if holds():
            return 0
        times = (None if end is None else end - clock.now(), moments.until_next_moment(cluster.world))
        return min((time for time in times if time is not None), default=None)

    await _until(cluster, left)
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
    workflow: Workflow,
    timeout: int | None = None,
    *,
    ended_by: Collection[str] = FINAL_STATES,
) -> None:
    """Returns when the workflow's run has ended, another has begun, or `timeout` virtual ms have passed.

    `ended_by` are the states that end it. In mode auto the run skips there. If the workflow is deleted or the cluster
    is reset, its run has ended.
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
        time = end()
        return None if time is None else time - cluster.world.elapsed(workflow)

    await _until(cluster, left)
    time = end()
    if cluster.world.clock.mode == "auto" and time is not None and is_running():
        skipping.to_time(cluster.world, workflow, time)


async def _until(cluster: Cluster, left: Callable[[], int | None]) -> None:
    """Returns when `left()`, in virtual ms, is 0 or less; None means that time alone does not bring it.

    In mode auto it returns at once, because the caller skips to the end; in mode frozen, when the control API has
    moved the clock far enough; in mode driven it moves the clock itself. A client that disconnects cancels the wait,
    and nothing of it is left.
    """
    clock = cluster.world.clock
    moved = asyncio.Event()
    forget = clock.on_move(moved.set)
    try:
        while not clock.closed and clock.mode != "auto":
            milliseconds = left()
            if milliseconds is not None and milliseconds <= 0:
                return
            if clock.mode == "driven" and milliseconds is not None:
                clock.advance(milliseconds)
                continue
            by_itself = clock.mode == "real" and milliseconds is not None
            timeout = milliseconds / 1000 / clock.speed if by_itself and milliseconds is not None else None
            moved.clear()
            try:
                await asyncio.wait_for(moved.wait(), timeout)
            except asyncio.TimeoutError:
                continue
    finally:
        forget()
