"""Each preset and each broken connection, as opensearch-py raises it, sync and async."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import opensearchpy
import pytest
from opensearchpy import AsyncOpenSearch, OpenSearch, TransportError

from tests.clients.conftest import Door, Reset
from tests.support.client_story import TEMPLATE
from tests.support.paths import SCENARIOS
from tests.support.trouble import ATTEMPTS, BROKEN, PRESETS, PROVISIONING, RESENT, SCENARIO, Broken, Told

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


# -- shipped scenarios, as a program that trusts its client library meets them --------------------------


def load_shipped(door: Door, name: str) -> str:
    """Loads it; the id of its workflow."""
    (loaded,) = door.load((SCENARIOS / f"{name}.yaml").read_text("utf-8"))
    return str(loaded["workflow_id"])


async def test_the_clients_own_retry_makes_a_duplicate(client_of: ClientOf, door: Door) -> None:
    """Consumers.md, section 5, 16: the client says nothing of it."""
    first = load_shipped(door, "lost-reply-makes-a-duplicate")
    plugin = client_of(10).plugins.flow_framework
    created = await awaited(plugin.create(body={**TEMPLATE, "name": "duplicate"}))
    assert created["workflow_id"] != first
    found = await awaited(plugin.search(body={"query": {"match": {"name": "duplicate"}}}))
    assert {hit["_id"] for hit in found["hits"]["hits"]} == {first, created["workflow_id"]}
    assert [(one["operation"], one["status"]) for one in door.journal()[:2]] == [("create", 0), ("create", 201)]


async def test_the_clients_own_retry_turns_a_504_into_a_refusal(client_of: ClientOf, door: Door) -> None:
    """17: the proxy gave up, the provisioning had begun, and the retry is refused: success looks like an error."""
    workflow_id = load_shipped(door, "proxy-gives-up")
    plugin = client_of(10).plugins.flow_framework
    with pytest.raises(opensearchpy.RequestError) as caught:
        await awaited(plugin.provision(workflow_id=workflow_id))
    assert str(caught.value.error).startswith("The workflow provisioning state is IN_PROGRESS")
    assert [one["status"] for one in door.journal()] == [504, 400]
    assert (await awaited(plugin.get_status(workflow_id=workflow_id)))["state"] == "PROVISIONING", "after a 502"


async def test_the_clients_own_retry_hides_truncated_answers(client_of: ClientOf, door: Door) -> None:
    """18."""
    workflow_id = load_shipped(door, "truncated-json")
    plugin = client_of(10).plugins.flow_framework
    seen = [await awaited(plugin.get_status(workflow_id=workflow_id)) for _ in range(3)]
    assert [len(one.get("resources_created", ())) for one in seen] == [0, 1, 1]
    assert seen[-1]["state"] == "COMPLETED"
    assert [one["is_poll"] for one in door.journal()] == [True, False, False, True, True]


async def test_the_client_gives_up_before_the_cluster(client_of: ClientOf, door: Door) -> None:
    """6: a time-out is not asked again, and the provisioning goes on."""
    workflow_id = load_shipped(door, "slower-than-the-client")
    plugin = client_of(0.2).plugins.flow_framework
    with pytest.raises(opensearchpy.ConnectionTimeout):
        await awaited(plugin.provision(workflow_id=workflow_id))
    assert (await awaited(plugin.get_status(workflow_id=workflow_id)))["state"] == "PROVISIONING"
    with pytest.raises(opensearchpy.RequestError) as caught:
        await awaited(plugin.provision(workflow_id=workflow_id))
    assert str(caught.value.error).startswith("The workflow provisioning state is IN_PROGRESS")


async def test_four_attempts_at_once_do_not_outlast_a_restart(client_of: ClientOf, door: Door, reset: Reset) -> None:
    """13, on a real port: refused, then each kind of 503, until the workflow is seen again."""
    reset(mode="frozen")
    workflow_id = load_shipped(door, "rolling-restart")
    plugin = client_of(10).plugins.flow_framework

    async def look() -> Any:
        try:
            return (await awaited(plugin.get_status(workflow_id=workflow_id)))["state"]
        except TransportError as error:
            return type(error).__name__, error.status_code, error.error

    seen = [await look()]
    for duration in ("4s", "300ms", "700ms", "1s", "1s", "5s"):
        door.ask("POST", "/clock", {"advance": duration})
        seen.append(await look())
        door.wait_until_open()
    refused, *others = seen[1:]
    assert refused[:2] == ("ConnectionError", "N/A")
    assert [seen[0], *others] == [
        "PROVISIONING",
        ("TransportError", 503, "OpenSearch Security not initialized."),
        ("TransportError", 503, "cluster_block_exception"),
        ("TransportError", 503, "cluster_manager_not_discovered_exception"),
        "PROVISIONING",
        "COMPLETED",
    ]
