"""The official Python client, sync and async, against a real server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from opensearchpy import (
    AsyncHttpConnection,
    AsyncOpenSearch,
    NotFoundError,
    OpenSearch,
    RequestError,
    RequestsHttpConnection,
    SerializationError,
    TransportError,
    Urllib3HttpConnection,
)

from tests.support.server import EPOCH, NOT_STARTED, STORY, Server, Servers

NO_BOOLEAN: Final = "Failed to parse value [True] as only [true] or [false] are allowed."
PROVISIONING: Final = {
    "workflow_id": "w",
    "state": "PROVISIONING",
    "resources_created": [
        {
            "workflow_step_name": "create_connector",
            "workflow_step_id": "create_connector_1",
            "resource_type": "connector_id",
            "resource_id": "c1",
        }
    ],
}


def reason_of(error: TransportError) -> object:
    """The reason of an object error, from what the client kept of the body."""
    assert isinstance(error.info, dict)
    return error.info["error"]["reason"]


# -- sync ----------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[
        {"connection_class": Urllib3HttpConnection},
        {"connection_class": RequestsHttpConnection},
        {"http_compress": True, "http_auth": ("admin", "admin"), "opaque_id": "me"},
    ],
    ids=["urllib3", "requests", "with options"],
)
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[OpenSearch]:
    client = OpenSearch(server.url, **request.param)
    yield client
    client.close()


async def test_get_status(server: Server, client: OpenSearch) -> None:
    get_status = client.plugins.flow_framework.get_status
    assert await asyncio.to_thread(get_status, workflow_id="w") == NOT_STARTED
    await server.advance("2s")
    assert await asyncio.to_thread(get_status, workflow_id="w") == PROVISIONING
    everything = await asyncio.to_thread(
        get_status, workflow_id="w", all=True, pretty=True, filter_path=["*_time", "state"]
    )
    assert everything == {"state": "PROVISIONING", "provision_start_time": EPOCH + 2000}


async def test_a_boolean_in_params_is_sent_as_python_writes_it(client: OpenSearch) -> None:
    with pytest.raises(RequestError) as caught:
        await asyncio.to_thread(client.plugins.flow_framework.get_status, workflow_id="w", params={"all": True})
    assert (caught.value.status_code, caught.value.error) == (400, "illegal_argument_exception")
    assert reason_of(caught.value) == NO_BOOLEAN
    assert NO_BOOLEAN in str(caught.value)


async def test_an_unknown_workflow(client: OpenSearch) -> None:
    with pytest.raises(NotFoundError) as caught:
        await asyncio.to_thread(client.plugins.flow_framework.get_status, workflow_id="no such/id")
    assert caught.value.status_code == 404
    assert caught.value.error == "Fail to find workflow status of no such/id"
    assert caught.value.info == {"error": "Fail to find workflow status of no such/id"}


async def test_info_and_ping(client: OpenSearch) -> None:
    assert (await asyncio.to_thread(client.info))["version"]["number"] == "3.2.0"
    assert await asyncio.to_thread(client.ping) is True


async def test_health(client: OpenSearch) -> None:
    health = client.cluster.health
    assert (await asyncio.to_thread(health, wait_for_status="yellow", timeout=5))["status"] == "green"
    with pytest.raises(TransportError) as caught:
        await asyncio.to_thread(client.transport.perform_request, "GET", "/_cluster/health/nope?timeout=0")
    assert caught.value.status_code == 408
    assert isinstance(caught.value.info, dict)
    assert caught.value.info["timed_out"] is True


async def test_yaml_cannot_be_read_by_it(client: OpenSearch) -> None:
    with pytest.raises(SerializationError):
        await asyncio.to_thread(client.plugins.flow_framework.get_status, workflow_id="w", format="yaml")


async def test_what_nobody_serves(client: OpenSearch) -> None:
    with pytest.raises(RequestError) as caught:
        await asyncio.to_thread(client.transport.perform_request, "GET", "/_plugins/_nope", params={"a": 1})
    assert caught.value.error == "no handler found for uri [/_plugins/_nope] and method [GET]"
    with pytest.raises(TransportError) as other:
        await asyncio.to_thread(client.transport.perform_request, "DELETE", "/")
    assert other.value.status_code == 405


async def test_a_loop_without_pauses_sees_all_of_it(serve: Servers) -> None:
    server = await serve(STORY, mode="auto")
    client = OpenSearch(server.url)

    def deploy() -> list[str]:
        states: list[str] = []
        while not states or states[-1] not in ("COMPLETED", "FAILED"):
            states.append(client.plugins.flow_framework.get_status(workflow_id="w")["state"])
        return states

    try:
        assert await asyncio.to_thread(deploy) == ["NOT_STARTED", "PROVISIONING", "COMPLETED"]
    finally:
        client.close()


async def test_a_ping_after_the_server_is_gone(serve: Servers) -> None:
    server = await serve(STORY)
    client = OpenSearch(server.url, max_retries=0)
    try:
        assert await asyncio.to_thread(client.ping) is True
        await serve.stop()
        assert await asyncio.to_thread(client.ping) is False
    finally:
        client.close()


# -- async ---------------------------------------------------------------------------------------------


@pytest.fixture(
    params=[
        {},
        {"http_compress": True, "http_auth": ("admin", "admin")},
    ],
    ids=["plain", "with options"],
)
async def async_client(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[AsyncOpenSearch]:
    async with AsyncOpenSearch(server.url, **request.param) as client:
        yield client


async def test_async_get_status(server: Server, async_client: AsyncOpenSearch) -> None:
    flow_framework = async_client.plugins.flow_framework
    assert await flow_framework.get_status(workflow_id="w") == NOT_STARTED
    await server.advance("2s")
    assert await flow_framework.get_status(workflow_id="w", all=False) == PROVISIONING
    assert (await flow_framework.get_status(workflow_id="w", all=True))["provisioning_progress"] == "IN_PROGRESS"


async def test_async_errors(async_client: AsyncOpenSearch) -> None:
    flow_framework = async_client.plugins.flow_framework
    with pytest.raises(RequestError) as refused:
        await flow_framework.get_status(workflow_id="w", params={"all": True})
    assert reason_of(refused.value) == NO_BOOLEAN
    with pytest.raises(NotFoundError) as unknown:
        await flow_framework.get_status(workflow_id="nope")
    assert unknown.value.error == "Fail to find workflow status of nope"


async def test_async_info_ping_and_health(async_client: AsyncOpenSearch) -> None:
    assert (await async_client.info())["cluster_name"] == "mockflow"
    assert await async_client.ping() is True
    assert (await async_client.cluster.health())["status"] == "green"


async def test_the_other_async_connection_tells_errors_as_text(server: Server) -> None:
    """AsyncHttpConnection forgets the content type of errors: a trap of the client's, met with real clusters too."""
    async with AsyncOpenSearch(server.url, connection_class=AsyncHttpConnection) as client:
        assert await client.plugins.flow_framework.get_status(workflow_id="w") == NOT_STARTED
        with pytest.raises(NotFoundError) as caught:
            await client.plugins.flow_framework.get_status(workflow_id="nope")
        assert caught.value.error == '{"error":"Fail to find workflow status of nope"}'
        assert caught.value.info is None


async def test_ten_workflows_at_once(serve: Servers) -> None:
    scripts = [STORY.replace("story", f"s{n}").replace("workflow_id: w", f"workflow_id: w{n}") for n in range(10)]
    server = await serve(*scripts, mode="auto")
    async with AsyncOpenSearch(server.url) as client:

        async def states(workflow_id: str) -> list[str]:
            get_status = client.plugins.flow_framework.get_status
            return [(await get_status(workflow_id=workflow_id))["state"] for _ in range(4)]

        seen = await asyncio.gather(*(states(f"w{n}") for n in range(10)))
    assert seen == [["NOT_STARTED", "PROVISIONING", "COMPLETED", "COMPLETED"]] * 10
