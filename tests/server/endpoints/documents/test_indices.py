"""Indices of clients: create, mappings, settings, aliases, and what the cluster tells of them."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

MAPPED: Any = {
    "settings": {"number_of_shards": 2, "number_of_replicas": 0},
    "mappings": {"properties": {"a.b": {"type": "integer"}, "k": {"type": "keyword"}, "t": {"type": "text"}}},
    "aliases": {"al": {"routing": "1"}, "few": {"filter": {"term": {"k": "x"}}}},
}


async def test_an_index_is_created_shown_and_deleted(index: Index) -> None:
    made = await index.done("PUT", "/a", MAPPED)
    assert made == {"acknowledged": True, "shards_acknowledged": True, "index": "a"}
    shown = (await index.done("GET", "/a"))["a"]
    assert shown["mappings"]["properties"] == {
        "a": {"properties": {"b": {"type": "integer"}}},
        "k": {"type": "keyword"},
        "t": {"type": "text"},
    }
    assert shown["aliases"] == {
        "al": {"index_routing": "1", "search_routing": "1"},
        "few": {"filter": {"term": {"k": "x"}}},
    }
    assert shown["settings"]["index"]["number_of_shards"] == "2"
    assert (await index.ask("HEAD", "/a")).status == 200
    assert (await index.done("GET", "/al"))["a"] == shown  # an alias stands for its index
    assert await index.done("DELETE", "/a") == {"acknowledged": True}
    assert (await index.ask("HEAD", "/a")).status == 404


@pytest.mark.parametrize(
    ("target", "body", "status", "kind", "reason"),
    [
        ("/a", None, 400, "resource_already_exists_exception", "index [a/"),
        ("/al", None, 400, "invalid_index_name_exception", "Invalid index name [al], already exists as alias"),
        ("/B", None, 400, "invalid_index_name_exception", "Invalid index name [B], must be lowercase"),
        ("/b", {"foo": {}}, 400, "parse_exception", "unknown key [foo] for create index"),
        ("/b", {"settings": []}, 400, "parse_exception", "key [settings] must be an object"),
        ("/b", {"settings": {"number_of_shards": 0}}, 400, "illegal_argument_exception", "Failed to parse value [0]"),
        ("/b", {"settings": {"foo": 0}}, 400, "settings_exception", "unknown setting [index.foo]"),
        (
            "/b",
            {"mappings": {"_doc": {}}},
            400,
            "illegal_argument_exception",
            "The mapping definition cannot be nested",
        ),
        (
            "/b",
            {"mappings": {"properties": {"x": {"type": "foo"}}}},
            400,
            "mapper_parsing_exception",
            "Failed to parse mapping [_doc]: No handler for type [foo] declared on field [x]",
        ),
        ("/b?wait_for_active_shards=x", None, 400, "illegal_argument_exception", "cannot parse ActiveShardCount[x]"),
    ],
)
async def test_an_index_that_cannot_be(
    index: Index, target: str, body: Any, status: int, kind: str, reason: str
) -> None:
    await index.done("PUT", "/a", MAPPED)
    told = await index.refused("PUT", target, body)
    assert told[:2] == (status, kind)
    assert told[2].startswith(reason)
    assert (await index.ask("HEAD", "/b")).status == 404


async def test_fields_are_added_and_do_not_change_their_type(index: Index) -> None:
    await index.done("PUT", "/a", MAPPED)
    await index.done(
        "PUT", "/a/_mapping", {"properties": {"n": {"type": "long"}, "a": {"properties": {"c": {"type": "ip"}}}}}
    )
    fields = (await index.done("GET", "/a/_mapping"))["a"]["mappings"]["properties"]
    assert fields["n"] == {"type": "long"}
    assert fields["a"]["properties"] == {"b": {"type": "integer"}, "c": {"type": "ip"}}
    for properties, reason in (
        ({"n": {"type": "text"}}, "mapper [n] cannot be changed from type [long] to [text]"),
        ({"a": {"type": "keyword"}}, "can't merge a non object mapping [a] with an object mapping"),
        (
            {"k": {"type": "keyword", "doc_values": False}},
            "Mapper for [k] conflicts with existing mapper:\n"
            "\tCannot update parameter [doc_values] from [true] to [false]",
        ),
    ):
        told = await index.refused("PUT", "/a/_mapping", {"properties": properties})
        assert told == (400, "illegal_argument_exception", reason)
    assert (await index.done("GET", "/a/_mapping"))["a"]["mappings"]["properties"] == fields
    one = (await index.done("GET", "/a/_mapping/field/a.*"))["a"]["mappings"]
    assert one["a.b"] == {"full_name": "a.b", "mapping": {"b": {"type": "integer"}}}


async def test_dynamic_settings_change_and_others_do_not(index: Index) -> None:
    await index.done("PUT", "/a", MAPPED)
    await index.done("PUT", "/a/_settings", {"index": {"number_of_replicas": 1, "refresh_interval": "5s"}})
    await index.done("PUT", "/a/_settings?preserve_existing=true", {"refresh_interval": "9s", "priority": 3})
    settings = (await index.done("GET", "/a/_settings?flat_settings=true"))["a"]["settings"]
    chosen = {key: settings[f"index.{key}"] for key in ("number_of_replicas", "refresh_interval", "priority")}
    assert chosen == {"number_of_replicas": "1", "refresh_interval": "5s", "priority": "3"}
    assert (await index.done("GET", "/a/_settings/index.pri*"))["a"]["settings"] == {"index": {"priority": "3"}}
    await index.done("PUT", "/a/_settings", {"index.refresh_interval": None})
    assert "refresh_interval" not in (await index.done("GET", "/a/_settings"))["a"]["settings"]["index"]
    told = await index.refused("PUT", "/a/_settings", {"number_of_shards": 3})
    assert told[:2] == (400, "illegal_argument_exception")
    assert told[2].startswith("Can't update non dynamic settings [[index.number_of_shards]] for open indices [[a/")


async def test_aliases_are_put_listed_and_taken_away(index: Index) -> None:
    for name in ("a", "b"):
        await index.done("PUT", f"/{name}")
    await index.done("PUT", "/a/_alias/one", {"is_write_index": True})
    actions = [
        {"add": {"indices": ["a", "b"], "aliases": ["two", "three"]}},
        {"remove": {"index": "b", "alias": "two"}},
    ]
    await index.done("POST", "/_aliases", {"actions": actions})
    assert await index.done("GET", "/_alias") == {
        "a": {"aliases": {"one": {"is_write_index": True}, "three": {}, "two": {}}},
        "b": {"aliases": {"three": {}}},
    }
    assert await index.done("GET", "/_alias/thr*") == {"a": {"aliases": {"three": {}}}, "b": {"aliases": {"three": {}}}}
    missing = await index.ask("GET", "/_alias/one,nope")
    assert (missing.status, missing.json["error"], list(missing.json)) == (
        404,
        "alias [nope] missing",
        ["error", "status", "a"],
    )
    assert [(await index.ask("HEAD", f"/_alias/{name}")).status for name in ("one", "nope")] == [200, 404]
    table = (await index.ask("GET", "/_cat/aliases?h=alias,index")).body.decode().split()
    assert table == ["one", "a", "two", "a", "three", "a", "three", "b"]
    assert await index.refused("PUT", "/b/_alias/a") == (
        400,
        "invalid_alias_name_exception",
        "Invalid alias name [a], an index exists with the same name as the alias",
    )
    assert await index.refused("DELETE", "/a/_alias/nope") == (
        404,
        "aliases_not_found_exception",
        "aliases [nope] missing",
    )
    assert (await index.refused("DELETE", "/one"))[2].startswith("The provided expression [one] matches an alias")
    await index.done("DELETE", "/a/_alias/one,t*")
    assert await index.done("GET", "/a/_alias") == {"a": {"aliases": {}}}


async def test_counts_are_true(index: Index) -> None:
    await index.done("PUT", "/a", MAPPED)
    await index.bulk(*(part for id in "1234" for part in ({"index": {"_index": "a", "_id": id}}, {"k": "x"})))
    await index.done("DELETE", "/a/_doc/1")
    rows = (await index.done("GET", "/_cat/indices/a?format=json"))[0]
    assert (rows["docs.count"], rows["docs.deleted"], rows["health"]) == ("3", "1", "green")
    assert (await index.done("GET", "/_cat/count/a?format=json"))[0]["count"] == "3"
    shards = await index.done("GET", "/_cat/shards/a?format=json")
    assert [(shard["shard"], shard["prirep"], shard["state"], shard["docs"]) for shard in shards] == [
        ("0", "p", "STARTED", "2"),
        ("1", "p", "STARTED", "1"),
    ]
    stats = await index.done("GET", "/a/_stats/docs")
    assert stats["_all"]["primaries"] == {"docs": {"count": 3, "deleted": 1}}
    for target in ("/_refresh", "/a/_flush", "/a/_forcemerge"):
        assert (await index.done("POST", target))["_shards"] == {"total": 2, "successful": 2, "failed": 0}


@pytest.mark.parametrize(
    ("target", "empty"),
    [
        ("/_template", {}),
        ("/_index_template", {"index_templates": []}),
        ("/_component_template", {"component_templates": []}),
        ("/_data_stream", {"data_streams": []}),
    ],
)
async def test_what_there_is_none_of_is_listed_and_cleaned(index: Index, target: str, empty: Any) -> None:
    assert await index.done("GET", target) == empty
    assert await index.done("DELETE", f"{target}/*") == {"acknowledged": True}
    assert (await index.ask("GET", f"{target}/x")).status == 404
    assert (await index.ask("DELETE", f"{target}/x")).status == 404


async def test_other_lists_are_empty(index: Index) -> None:
    for target, empty in (
        ("/_snapshot/_all", {}),
        ("/_tasks", {"nodes": {}}),
        ("/_cluster/pending_tasks", {"tasks": []}),
    ):
        assert await index.done("GET", target) == empty
    for table in ("tasks", "pending_tasks", "repositories", "snapshots", "segment_replication"):
        assert (await index.ask("GET", f"/_cat/{table}")).body == b""


async def test_an_expression_names_indices_and_aliases(index: Index) -> None:
    await index.done("PUT", "/a-1", {"aliases": {"all": {}}})
    await index.done("PUT", "/a-2")
    assert await index.done("GET", "/_resolve/index/a*") == {
        "indices": [
            {"name": "a-1", "aliases": ["all"], "attributes": ["open"]},
            {"name": "a-2", "attributes": ["open"]},
        ],
        "aliases": [{"name": "all", "indices": ["a-1"]}],
        "data_streams": [],
    }
    assert list(await index.done("GET", "/a-*,-a-2/_mapping")) == ["a-1"]
    assert list(await index.done("GET", "/all,a-2/_mapping")) == ["a-1", "a-2"]
    assert await index.refused("GET", "/a-1,no/_mapping") == (404, "index_not_found_exception", "no such index [no]")
    assert list(await index.done("GET", "/a-1,no/_mapping?ignore_unavailable=true")) == ["a-1"]
    assert (await index.ask("GET", "/no*/_search?allow_no_indices=false")).status == 404
    assert list((await index.done("GET", "/_stats?index=a-2"))["indices"]) == ["a-2"]
    assert (await index.done("GET", "/_stats?expand_wildcards=none"))["indices"] == {}
