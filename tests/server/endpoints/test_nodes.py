"""The node's information: filters, metrics, versions, and the address that sniffing clients go on with."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from opensearchpy import AsyncOpenSearch, OpenSearch
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, Settings
from mockflow.server.app import create_app
from mockflow.server.serving import Serving

Client = TestClient[Request, Application]
Body = dict[str, Any]

HEAD = ["name", "transport_address", "host", "ip", "version", "build_type", "build_hash", "roles", "attributes"]
ROLES = ["cluster_manager", "data", "ingest", "remote_cluster_client"]


@pytest.fixture
async def client(aiohttp_client: AiohttpClient) -> Client:
    return await aiohttp_client(create_app(Cluster()))


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    serving = Serving(Cluster())
    await serving.start()
    yield serving
    await serving.stop()


async def body_of(client: Client, path: str, **headers: str) -> Body:
    async with client.get(path, headers=headers) as response:
        assert response.status == 200, await response.text()
        body: Body = await response.json()
        return body


async def node_of(client: Client, path: str, **headers: str) -> Body:
    (node,) = (await body_of(client, path, **headers))["nodes"].values()
    assert isinstance(node, dict)
    return node


# -- what it says ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_nodes/http", "/_nodes/_all/http", "/_nodes/_local/http", "/_nodes/_all/info/http"])
async def test_http(client: Client, path: str) -> None:
    body = await body_of(client, path)
    address = f"{client.host}:{client.port}"
    assert list(body) == ["_nodes", "cluster_name", "nodes"]
    assert body["_nodes"] == {"total": 1, "successful": 1, "failed": 0}
    assert body["cluster_name"] == (await body_of(client, "/"))["cluster_name"]
    ((id, node),) = body["nodes"].items()
    assert len(id) == 22
    assert list(node) == [*HEAD, "http"]
    assert node["roles"] == ROLES
    assert node["http"]["publish_address"] == address
    assert node["http"]["max_content_length_in_bytes"] == 104857600


async def test_name_version_and_build_are_those_of_the_main_page(client: Client) -> None:
    main, node = await body_of(client, "/"), await node_of(client, "/_nodes")
    assert node["name"] == main["name"]
    assert (node["version"], node["build_hash"]) == (main["version"]["number"], main["version"]["build_hash"])


async def test_all_sections_unless_some_are_named(client: Client) -> None:
    everything = await node_of(client, "/_nodes")
    assert {"settings", "os", "process", "jvm", "transport", "http", "plugins", "ingest"} <= set(everything)
    assert await node_of(client, "/_nodes/_all/_all") == everything
    assert list(await node_of(client, "/_nodes/_local/os,http,nonsense")) == [*HEAD, "os", "http"]
    assert list(await node_of(client, "/_nodes/plugins,http")) == [*HEAD, "http", "plugins", "modules"]
    assert list(await node_of(client, "/_nodes/_all/nonsense")) == HEAD


@pytest.mark.parametrize(
    ("version", "java", "more"),
    [
        ("2.13.0", "11", []),
        ("2.19.3", "11", ["optional_extended_plugins"]),
        ("3.2.0", "21", ["optional_extended_plugins"]),
    ],
)
async def test_plugins(aiohttp_client: AiohttpClient, version: str, java: str, more: list[str]) -> None:
    client = await aiohttp_client(create_app(Cluster(Settings(opensearch_version=version))))
    plugins = (await node_of(client, "/_nodes/plugins"))["plugins"]
    first = plugins[0]
    assert list(first) == [
        "name",
        "version",
        "opensearch_version",
        "java_version",
        "description",
        "classname",
        "custom_foldername",
        "extended_plugins",
        "has_native_controller",
        *more,
    ]
    assert first["name"] == "opensearch-flow-framework"
    assert (first["version"], first["opensearch_version"]) == (f"{version}.0", version)
    assert first["java_version"] == java
    assert [plugin["name"] for plugin in plugins if plugin["name"] == "opensearch-ml"] == ["opensearch-ml"]


async def test_filter_path_as_a_dashboard_asks(client: Client) -> None:
    path = "/_nodes?filter_path=nodes.*.version,nodes.*.http.publish_address,nodes.*.ip"
    assert await node_of(client, path) == {
        "ip": "127.0.0.1",
        "version": "3.2.0",
        "http": {"publish_address": f"{client.host}:{client.port}"},
    }


async def test_the_same_seed_gives_the_same_node(aiohttp_client: AiohttpClient) -> None:
    clients = [await aiohttp_client(create_app(Cluster(Settings(seed=seed)))) for seed in (1, 1, 2)]
    one, same, other = [list((await body_of(client, "/_nodes/http"))["nodes"]) for client in clients]
    assert one == same != other


async def test_a_timeout_without_a_unit_is_told_by_the_name_of_the_request(client: Client) -> None:
    async with client.get("/_nodes?timeout=1") as response:
        assert (response.status, (await response.json())["error"]["reason"]) == (
            400,
            "failed to parse setting [NodesInfoRequest.timeout] with value [1] as a time value: unit is missing or "
            "unrecognized",
        )


# -- which node ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filter",
    [
        "_all",
        "_local",
        "_master",
        "_cluster_manager",
        "mockflow-node-1",
        "mockflow-*",
        "127.0.0.*",
        "other,mockflow-node-1",
        "data:true",
        "cluster_manager:true",
        "master:true",
        "data:false,_local",
        "shard_*:tr*",
        "*",
    ],
)
async def test_filters_that_name_the_node(client: Client, filter: str) -> None:
    assert (await body_of(client, f"/_nodes/{filter}"))["_nodes"]["total"] == 1
    assert (await body_of(client, f"/_nodes/{filter}/http"))["_nodes"]["total"] == 1


async def test_its_id_names_the_node(client: Client) -> None:
    (id,) = (await body_of(client, "/_nodes/http"))["nodes"]
    assert list((await body_of(client, f"/_nodes/{id}"))["nodes"]) == [id]


@pytest.mark.parametrize(
    "filter", ["other", "mockflow", "10.0.0.1", "data:false", "_all,data:false", "coordinating_only:true", "rack:r1"]
)
async def test_filters_that_name_no_node(client: Client, filter: str) -> None:
    body = await body_of(client, f"/_nodes/{filter}")
    assert body["_nodes"] == {"total": 0, "successful": 0, "failed": 0}
    assert body["nodes"] == {}


@pytest.mark.parametrize(
    "path",
    ["/_nodes/stats", "/_nodes/_local/stats", "/_nodes/_local/stats/jvm", "/_nodes/hot_threads", "/_nodes/usage"],
)
async def test_statistics_are_frames(client: Client, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 200
        if path.endswith("hot_threads"):
            assert (await response.text()).startswith("::: {mockflow-node-1}{")
            return
        body = await response.json()
    (node,) = body["nodes"].values()
    assert body["_nodes"] == {"total": 1, "successful": 1, "failed": 0}
    assert ("jvm" in node, "indices" in node) == ("stats" in path, path.endswith("stats"))


async def test_statistics_count_documents(client: Client) -> None:
    async with client.put("/books/_doc/1", json={"n": 1}) as response:
        assert response.status == 201
    (node,) = (await body_of(client, "/_nodes/stats/indices"))["nodes"].values()
    assert node["indices"]["docs"] == {"count": 1, "deleted": 0}
    assert (await body_of(client, "/_nodes/other/stats"))["nodes"] == {}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (
            "/_nodes?tiemout=1s",
            "request [/_nodes] contains unrecognized parameter: [tiemout] -> did you mean [timeout]?",
        ),
        ("/_nodes?flat_settings=1", "Failed to parse value [1] as only [true] or [false] are allowed."),
        ("/_nodes/data:maybe", "Failed to parse value [maybe] as only [true] or [false] are allowed."),
    ],
)
async def test_refusals(client: Client, path: str, reason: str) -> None:
    async with client.get(path) as response:
        assert response.status == 400
        assert (await response.json())["error"]["reason"] == reason


# -- where it answers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address", "ip"),
    [
        ("10.1.2.3:9211", "10.1.2.3:9211", "10.1.2.3"),
        ("opensearch:9200", "opensearch:9200", "127.0.0.1"),
        ("search.example.org", "search.example.org:80", "127.0.0.1"),
        ("[::1]:9200", "[::1]:9200", "::1"),
    ],
)
async def test_it_publishes_the_address_by_which_the_client_came(
    client: Client, host: str, address: str, ip: str
) -> None:
    node = await node_of(client, "/_nodes", Host=host)
    assert node["http"]["publish_address"] == address
    assert node["ip"] == node["host"] == ip
    assert node["transport_address"] == (f"[{ip}]:9300" if ":" in ip else f"{ip}:9300")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
async def test_a_client_that_names_no_host_gets_the_bound_address(host: str) -> None:
    serving = Serving(Cluster(), control=None)
    url = await serving.start(host)
    port = url.rpartition(":")[2]
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(b"GET /_nodes/http?filter_path=**.publish_address HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        assert f'"publish_address":"127.0.0.1:{port}"'.encode() in answer
    finally:
        await serving.stop()


@pytest.mark.parametrize("host", ["a b", "x:y", "<script>", "h:123456"])
async def test_a_host_that_is_none_is_not_published(client: Client, host: str) -> None:
    assert (await node_of(client, "/_nodes/http", Host=host))["http"]["publish_address"] == "127.0.0.1:9200"


async def test_a_sniffing_client_stays_with_the_server(serving: Serving) -> None:
    address = serving.url.removeprefix("http://")

    def sniff() -> tuple[list[str], str]:
        with OpenSearch([serving.url], sniff_on_start=True, sniff_on_connection_fail=True) as client:
            hosts = [connection.host for connection in client.transport.connection_pool.connections]
            return hosts, client.info()["cluster_name"]

    assert await asyncio.to_thread(sniff) == ([f"http://{address}"], "mockflow")


async def test_an_async_sniffing_client_stays_with_the_server(serving: Serving) -> None:
    async with AsyncOpenSearch([serving.url], sniff_on_start=True) as client:
        assert (await client.info())["cluster_name"] == "mockflow"
        assert [connection.host for connection in client.transport.connection_pool.connections] == [serving.url]
        assert (await client.cat.plugins(format="json"))[0]["component"] == "opensearch-flow-framework"
        assert (await client.nodes.info(metric="http"))["_nodes"]["total"] == 1


# -- the cluster's state ---------------------------------------------------------------------------


async def test_state(client: Client) -> None:
    (id,) = (await body_of(client, "/_nodes/http"))["nodes"]
    state = await body_of(client, "/_cluster/state")
    assert list(state)[:2] == ["cluster_name", "cluster_uuid"]
    assert state["cluster_uuid"] == (await body_of(client, "/"))["cluster_uuid"]
    assert state["cluster_manager_node"] == id
    assert list(state["nodes"]) == [id]
    assert list(await body_of(client, "/_cluster/state/metadata,nodes")) == [
        "cluster_name",
        "cluster_uuid",
        "nodes",
        "metadata",
    ]
    assert await body_of(client, "/_cluster/state/_all/some-index") == state


async def test_state_as_dashboards_ask(client: Client) -> None:
    assert await body_of(client, "/_cluster/state/metadata?filter_path=**.stored_scripts") == {}
    assert await body_of(client, "/_cluster/state?filter_path=nodes.*.attributes.zone") == {}
