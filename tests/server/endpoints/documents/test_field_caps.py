"""What the fields of indices are good for."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index

FIELDS: dict[str, Any] = {
    "t": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
    "k": {"type": "keyword", "doc_values": False},
    "n": {"type": "long", "index": False},
    "o": {"properties": {"d": {"type": "date"}}},
    "p": {"type": "nested", "properties": {"b": {"type": "boolean"}}},
    "al": {"type": "alias", "path": "o.d"},
}


def caps(kind: str, searchable: bool, aggregatable: bool, **more: Any) -> dict[str, Any]:
    return {"type": kind, "searchable": searchable, "aggregatable": aggregatable, **more}


@pytest.fixture
async def mapped(index: Index) -> Index:
    await index.done("PUT", "/a", {"mappings": {"properties": FIELDS}})
    await index.done("PUT", "/b", {"mappings": {"properties": {"k": {"type": "keyword"}, "n": {"type": "text"}}}})
    return index


async def test_one_index(mapped: Index) -> None:
    assert await mapped.done("GET", "/a/_field_caps?fields=*") == {
        "indices": ["a"],
        "fields": {
            "t": {"text": caps("text", True, False)},
            "t.raw": {"keyword": caps("keyword", True, True)},
            "k": {"keyword": caps("keyword", True, False)},
            "n": {"long": caps("long", False, True)},
            "o": {"object": caps("object", False, False)},
            "o.d": {"date": caps("date", True, True)},
            "p": {"nested": caps("nested", False, False)},
            "p.b": {"boolean": caps("boolean", True, True)},
            "al": {"date": caps("date", True, True)},
        },
    }


async def test_several_indices(mapped: Index) -> None:
    body: Any = {"index_filter": {"match_all": {}}}
    told = await mapped.done("POST", "/_field_caps?fields=n,k,t&include_unmapped=true", body)
    assert told == {
        "indices": ["a", "b"],
        "fields": {
            "n": {"long": caps("long", False, True, indices=["a"]), "text": caps("text", True, False, indices=["b"])},
            "k": {"keyword": caps("keyword", True, False, non_aggregatable_indices=["a"])},
            "t": {
                "text": caps("text", True, False, indices=["a"]),
                "unmapped": caps("unmapped", False, False, indices=["b"]),
            },
        },
    }
    assert "unmapped" not in (await mapped.done("GET", "/_field_caps?fields=t"))["fields"]["t"]


@pytest.mark.parametrize(
    ("target", "body", "status", "reason"),
    [
        ("/_field_caps", None, 400, "Validation Failed: 1: no fields specified;"),
        ("/no/_field_caps?fields=*", None, 404, "no such index [no]"),
        ("/_field_caps?fields=*", {"foo": 1}, 400, "[1:"),
        (
            "/_field_caps?fields=*",
            {"index_filter": {"match_none": {}}},
            400,
            "mockflow does not support an [index_filter]",
        ),
    ],
)
async def test_refused(mapped: Index, target: str, body: Any, status: int, reason: str) -> None:
    found = await mapped.refused("POST", target, body)
    assert found[0] == status
    assert found[2].startswith(reason) or "unknown field [foo]" in found[2]
