"""Waiting on the virtual clock: a request that waits, for a time to come or at the latest until shutdown."""

import asyncio

from mockflow.cluster import Cluster


async def virtual_time(cluster: Cluster, milliseconds: int | None) -> None:
    """Returns once `milliseconds` of virtual time have passed (None or negative: never by itself).

    In auto at once, for a request that waits skips to its end; frozen, as soon as the owner has moved the clock so
    far. Shutting down ends every wait. A client that goes away cancels it, and nothing stays behind.
    """
    clock = cluster.clock
    end = None if milliseconds is None or milliseconds < 0 else clock.now() + milliseconds
    moved = asyncio.Event()
    forget = clock.on_move(moved.set)
    try:
        while not clock.closed and clock.mode != "auto":
            left = None if end is None else end - clock.now()
            if left is not None and left <= 0:
                return
            by_itself = clock.mode == "real" and left is not None
            timeout = left / 1000 / clock.speed if by_itself and left is not None else None
            moved.clear()
            try:
                await asyncio.wait_for(moved.wait(), timeout)
            except asyncio.TimeoutError:
                continue
    finally:
        forget()
