"""Each preset and each broken connection, as opensearch-py raises it, sync and async (consumers.md, section 3.1)."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import opensearchpy
import pytest
from opensearchpy import AsyncOpenSearch, OpenSearch, TransportError

from tests.clients.conftest import Door
from tests.clients.trouble import ATTEMPTS, BROKEN, PRESETS, PROVISIONING, RESENT, SCENARIO, Broken, Told

ClientOf = Callable[[float], Any]


@pytest.fixture(params=["sync", "async"])
async def client_of(url: str, request: pytest.FixtureRequest) -> AsyncIterator[ClientOf]:
    """Makes clients, of one kind, with a time-out."""
    kind = OpenSearch if request.param == "sync" else AsyncOpenSearch
    clients = []

    def make(timeout: float) -> Any:
        clients.append(kind(url, timeout=timeout))
        return clients[-1]

    yield make
    for client in clients:
        await awaited(client.close())


async def awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


async def status_of(client: Any) -> Any:
    return await awaited(client.plugins.flow_framework.get_status(workflow_id="w"))


@pytest.mark.parametrize(("preset", "told"), PRESETS.items(), ids=PRESETS)
async def test_preset(client_of: ClientOf, door: Door, preset: str, told: Told) -> None:
    door.load(SCENARIO)
    door.fail(on="get_status", respond=preset)
    with pytest.raises(TransportError) as caught:
        await status_of(client_of(10))
    error = caught.value
    assert type(error).__name__ == told.exception
    assert error.status_code == told.status
    assert error.error == (told.body if told.error is None else told.error)
    assert error.info == told.info
    assert [one["status"] for one in door.journal()] == [told.status] * told.attempts


@pytest.mark.parametrize("preset", [name for name, told in PRESETS.items() if told.attempts > 1])
async def test_what_is_over_at_the_fourth_attempt_is_not_noticed(client_of: ClientOf, door: Door, preset: str) -> None:
    door.load(SCENARIO)
    door.fail(on="get_status", calls=f"1..{ATTEMPTS - 1}", respond=preset)
    assert await status_of(client_of(10)) == PROVISIONING
    assert [one["status"] for one in door.journal()] == [PRESETS[preset].status] * (ATTEMPTS - 1) + [200]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_connection(client_of: ClientOf, door: Door, broken: Broken) -> None:
    door.load(SCENARIO)
    door.fail(on="get_status", **broken.fault)
    client = client_of(broken.client_timeout)
    is_sync = isinstance(client, OpenSearch)
    expected = broken.sync if is_sync else broken.asynchronous
    attempts = 1
    if expected is None:
        assert await status_of(client) == PROVISIONING
    else:
        kind, attempts = expected
        with pytest.raises(opensearchpy.ConnectionError) as caught:
            await status_of(client)
        error = caught.value
        assert type(error).__name__ == kind
        assert error.status_code == ("TIMEOUT" if kind == "ConnectionTimeout" else "N/A")
        assert isinstance(error.info, Exception)
    await asyncio.sleep(0.01)  # lets aiohttp close what it has given up
    exchanges = door.journal(attempts)
    assert len(exchanges) in ([attempts] if is_sync else [attempts * times for times in RESENT])
    assert {(one["fault"], one["is_poll"]) for one in exchanges} == {(door.label, broken.is_poll)}


async def test_a_closed_port_is_refused(client_of: ClientOf, door: Door) -> None:
    """The phase lasts longer than the client's four attempts take, and is the journal's gap."""
    door.load("scenario: dark\noutages: [{at: 0s, phases: [{phase: port_closed, takes: 400ms}]}]")
    with pytest.raises(opensearchpy.ConnectionError) as caught:
        await status_of(client_of(10))
    assert type(caught.value) is opensearchpy.ConnectionError
    assert caught.value.status_code == "N/A"
    door.wait_until_open()
    assert door.journal(0) == []
