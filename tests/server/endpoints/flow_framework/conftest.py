"""A server for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import ClientSession

from mockflow.cluster import Cluster, Settings
from mockflow.server.serving import Serving
from tests.support.flow_framework import Door

Open = Callable[..., Awaitable[Door]]


@pytest.fixture
async def open_door() -> AsyncIterator[Open]:
    """Starts a server by its settings (the clock is frozen unless they say else), and a client of it."""
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Door:
            cluster = Cluster(Settings(**{"mode": "frozen", **settings}))
            serving = Serving(cluster)
            url = await serving.start()
            stack.push_async_callback(serving.stop)
            return Door(cluster, url, await stack.enter_async_context(ClientSession()))

        yield start


@pytest.fixture
async def door(open_door: Open) -> Door:
    """A server of the newest behaviour, its clock frozen."""
    return await open_door()
