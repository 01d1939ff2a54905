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


MULTI: Any = {
    "mappings": {"properties": {"t": {"type": "text"}, "u": {"type": "text"}, "k": {"type": "keyword"}}},
}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"query": "red fox", "fields": ["t", "u"]}, ["1", "2", "3"]),
        ({"query": "red fox", "fields": ["t", "u"], "operator": "and"}, ["1"]),
        ({"query": "red fox", "fields": ["t", "u"], "type": "phrase"}, ["1"]),
        ({"query": "red fox", "fields": ["t", "u"], "minimum_should_match": 2}, ["1"]),
        ({"query": "fox", "fields": "t"}, ["1"]),
        ({"query": "fox", "fields": ["missing", "u^3"]}, ["3"]),
        ({"query": "fox", "fields": ["missing"]}, []),
        ({"query": "dog", "fields": ["t", "k"]}, ["2"]),
        ({"query": "7", "fields": ["*"]}, ["3"]),
        ({"query": "fox", "fields": ["*"]}, ["1", "3"]),
        ({"query": "  ", "fields": ["t"]}, []),
    ],
)
async def test_multi_match(index: Index, query: Any, ids: list[str]) -> None:
    await index.done("PUT", "/a", MULTI)
    await index.done("PUT", "/a/_doc/1", {"t": "the red fox", "u": "x"})
    await index.done("PUT", "/a/_doc/2", {"t": "red", "u": "y", "k": "dog"})
    await index.done("PUT", "/a/_doc/3", {"t": "z", "u": "fox", "n": 7})
    assert sorted(await index.found("a", {"query": {"multi_match": query}})) == ids


async def test_the_best_field_counts_and_the_others_by_the_tie_breaker(index: Index) -> None:
    await index.done("PUT", "/a", MULTI)
    await index.done("PUT", "/a/_doc/1", {"t": "fox", "u": "fox"})

    async def score(**more: Any) -> float:
        query = {"multi_match": {"query": "fox", "fields": ["t", "u"], **more}}
        found = await index.done("POST", "/a/_search", {"query": query})
        return float(found["hits"]["hits"][0]["_score"])

    one = await score(fields=["t"])
    assert await score() == one
    assert await score(fields=["t", "u^2"]) == pytest.approx(2 * one)
    assert await score(type="most_fields") == pytest.approx(2 * one)
    assert await score(tie_breaker=0.5, boost=2) == pytest.approx(3 * one)


@pytest.mark.parametrize(
    ("query", "kind", "reason"),
    [
        ({"fields": ["t"]}, "parsing_exception", "No text specified for multi_match query"),
        ({"query": "x", "foo": 1}, "parsing_exception", "[multi_match] query does not support [foo]"),
        ({"query": {"x": 1}}, "parsing_exception", "[multi_match] unknown token [START_OBJECT] after [query]"),
        (
            {"query": "x", "fields": ["t"], "type": "x"},
            "parse_exception",
            "failed to parse [multi_match] query type [x].",
        ),
        ({"query": "x", "fields": ["n"]}, "search_phase_execution_exception", "all shards failed"),
        ({"query": "x", "fields": ["n*"]}, "search_phase_execution_exception", "all shards failed"),
        ({"query": "x", "fields": ["t^-1"]}, "search_phase_execution_exception", "all shards failed"),
        ({"query": "x"}, "illegal_argument_exception", "mockflow does not support [multi_match] without [fields]"),
        ({"query": "x", "fields": ["t"], "type": "cross_fields"}, "illegal_argument_exception", "mockflow does not"),
        ({"query": "x", "fields": ["t"], "fuzziness": 1}, "illegal_argument_exception", "mockflow does not support"),
    ],
)
async def test_a_multi_match_that_fails(index: Index, query: Any, kind: str, reason: str) -> None:
    await index.done("PUT", "/a/_doc/1", {"t": "x", "n": 1})
    status, found, why = await index.refused("POST", "/a/_search", {"query": {"multi_match": query}})
    assert (status, found) == (400, kind)
    assert why.startswith(reason)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_query_is_validated(index: Index, method: str) -> None:
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    await index.done("PUT", "/b/_doc/1", {"n": "x"})
    one, two = ({"total": number, "successful": number, "failed": 0} for number in (1, 2))
    valid: Any = {"query": {"match": {"n": 1}}}
    assert await index.done(method, "/a/_validate/query", valid) == {"_shards": one, "valid": True}
    assert await index.done(method, "/_validate/query") == {"_shards": two, "valid": True}
    on_shard = {"query": {"match": {"n": "x"}}}
    assert (await index.done(method, "/a/_validate/query", on_shard)) == {"_shards": one, "valid": False}
    unreadable: tuple[Any, ...] = ({"query": {"foo": {}}}, {"size": 1}, "{x")
    for body in unreadable:
        assert await index.done(method, "/a/_validate/query", body) == {"valid": False}
    told = await index.done(method, "/a/_validate/query?explain=true", {"query": {"foo": {}}})
    assert told["valid"] is False
    assert "unknown query [foo]" in told["error"]
    assert (await index.refused(method, "/no/_validate/query", valid))[1] == "index_not_found_exception"
    knn: Any = {"query": {"knn": {}}}
    for target, body in (("?explain=true", valid), ("?rewrite=true", valid), ("?q=n:1", None), ("", knn)):
        refused = await index.refused(method, f"/a/_validate/query{target}", body)
        assert refused[2].startswith("mockflow does not support")
