"""With ``asyncio.sleep``."""

import asyncio
import time
from asyncio import sleep

import aiohttp


async def deploy(url: str, workflow_id: str = "w", pause: float = 5) -> str:
    deadline = time.monotonic() + 600
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            path = f"{url}/_plugins/_flow_framework/workflow/{workflow_id}/_status"
            async with session.get(path) as response:
                state = str((await response.json())["state"])
            if state in ("COMPLETED", "FAILED"):
                return state
            await asyncio.sleep(pause)
    return "timed out"


async def wake(after: float, told: list[tuple[float, float]], began: float) -> None:
    """Sleeps, and tells for how long and when it woke."""
    await sleep(after)
    told.append((after, time.monotonic() - began))


async def with_watchdog(url: str, seconds: float) -> str:
    """Deploys, and is interrupted after some seconds."""
    deploying = asyncio.ensure_future(deploy(url))

    async def watchdog() -> None:
        await asyncio.sleep(seconds)
        deploying.cancel()

    watching = asyncio.ensure_future(watchdog())
    try:
        return await deploying
    except asyncio.CancelledError:
        return "interrupted"
    finally:
        watching.cancel()
