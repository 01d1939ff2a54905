"""Closed indices and blocks: what they take, what they refuse, and how they are listed."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

SEARCH: dict[str, Any] = {"query": {"match_all": {}}}


@pytest.fixture
async def closed(index: Index) -> Index:
    """Index a, closed, with one document and the alias al; index b, open, with one document."""
    await index.done("PUT", "/a", {"aliases": {"al": {}}})
    for name in ("a", "b"):
        await index.done("PUT", f"/{name}/_doc/1", {"n": 1})
    told = await index.done("POST", "/a/_close?wait_for_active_shards=0&timeout=30s")
    assert told == {"acknowledged": True, "shards_acknowledged": True, "indices": {"a": {"closed": True}}}
    return index


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/a/_search", SEARCH),
        ("GET", "/al/_search", SEARCH),
        ("GET", "/a,b/_count", None),
        ("GET", "/a/_doc/1", None),
        ("PUT", "/a/_doc/2", {"n": 2}),
        ("PUT", "/al/_doc/2", {"n": 2}),
        ("POST", "/a/_update/1", {"doc": {"n": 2}}),
        ("DELETE", "/a/_doc/1", None),
        ("POST", "/a/_delete_by_query", SEARCH),
        ("POST", "/_reindex", {"source": {"index": "a"}, "dest": {"index": "c"}}),
        ("POST", "/a/_refresh", None),
        ("POST", "/a/_forcemerge", None),
        ("GET", "/a/_stats", None),
        ("GET", "/a/_validate/query", SEARCH),
        ("GET", "/_cat/count/a", None),
        ("GET", "/*/_search?expand_wildcards=open,closed", SEARCH),
    ],
)
async def test_documents_of_a_closed_index_are_refused(closed: Index, method: str, target: str, body: Any) -> None:
    answer = await closed.ask(method, target, body)
    assert (answer.status, answer.error["type"], answer.error["reason"]) == (400, "index_closed_exception", "closed")
    assert answer.error["index"] == "a"


async def test_a_bulk_tells_of_the_closed_index_by_item(closed: Index) -> None:
    items = await closed.bulk({"index": {"_index": "a"}}, {"n": 2}, {"index": {"_index": "b"}}, {"n": 2})
    assert [item["status"] for item in items] == [400, 201]
    assert items[0]["error"]["type"] == "index_closed_exception"


async def test_patterns_stand_for_open_indices(closed: Index) -> None:
    assert (await closed.done("GET", "/_count"))["count"] == 1
    assert (await closed.done("GET", "/a,b/_count?ignore_unavailable=true"))["count"] == 1
    assert list(await closed.done("GET", "/*/_mapping")) == ["b"]
    assert list(await closed.done("GET", "/*/_mapping?expand_wildcards=closed")) == ["a"]
    assert sorted(await closed.done("GET", "/*/_mapping?expand_wildcards=all")) == ["a", "b"]
    assert (await closed.done("GET", "/_cat/count?format=json"))[0]["count"] == "1"


async def test_a_closed_index_is_there_and_listed(closed: Index) -> None:
    settings = (await closed.done("GET", "/a/_settings"))["a"]["settings"]["index"]
    assert settings["verified_before_close"] == "true"
    rows = {row["index"]: row for row in await closed.done("GET", "/_cat/indices?format=json")}
    assert (rows["a"]["status"], rows["a"]["docs.count"], rows["a"]["store.size"]) == ("close", None, None)
    assert (rows["b"]["status"], rows["b"]["docs.count"]) == ("open", "1")
    assert (await closed.done("GET", "/_resolve/index/a"))["indices"][0]["attributes"] == ["closed"]
    assert (await closed.ask("HEAD", "/a")).status == 200
    assert (await closed.done("GET", "/_cluster/health/a"))["active_primary_shards"] == 1
    assert await closed.done("DELETE", "/*") == {"acknowledged": True}
    assert (await closed.ask("HEAD", "/a")).status == 404


async def test_a_closed_index_takes_static_settings(closed: Index) -> None:
    analysis = {"index.analysis.analyzer.mine.type": "standard"}
    await closed.done("PUT", "/a/_settings", analysis)
    reason = (await closed.refused("PUT", "/b/_settings", analysis))[2]
    assert reason.startswith("Can't update non dynamic settings [[index.analysis.analyzer.mine.type]] for open indices")
    final = await closed.refused("PUT", "/a/_settings", {"number_of_shards": 2})
    assert final[2] == "final index setting [index.number_of_shards], not updateable"


async def test_an_index_is_opened_with_its_documents(closed: Index) -> None:
    again = await closed.done("POST", "/a/_close")
    assert again == {"acknowledged": True, "shards_acknowledged": False, "indices": {}}
    for target in ("/*/_open", "/a/_open"):
        assert await closed.done("POST", target) == {"acknowledged": True, "shards_acknowledged": True}
    assert (await closed.done("GET", "/a/_count"))["count"] == 1
    assert "verified_before_close" not in (await closed.done("GET", "/a/_settings"))["a"]["settings"]["index"]
    assert (await closed.refused("POST", "/no/_open"))[1] == "index_not_found_exception"
    assert (await closed.refused("POST", "/no/_close"))[1] == "index_not_found_exception"
    assert (await closed.refused("POST", "/x*/_close"))[2] == "Index name is required"


async def test_what_does_not_wait_names_a_task(closed: Index) -> None:
    for target, response in (
        ("/a/_open", {"acknowledged": True, "shards_acknowledged": True}),
        ("/a/_forcemerge", {"_shards": {"total": 2, "successful": 1, "failed": 0}}),
    ):
        task = (await closed.done("POST", f"{target}?wait_for_completion=false"))["task"]
        assert (await closed.done("GET", f"/_tasks/{task}"))["response"] == response
    assert (await closed.done("GET", "/a/_count"))["count"] == 1


async def test_an_index_made_anew_is_open(closed: Index) -> None:
    await closed.done("DELETE", "/a")
    await closed.done("PUT", "/a")
    await closed.done("PUT", "/a/_doc/1", {})


async def test_a_block_is_added(index: Index) -> None:
    await index.done("PUT", "/a")
    told = await index.done("PUT", "/a/_block/write")
    blocked = [{"name": "a", "blocked": True}]
    assert told == {"acknowledged": True, "shards_acknowledged": True, "indices": blocked}
    assert (await index.refused("PUT", "/a/_doc/1", {}))[0] == 403
    again = await index.done("PUT", "/a/_block/write")
    assert again == {"acknowledged": True, "shards_acknowledged": False, "indices": []}
    assert (await index.refused("PUT", "/a/_block/x"))[2] == "No block found with name x"
    assert (await index.refused("PUT", "/no/_block/write"))[0] == 404
    assert (await index.refused("PUT", "/a/_block/read_only_allow_delete"))[2].startswith("mockflow does not support")


@pytest.mark.parametrize("block", ["read_only", "metadata"])
async def test_a_block_of_metadata_forbids_changes(index: Index, block: str) -> None:
    await index.done("PUT", "/a")
    await index.done("PUT", f"/a/_block/{block}")
    for method, target, body in (
        ("PUT", "/a/_mapping", {"properties": {"n": {"type": "long"}}}),
        ("PUT", "/a/_settings", {"number_of_replicas": 0}),
        ("PUT", "/a/_alias/al", None),
        ("POST", "/a/_close", None),
    ):
        status, kind, _ = await index.refused(method, target, body)
        assert (status, kind) == (403, "cluster_block_exception")
    await index.done("PUT", "/a/_settings", {f"index.blocks.{block}": None})
    await index.done("PUT", "/a/_alias/al")


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", "/no*/_mapping", {"properties": {"n": {"type": "long"}}}),
        ("PUT", "/no*/_settings", {"number_of_replicas": 0}),
        ("PUT", "/no*/_alias/al", None),
    ],
)
async def test_a_change_wants_an_index(index: Index, method: str, target: str, body: Any) -> None:
    assert (await index.refused(method, target, body))[:2] == (404, "index_not_found_exception")


async def test_cat_and_health_take_aliases(index: Index) -> None:
    await index.done("PUT", "/a", {"aliases": {"al": {}}})
    await index.done("PUT", "/b")
    await index.done("PUT", "/a/_doc/1", {})
    assert (await index.ask("GET", "/_cat/indices/al?h=index")).body == b"a\n"
    assert (await index.ask("GET", "/_cat/count/al?h=count")).body == b"1\n"
    assert (await index.ask("GET", "/_cat/shards/al?h=index,prirep")).body.split() == [b"a", b"p", b"a", b"r"]
    health = await index.done("GET", "/_cluster/health/al?level=indices")
    assert list(health["indices"]) == ["a"]


async def test_a_part_with_a_minus_excludes_an_index_that_has_an_alias(index: Index) -> None:
    for name in ("a", "b"):
        await index.done("PUT", f"/{name}", {"aliases": {"al": {}}})
        await index.done("PUT", f"/{name}/_doc/{name}", {})
    assert await index.found("*,-b") == ["a"]
    assert await index.found("*,-b*") == ["a"]
    assert await index.found("al*,-a") == ["b"]
    assert await index.found("*,-al") == ["a", "b"]  # it is the name of no index
    assert (await index.refused("GET", "/*,-no/_search"))[:2] == (404, "index_not_found_exception")
    assert await index.found("*,-no", query="?ignore_unavailable=true") == ["a", "b"]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/_refresh?force=true", "request [/_refresh] contains unrecognized parameter: [force]"),
        ("/_flush?only_expunge_deletes=true", "request [/_flush] contains unrecognized parameter"),
        ("/_forcemerge?fielddata=true", "request [/_forcemerge] contains unrecognized parameter"),
        ("/_cache/clear?flush=true", "request [/_cache/clear] contains unrecognized parameter"),
        ("/_flush?force=true&wait_if_ongoing=false", "Validation Failed: 1: wait_if_ongoing must be true for a force"),
    ],
)
async def test_maintenance_takes_its_own_parameters(index: Index, target: str, reason: str) -> None:
    status, _, why = await index.refused("POST", target)
    assert status == 400
    assert why.startswith(reason)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/_stats/foo", "request [/_stats/foo] contains unrecognized metric: [foo]"),
        ("/_stats/doc", "request [/_stats/doc] contains unrecognized metric: [doc] -> did you mean [docs]?"),
        ("/_stats/_all,docs", "request [/_stats/_all,docs] contains _all and individual metrics [_all,docs]"),
        ("/_stats?level=x", "level parameter must be one of [cluster] or [indices] or [shards] but was [x]"),
    ],
)
async def test_statistics_that_do_not_exist(index: Index, target: str, reason: str) -> None:
    assert await index.refused("GET", target) == (400, "illegal_argument_exception", reason)


async def test_statistics_of_the_cluster_alone(index: Index) -> None:
    await index.done("PUT", "/a/_doc/1", {})
    told = await index.done("GET", "/_stats/docs?level=cluster")
    assert told["_all"]["primaries"] == {"docs": {"count": 1, "deleted": 0}}
    assert "indices" not in told


async def test_the_state_of_the_cluster_has_the_indices(index: Index) -> None:
    await index.done("PUT", "/a", {"aliases": {"al": {}}, "mappings": {"properties": {"n": {"type": "long"}}}})
    await index.done("PUT", "/b")
    await index.done("POST", "/b/_close")
    held = (await index.done("GET", "/_cluster/state/metadata"))["metadata"]["indices"]
    assert [(name, held[name]["state"], held[name]["aliases"]) for name in held] == [
        ("a", "open", ["al"]),
        ("b", "close", []),
    ]
    assert held["a"]["mappings"] == {"_doc": {"properties": {"n": {"type": "long"}}}}
    assert held["a"]["settings"]["index"]["number_of_shards"] == "1"
    some = await index.done("GET", "/_cluster/state/metadata/a,no")
    assert list(some["metadata"]["indices"]) == ["a"]


async def test_a_document_of_a_mget_has_known_fields(index: Index) -> None:
    await index.done("PUT", "/a/_doc/1", {})
    body = {"docs": [{"_index": "a", "_id": "1", "foo": 1}]}
    assert await index.refused("POST", "/_mget", body) == (
        400,
        "parse_exception",
        "failed to parse multi get request. unknown field [foo]",
    )
