"""Parts of requests that stand in another place: index and body in the query string, names of queries in hits."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.server.endpoints.documents.conftest import Index


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("/_mapping?index=a", "/a/_mapping"),
        ("/_settings?index=a", "/a/_settings"),
        ("/_settings?name=index.uuid&index=a", "/a/_settings/index.uuid"),
        ("/_alias?index=a", "/a/_alias"),
        ("/_alias?name=al", "/_alias/al"),
        ("/_mapping/field/n?index=a", "/a/_mapping/field/n"),
        ("/_stats?index=a&metric=docs", "/a/_stats/docs"),
        ("/_count?index=a", "/a/_count"),
        ("/_cluster/health?index=a", "/_cluster/health/a"),
        ("/_cluster/state?metric=version", "/_cluster/state/version"),
        ("/_cat/indices?index=a&h=index", "/_cat/indices/a?h=index"),
        ("/_cat/count?index=a&h=count", "/_cat/count/a?h=count"),
        ("/_cat/aliases?alias=al", "/_cat/aliases/al"),
        ("/_template?name=x*", "/_template/x*"),
    ],
)
async def test_a_parameter_stands_for_what_the_path_has_not(index: Index, short: str, whole: str) -> None:
    for name in ("a", "b"):
        await index.done("PUT", f"/{name}", {"mappings": {"properties": {"n": {"type": "long"}}}})
    await index.done("PUT", "/_alias?index=a&name=al")
    answers = [await index.ask("GET", target) for target in (short, whole)]
    assert answers[0].status == 200, answers[0].body
    assert answers[0].body == answers[1].body


async def test_only_handlers_that_read_a_parameter_take_it(index: Index) -> None:
    await index.done("PUT", "/a")
    answer = await index.refused("GET", "/a?name=index.uuid")
    assert answer[0] == 400
    assert "unrecognized parameter: [name]" in answer[2]


READS = ("/_search", "/_count", "/_mget", "/_search/scroll")


@pytest.mark.parametrize("path", READS)
async def test_a_body_in_the_query_string_needs_its_type(index: Index, path: str) -> None:
    source = quote("{}")
    for given in (f"source={source}", f"source={source}&source_content_type=text/plain"):
        status, kind, reason = await index.refused("GET", f"{path}?{given}")
        assert (status, kind) == (500, "illegal_state_exception")
        assert reason in (
            "source and source_content_type parameters are required",
            "Unknown value for source_content_type [text/plain]",
        )


async def test_a_body_in_the_query_string(index: Index) -> None:
    for id in ("1", "2"):
        await index.done("PUT", f"/a/_doc/{id}", {"n": int(id)})

    def target(path: str, body: Any) -> str:
        return f"{path}?source={quote(json.dumps(body))}&source_content_type=application/json"

    one = {"query": {"term": {"n": 1}}}
    assert (await index.done("GET", target("/a/_count", one)))["count"] == 1
    assert (await index.done("GET", target("/a/_search", one)))["hits"]["total"]["value"] == 1
    found = await index.done("GET", target("/a/_mget", {"ids": ["2"]}))
    assert [doc["_source"] for doc in found["docs"]] == [{"n": 2}]
    status, _, reason = await index.refused("GET", target("/a/_search", one), one)
    assert status == 400
    assert "contains unrecognized parameters: [source]" in reason
    assert await index.refused("GET", "/a/_mget") == (
        400,
        "parse_exception",
        "request body or source parameter is required",
    )


async def test_a_count_ends_early(index: Index) -> None:
    for id in range(3):
        await index.done("PUT", f"/a/_doc/{id}", {"n": id})
    told = await index.done("GET", "/a/_count?terminate_after=2")
    assert (told["count"], told["terminated_early"]) == (2, True)
    told = await index.done("GET", "/a/_count?terminate_after=5&min_score=0")
    assert (told["count"], told["terminated_early"]) == (3, False)
    assert "terminated_early" not in await index.done("GET", "/a/_count")
    await index.done("PUT", "/b", {"settings": {"number_of_shards": 2}})
    for target in ("/b/_count?terminate_after=1", "/a/_count?min_score=0.5", "/a/_count?q=n:1"):
        assert (await index.refused("GET", target))[2].startswith("mockflow does not support ")
    assert (await index.refused("GET", "/a/_count?min_score=x"))[2] == (
        "Failed to parse float parameter [min_score] with value [x]"
    )


async def test_hits_name_the_queries_that_they_match(index: Index) -> None:
    await index.done("PUT", "/a", {"mappings": {"properties": {"k": {"type": "keyword"}, "o": {"type": "nested"}}}})
    await index.done("PUT", "/a/_doc/1", {"k": "x", "n": 1, "o": [{"p": "q"}]})
    await index.done("PUT", "/a/_doc/2", {"k": "x", "n": 2})
    query = {
        "bool": {
            "_name": "whole",
            "must": [{"term": {"k": {"value": "x", "_name": "of k"}}}],
            "should": [
                {"range": {"n": {"gte": 2}, "_name": "large"}},
                {"terms": {"n": [1], "_name": "small"}},
                {"match": {"missing": {"query": "x", "_name": "never"}}},
                {"nested": {"path": "o", "query": {"match_all": {"_name": "inner"}}, "_name": "has o"}},
                {"constant_score": {"filter": {"ids": {"values": ["1"], "_name": 7}}}},
            ],
        }
    }
    hits = (await index.done("POST", "/a/_search", {"query": query, "sort": "n"}))["hits"]["hits"]
    assert [sorted(hit["matched_queries"]) for hit in hits] == [
        ["7", "has o", "of k", "small", "whole"],
        ["large", "of k", "whole"],
    ]
    scored = await index.done("POST", "/a/_search?include_named_queries_score=true", {"query": query, "sort": "n"})
    assert scored["hits"]["hits"][1]["matched_queries"]["large"] == 1.0
    plain = await index.done("POST", "/a/_search", {"query": {"match_all": {}}})
    assert "matched_queries" not in plain["hits"]["hits"][0]
    body = {"query": {"term": {"k": {"value": "x", "_name": "t"}}}}
    assert (await index.done("POST", "/a/_delete_by_query", body))["deleted"] == 2
