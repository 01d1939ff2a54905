"""A server with narrow limits; after each test it still answers, holds nothing, and has logged no traceback."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

import pytest

from mockflow.server.http.limits import Limits
from tests.support.server import NOT_STARTED, STORY, Server, Servers

READ_TIMEOUT: Final = 0.25
LIMITS: Final = Limits(max_connections=8, read_timeout=READ_TIMEOUT, max_body=200_000, max_bodies=500_000)
_TURNS: Final = 400


@pytest.fixture
async def server(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Server]:
    servers = Servers()
    server = await servers(STORY, limits=LIMITS)
    tasks = len(asyncio.all_tasks())
    yield server
    await until_left(server, tasks)
    assert (await server.status()).json == NOT_STARTED
    await servers.stop()
    loud = [record for record in caplog.records if record.exc_info or record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in loud] == []


async def until_left(server: Server, tasks: int) -> None:
    """Returns once every connection and task of the test is gone."""
    assert server.serving
    for _ in range(_TURNS):
        if not server.serving.connections and len(asyncio.all_tasks()) <= tasks:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{server.serving.connections} connections are left, and {asyncio.all_tasks()}")
