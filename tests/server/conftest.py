"""Servers for the tests of this room."""

from collections.abc import AsyncIterator

import pytest

from tests.support.control import Owner
from tests.support.server import STORY, Server, Servers


@pytest.fixture
async def serve() -> AsyncIterator[Servers]:
    """Starts servers of some scenarios in a mode and version; ends them all."""
    servers = Servers()
    yield servers
    await servers.stop()


@pytest.fixture
async def server(serve: Servers) -> Server:
    """A server of STORY, its clock frozen."""
    return await serve(STORY)


@pytest.fixture
async def owner(server: Server) -> Owner:
    """The owner of `server`, who holds each answer against the OpenAPI document."""
    return await Owner.of(server)
