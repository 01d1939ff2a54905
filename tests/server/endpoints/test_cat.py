"""The cat family: the tables as OpenSearch prints them, in every form that a client asks for.

The tables of indices and aliases, their order, alignment and errors are those that OpenSearch 3.8.0 was seen to give
for the same indices.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import DEFAULT_EPOCH, Cluster, Settings, World, index_listing
from mockflow.core.opensearch.indices.listing import AliasRow, IndexRow
from mockflow.server.app import create_app

Client = TestClient[Request, Application]

LONG = "catfix-" + "x" * 150


def indices(_: World) -> Iterator[IndexRow]:
    """Four indices: two, one, three and one shards, the second with a replica."""
    yield from (
        IndexRow("catfix-a", "uuid-a", DEFAULT_EPOCH, primaries=2, replicas=0, docs=3, store_size=1000),
        IndexRow("catfix-b", "uuid-b", DEFAULT_EPOCH + 1, primaries=1, replicas=1, docs=1, store_size=1500),
        IndexRow("catfix-c", "uuid-c", DEFAULT_EPOCH + 2, primaries=3, replicas=0, docs=12, store_size=2 << 20),
        IndexRow(LONG, "uuid-l", DEFAULT_EPOCH + 3, primaries=1, replicas=0, docs=0),
    )


def aliases(_: World) -> Iterator[AliasRow]:
    """Their aliases."""
    yield from (
        AliasRow("catfix-al1", "catfix-a", filtered=True),
        AliasRow("catfix-al2", "catfix-a", write_index=True, index_routing="1", search_routing="2"),
        AliasRow("catfix-al1", "catfix-b"),
        AliasRow("catfix-al3", "catfix-b", write_index=False),
    )


@pytest.fixture
async def client(aiohttp_client: AiohttpClient, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(index_listing, "indices", indices)
    monkeypatch.setattr(index_listing, "names", lambda world: [row.name for row in indices(world)])
    monkeypatch.setattr(index_listing, "aliases", aliases)
    return await aiohttp_client(create_app(Cluster(Settings("frozen", opensearch_version="3.8.0"))))


async def text_of(client: Client, path: str, **headers: str) -> str:
    async with client.get(path, headers=headers) as response:
        text = await response.text()
        assert response.status == 200, text
        assert response.headers["Content-Type"] == "text/plain; charset=UTF-8"
        return text


async def json_of(client: Client, path: str, **headers: str) -> Any:
    async with client.get(path, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.headers["Content-Type"] == "application/json; charset=UTF-8"
        return await response.json()


async def refusal_of(client: Client, path: str) -> tuple[int, str, str]:
    async with client.get(path) as response:
        body = await response.json()
        assert body["status"] == response.status
        return response.status, body["error"]["type"], body["error"]["reason"]


# -- as text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "v&h=health,status,index,pri,rep,docs.count,docs.deleted&s=index",
            "health status index pri rep docs.count docs.deleted\n"
            "green  open   catfix-a   2   0          3            0\n"
            "yellow open   catfix-b   1   1          1            0\n"
            "green  open   catfix-c   3   0         12            0\n"
            f"green  open   {LONG}   1   0          0            0\n",
        ),
        ("s=index:desc&h=index", f"{LONG}\ncatfix-c\ncatfix-b\ncatfix-a\n"),
        ("s=index:asc&h=i", f"catfix-a\ncatfix-b\ncatfix-c\n{LONG}\n"),
        ("h=index,foo", f"catfix-a\ncatfix-b\ncatfix-c\n{LONG}\n"),
        (
            "v&h=index,docs.count&s=docs.count:desc,index",
            f"index docs.count\ncatfix-c         12\ncatfix-a          3\ncatfix-b          1\n{LONG}          0\n",
        ),
        ("h=uuid&s=health:desc,docs.count", "uuid-b\nuuid-l\nuuid-a\nuuid-c\n"),
        ("health=yellow&h=index", "catfix-b\n"),
        ("health=GREEN&h=uuid", "uuid-a\nuuid-c\nuuid-l\n"),
        ("health=red", ""),
        ("health=red&v&h=pri,index", "pri index\n"),
        ("h=", "\n\n\n\n"),
        ("h=docs.c*,docs.count,sh*&health=yellow&v", "docs.count pri rep\n         1   1   1\n"),
    ],
)
async def test_indices(client: Client, query: str, expected: str) -> None:
    assert await text_of(client, f"/_cat/indices/catfix-*?{query}") == expected


async def test_a_column_is_called_by_the_name_that_it_was_asked_by(client: Client) -> None:
    assert await text_of(client, "/_cat/indices/catfix-a?h=i,s,p,r,dc&v") == (
        "i        s    p r dc\ncatfix-a open 2 0  3\n"
    )


async def test_sizes(client: Client) -> None:
    path = "/_cat/indices/catfix-a,catfix-b,catfix-c?h=store.size"
    assert await text_of(client, path) == "1.9kb\n1.4kb\n  6mb\n"
    assert await text_of(client, f"{path}&bytes=b") == "   2000\n   1500\n6291456\n"
    assert await text_of(client, f"{path}&bytes=kb") == "   1\n   1\n6144\n"
    assert await text_of(client, f"{path}&bytes=m") == "0\n0\n6\n"
    assert await text_of(client, f"{path}&bytes=nonsense") == "1.9kb\n1.4kb\n  6mb\n"


async def test_pri_adds_the_primaries_beside_a_column_that_has_them(client: Client) -> None:
    path = "/_cat/indices/catfix-a?v&bytes=b&h=ss,docs.count"
    assert await text_of(client, path) == "  ss docs.count\n2000          3\n"
    assert await text_of(client, f"{path}&pri") == "  ss pri.ss docs.count\n2000   2000          3\n"


async def test_hidden_columns_come_when_asked_for(client: Client) -> None:
    assert "creation" not in await text_of(client, "/_cat/indices?v")
    assert await text_of(client, "/_cat/indices/catfix-b?h=cd,creation.date.string") == (
        "1767225600001 2026-01-01T00:00:00.001Z\n"
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("catfix-a", ["a"]),
        ("catfix-c,catfix-a", ["a", "c"]),
        ("*,-catfix-b", ["a", "c", "l"]),
        ("*%2C-.*", ["a", "b", "c", "l"]),
        ("_all", ["a", "b", "c", "l"]),
        ("catfix-%3F", None),
        ("nothing*", []),
        ("catfix-a,nothing*", ["a"]),
        ("*-b,*-c,-*-b", ["c"]),
    ],
)
async def test_which_indices(client: Client, expression: str, expected: list[str] | None) -> None:
    if expected is None:  # a question mark is no wildcard
        assert (await refusal_of(client, f"/_cat/indices/{expression}"))[0] == 404
    else:
        text = await text_of(client, f"/_cat/indices/{expression}?h=uuid")
        assert [line.removeprefix("uuid-") for line in text.splitlines()] == expected


async def test_an_index_that_is_not_there(client: Client) -> None:
    async with client.get("/_cat/indices/catfix-a,missing?format=json") as response:
        assert response.status == 404
        cause = {
            "type": "index_not_found_exception",
            "reason": "no such index [missing]",
            "index": "missing",
            "resource.id": "missing",
            "resource.type": "index_or_alias",
            "index_uuid": "_na_",
        }
        assert await response.json() == {"error": {"root_cause": [cause], **cause}, "status": 404}
    assert await text_of(client, "/_cat/indices/catfix-a,missing?ignore_unavailable=true&h=uuid") == "uuid-a\n"
    assert (await refusal_of(client, "/_cat/indices/nothing*?allow_no_indices=false"))[0] == 404
    for expression in ("-catfix-a", "catfix-a,-catfix-a,*"):  # excludes only after a wildcard
        assert (await refusal_of(client, f"/_cat/indices/{expression}"))[2] == "no such index [-catfix-a]"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "?v&h=alias,index,filter,is_write_index&s=alias,index",
            "alias      index    filter is_write_index\n"
            "catfix-al1 catfix-a *      -\n"
            "catfix-al1 catfix-b -      -\n"
            "catfix-al2 catfix-a -      true\n"
            "catfix-al3 catfix-b -      false\n",
        ),
        ("/catfix-al2?h=ri,rs", "1 2\n"),
        (
            "/catfix-al*,-catfix-al3?h=alias,index&s=alias,index",
            "catfix-al1 catfix-a\ncatfix-al1 catfix-b\ncatfix-al2 catfix-a\n",
        ),
        ("/missing", ""),
        ("/_all?h=a&s=a:desc", "catfix-al3\ncatfix-al2\ncatfix-al1\ncatfix-al1\n"),
    ],
)
async def test_aliases(client: Client, query: str, expected: str) -> None:
    assert await text_of(client, f"/_cat/aliases{query}") == expected


async def test_health(client: Client) -> None:
    assert await text_of(client, "/_cat/health?v") == (
        "epoch      timestamp cluster  status node.total node.data discovered_cluster_manager shards pri relo init "
        "unassign pending_tasks max_task_wait_time active_shards_percent\n"
        "1767225600 00:00:00  mockflow yellow          1         1                       true      7   7    0    0 "
        "       1             0                  -                 87.5%\n"
    )
    assert await text_of(client, "/_cat/health?ts=false&h=epoch,st,discovered_master,t") == "yellow true 7\n"


async def test_health_of_an_empty_cluster(aiohttp_client: AiohttpClient) -> None:
    client = await aiohttp_client(create_app(Cluster()))
    assert await text_of(client, "/_cat/health?h=status,shards,unassign,active_shards_percent") == "green 0 0 100.0%\n"
    assert await text_of(client, "/_cat/indices") == ""
    assert await text_of(client, "/_cat/aliases") == ""


@pytest.mark.parametrize("version", ["2.12.0", "2.19.3", "3.2.0"])
async def test_plugins(aiohttp_client: AiohttpClient, version: str) -> None:
    client = await aiohttp_client(create_app(Cluster(Settings(opensearch_version=version))))
    assert await text_of(client, "/_cat/plugins?v") == (
        "name            component                 version\n"
        f"mockflow-node-1 opensearch-flow-framework {version}.0\n"
        f"mockflow-node-1 opensearch-job-scheduler  {version}.0\n"
        f"mockflow-node-1 opensearch-knn            {version}.0\n"
        f"mockflow-node-1 opensearch-ml             {version}.0\n"
        f"mockflow-node-1 opensearch-neural-search  {version}.0\n"
    )


async def test_plugins_as_a_dashboard_asks_for_them(client: Client) -> None:
    rows = await json_of(client, "/_cat/plugins?format=JSON&v=true")
    assert {"opensearch-flow-framework", "opensearch-ml"} <= {row["component"] for row in rows}
    assert set(rows[0]) == {"name", "component", "version"}


async def test_nodes(client: Client) -> None:
    assert await text_of(client, "/_cat/nodes?v") == (
        "ip        heap.percent ram.percent cpu load_1m load_5m load_15m node.role "
        "node.roles                                        cluster_manager name\n"
        "127.0.0.1           25          50   0    0.00    0.00     0.00 dimr      "
        "cluster_manager,data,ingest,remote_cluster_client *               mockflow-node-1\n"
    )
    address = f"{client.host}:{client.port}"
    assert await text_of(client, "/_cat/nodes?h=http,version,m") == f"{address} 3.8.0 *\n"


async def test_times(aiohttp_client: AiohttpClient) -> None:
    cluster = Cluster(Settings("frozen"))
    client = await aiohttp_client(create_app(cluster))
    assert await text_of(client, "/_cat/nodes?h=uptime") == "0s\n"
    cluster.world.clock.advance(5_460_000)
    assert await text_of(client, "/_cat/nodes?h=uptime") == "1.5h\n"
    assert await text_of(client, "/_cat/nodes?h=uptime&time=m") == "91\n"
    assert await text_of(client, "/_cat/nodes?h=uptime&time=ms") == "5460000\n"


async def test_an_id_is_short_unless_asked_for_whole(client: Client) -> None:
    whole = (await text_of(client, "/_cat/nodes?h=id&full_id=true")).strip()
    assert len(whole) == 22
    assert await text_of(client, "/_cat/nodes?h=id") == f"{whole[:4]}\n"


# -- as JSON and YAML ------------------------------------------------------------------------------


async def test_json_is_strings_in_the_order_that_was_asked_for(client: Client) -> None:
    rows = await json_of(client, "/_cat/indices/catfix-*?format=json&h=index,pri,docs.count&s=index")
    assert list(rows[0].items()) == [("index", "catfix-a"), ("pri", "2"), ("docs.count", "3")]
    assert [row["docs.count"] for row in rows] == ["3", "1", "12", "0"]


async def test_yaml(client: Client) -> None:
    async with client.get("/_cat/indices/catfix-a,catfix-b?format=yaml&h=index,pri") as response:
        assert response.headers["Content-Type"] == "application/yaml"
        assert await response.text() == '---\n- index: "catfix-a"\n  pri: "2"\n- index: "catfix-b"\n  pri: "1"\n'


async def test_pretty_and_filter_path(client: Client) -> None:
    async with client.get("/_cat/indices/catfix-a?format=json&pretty&h=index,health") as response:
        expected = '[\n  {\n    "index" : "catfix-a",\n    "health" : "green"\n  }\n]\n'
        assert await response.text() == expected
    assert await json_of(client, "/_cat/aliases/catfix-al2?format=json&filter_path=alias") == [{"alias": "catfix-al2"}]


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/json", True),
        ("application/json; charset=UTF-8", True),
        ("application/json, text/plain", False),
        ("text/plain", False),
        ("*/*", False),
    ],
)
async def test_the_accept_header_chooses(client: Client, accept: str, is_json: bool) -> None:
    path = "/_cat/indices/catfix-a?h=index"
    if is_json:
        assert await json_of(client, path, Accept=accept) == [{"index": "catfix-a"}]
    else:
        assert await text_of(client, path, Accept=accept) == "catfix-a\n"


async def test_neither_a_content_type_nor_an_unknown_format_asks_for_json(client: Client) -> None:
    path = "/_cat/indices/catfix-a?h=index"
    assert await text_of(client, path, **{"Content-Type": "application/json"}) == "catfix-a\n"
    assert await text_of(client, f"{path}&format=txt", Accept="application/json") == "catfix-a\n"


# -- help ------------------------------------------------------------------------------------------


async def test_help(client: Client) -> None:
    assert await text_of(client, "/_cat/aliases?help") == (
        "alias          | a                | alias name           \n"
        "index          | i,idx            | index alias points to\n"
        "filter         | f,fi             | filter               \n"
        "routing.index  | ri,routingIndex  | index routing        \n"
        "routing.search | rs,routingSearch | search routing       \n"
        "is_write_index | w,isWriteIndex   | write index          \n"
    )
    lines = (await text_of(client, "/_cat/health?help&v&h=status")).splitlines()
    assert lines[6] == (
        "discovered_cluster_manager | dcm,dm,discovered_master                 | cluster manager is discovered or not"
    )
    assert len(lines) == 15


async def test_help_reads_nothing_else(client: Client) -> None:
    reason = "request [/_cat/indices/logs] contains unrecognized parameters: [index], [local]"
    assert await refusal_of(client, "/_cat/indices/logs?help&local") == (400, "illegal_argument_exception", reason)


async def test_the_list_of_tables_names_what_is_there(client: Client) -> None:
    first, *paths = (await text_of(client, "/_cat")).splitlines()
    assert first == "=^.^="
    assert {"/_cat/plugins", "/_cat/health", "/_cat/indices", "/_cat/indices/{index}"} <= set(paths)
    for path in paths:
        await text_of(client, path.replace("{index}", "*").replace("{alias}", "*"))


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "kind", "reason"),
    [
        (
            "indices?s=nosuchcol",
            500,
            "unsupported_operation_exception",
            "Unable to sort by unknown sort key `nosuchcol`",
        ),
        (
            "plugins?s=name,version:down&format=json",
            500,
            "unsupported_operation_exception",
            "Unable to sort by unknown sort key `version:down`",
        ),
        ("indices?health=foo", 400, "illegal_argument_exception", "unknown cluster health status [foo]"),
        (
            "indices?v=foo",
            400,
            "illegal_argument_exception",
            "Failed to parse value [foo] as only [true] or [false] are allowed.",
        ),
        (
            "health?help=True",
            400,
            "illegal_argument_exception",
            "Failed to parse value [True] as only [true] or [false] are allowed.",
        ),
        (
            "indices?expand_wildcards=open,foo",
            400,
            "illegal_argument_exception",
            "No valid expand wildcard value [foo]",
        ),
        (
            "indices/_foo",
            400,
            "invalid_index_name_exception",
            "Invalid index name [_foo], must not start with '_'.",
        ),
        (
            "plugins?master_timeout=5",
            400,
            "illegal_argument_exception",
            "failed to parse setting [master_timeout] with value [5] as a time value: unit is missing or unrecognized",
        ),
        (
            "health?local=true",
            400,
            "illegal_argument_exception",
            "request [/_cat/health] contains unrecognized parameter: [local]",
        ),
        (
            "plugins?hlep",
            400,
            "illegal_argument_exception",
            "request [/_cat/plugins] contains unrecognized parameter: [hlep]",
        ),
    ],
)
async def test_refusals(client: Client, path: str, status: int, kind: str, reason: str) -> None:
    got_status, got_kind, got_reason = await refusal_of(client, f"/_cat/{path}")
    assert (got_status, got_kind) == (status, kind)
    assert got_reason.startswith(reason)


async def test_a_table_that_is_not_served_says_so(client: Client) -> None:
    async with client.get("/_cat/pit_segments?v") as response:
        assert response.status == 400
        assert await response.json() == {"error": "no handler found for uri [/_cat/pit_segments] and method [GET]"}
    async with client.post("/_cat/plugins") as response:
        assert response.status == 405


# -- what workflows create -------------------------------------------------------------------------

TEMPLATE = {
    "name": "an-index",
    "workflows": {
        "provision": {
            "nodes": [
                {
                    "id": "create",
                    "type": "create_index",
                    "user_inputs": {
                        "index_name": "neural-index",
                        "configurations": {
                            "settings": {"index.number_of_shards": 2, "number_of_replicas": "1"},
                            "aliases": {"neural": {"is_write_index": True, "routing": "r"}},
                        },
                    },
                }
            ]
        }
    },
}


async def test_what_a_run_has_created_and_the_indices_of_the_plugin(aiohttp_client: AiohttpClient) -> None:
    cluster = Cluster(Settings("frozen"))
    client = await aiohttp_client(create_app(cluster))
    async with client.post("/_plugins/_flow_framework/workflow?provision=true", json=TEMPLATE) as response:
        assert response.status == 202, await response.text()
    names = ("templates", "state    ", "config   ")
    system = "".join(f"green .plugins-flow-framework-{name} 1 0 1\n" for name in names)
    path = "/_cat/indices?h=health,index,pri,rep,docs.count"
    assert await text_of(client, path) == system
    cluster.world.clock.advance(10_000)
    rows = await json_of(client, f"{path},uuid,cds&format=json")
    assert [list(row.values())[:5] for row in rows][3:] == [
        ["green", ".plugins-ml-config", "1", "0", "1"],
        ["yellow", "neural-index", "2", "1", "0"],
    ]
    assert rows[4]["cds"].startswith("2026-01-01T00:00:0")
    asked_by_a_dashboard = await json_of(client, "/_cat/indices/*%2C-.*?format=json&h=health%2Cindex")
    assert asked_by_a_dashboard == [{"health": "yellow", "index": "neural-index"}]
    assert await json_of(client, "/_cat/aliases?format=json&h=alias") == [{"alias": "neural"}]
    assert await text_of(client, "/_cat/aliases?h=ri,rs,w") == "r r true\n"
    assert await text_of(client, "/_cat/health?h=st,shards,unassign,asp") == "yellow 6 2 75.0%\n"


# -- tables of the node and its shards -----------------------------------------------------------------

NODE_TABLES = {
    "allocation": [
        "shards",
        "disk.indices",
        "disk.used",
        "disk.avail",
        "disk.total",
        "disk.percent",
        "host",
        "ip",
        "node",
    ],
    "cluster_manager": ["id", "host", "ip", "node"],
    "master": ["id", "host", "ip", "node"],
    "nodeattrs": ["node", "host", "ip", "attr", "value"],
    "fielddata": ["id", "host", "ip", "node", "field", "size"],
    "templates": ["name", "index_patterns", "order", "version", "composed_of"],
}


@pytest.mark.parametrize("table", NODE_TABLES)
async def test_tables_of_the_node(client: Client, table: str) -> None:
    assert (await text_of(client, f"/_cat/{table}?v")).splitlines()[0].split() == NODE_TABLES[table]
    for row in await json_of(client, f"/_cat/{table}?format=json"):
        assert list(row) == NODE_TABLES[table]
    assert (await refusal_of(client, f"/_cat/{table}?foo=bar"))[0] == 400


async def test_allocation_of_shards(client: Client) -> None:
    rows = await json_of(client, "/_cat/allocation?h=shards,node,disk.indices&bytes=b&format=json")
    assert rows[1:] == [{"shards": "1", "node": "UNASSIGNED", "disk.indices": None}]
    assert rows[0]["shards"] == "7"


async def test_each_primary_shard_has_been_recovered(client: Client) -> None:
    rows = await json_of(client, "/_cat/recovery/catfix-a?h=index,shard,type,stage,bp,top&format=json")
    assert rows == [
        {"index": "catfix-a", "shard": shard, "type": "empty_store", "stage": "done", "bp": "0.0%", "top": "100.0%"}
        for shard in "01"
    ]
    assert await json_of(client, "/_cat/recovery?active_only=true&format=json") == []


@pytest.mark.parametrize("table", ["recovery", "segments"])
async def test_shards_of_a_missing_index(client: Client, table: str) -> None:
    assert (await refusal_of(client, f"/_cat/{table}/missing"))[0] == 404
    assert (await text_of(client, "/_cat/segments")) == ""
