"""Searches, counts, scrolls and writes by query over the documents of clients."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mockflow.server.endpoints.documents import by_query
from tests.server.endpoints.documents.conftest import Index
from tests.support.server import OWNER

DOCUMENTS: Any = [
    {"n": 1, "k": "red", "t": "one apple", "at": "2026-01-01"},
    {"n": 2, "k": "green", "t": "two apples and one pear", "at": "2026-01-02T12:00:00Z"},
    {"n": 3, "k": "red", "t": "three pears", "at": "2026-01-03"},
    {"n": None, "k": "blue", "t": "apple apple", "tags": ["a", "b"]},
]
MAPPING: Any = {"properties": {"k": {"type": "keyword"}, "t": {"type": "text", "fields": {"raw": {"type": "keyword"}}}}}


@pytest.fixture
async def fruit(index: Index) -> Index:
    await index.done("PUT", "/fruit", {"mappings": MAPPING, "aliases": {"red": {"filter": {"term": {"k": "red"}}}}})
    lines: list[Any] = []
    for number, source in enumerate(DOCUMENTS, 1):
        lines += [{"index": {"_index": "fruit", "_id": str(number)}}, source]
    await index.bulk(*lines)
    return index


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (None, ["1", "2", "3", "4"]),
        ({"query": {"match": {"t": "apple"}}}, ["4", "1"]),
        ({"query": {"term": {"k": "red"}}}, ["1", "3"]),
        ({"query": {"term": {"t.raw": "three pears"}}}, ["3"]),
        ({"query": {"term": {"tags.keyword": "b"}}}, ["4"]),
        ({"query": {"range": {"at": {"gte": "2026-01-02", "lt": "2026-01-03"}}}}, ["2"]),
        ({"query": {"range": {"n": {"gt": 1}}}}, ["2", "3"]),
        ({"query": {"bool": {"must_not": {"exists": {"field": "n"}}}}}, ["4"]),
        ({"sort": [{"n": "desc"}]}, ["3", "2", "1", "4"]),
        ({"sort": ["k", {"n": {"order": "desc"}}]}, ["4", "2", "3", "1"]),
        ({"sort": [{"n": "asc"}], "from": 1, "size": 2}, ["2", "3"]),
        ({"sort": [{"n": "asc"}], "search_after": [2]}, ["3", "4"]),
        ({"sort": [{"k": "asc"}, {"n": "desc"}], "search_after": ["green", 2]}, ["3", "1"]),
        ({"sort": [{"at": {"order": "desc", "missing": "_first"}}]}, ["4", "3", "2", "1"]),
    ],
)
async def test_a_search_finds(fruit: Index, body: Any, ids: list[str]) -> None:
    assert await fruit.found("fruit", body) == ids


async def test_the_response_of_a_search(fruit: Index) -> None:
    answer = await fruit.done("GET", "/fruit/_search?sort=n:desc&size=1&_source_includes=n,k&track_total_hits=2")
    hit = {"_index": "fruit", "_id": "3", "_score": None, "_source": {"k": "red", "n": 3}, "sort": [3]}
    assert answer == {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {"total": {"value": 2, "relation": "gte"}, "max_score": None, "hits": [hit]},
    }
    shown = await fruit.done(
        "POST", "/fruit/_search?version=true&rest_total_hits_as_int=true", {"_source": False, "size": 1}
    )
    assert shown["hits"] == {
        "total": 4,
        "max_score": 1.0,
        "hits": [{"_index": "fruit", "_id": "1", "_version": 1, "_score": 1.0}],
    }


async def test_a_search_over_several_indices_and_aliases(fruit: Index) -> None:
    await fruit.done("PUT", "/other/_doc/5", {"n": 2.5, "k": "red"})
    both = await fruit.done("POST", "/fruit,other/_search", {"sort": [{"n": "desc"}]})
    assert [(hit["_index"], hit["_id"]) for hit in both["hits"]["hits"]] == [
        ("fruit", "3"),
        ("other", "5"),
        ("fruit", "2"),
        ("fruit", "1"),
        ("fruit", "4"),
    ]
    assert both["_shards"]["total"] == 2
    assert await fruit.found("red") == ["1", "3"]  # the alias has a filter
    assert (await fruit.done("GET", "/red/_count"))["count"] == 2
    assert (await fruit.done("GET", "/red,fruit/_count"))["count"] == 4
    assert (await fruit.done("GET", "/_count", {"query": {"match_all": {}}}))["count"] == 5
    assert await fruit.refused("GET", "/no/_search") == (404, "index_not_found_exception", "no such index [no]")
    assert (await fruit.done("GET", "/no*/_search"))["hits"]["hits"] == []


@pytest.mark.parametrize(
    ("target", "body", "kind", "reason"),
    [
        ("/fruit/_search", {"query": {"foo": {}}}, "parsing_exception", "unknown query [foo]"),
        ("/fruit/_search", {"foo": 1}, "parsing_exception", "Unknown key for a VALUE_NUMBER in [foo]."),
        ("/fruit/_search", {"sort": ["nope"]}, "search_phase_execution_exception", "all shards failed"),
        ("/fruit/_search?size=20000", None, "search_phase_execution_exception", "all shards failed"),
        (
            "/fruit/_search",
            {"search_after": [1]},
            "illegal_argument_exception",
            "Sort must contain at least one field.",
        ),
        (
            "/fruit/_search",
            {"sort": ["n"], "search_after": [1, 2]},
            "illegal_argument_exception",
            "search_after has 2 value(s) but sort has 1.",
        ),
        ("/fruit/_count", {"size": 1}, "parsing_exception", "request does not support [size]"),
        (
            "/fruit/_search?foo=1",
            None,
            "illegal_argument_exception",
            "request [/fruit/_search] contains unrecognized parameter: [foo]",
        ),
        (
            "/fruit/_delete_by_query",
            {},
            "action_request_validation_exception",
            "Validation Failed: 1: query is missing;",
        ),
    ],
)
async def test_a_search_that_is_refused(fruit: Index, target: str, body: Any, kind: str, reason: str) -> None:
    assert await fruit.refused("POST", target, body) == (400, kind, reason)


NOT_COMPUTED: Any = [
    {"query": {"knn": {"v": {"vector": [1], "k": 1}}}},
    {"query": {"neural": {"v": {"query_text": "x"}}}},
    {"query": {"bool": {"must": [{"hybrid": {"queries": []}}]}}},
    {"aggs": {"x": {"terms": {"field": "k"}}}},
]


@pytest.mark.parametrize("body", NOT_COMPUTED)
async def test_what_is_not_computed_says_how_to_script_it(fruit: Index, body: Any) -> None:
    status, kind, reason = await fruit.refused("POST", "/fruit/_search", body)
    assert (status, kind) == (400, "illegal_argument_exception")
    assert reason.startswith("mockflow does not support ")
    stub = reason.partition("a stub can give the response: ")[2]
    loaded = await fruit.ask(
        "PUT", f"{OWNER}/scenarios", f"scenario: pasted\n{stub}", {"Content-Type": "application/yaml"}
    )
    assert loaded.status == 200, loaded.body
    assert (await fruit.done("POST", "/fruit/_search", body))["hits"]["total"] == {"value": 0, "relation": "eq"}


async def test_a_scroll_reads_everything_once(fruit: Index) -> None:
    page = await fruit.done("POST", "/fruit/_search?scroll=1m&size=3", {"sort": ["_doc"]})
    await fruit.done("DELETE", "/fruit/_doc/4")  # a scroll shows what there was
    following = await fruit.done("POST", "/_search/scroll", {"scroll_id": page["_scroll_id"], "scroll": "1m"})
    assert [hit["_id"] for part in (page, following) for hit in part["hits"]["hits"]] == ["1", "2", "3", "4"]
    last = await fruit.done("GET", f"/_search/scroll/{page['_scroll_id']}?scroll=1m")
    assert (last["hits"]["hits"], last["hits"]["total"]["value"]) == ([], 4)
    assert await fruit.done("DELETE", "/_search/scroll", {"scroll_id": [page["_scroll_id"]]}) == {
        "succeeded": True,
        "num_freed": 1,
    }
    gone = await fruit.ask("POST", "/_search/scroll", {"scroll_id": page["_scroll_id"]})
    assert (gone.status, gone.error["caused_by"]["type"]) == (404, "search_context_missing_exception")


async def test_a_page_of_a_scroll_has_its_bound(fruit: Index) -> None:
    answer = await fruit.ask("POST", "/fruit/_search?scroll=1m&size=20000")
    assert (answer.status, answer.error["root_cause"][0]["reason"][:58]) == (
        400,
        "Batch size is too large, size must be less than or equal t",
    )
    assert (await fruit.ask("POST", "/fruit/_search?scroll=2d")).reason.startswith(
        "Keep alive for request (2d) is too large."
    )
    assert (await fruit.ask("POST", "/fruit/_search?scroll=1m&from=1")).status == 400


async def test_a_scroll_ends_with_its_time(fruit: Index) -> None:
    page = await fruit.done("POST", "/fruit/_search?scroll=1m&size=1")
    await fruit.server.advance("61s")
    assert (await fruit.ask("POST", "/_search/scroll", {"scroll_id": page["_scroll_id"]})).status == 404


async def test_documents_are_deleted_and_written_by_query(fruit: Index) -> None:
    told = await fruit.done("POST", "/fruit/_delete_by_query", {"query": {"term": {"k": "red"}}})
    assert (told["total"], told["deleted"], told["version_conflicts"], told["failures"]) == (2, 2, 0, [])
    assert await fruit.found("fruit") == ["2", "4"]
    told = await fruit.done("POST", "/fruit/_update_by_query?max_docs=1")
    assert (told["total"], told["updated"]) == (1, 1)
    assert (await fruit.done("GET", "/fruit/_doc/2"))["_version"] == 2
    status, _, reason = await fruit.refused("POST", "/fruit/_update_by_query", {"script": {"source": "x"}})
    assert (status, reason.partition(";")[0]) == (400, "mockflow does not support [script] by query")


async def test_what_a_body_by_query_limits(fruit: Index) -> None:
    everything: Any = {"query": {"match_all": {}}}
    told = await fruit.done("POST", "/fruit/_delete_by_query", {**everything, "max_docs": 1, "conflicts": "proceed"})
    assert (told["total"], told["deleted"]) == (1, 1)
    assert await fruit.found("fruit") == ["2", "3", "4"]
    for query, body, reason in (
        ("?max_docs=2", {"max_docs": 1}, "[max_docs] set to two different values [1] and [2]"),
        ("?max_docs=-1", {}, "[max_docs] parameter cannot be negative, found [-1]"),
        ("", {"max_docs": 0}, "Validation Failed: 1: maxDocs should be greater than 0 if the request is limited to"),
        ("", {"max_docs": "1"}, "[max_docs] of the body has to be a whole number"),
        ("", {"conflicts": "x"}, 'conflicts may only be "proceed" or "abort" but was [x]'),
    ):
        refused = await fruit.refused("POST", f"/fruit/_delete_by_query{query}", {**everything, **body})
        assert (refused[0], refused[2][: len(reason)]) == (400, reason)
    assert await fruit.found("fruit") == ["2", "3", "4"]


async def test_documents_that_change_while_they_are_written_by_query(
    fruit: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conflict is an error of the request, unless it proceeds."""

    async def find(work: Callable[[], Any]) -> Any:
        found = work()
        await fruit.done("PUT", "/fruit/_doc/2", {"n": 20})
        return found

    monkeypatch.setattr(by_query, "is_large", lambda *_: True)
    monkeypatch.setattr(by_query, "in_thread", find)
    answer = await fruit.ask("POST", "/fruit/_update_by_query")
    told = answer.json
    assert (answer.status, told["total"], told["updated"], told["version_conflicts"]) == (409, 4, 3, 1)
    [failure] = told["failures"]
    assert (failure["index"], failure["id"], failure["status"]) == ("fruit", "2", 409)
    assert failure["cause"]["type"] == "version_conflict_engine_exception"
    told = await fruit.done("POST", "/fruit/_update_by_query?conflicts=proceed")
    assert (told["updated"], told["version_conflicts"], told["failures"]) == (3, 1, [])
    told = await fruit.done("POST", "/fruit/_update_by_query", {"conflicts": "proceed"})
    assert (told["updated"], told["version_conflicts"]) == (3, 1)


async def test_a_large_bulk_and_a_search_of_it_leave_others_their_turn(index: Index) -> None:
    """The items of a body that is read in a thread are those of the body, in its order."""
    index.server.cluster.world.settings = index.server.cluster.world.settings.__class__(mode="frozen")
    lines = [json.dumps(part) for n in range(3000) for part in ({"index": {"_index": "a", "_id": str(n)}}, {"n": n})]
    lines += ['{"index":{"_index":"a","_id":"long"}}', json.dumps({"n": 0, "t": "word " * 20_000, "x.y": 1})]
    lines += ['{"index":{"_index":"a","_id":"bad"}}', json.dumps({"n": "x", "t": "word " * 20_000})]
    answer = await index.done("POST", "/_bulk", "\n".join([*lines, ""]))
    assert [next(iter(item.values()))["_id"] for item in answer["items"][:3000]] == [str(n) for n in range(3000)]
    assert [next(iter(item.values()))["status"] for item in answer["items"][3000:]] == [201, 400]
    found = await index.done("POST", "/a/_search", {"query": {"match": {"t": "word"}}, "_source": ["x.y"]})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["long"]
    assert (await index.done("POST", "/a/_search?size=0"))["hits"]["total"]["value"] == 3001
    assert (await index.done("POST", "/a/_delete_by_query", {"query": {"range": {"n": {"gte": 10}}}}))[
        "deleted"
    ] == 2990


async def test_a_default_search_pipeline_that_is_passed_over_is_noted_once(index: Index) -> None:
    await index.done("PUT", "/a", {"settings": {"index.search.default_pipeline": "nlp"}})
    await index.done("PUT", "/b")
    for target in (
        "/b/_search",
        "/a,b/_search",
        "/a/_count",
        "/a/_search",
        "/a/_search",
        "/a/_search?search_pipeline=x",
    ):
        await index.ask("GET", target)
    journal = (await index.done("GET", f"{OWNER}/journal"))["exchanges"]
    told = ["mockflow does not apply the search pipeline nlp: hits are those of the query alone"]
    assert [exchange["notes"] for exchange in journal] == [[], [], [], [], [], told, [], []]
    assert journal[-1]["status"] == 400
