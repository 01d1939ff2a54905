"""Reindex by a client, and what it shares with delete and update by query."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

A_TO_B: dict[str, Any] = {"source": {"index": "a"}, "dest": {"index": "b"}}


@pytest.fixture
async def filled(index: Index) -> Index:
    """Index a: 1, 2, 3 with n of the same number; the second has a routing."""
    for number in (1, 2, 3):
        routing = "?routing=r" if number == 2 else ""
        await index.done("PUT", f"/a/_doc/{number}{routing}", {"n": number, "t": "text"})
    return index


async def test_documents_are_copied_and_counted(filled: Index) -> None:
    told = await filled.done("POST", "/_reindex?refresh=true", A_TO_B)
    assert told == {
        "took": 1,
        "timed_out": False,
        "total": 3,
        "updated": 0,
        "created": 3,
        "deleted": 0,
        "batches": 1,
        "version_conflicts": 0,
        "noops": 0,
        "retries": {"bulk": 0, "search": 0},
        "throttled_millis": 0,
        "requests_per_second": -1.0,
        "throttled_until_millis": 0,
        "failures": [],
    }
    again = await filled.done("POST", "/_reindex?requests_per_second=100", A_TO_B)
    assert (again["updated"], again["created"], again["requests_per_second"]) == (3, 0, 100.0)
    assert (await filled.done("GET", "/b/_doc/2"))["_routing"] == "r"
    assert (await filled.done("GET", "/b/_mapping"))["b"]["mappings"]["properties"]["n"] == {"type": "long"}


@pytest.mark.parametrize(
    ("source", "more", "ids"),
    [
        ({"query": {"range": {"n": {"gte": 2}}}}, {}, ["2", "3"]),
        ({"sort": {"n": "desc"}}, {"max_docs": 1}, ["3"]),
        ({"sort": {"n": "desc"}}, {"size": 2}, ["3", "2"]),
        ({"size": 1}, {}, ["1", "2", "3"]),
        ({"query": {"match_none": {}}}, {}, None),
    ],
)
async def test_a_part_is_copied(filled: Index, source: Any, more: Any, ids: list[str] | None) -> None:
    told = await filled.done("POST", "/_reindex", {"source": {"index": "a", **source}, "dest": {"index": "b"}, **more})
    assert told["total"] == told["created"] == len(ids or [])
    if ids is None:
        assert (await filled.ask("HEAD", "/b")).status == 404  # nothing was written, so nothing was created
    else:
        assert await filled.found("b") == ids


async def test_several_sources_and_a_part_of_each_document(filled: Index) -> None:
    await filled.done("PUT", "/c/_doc/9", {"n": 9, "t": "x"})
    for index in ("a,c", ["a", "c"]):
        told = await filled.done("POST", "/_reindex", {**A_TO_B, "source": {"index": index, "_source": ["n"]}})
        assert told["total"] == 4
    assert (await filled.done("GET", "/b/_source/9")) == {"n": 9}


async def test_conflicts_of_op_type_and_versions(filled: Index) -> None:
    await filled.done("PUT", "/b/_doc/1", {"n": 0})
    create = {**A_TO_B, "dest": {"index": "b", "op_type": "create"}}
    answer = await filled.ask("POST", "/_reindex", create)
    assert (answer.status, answer.json["version_conflicts"], answer.json["created"]) == (409, 1, 2)
    assert answer.json["failures"][0]["cause"]["type"] == "version_conflict_engine_exception"
    told = await filled.done("POST", "/_reindex", {**create, "conflicts": "proceed"})
    assert (told["version_conflicts"], told["created"], told["failures"]) == (3, 0, [])
    external = {**A_TO_B, "dest": {"index": "b", "version_type": "external"}}
    assert (await filled.ask("POST", "/_reindex", external)).status == 409  # not higher than the version that is there
    await filled.done("POST", "/_reindex", {**A_TO_B, "dest": {"index": "b", "version_type": "external_gte"}})
    assert (await filled.done("GET", "/b/_doc/1"))["_source"]["n"] == 1


@pytest.mark.parametrize(("given", "routing"), [("keep", "r"), ("discard", None), ("=x", "x")])
async def test_the_routing_of_copies(filled: Index, given: str, routing: str | None) -> None:
    await filled.done("POST", "/_reindex", {**A_TO_B, "dest": {"index": "b", "routing": given}})
    assert (await filled.done("GET", "/b/_doc/2")).get("_routing") == routing


async def test_a_pipeline_acts_on_copies(filled: Index) -> None:
    await filled.done("PUT", "/_ingest/pipeline/p", {"processors": [{"set": {"field": "by", "value": "p"}}]})
    await filled.done("PUT", "/_ingest/pipeline/gone", {"processors": [{"drop": {}}]})
    await filled.done("POST", "/_reindex", {**A_TO_B, "dest": {"index": "b", "pipeline": "p"}})
    assert (await filled.done("GET", "/b/_source/1"))["by"] == "p"
    # OpenSearch counts what a pipeline drops as updated.
    told = await filled.done("POST", "/_reindex", {**A_TO_B, "dest": {"index": "c", "pipeline": "gone"}})
    assert (told["total"], told["updated"], told["created"], told["noops"]) == (3, 3, 0, 0)
    assert (await filled.ask("HEAD", "/c")).status == 404
    told = await filled.done("POST", "/a/_update_by_query?pipeline=gone")
    assert (told["updated"], told["noops"]) == (3, 0)


async def test_an_alias_is_read_by_its_filter_and_written_by_its_index(filled: Index) -> None:
    await filled.done("PUT", "/b", {"aliases": {"to": {}}})
    await filled.done("PUT", "/a/_alias/few", {"filter": {"term": {"n": 1}}})
    body = {"source": {"index": "few"}, "dest": {"index": "to"}}
    assert (await filled.done("POST", "/_reindex?require_alias=true", body))["created"] == 1
    status, kind, _ = await filled.refused("POST", "/_reindex?require_alias=true", A_TO_B)
    assert (status, kind) == (404, "index_not_found_exception")


@pytest.mark.parametrize(
    ("body", "status", "kind", "reason"),
    [
        ({"dest": {"index": "b"}}, 400, "action_request_validation_exception", "Validation Failed: 1: use _all if you"),
        ({"source": {"index": "a"}}, 400, "action_request_validation_exception", "Validation Failed: 1: index must be"),
        ({**A_TO_B, "foo": 1}, 400, "x_content_parse_exception", "[1:"),
        ({**A_TO_B, "dest": {"index": "b", "foo": 1}}, 400, "x_content_parse_exception", "[1:"),
        ({**A_TO_B, "dest": {"index": "b", "op_type": "x"}}, 400, "illegal_argument_exception", "opType must be"),
        ({**A_TO_B, "dest": {"index": "b", "version_type": "x"}}, 400, "illegal_argument_exception", "No version type"),
        (
            {**A_TO_B, "dest": {"index": "b", "routing": "x"}},
            400,
            "action_request_validation_exception",
            "Validation Failed: 1: routing must be unset, [keep], [discard] or [=<some new value>];",
        ),
        ({**A_TO_B, "conflicts": "x"}, 400, "illegal_argument_exception", 'conflicts may only be "proceed" or "abort"'),
        ({**A_TO_B, "max_docs": -1}, 400, "illegal_argument_exception", "[max_docs] parameter cannot be negative"),
        ({**A_TO_B, "source": {"index": "no"}}, 404, "index_not_found_exception", "no such index [no]"),
        (
            {**A_TO_B, "dest": {"index": "al"}},
            400,
            "action_request_validation_exception",
            "Validation Failed: 1: reindex cannot write into an index its reading from [a];",
        ),
        (
            {**A_TO_B, "source": {"index": "a", "query": {"foo": {}}}},
            400,
            "x_content_parse_exception",
            "[reindex] failed",
        ),
        (
            {**A_TO_B, "script": {"source": "x"}},
            400,
            "illegal_argument_exception",
            "mockflow does not support [script]",
        ),
        (
            {**A_TO_B, "source": {"index": "a", "remote": {"host": "http://other:9200"}}},
            400,
            "illegal_argument_exception",
            "mockflow does not support [remote] in the source of a reindex",
        ),
    ],
)
async def test_refusals(filled: Index, body: Any, status: int, kind: str, reason: str) -> None:
    await filled.done("PUT", "/a/_alias/al")
    found = await filled.refused("POST", "/_reindex", body)
    assert found[:2] == (status, kind)
    assert found[2].startswith(reason)
    assert (await filled.ask("HEAD", "/b")).status == 404


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ("pipeline=p", "_reindex doesn't support [pipeline] as a query parameter."),
        ("requests_per_second=0", "[requests_per_second] must be a float greater than 0. Use -1 to disable"),
        ("slices=0", '[slices] must be a positive integer or the string "auto", but was [0]'),
        ("slices=2", "mockflow does not support [slices=2]"),
    ],
)
async def test_refused_parameters(filled: Index, parameter: str, reason: str) -> None:
    assert (await filled.refused("POST", f"/_reindex?{parameter}", A_TO_B))[2].startswith(reason)
    if "pipeline" not in parameter:
        assert (await filled.refused("POST", f"/a/_update_by_query?{parameter}"))[2].startswith(reason)


async def test_a_full_cluster_refuses_copies(filled: Index) -> None:
    for number in range(17):
        await filled.done("PUT", f"/c/_doc/{number}", {})
    answer = await filled.ask("POST", "/_reindex", A_TO_B)
    assert (answer.status, answer.json["created"]) == (403, 0)


async def test_an_update_by_query_tells_that_it_deletes_none(filled: Index) -> None:
    told = await filled.done("POST", "/a/_update_by_query")
    assert list(told)[2:6] == ["total", "updated", "deleted", "batches"]
    assert "created" not in told


async def test_a_request_that_does_not_wait_names_a_task(filled: Index) -> None:
    task = (await filled.done("POST", "/_reindex?wait_for_completion=false", A_TO_B))["task"]
    told = await filled.done("GET", f"/_tasks/{task}?wait_for_completion=true&timeout=1s")
    assert (told["completed"], told["response"]["created"], told["task"]["status"]["created"]) == (True, 3, 3)
    assert (told["task"]["action"], told["task"]["description"]) == (
        "indices:data/write/reindex",
        "reindex from [a] to [b]",
    )
    query: Any = {"query": {"match_all": {}}}
    task = (await filled.done("POST", "/a/_delete_by_query?wait_for_completion=false", query))["task"]
    told = await filled.done("GET", f"/_tasks/{task}")
    assert (told["response"]["deleted"], told["task"]["description"]) == (3, "delete-by-query [a]")


async def test_a_task_that_failed_has_its_error(filled: Index) -> None:
    missing = {**A_TO_B, "source": {"index": "no"}}
    task = (await filled.done("POST", "/_reindex?wait_for_completion=false", missing))["task"]
    told = await filled.done("GET", f"/_tasks/{task}")
    assert (told["completed"], told["error"]["type"]) == (True, "index_not_found_exception")
    assert "response" not in told
    unreadable = {**A_TO_B, "source": {"index": "a", "query": {"foo": {}}}}
    assert (await filled.refused("POST", "/_reindex?wait_for_completion=false", unreadable))[0] == 400


@pytest.mark.parametrize(
    ("id", "status", "reason"),
    [
        ("x", 400, "malformed task id x"),
        ("x:y", 400, "malformed task id x:y"),
        ("x:1", 404, "task [x:1] isn't running and hasn't stored its results"),
    ],
)
async def test_a_task_that_is_not_there(index: Index, id: str, status: int, reason: str) -> None:
    found = await index.refused("GET", f"/_tasks/{id}")
    assert (found[0], found[2]) == (status, reason)
