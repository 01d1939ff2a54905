"""Several searches in one request, and what is refused before any index is looked for."""

import json
from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

ALL: dict[str, Any] = {"query": {"match_all": {}}}


def lines(*values: Any) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


@pytest.fixture
async def filled(index: Index) -> Index:
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    await index.done("PUT", "/b/_doc/2", {"n": 2})
    await index.done("PUT", "/b/_doc/3", {"n": 3})
    return index


async def test_each_search_has_its_own_result(filled: Index) -> None:
    body = lines({"index": "a"}, ALL, {"index": ["a", "b"]}, {"query": {"range": {"n": {"gt": 1}}}}, {}, {"size": 0})
    told = await filled.done("POST", "/_msearch", body)
    assert [one["status"] for one in told["responses"]] == [200, 200, 200]
    found = [[hit["_id"] for hit in one["hits"]["hits"]] for one in told["responses"]]
    assert found == [["1"], ["2", "3"], []]
    assert told["responses"][2]["hits"]["total"] == {"value": 3, "relation": "eq"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_path_names_the_index_of_searches_without_one(filled: Index, method: str) -> None:
    body = "\n" + "\n".join(
        ["{}", json.dumps(ALL), "", json.dumps(ALL), json.dumps({"index": "a"}), json.dumps(ALL), ""]
    )
    told = await filled.done(method, "/b/_msearch?rest_total_hits_as_int=true", body)
    assert [one["hits"]["total"] for one in told["responses"]] == [2, 2, 1]


async def test_a_search_that_fails_does_not_stop_the_others(filled: Index) -> None:
    body = lines(
        {"index": "no"}, ALL, {"index": "no", "ignoreUnavailable": True}, ALL, {"index": "a"}, {"size": 10_001}
    )
    told = await filled.done("POST", "/_msearch", body)
    missing, ignored, too_large = told["responses"]
    assert (missing["status"], missing["error"]["type"]) == (404, "index_not_found_exception")
    assert (ignored["status"], ignored["hits"]["total"]["value"]) == (200, 0)
    assert (too_large["status"], too_large["error"]["type"]) == (400, "search_phase_execution_exception")


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("", "parse_exception", "request body or source parameter is required"),
        ("{}\n{}", "illegal_argument_exception", "The msearch request must be terminated by a newline [\\n]"),
        ("{}\n{}\n" * 1_001, "illegal_argument_exception", "mockflow does not support more than 1000 searches in one"),
        ("{}\n", "action_request_validation_exception", "Validation Failed: 1: no requests added;"),
        (
            lines({"foo": 1}, ALL),
            "illegal_argument_exception",
            "key [foo] is not supported in the metadata section",
        ),
        (lines({"index": "a"}, {"query": {"foo": {}}}), "parsing_exception", "unknown query [foo]"),
        (lines({"index": "no"}, {"foo": 1}), "parsing_exception", "Unknown key for a VALUE_NUMBER in [foo]."),
        (lines({}, ALL) + "{}\n{x\n", "json_parse_exception", "Unexpected character"),
    ],
)
async def test_a_search_that_cannot_be_read_refuses_all(filled: Index, body: str, kind: str, reason: str) -> None:
    status, found, why = await filled.refused("POST", "/_msearch", body)
    assert (status, found) == (400, kind)
    assert why.startswith(reason)


async def test_what_is_not_computed_is_refused_with_a_stub(filled: Index) -> None:
    _, _, why = await filled.refused("POST", "/_msearch", lines({}, {"aggs": {"x": {"avg": {"field": "n"}}}}))
    assert why.startswith("mockflow does not support [aggs] in a search")
    assert '{request: "POST /_msearch"' in why


@pytest.mark.parametrize("action", ["_search", "_count", "_delete_by_query", "_update_by_query"])
@pytest.mark.parametrize("where", ["no", "no*", "_all"])
async def test_a_query_is_read_before_its_indices_are_looked_for(index: Index, where: str, action: str) -> None:
    status, kind, reason = await index.refused("POST", f"/{where}/{action}", {"query": {"foo": {}}})
    assert (status, kind) == (400, "parsing_exception")
    assert reason.startswith("unknown query [foo]")
