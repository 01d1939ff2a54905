"""Searches by the types and parameters of fields: what they find, and what is refused instead of finding nothing."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

ANALYSIS: Any = {
    "analyzer": {
        "mine": {"tokenizer": "whitespace", "filter": ["lowercase"]},
        "stemmed": {"tokenizer": "standard", "filter": ["lowercase", "porter_stem"]},
        "plain": {"type": "whitespace"},
    },
    "normalizer": {"low": {"type": "custom", "filter": ["lowercase"]}, "bare": {"filter": ["asciifolding"]}},
}
FIELDS: Any = {
    "ip": {"type": "ip"},
    "int": {"type": "integer"},
    "low": {"type": "keyword", "normalizer": "low"},
    "folded": {"type": "keyword", "normalizer": "bare"},
    "never": {"type": "keyword", "null_value": "NONE"},
    "part": {"type": "text", "copy_to": "all"},
    "all": {"type": "text"},
    "mine": {"type": "text", "analyzer": "mine"},
    "plain": {"type": "text", "analyzer": "plain"},
    "stemmed": {"type": "text", "analyzer": "stemmed"},
    "english": {"type": "text", "analyzer": "english", "fields": {"raw": {"type": "keyword"}}},
    "v": {"type": "knn_vector", "dimension": 2},
    "place": {"type": "geo_point"},
    "blob": {"type": "binary"},
    "unread": {"type": "text", "index": False},
    "stored": {"type": "keyword", "index": False, "doc_values": False},
    "listed": {"type": "keyword", "index": False},
    "bare": {"type": "keyword", "doc_values": False},
    "flat": {"type": "flat_object"},
    "count": {"type": "token_count", "analyzer": "standard"},
    "day": {"type": "date", "format": "EEE"},
}
DOCUMENT: Any = {
    "ip": "10.0.0.5",
    "int": 1.7,
    "low": "ABC",
    "folded": "é",
    "never": None,
    "part": "copied words",
    "mine": "Foo-Bar BAZ",
    "plain": "Foo Bar",
    "stemmed": "runs",
    "english": "runs",
    "v": [1, 2],
    "place": {"lat": 1, "lon": 2},
    "blob": "aGk=",
    "unread": "hello",
    "stored": "x",
    "listed": "x",
    "bare": "x",
    "flat": {"a": "b"},
    "count": "a b c",
    "day": "Mon",
}


@pytest.fixture
async def typed(index: Index) -> Index:
    settings = {"index.knn": True, "analysis": ANALYSIS}
    await index.done("PUT", "/a", {"settings": settings, "mappings": {"properties": FIELDS}})
    await index.done("PUT", "/a/_doc/1", DOCUMENT)
    return index


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"term": {"ip": "10.0.0.5"}}, True),
        ({"term": {"ip": "10.0.0.0/8"}}, True),
        ({"terms": {"ip": ["192.168.0.0/16", "10.0.0.4/31"]}}, True),
        ({"terms": {"ip": ["192.168.0.0/16"]}}, False),
        ({"match": {"ip": "::ffff:10.0.0.5"}}, True),
        ({"range": {"ip": {"gte": "10.0.0.4", "lt": "10.0.0.100"}}}, True),
        ({"range": {"ip": {"gte": "10.0.0.10"}}}, False),
        ({"term": {"int": 1}}, True),
        ({"term": {"int": 1.7}}, False),
        ({"term": {"low": "aBc"}}, True),
        ({"prefix": {"low": "ab"}}, True),
        ({"term": {"never": "NONE"}}, True),
        ({"exists": {"field": "never"}}, True),
        ({"match": {"all": "copied"}}, True),
        ({"exists": {"field": "all"}}, True),
        ({"match": {"mine": "FOO-bar"}}, True),
        ({"match": {"mine": "foo"}}, False),
        ({"match": {"plain": "Foo"}}, True),
        ({"match": {"plain": "foo"}}, False),
        ({"match_phrase": {"plain": "Foo Bar"}}, True),
        ({"term": {"english.raw": "runs"}}, True),
        ({"exists": {"field": "v"}}, True),
        ({"term": {"listed": "x"}}, True),
        ({"term": {"day": "Mon"}}, True),
        ({"multi_match": {"query": "copied", "fields": ["part", "all"]}}, True),
    ],
)
async def test_what_is_found(typed: Index, query: Any, is_found: bool) -> None:
    assert await typed.found("a", {"query": query}) == (["1"] if is_found else [])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"term": {"v": 1}}, "KNN vector do not support exact searching, use KNN queries instead: [v]"),
        ({"match": {"place": "1,2"}}, "Geometry fields do not support exact searching, use dedicated geometry queries"),
        ({"terms": {"blob": ["aGk="]}}, "Binary fields do not support searching"),
        ({"range": {"v": {"gte": 1}}}, "failed to create query: Field [v] of type [knn_vector] does not support range"),
        (
            {"prefix": {"int": "1"}},
            "Can only use prefix queries on keyword and text fields - not on [int] which is of type",
        ),
        (
            {"match": {"unread": "hello"}},
            "failed to create query: Cannot search on field [unread] since it is not indexed.",
        ),
        (
            {"term": {"stored": "x"}},
            "failed to create query: Cannot search on field [stored] since it is both not indexed, and does not have "
            "doc_values enabled.",
        ),
        ({"multi_match": {"query": "x", "fields": ["v"]}}, "KNN vector do not support exact searching"),
        ({"term": {"ip": "x"}}, "failed to create query: 'x' is not an IP string literal."),
    ],
)
async def test_what_opensearch_refuses(typed: Index, query: Any, reason: str) -> None:
    answer = await typed.ask("POST", "/a/_search", {"query": query})
    assert answer.status == 400
    cause = answer.error["root_cause"][0]
    assert cause["type"] == "query_shard_exception"
    assert cause["reason"].startswith(reason)


@pytest.mark.parametrize(
    "body",
    [
        {"query": {"match": {"english": "running"}}},
        {"query": {"match": {"stemmed": "running"}}},
        {"query": {"term": {"folded": "e"}}},
        {"query": {"term": {"flat.a": "b"}}},
        {"query": {"term": {"count": 3}}},
        {"query": {"range": {"day": {"gte": "Mon"}}}},
        {"sort": "ip"},
        {"sort": "v"},
        {"sort": "day"},
    ],
)
async def test_what_mockflow_does_not_compute(typed: Index, body: Any) -> None:
    status, _, reason = await typed.refused("POST", "/a/_search", body)
    assert status == 400
    assert reason.startswith("mockflow does not support ")


async def test_a_sort_wants_values_of_documents(typed: Index) -> None:
    answer = await typed.ask("POST", "/a/_search", {"sort": "bare"})
    assert answer.error["root_cause"][0]["reason"] == (
        "Can't load fielddata on [bare] because fielddata is unsupported on fields of type [keyword]. Use doc values "
        "instead."
    )


async def test_the_analyzer_of_the_index(index: Index) -> None:
    await index.done("PUT", "/a", {"settings": {"analysis": {"analyzer": {"default": {"type": "keyword"}}}}})
    await index.done("PUT", "/a/_doc/1", {"t": "Two Words"})
    assert await index.found("a", {"query": {"match": {"t": "two"}}}) == []
    assert await index.found("a", {"query": {"match": {"t": "Two Words"}}}) == ["1"]
    await index.done("PUT", "/b", {"settings": {"analysis": {"analyzer": {"default": {"type": "stop"}}}}})
    await index.done("PUT", "/b/_doc/1", {"t": "the words"})
    reason = (await index.refused("POST", "/b/_search", {"query": {"match": {"t": "the"}}}))[2]
    assert reason.startswith("mockflow does not support queries on the field [t] with the analyzer [default]")
