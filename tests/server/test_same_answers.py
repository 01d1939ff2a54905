"""create_app under aiohttp's own test client says, byte for byte, what a server on a port says."""

import json
from typing import Final

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.server.app import CLUSTER, create_app
from tests.support.server import (
    NOT_STARTED,
    OWNER,
    STORY,
    WORKFLOW,
    Server,
    Servers,
    Wire,
    cluster_of,
    request,
    until_waiting,
)

STATUS: Final = f"{WORKFLOW}/w/_status"
JSON_BODY: Final = {"Content-Type": "application/json"}

# Sent one after the other to both, so that what one changes the next shows.
REQUESTS: Final = [
    request("/"),
    request("/", "HEAD"),
    request("/?pretty=false&filter_path=version"),
    request(STATUS),
    request(f"{STATUS}?all&pretty"),
    request(f"{STATUS}?format=yaml"),
    request(STATUS, headers={"Accept": "application/yaml", "X-Opaque-Id": "ü 1"}),
    request(STATUS, headers={"Accept-Encoding": "gzip"}),
    request(STATUS, headers={"Connection": "close"}),
    request(f"{STATUS}?all=True"),
    request(f"{STATUS}?foo&error_trace"),
    request(f"{STATUS}?all=%zz"),
    request(f"{STATUS}/"),
    request(STATUS, body=b"{}", headers=JSON_BODY),
    request(STATUS, body=b"{}", headers={"Content-Type": "text/plain"}),
    request(STATUS, body=b"{}"),
    request(STATUS, headers={"Content-Type": "garbage"}),
    request(STATUS, headers={"Content-Length": "0"}),
    request(STATUS, "HEAD"),
    request(STATUS, "POST"),
    request(STATUS, "OPTIONS"),
    request(f"{WORKFLOW}/a%20b%2Fc/_status"),
    request(f"{WORKFLOW}/%zz/_status"),
    request("/_nope/%C3%BC?a=b"),
    request("/_nope/%zz"),
    request("//nope"),
    request("/_cluster/health?level=indices"),
    request("/_cluster/health/x?timeout=0"),
    request("/_cluster/health?wait_for_status=foo"),
    request(f"{OWNER}/clock", "POST", b'{"advance": "2s"}'),
    request(STATUS),
    request(f"{OWNER}/clock", "POST", b'{"advance": 2}'),
    request(f"{OWNER}/scenarios", "PUT", b"scenario: x\nworkflow_id: x\n"),
    request(f"{OWNER}/scenarios", "PUT", b"nonsense"),
    request(f"{WORKFLOW}/x/_status"),
    request(f"{OWNER}/workflows"),
    request(f"{OWNER}/workflows/w/status?at=9s"),
    request(f"{OWNER}/openapi.json"),
    request(f"{OWNER}/nope"),
    request(OWNER, "DELETE"),
]


@pytest.mark.parametrize("version", ["2.12.0", "3.2.0"])
async def test_both_say_the_same(serve: Servers, aiohttp_client: AiohttpClient, version: str) -> None:
    serving = await serve(STORY, version=version)
    client = await aiohttp_client(create_app(cluster_of(STORY, version=version)))
    embedded = Server(client.app[CLUSTER], str(client.make_url("")).rstrip("/"))
    for data in REQUESTS:
        without_body = data.startswith(b"HEAD")
        expected = await serving.send(data, without_body=without_body)
        assert (await embedded.send(data, without_body=without_body)).raw == expected.raw, data
    for server in (serving, embedded):
        wire = await Wire.open(server.url)
        await wire.send(request(STATUS, "PROPFIND"))
        assert await wire.rest() == b"", "OpenSearch closes the connection"
        await wire.close()


async def test_an_embedded_cluster_is_one_to_its_client(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(create_app(cluster_of(STORY)))
    async with client.get(STATUS, params={"all": "false"}) as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        assert await response.json() == NOT_STARTED
        assert "Server" not in response.headers
        assert "Date" not in response.headers
    async with client.post(f"{OWNER}/clock", json={"advance": "6s"}) as response:
        assert (await response.json())["elapsed_ms"] == 6000
    async with client.get(STATUS) as response:
        assert (await response.json())["state"] == "COMPLETED"


async def test_an_embedded_cluster_ends_its_waits_when_the_application_does(aiohttp_client: AiohttpClient) -> None:
    cluster = cluster_of(STORY)
    client = await aiohttp_client(create_app(cluster))
    wire = await Wire.open(str(client.make_url("")).rstrip("/"))
    try:
        await wire.send(request("/_cluster/health?wait_for_nodes=2&timeout=-1"))
        await until_waiting(cluster)
        await client.server.close()
        answer = await wire.answer()
        assert (answer.status, json.loads(answer.body)["timed_out"]) == (408, True)
    finally:
        await wire.close()
