"""Points in time: a search in one sees the documents as they were."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index
from tests.support.server import OWNER


@pytest.fixture
async def opened(index: Index) -> tuple[Index, str]:
    """Index a with two documents, and a point in time of it."""
    for id in ("1", "2"):
        await index.done("PUT", f"/a/_doc/{id}", {"n": int(id)})
    told = await index.done("POST", "/a/_search/point_in_time?keep_alive=1m")
    assert told["_shards"] == {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
    assert told["creation_time"] == 1_767_225_600_000
    return index, told["pit_id"]


async def test_a_search_sees_what_was_there(opened: tuple[Index, str]) -> None:
    index, pit = opened
    await index.done("PUT", "/a/_doc/3", {"n": 3})
    await index.done("DELETE", "/a/_doc/1")
    await index.done("PUT", "/a/_doc/2", {"n": 20})
    page: dict[str, Any] = {"pit": {"id": pit, "keep_alive": "1m"}, "sort": "n", "size": 1}
    first = await index.done("POST", "/_search", page)
    assert first["pit_id"] == pit
    assert first["hits"]["hits"][0]["_source"] == {"n": 1}
    second = await index.done("GET", "/_search", {**page, "search_after": first["hits"]["hits"][0]["sort"]})
    assert [hit["_source"] for hit in second["hits"]["hits"]] == [{"n": 2}]
    assert await index.found("a", {"sort": "n"}) == ["3", "2"]


async def test_it_ends_with_its_time_unless_a_search_keeps_it(opened: tuple[Index, str]) -> None:
    index, pit = opened
    listed = {"pit_id": pit, "creation_time": 1_767_225_600_000, "keep_alive": 60_000}
    assert await index.done("GET", "/_search/point_in_time/_all") == {"pits": [listed]}
    await index.ask("POST", f"{OWNER}/clock", {"advance": "40s"})
    await index.done("POST", "/_search", {"pit": {"id": pit, "keep_alive": "1m"}})
    await index.ask("POST", f"{OWNER}/clock", {"advance": "40s"})
    await index.done("POST", "/_search", {"pit": {"id": pit}})
    await index.ask("POST", f"{OWNER}/clock", {"advance": "40s"})
    answer = await index.ask("POST", "/_search", {"pit": {"id": pit}})
    assert (answer.status, answer.error["caused_by"]["type"]) == (404, "search_context_missing_exception")
    assert await index.done("GET", "/_search/point_in_time/_all") == {"pits": []}


@pytest.mark.parametrize("target", ["/_search/point_in_time", "/_search/point_in_time/_all"])
async def test_it_is_ended(opened: tuple[Index, str], target: str) -> None:
    index, pit = opened
    body = None if target.endswith("_all") else {"pit_id": [pit]}
    assert await index.done("DELETE", target, body) == {"pits": [{"successful": True, "pit_id": pit}]}
    assert (await index.refused("POST", "/_search", {"pit": {"id": pit}}))[0] == 404


async def test_it_ends_with_its_index(opened: tuple[Index, str]) -> None:
    index, pit = opened
    await index.done("DELETE", "/a")
    assert (await index.refused("POST", "/_search", {"pit": {"id": pit}}))[0] == 404


@pytest.mark.parametrize(
    ("target", "pit", "reason"),
    [
        ("/a/_search", {"id": "x"}, "Validation Failed: 1: [indices] cannot be used with point in time;"),
        ("/_search?scroll=1m", {"id": "x"}, "Validation Failed: 1: using [point in time] is not allowed in a scroll"),
        ("/_search?routing=r", {"id": "x"}, "Validation Failed: 1: [routing] cannot be used with point in time;"),
        ("/_search", {"id": "x", "foo": 1}, "[pit] unknown field [foo]"),
        ("/_search", {"id": "x", "keep_alive": "25h"}, "Keep alive for request (25h) is too large."),
        ("/_search", "x", "Unknown key for a VALUE_STRING in [pit]."),
    ],
)
async def test_refused_searches(index: Index, target: str, pit: Any, reason: str) -> None:
    status, _, why = await index.refused("POST", target, {"pit": pit})
    assert status == 400
    assert reason in why


async def test_refused_requests(index: Index) -> None:
    await index.done("PUT", "/a")
    assert (await index.refused("POST", "/a/_search/point_in_time"))[2].endswith("keep alive not specified;")
    assert (await index.refused("POST", "/no/_search/point_in_time?keep_alive=1m"))[0] == 404
    assert (await index.refused("DELETE", "/_search/point_in_time", {}))[2].endswith("no pit ids specified;")
    for _ in range(300):
        await index.done("POST", "/a/_search/point_in_time?keep_alive=1m")
    status, kind, _ = await index.refused("POST", "/a/_search/point_in_time?keep_alive=1m")
    assert (status, kind) == (429, "rejected_execution_exception")
