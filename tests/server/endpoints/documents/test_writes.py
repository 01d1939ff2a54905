"""Documents: index, create, update, delete, get, bulk, and what a mapping makes of them."""

from typing import Any

import pytest

from tests.server.endpoints.documents.conftest import Index


async def test_versions_and_sequence_numbers_count(index: Index) -> None:
    first = await index.ask("PUT", "/a/_doc/1", {"t": "x"})
    assert (first.status, first.header("location")) == (201, "/a/_doc/1")
    assert first.json == {
        "_index": "a",
        "_id": "1",
        "_version": 1,
        "result": "created",
        "_shards": {"total": 2, "successful": 1, "failed": 0},
        "_seq_no": 0,
        "_primary_term": 1,
    }
    again = await index.done("PUT", "/a/_doc/1?refresh=true", {"t": "y"})
    assert (again["_version"], again["result"], again["_seq_no"], again["forced_refresh"]) == (2, "updated", 1, True)
    assert await index.done("GET", "/a/_doc/1") == {
        "_index": "a",
        "_id": "1",
        "_version": 2,
        "_seq_no": 1,
        "_primary_term": 1,
        "found": True,
        "_source": {"t": "y"},
    }
    assert (await index.done("DELETE", "/a/_doc/1"))["_version"] == 3
    gone = await index.ask("DELETE", "/a/_doc/1")
    assert (gone.status, gone.json["result"], gone.json["_version"]) == (404, "not_found", 4)
    assert (await index.ask("GET", "/a/_doc/1")).json == {"_index": "a", "_id": "1", "found": False}
    assert (await index.done("PUT", "/a/_doc/1", {}))["_version"] == 5


@pytest.mark.parametrize(
    ("method", "target", "reason"),
    [
        ("PUT", "/a/_create/1", "document already exists (current version [1])"),
        ("PUT", "/a/_doc/1?op_type=create", "document already exists (current version [1])"),
        (
            "PUT",
            "/a/_doc/1?if_seq_no=5&if_primary_term=1",
            "required seqNo [5], primary term [1]. current document has seqNo [0] and primary term [1]",
        ),
        (
            "PUT",
            "/a/_doc/2?if_seq_no=5&if_primary_term=1",
            "required seqNo [5], primary term [1]. but no document was found",
        ),
        (
            "PUT",
            "/a/_doc/1?version=1&version_type=external",
            "current version [1] is higher or equal to the one provided [1]",
        ),
        (
            "DELETE",
            "/a/_doc/1?if_seq_no=9&if_primary_term=1",
            "required seqNo [9], primary term [1]. current document has",
        ),
    ],
)
async def test_a_write_for_another_version_is_a_conflict(index: Index, method: str, target: str, reason: str) -> None:
    await index.done("PUT", "/a/_doc/1", {"t": "x"})
    answer = await index.ask(method, target, {"t": "y"} if method == "PUT" else None)
    id = target.partition("?")[0][-1]
    assert (answer.status, answer.error["type"]) == (409, "version_conflict_engine_exception")
    assert answer.reason.startswith(f"[{id}]: version conflict, {reason}")
    assert (answer.error["index"], answer.error["shard"]) == ("a", "0")
    assert (await index.done("GET", "/a/_source/1")) == {"t": "x"}


async def test_ids_are_made_of_the_seed_and_a_counter(index: Index) -> None:
    made = [(await index.done("POST", "/a/_doc", {}))["_id"] for _ in range(2)]
    await index.done("POST", "/_mockflow/reset", {})
    again = [(await index.done("POST", "/a/_doc", {}))["_id"] for _ in range(2)]
    assert made == again
    assert len(set(made)) == 2
    assert all(len(id) == 20 for id in made)
    assert await index.done("GET", "/a/_count") == {
        "count": 2,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
    }


async def test_an_update_merges_objects_and_knows_when_nothing_changes(index: Index) -> None:
    await index.done("PUT", "/a/_doc/1", {"o": {"x": 1, "y": [1]}, "n": 1})
    told = await index.done("POST", "/a/_update/1?_source=o", {"doc": {"o": {"y": [2]}}})
    assert (told["result"], told["_version"]) == ("updated", 2)
    assert told["get"]["_source"] == {"o": {"x": 1, "y": [2]}}
    noop = await index.done("POST", "/a/_update/1", {"doc": {"n": 1}})
    assert (noop["result"], noop["_version"], noop["_shards"]["total"]) == ("noop", 2, 0)
    assert (await index.done("POST", "/a/_update/1", {"doc": {"n": 1}, "detect_noop": False}))["_version"] == 3
    assert await index.refused("POST", "/a/_update/2", {"doc": {}}) == (
        404,
        "document_missing_exception",
        "[2]: document missing",
    )
    assert (await index.done("POST", "/a/_update/2", {"doc": {"n": 2}, "doc_as_upsert": True}))["result"] == "created"
    assert (await index.done("POST", "/a/_update/3", {"doc": {"n": 2}, "upsert": {"n": 9}}))["result"] == "created"
    assert await index.done("GET", "/a/_source/3") == {"n": 9}
    assert await index.refused("POST", "/a/_update/1", {"foo": 1}) == (
        400,
        "x_content_parse_exception",
        "[1:2] [UpdateRequest] unknown field [foo]",
    )
    status, _, reason = await index.refused("POST", "/a/_update/1", {"script": "ctx._source.n = 1"})
    assert status == 400
    assert reason.startswith("mockflow does not support [script] in an update;")


async def test_many_documents_are_read_at_once(index: Index) -> None:
    await index.bulk({"index": {"_index": "a", "_id": "1"}}, {"x": 1, "y": 2})
    docs = [{"_index": "a", "_id": "1", "_source": ["x"]}, {"_index": "a", "_id": "2"}, {"_index": "no", "_id": "1"}]
    found = (await index.done("POST", "/_mget", {"docs": docs}))["docs"]
    assert (found[0]["_source"], found[1]) == ({"x": 1}, {"_index": "a", "_id": "2", "found": False})
    assert found[2]["error"]["type"] == "index_not_found_exception"
    assert [doc["found"] for doc in (await index.done("GET", "/a/_mget", {"ids": ["1", "2"]}))["docs"]] == [True, False]


async def test_a_bulk_tells_of_each_item(index: Index) -> None:
    await index.done("PUT", "/a", {"mappings": {"properties": {"n": {"type": "integer"}}}})
    items = await index.bulk(
        *({"index": {"_index": "a", "_id": "1"}}, {"n": 1}),
        *({"create": {"_index": "a", "_id": "1"}}, {"n": 2}),
        *({"index": {"_index": "a", "_id": "2"}}, {"n": "many"}),
        *({"update": {"_index": "a", "_id": "1"}}, {"doc": {"n": 3}}),
        {"delete": {"_index": "a", "_id": "7"}},
        *({"index": {"_index": "BAD", "_id": "1"}}, {}),
    )
    assert [item["status"] for item in items] == [201, 409, 400, 200, 404, 400]
    assert items[2]["error"] == {
        "type": "mapper_parsing_exception",
        "reason": "failed to parse field [n] of type [integer] in document with id '2'. "
        "Preview of field's value: 'many'",
        "caused_by": {"type": "number_format_exception", "reason": 'For input string: "many"'},
    }
    assert items[5]["error"]["type"] == "invalid_index_name_exception"
    assert await index.done("GET", "/a/_source/1") == {"n": 3}
    answer = await index.done("POST", "/a/_bulk", '{"index":{}}\n{"n":5}\n')
    assert answer["errors"] is False
    assert (await index.done("POST", "/a/_bulk", '{"index":{}}\nno\n'))["items"][0]["index"]["error"][
        "reason"
    ] == "failed to parse"


async def test_a_script_in_a_bulk_fails_its_item_alone(index: Index) -> None:
    items = await index.bulk(
        *({"create": {"_index": "a", "_id": "1"}}, {"n": 1}),
        *({"update": {"_index": "a", "_id": "1"}}, {"doc": {"m": 2}, "_source": True}),
        *({"update": {"_index": "a", "_id": "1"}}, {"script": {"source": "ctx._source.n = 2"}}),
        {"delete": {"_index": "a", "_id": "1"}},
    )
    assert [item["status"] for item in items] == [201, 200, 400, 200]
    assert items[1]["get"]["_source"] == {"n": 1, "m": 2}
    assert items[2]["error"]["reason"].startswith("mockflow does not support [script]")


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ('{"index":{}}\n{}', "illegal_argument_exception", r"The bulk request must be terminated by a newline [\n]"),
        ('{"index":{}}\n{}\n', "action_request_validation_exception", "Validation Failed: 1: index is missing;"),
        ('{"delete":{"_index":"a"}}\n', "action_request_validation_exception", "Validation Failed: 1: id is missing;"),
        ("\n", "action_request_validation_exception", "Validation Failed: 1: no requests added;"),
        (
            '"x"\n',
            "illegal_argument_exception",
            "Malformed action/metadata line [1], expected START_OBJECT but found [VALUE_STRING]",
        ),
        (
            '{"index":{"_type":"_doc"}}\n{}\n',
            "illegal_argument_exception",
            "Action/metadata line [1] contains an unknown parameter [_type]",
        ),
    ],
)
async def test_a_bulk_that_is_refused_as_a_whole(index: Index, body: str, kind: str, reason: str) -> None:
    assert await index.refused("POST", "/_bulk", body) == (400, kind, reason)
    assert await index.done("GET", "/_alias") == {}


async def test_new_fields_get_the_types_of_their_values(index: Index) -> None:
    text = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
    source = {
        "s": "x",
        "n": 1,
        "f": 1.5,
        "b": True,
        "day": "2026-01-02",
        "slashes": "2026/01/02",
        "year": "2026",
        "o": {"x": [None, 1]},
        "list": [{"p": 1}, {"q": "x"}],
        "dot.ted": "x",
        "none": None,
        "empty": [],
    }
    await index.done("PUT", "/a/_doc/1", source)
    assert (await index.done("GET", "/a/_mapping"))["a"]["mappings"]["properties"] == {
        "s": text,
        "n": {"type": "long"},
        "f": {"type": "float"},
        "b": {"type": "boolean"},
        "day": {"type": "date"},
        "slashes": {"type": "date", "format": "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"},
        "year": text,
        "o": {"properties": {"x": {"type": "long"}}},
        "list": {"properties": {"p": {"type": "long"}, "q": text}},
        "dot": {"properties": {"ted": text}},
    }
    assert (await index.done("GET", "/a/_source/1")) == source
    assert await index.found("a", {"query": {"term": {"dot.ted.keyword": "x"}}}) == ["1"]


async def test_dynamic_templates_and_dynamic_off(index: Index) -> None:
    templates = [
        {"names": {"match": "*_k", "mapping": {"type": "keyword"}}},
        {"numbers": {"match_mapping_type": "long", "mapping": {"type": "{dynamic_type}", "index": False}}},
    ]
    await index.done(
        "PUT",
        "/a",
        {"mappings": {"dynamic_templates": templates, "properties": {"off": {"dynamic": False, "type": "object"}}}},
    )
    await index.done("PUT", "/a/_doc/1", {"x_k": "1", "n": 5, "off": {"y": 1}})
    properties = (await index.done("GET", "/a/_mapping"))["a"]["mappings"]["properties"]
    assert (properties["x_k"], properties["n"]) == ({"type": "keyword"}, {"type": "long", "index": False})
    assert "properties" not in properties["off"]


VALUES: Any = {
    "dynamic": "strict",
    "properties": {
        "i": {"type": "integer"},
        "b": {"type": "boolean"},
        "d": {"type": "date", "format": "yyyy-MM-dd"},
        "ip": {"type": "ip"},
        "v": {"type": "knn_vector", "dimension": 2},
        "o": {"properties": {"x": {"type": "keyword"}}},
        "t": {"type": "text"},
        "lax": {"type": "integer", "ignore_malformed": True},
        "al": {"type": "alias", "path": "i"},
    },
}


@pytest.mark.parametrize(
    ("source", "reason", "cause"),
    [
        ({"i": "x"}, "failed to parse field [i] of type [integer]", 'For input string: "x"'),
        (
            {"i": [1, 3e9]},
            "failed to parse field [i] of type [integer]",
            "Value [3000000000.0] is out of range for an integer",
        ),
        ({"b": "yes"}, "failed to parse field [b] of type [boolean]", "Failed to parse value [yes] as only"),
        (
            {"d": "2026"},
            "failed to parse field [d] of type [date]",
            "failed to parse date field [2026] with format [yyyy-MM-dd]",
        ),
        ({"ip": "x"}, "failed to parse field [ip] of type [ip]", "'x' is not an IP string literal."),
        (
            {"v": [1]},
            "failed to parse field [v] of type [knn_vector]",
            "Vector dimension mismatch. Expected: 2, Given: 1",
        ),
        ({"t": {"x": 1}}, "failed to parse field [t] of type [text]", "Can't get text on a START_OBJECT"),
        ({"o": 1}, "object mapping for [o] tried to parse field [o] as object, but found a concrete value", None),
        ({"o": {"y": 1}}, "mapping set to strict, dynamic introduction of [y] within [o] is not allowed", None),
        ({"z": 1}, "mapping set to strict, dynamic introduction of [z] within [_doc] is not allowed", None),
        ({"al": 1}, "Cannot write to a field alias [al].", None),
        ({"_id": 1}, "failed to parse field [_id] of type [_id]", "Field [_id] is a metadata field"),
    ],
)
async def test_what_does_not_fit_the_mapping_is_refused(
    index: Index, source: Any, reason: str, cause: str | None
) -> None:
    await index.done("PUT", "/a", {"mappings": VALUES})
    answer = await index.ask("PUT", "/a/_doc/1", source)
    assert (answer.status, answer.reason[: len(reason)]) == (400, reason)
    told = answer.error.get("caused_by", {}).get("reason")
    assert (told is None) if cause is None else told.startswith(cause)
    assert (await index.done("GET", "/a/_count"))["count"] == 0


async def test_what_fits_is_taken(index: Index) -> None:
    await index.done("PUT", "/a", {"mappings": VALUES})
    fitting = {
        "i": "12",
        "b": "true",
        "d": "2026-01-02",
        "ip": "::1",
        "v": [1, 2.5],
        "o": [{"x": 1}],
        "t": 5,
        "lax": "x",
    }
    await index.done("PUT", "/a/_doc/1", fitting)
    assert await index.done("GET", "/a/_source/1") == fitting


@pytest.mark.parametrize(
    ("body", "kind", "cause"),
    [
        ("{no", "mapper_parsing_exception", "json_parse_exception"),
        ("[1]", "mapper_parsing_exception", "not_x_content_exception"),
        ("", "parse_exception", None),
    ],
)
async def test_a_document_that_is_no_object(index: Index, body: str, kind: str, cause: str | None) -> None:
    answer = await index.ask("PUT", "/a/_doc/1", body)
    assert (answer.status, answer.error["type"]) == (400, kind)
    assert answer.error.get("caused_by", {}).get("type") == cause


async def test_a_write_through_an_alias_goes_to_its_write_index(index: Index) -> None:
    for name in ("a", "b"):
        await index.done("PUT", f"/{name}", {"aliases": {"al": {}}})
    assert (await index.refused("POST", "/al/_doc", {}))[2].startswith("no write index is defined for alias [al].")
    await index.done("PUT", "/b/_alias/al", {"is_write_index": True})
    assert (await index.done("POST", "/al/_doc", {}))["_index"] == "b"
    assert (await index.refused("POST", "/c/_doc?require_alias=true", {}))[0] == 404
    assert (await index.refused("GET", "/al/_doc/1"))[2].startswith("alias [al] has more than one index")


@pytest.mark.parametrize(
    ("setting", "writes", "reads", "deletes"),
    [
        ("write", 403, 200, 200),
        ("read", 201, 403, 200),
        ("read_only", 403, 200, 403),
        ("read_only_allow_delete", 429, 200, 200),
    ],
)
async def test_a_block_is_heeded(index: Index, setting: str, writes: int, reads: int, deletes: int) -> None:
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    await index.done("PUT", "/a/_settings", {"index.blocks": {setting: True}})
    answer = await index.ask("PUT", "/a/_doc/2", {"n": 2})
    assert answer.status == writes
    assert answer.status < 300 or answer.error["type"] == "cluster_block_exception"
    assert [(await index.ask("GET", f"/a/{path}")).status for path in ("_search", "_count", "_doc/1")] == [reads] * 3
    assert (await index.ask("DELETE", "/a")).status == deletes
    await index.ask("PUT", "/a/_settings", {"index.blocks": {setting: False}})
    assert (await index.ask("PUT", "/a/_doc/3", {"n": 3})).status == 201


async def test_there_is_room_for_so_many_documents(index: Index, caplog: pytest.LogCaptureFixture) -> None:
    lines: list[Any] = [part for id in range(22) for part in ({"index": {"_index": "a", "_id": str(id)}}, {"n": id})]
    items = await index.bulk(*lines)
    assert [item["status"] for item in items] == [201] * 20 + [403] * 2
    block = "FORBIDDEN/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block"
    told = (403, "cluster_block_exception", f"index [a] blocked by: [{block}];")
    assert await index.refused("PUT", "/a/_doc/x", {}) == told
    assert (await index.done("PUT", "/a/_doc/1", {"n": 1}))["result"] == "updated"  # it takes no room
    logged = [record.getMessage() for record in caplog.records if "--max-documents" in record.getMessage()]
    assert logged == [
        "the indices hold 20 documents, the maximum; mockflow refuses a further one with 403 cluster_block_exception; "
        "--max-documents sets the maximum"
    ]
    await index.done("DELETE", "/a/_doc/1")
    await index.done("PUT", "/a/_doc/x", {})
