"""Pipelines of clients over HTTP: put, get, delete, simulate, and what each processor does."""

import json
import logging
from typing import Any, Final

import pytest

from tests.server.endpoints.test_ml_changes import JSON, ask, good, remote_model
from tests.support.server import OWNER, Server

INGEST: Final = "/_ingest/pipeline/p"
SEARCH: Final = "/_search/pipeline/s"


async def simulated(server: Server, processor: dict[str, Any], source: dict[str, Any], **pipeline: Any) -> Any:
    body = {"pipeline": {"processors": [processor], **pipeline}, "docs": [{"_source": source}]}
    [shown] = (await good(server, "POST", "/_ingest/pipeline/_simulate", body))["docs"]
    return shown


@pytest.mark.parametrize("path", [INGEST, SEARCH])
async def test_the_life_of_a_pipeline(server: Server, path: str) -> None:
    body: dict[str, Any] = {"description": "d", ("processors" if path == INGEST else "request_processors"): []}
    assert await good(server, "PUT", path, body) == {"acknowledged": True}
    assert await good(server, "GET", path) == {path.rpartition("/")[2]: body}
    await good(server, "PUT", path, {**body, "description": "new"})
    assert (await good(server, "GET", path.rpartition("/")[0]))[path.rpartition("/")[2]]["description"] == "new"
    assert await good(server, "DELETE", path) == {"acknowledged": True}
    assert (await ask(server, "GET", path)).status == 404


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (INGEST, None, {"type": "parse_exception", "reason": "request body or source parameter is required"}),
        (SEARCH, None, {"type": "parse_exception", "reason": "request body or source parameter is required"}),
        (
            INGEST,
            {},
            {
                "type": "parse_exception",
                "reason": "[processors] required property is missing",
                "property_name": "processors",
            },
        ),
        (
            INGEST,
            {"processors": [{"nope": {}}]},
            {
                "type": "parse_exception",
                "reason": "No processor type exists with name [nope]",
                "processor_type": "nope",
            },
        ),
        (
            INGEST,
            {"processors": [{"set": {"value": 1}}]},
            {
                "type": "parse_exception",
                "reason": "[field] required property is missing",
                "processor_type": "set",
                "property_name": "field",
            },
        ),
        (
            SEARCH,
            {"request_processors": [{"nope": {}}]},
            {"type": "illegal_argument_exception", "reason": "Invalid processor type nope"},
        ),
    ],
)
async def test_what_is_refused(server: Server, path: str, body: Any, error: dict[str, str]) -> None:
    answer = await ask(server, "PUT", path, body)
    assert answer.status == 400
    assert {name: value for name, value in answer.error.items() if name != "root_cause"} == error


PLAIN: Final[list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]] = [
    ({"set": {"field": "b.c", "value": "{{a}}!"}}, {"a": "x"}, {"a": "x", "b": {"c": "x!"}}),
    ({"set": {"field": "a", "value": 2, "override": False}}, {"a": 1}, {"a": 1}),
    ({"remove": {"field": ["a", "b.c"]}}, {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3}}),
    ({"rename": {"field": "a", "target_field": "b.c"}}, {"a": 1}, {"b": {"c": 1}}),
    ({"copy": {"source_field": "a", "target_field": "b"}}, {"a": [1]}, {"a": [1], "b": [1]}),
    ({"append": {"field": "a", "value": ["y", "x"], "allow_duplicates": False}}, {"a": "x"}, {"a": ["x", "y"]}),
    ({"lowercase": {"field": "a"}}, {"a": "ÄB"}, {"a": "äb"}),
    ({"uppercase": {"field": "a", "target_field": "b"}}, {"a": ["x"]}, {"a": ["x"], "b": ["X"]}),
    ({"trim": {"field": "a"}}, {"a": " x "}, {"a": "x"}),
    ({"split": {"field": "a", "separator": ","}}, {"a": "x,y,,"}, {"a": ["x", "y"]}),
    ({"split": {"field": "a", "separator": "\\s+"}}, {"a": "x  y"}, {"a": ["x", "y"]}),
    ({"join": {"field": "a", "separator": "-"}}, {"a": ["x", 1, True]}, {"a": "x-1-true"}),
    ({"convert": {"field": "a", "type": "integer"}}, {"a": "12"}, {"a": 12}),
    ({"convert": {"field": "a", "type": "auto"}}, {"a": ["1", "1.5", "true", "x"]}, {"a": [1, 1.5, True, "x"]}),
    ({"json": {"field": "a", "add_to_root": True}}, {"a": '{"b":1}'}, {"a": '{"b":1}', "b": 1}),
    (
        {"date": {"field": "a", "formats": ["ISO8601"]}},
        {"a": "2026-01-01T01:00:00+01:00"},
        {"a": "2026-01-01T01:00:00+01:00", "@timestamp": "2026-01-01T00:00:00.000Z"},
    ),
    ({"set": {"field": "t", "value": "{{_ingest.timestamp}}"}}, {}, {"t": "2026-01-01T00:00:00.000Z"}),
]


@pytest.mark.parametrize(("processor", "source", "expected"), PLAIN, ids=lambda one: next(iter(one), ""))
async def test_plain_processors(
    server: Server, processor: dict[str, Any], source: dict[str, Any], expected: dict[str, Any]
) -> None:
    shown = await simulated(server, processor, source)
    assert shown["doc"]["_source"] == expected
    assert (shown["doc"]["_index"], shown["doc"]["_id"]) == ("_index", "_id")


def chunking(algorithm: str, fields: Any = None, /, **parameters: Any) -> dict[str, Any]:
    return {"text_chunking": {"algorithm": {algorithm: parameters}, "field_map": fields or {"a": "b"}}}


@pytest.mark.parametrize(
    ("processor", "a", "pieces"),
    [
        (chunking("fixed_token_length", token_limit=2), "One two, three!", ["One two, ", "three!"]),
        (chunking("fixed_token_length", token_limit=2, overlap_rate=0.5), "a b c", ["a b ", "b c"]),
        (chunking("fixed_token_length", token_limit=9), "One two", ["One two"]),
        (chunking("fixed_token_length"), "", []),
        (chunking("fixed_char_length", char_limit="4", overlap_rate="0.25"), "abcdefg", ["abcd", "defg"]),
        (chunking("delimiter", delimiter=". "), "A b. C d. E", ["A b. ", "C d. ", "E"]),
        (chunking("delimiter"), "A\n\nB\n\n", ["A\n\n", "B\n\n"]),
        (chunking("delimiter", delimiter=".", max_chunk_limit=2), "a.b.c.", ["a.", "b.c."]),
        (chunking("delimiter", delimiter=".", max_chunk_limit=-1), "a.b.c.", ["a.", "b.", "c."]),
        (chunking("delimiter", delimiter="."), ["a.b", "", "c"], ["a.", "b", "c"]),
    ],
)
async def test_texts_in_pieces(server: Server, processor: dict[str, Any], a: Any, pieces: list[str]) -> None:
    assert (await simulated(server, processor, {"a": a}))["doc"]["_source"] == {"a": a, "b": pieces}


async def test_pieces_within_objects_and_of_nothing(server: Server) -> None:
    nested = chunking("delimiter", {"o": {"a": "b"}, "none": "empty"}, delimiter=".")
    shown = await simulated(server, nested, {"o": [{"a": "x.y"}, {"a": "z"}]})
    assert shown["doc"]["_source"] == {
        "o": [{"a": "x.y", "b": ["x.", "y"]}, {"a": "z", "b": ["z"]}],
        "empty": [],
    }
    nested["text_chunking"]["ignore_missing"] = True
    assert "empty" not in (await simulated(server, nested, {"o": {"a": "x"}}))["doc"]["_source"]


async def test_pieces_by_a_tokenizer_that_mockflow_does_not_know(server: Server) -> None:
    processor = chunking("fixed_token_length", tokenizer="letter", token_limit=1)
    assert (await simulated(server, processor, {"a": "x y"}))["doc"]["_source"] == {"a": "x y"}
    [exchange] = (await good(server, "GET", f"{OWNER}/journal"))["exchanges"]
    assert exchange["notes"] == [
        "mockflow does not compute the processor text_chunking: documents pass it unchanged",
    ]


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"token_limit": 0}, "Parameter [token_limit] must be positive."),
        ({"token_limit": "x"}, "Parameter [token_limit] must be of java.lang.Integer type"),
        ({"max_chunk_limit": -2}, "Parameter [max_chunk_limit] must be positive or -1 to disable this parameter"),
        ({"overlap_rate": 0.6}, "Parameter [overlap_rate] must be between 0.0 and 0.5, but was 0.6"),
        ({"overlap_rate": True}, "Parameter [overlap_rate] must be of java.lang.Double type"),
        ({"tokenizer": ""}, "Parameter [tokenizer] should not be empty."),
        ({"tokenizer": 1}, "Parameter [tokenizer] must be of java.lang.String type"),
    ],
)
async def test_how_texts_cannot_be_put_in_pieces(server: Server, parameters: dict[str, Any], reason: str) -> None:
    answer = await ask(server, "PUT", INGEST, {"processors": [chunking("fixed_token_length", **parameters)]})
    assert (answer.status, answer.reason) == (500, f"java.lang.IllegalArgumentException: {reason}")


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ({"field_pattern": "a*"}, {"b": 3, "ca": 4}),
        ({"field_pattern": ["ab", "c*"]}, {"a": 1, "b": 3}),
        ({"exclude_field_pattern": ["a*", "b"]}, {"a": 1, "ab": 2, "b": 3}),
    ],
)
async def test_fields_removed_by_patterns(server: Server, patterns: dict[str, Any], left: dict[str, Any]) -> None:
    shown = await simulated(server, {"remove_by_pattern": patterns}, {"a": 1, "ab": 2, "b": 3, "ca": 4})
    assert (shown["doc"]["_source"], shown["doc"]["_index"]) == (left, "_index")


@pytest.mark.parametrize(
    ("processor", "source", "reason"),
    [
        (chunking("delimiter"), {"a": 1}, "field [a] is neither string nor nested type, cannot process it"),
        (chunking("delimiter"), {"a": ["x", 1]}, "list type field [a] has non-string value, cannot process it"),
        (chunking("delimiter"), {"a": [None]}, "list type field [a] has null, cannot process it"),
        (chunking("delimiter"), {"a": {"b": 1}}, "map type field [a] has non-string type, cannot process it"),
        ({"rename": {"field": "a", "target_field": "b"}}, {}, "field [a] doesn't exist"),
        ({"rename": {"field": "a", "target_field": "b"}}, {"a": 1, "b": 2}, "field [b] already exists"),
        ({"remove": {"field": "a.b"}}, {"a": {}}, "field [b] not present as part of path [a.b]"),
        ({"lowercase": {"field": "a"}}, {"a": None}, "field [a] is null, cannot process it."),
        (
            {"lowercase": {"field": "a"}},
            {"a": 1},
            "field [a] of type [java.lang.Integer] cannot be cast to [java.lang.String]",
        ),
        ({"convert": {"field": "a", "type": "integer"}}, {"a": "x"}, "unable to convert [x] to integer"),
        ({"date": {"field": "a", "formats": ["ISO8601"]}}, {"a": "x"}, "unable to parse date [x]"),
        ({"fail": {"message": "no {{a}}"}}, {"a": "x"}, "no x"),
        (
            {"pipeline": {"name": "other"}},
            {},
            "Pipeline processor configured for non-existent pipeline [other]",
        ),
        ({"text_embedding": {"model_id": "nope", "field_map": {"a": "v"}}}, {"a": "x"}, "Failed to find model"),
    ],
)
async def test_processors_that_fail(
    server: Server, processor: dict[str, Any], source: dict[str, Any], reason: str
) -> None:
    assert (await simulated(server, processor, source))["error"]["reason"] == reason
    [content] = processor.values()
    ignoring = {next(iter(processor)): {**content, "ignore_failure": True}}
    assert (await simulated(server, ignoring, source))["doc"]["_source"] == source
    handled = await simulated(
        server, processor, source, on_failure=[{"set": {"field": "e", "value": "{{_ingest.on_failure_message}}"}}]
    )
    assert handled["doc"]["_source"] == {**source, "e": reason}


async def test_verbose_dropped_and_stored_pipelines(server: Server) -> None:
    await good(server, "PUT", INGEST, {"processors": [{"set": {"field": "a", "value": 1, "tag": "t"}}, {"drop": {}}]})
    body = {"docs": [{"_source": {}, "_id": "1"}]}
    assert await good(server, "POST", f"{INGEST}/_simulate", body) == {"docs": [None]}
    [shown] = (await good(server, "GET", f"{INGEST}/_simulate?verbose=true", body))["docs"]
    first, second = shown["processor_results"]
    assert (first["processor_type"], first["status"], first["tag"], first["doc"]["_source"]) == (
        "set",
        "success",
        "t",
        {"a": 1},
    )
    assert second == {"processor_type": "drop", "status": "dropped"}
    nested = await simulated(server, {"pipeline": {"name": "p"}}, {})
    assert nested is None
    await good(server, "PUT", INGEST, {"processors": [{"pipeline": {"name": "p"}}]})
    [circle] = (await good(server, "POST", f"{INGEST}/_simulate", body))["docs"]
    assert circle["error"]["reason"] == "Cycle detected for pipeline: p"


async def local_model(server: Server) -> str:
    """The id of a deployed model."""
    registered = await good(
        server,
        "POST",
        "models/_register?deploy=true",
        {"name": "huggingface/all-MiniLM-L6-v2", "model_format": "TORCH_SCRIPT", "version": "1"},
    )
    await server.advance("1s")
    return str((await good(server, "GET", f"tasks/{registered['task_id']}"))["model_id"])


async def test_embeddings_are_those_of_the_model(server: Server) -> None:
    model_id = await local_model(server)
    fields = {"title": "v", "parts": "w", "deep": {"text": "u"}}
    processor = {"text_embedding": {"model_id": model_id, "field_map": fields}}
    source = {"title": "a", "parts": ["a", "b"], "deep": {"text": "a"}, "other": 1}
    made = (await simulated(server, processor, source))["doc"]["_source"]
    predicted = await good(server, "POST", f"models/{model_id}/_predict", {"text_docs": ["a"]})
    vector = predicted["inference_results"][0]["output"][0]["data"]
    assert len(vector) == 384
    assert made["v"] == made["w"][0]["knn"] == made["deep"]["u"] == vector
    assert made["w"][1]["knn"] != vector


async def test_inference_asks_the_model(server: Server) -> None:
    model_id = await remote_model(server)
    processor = {
        "ml_inference": {
            "model_id": model_id,
            "input_map": [{"messages": "chat"}],
            "output_map": [{"said": "choices[0].message.role"}],
        }
    }
    made = await simulated(server, processor, {"chat": [{"role": "user", "content": "x"}]})
    assert made["doc"]["_source"]["said"] == "assistant"
    assert "error" in await simulated(server, processor, {})


async def test_what_is_not_computed_is_logged_once(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "mockflow"):
        for _ in range(2):
            shown = await simulated(server, {"geoip": {"field": "ip"}}, {"ip": "1.2.3.4"})
            assert shown["doc"]["_source"] == {"ip": "1.2.3.4"}
            await simulated(server, {"set": {"field": "a", "value": 1, "if": "ctx.b == 1"}}, {})
    assert [record.getMessage() for record in caplog.records] == [
        "mockflow does not compute the processor geoip: documents pass it unchanged",
        "mockflow does not compute the processor set with a condition: documents pass it unchanged",
    ]
    journal = (await good(server, "GET", f"{OWNER}/journal"))["exchanges"]
    assert [exchange["notes"] for exchange in journal] == [
        ["mockflow does not compute the processor geoip: documents pass it unchanged"],
        ["mockflow does not compute the processor set with a condition: documents pass it unchanged"],
        [],
        [],
    ]
    story = (await good(server, "GET", f"{OWNER}/story"))["story"]
    assert story.count("[mockflow does not compute the processor geoip: documents pass it unchanged]") == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"docs": [{"_source": {}}]}, "[pipeline] required property is missing"),
        ({"pipeline": {"processors": []}}, "[docs] required property is missing"),
        ({"pipeline": {"processors": []}, "docs": []}, "must specify at least one document in [docs]"),
        ({"pipeline": {"processors": []}, "docs": [{}]}, "[_source] required property is missing"),
        ({"pipeline": {"processors": [{"nope": {}}]}, "docs": [{}]}, "No processor type exists with name [nope]"),
    ],
)
async def test_a_simulation_that_is_refused(server: Server, body: Any, reason: str) -> None:
    answer = await ask(server, "POST", "/_ingest/pipeline/_simulate", body)
    assert (answer.status, answer.reason) == (400, reason)


async def test_a_document_cannot_grow_without_end(server: Server) -> None:
    doubling = [{"copy": {"source_field": "a", "target_field": f"a.b{number}"}} for number in range(40)]
    text = [{"set": {"field": "t", "value": "{{t}}{{t}}"}}] * 40
    for processors, source in ((doubling, {"a": {}}), (text, {"t": "x"})):
        body = {"pipeline": {"processors": processors}, "docs": [{"_source": source}]}
        [shown] = (await good(server, "POST", "/_ingest/pipeline/_simulate", body))["docs"]
        assert shown["error"]["reason"].startswith("processors copy more than ")


async def test_a_copy_is_not_within_itself(server: Server) -> None:
    made = await simulated(server, {"copy": {"source_field": "a", "target_field": "a.b"}}, {"a": {"c": 1}})
    assert made["doc"]["_source"] == {"a": {"c": 1, "b": {"c": 1}}}


async def test_documents_go_through_the_pipeline_of_their_request_and_index(server: Server) -> None:
    await good(server, "PUT", INGEST, {"processors": [{"set": {"field": "a", "value": "{{b}}!"}}]})
    await good(server, "PUT", "/_ingest/pipeline/drops", {"processors": [{"drop": {}}]})
    await good(server, "PUT", "/_ingest/pipeline/fails", {"processors": [{"fail": {"message": "no"}}]})
    settings = {"settings": {"index.default_pipeline": "p"}}
    assert (await server.ask("/piped", "PUT", json.dumps(settings), JSON)).status == 200
    assert (await server.ask("/piped/_doc/1", "PUT", '{"b":"x"}', JSON)).status == 201
    assert (await server.ask("/piped/_doc/1")).json["_source"] == {"b": "x", "a": "x!"}
    dropped = await server.ask("/piped/_doc/2?pipeline=drops", "PUT", '{"b":"x"}', JSON)
    assert (dropped.status, dropped.json["result"]) == (200, "noop")
    assert (await server.ask("/piped/_doc/2")).status == 404
    lines = '{"index":{"_id":"3"}}\n{"b":"y"}\n{"index":{"_id":"4","pipeline":"fails"}}\n{"b":"y"}\n'
    lines += '{"index":{"_id":"5","pipeline":"nope"}}\n{}\n{"index":{"_id":"6","pipeline":"drops"}}\n{}\n'
    bulk = (await server.ask("/piped/_bulk", "POST", lines, {"Content-Type": "application/x-ndjson"})).json
    assert [item["index"]["status"] for item in bulk["items"]] == [201, 500, 400, 200]
    assert [item["index"].get("error", {}).get("reason") for item in bulk["items"]] == [
        None,
        "no",
        "pipeline with id [nope] does not exist",
        None,
    ]


async def test_an_index_of_vectors(server: Server) -> None:
    """The usual next step of a program: a pipeline that embeds, an index that uses it, a document, and its vector."""
    model_id = await local_model(server)
    processor = {"text_embedding": {"model_id": model_id, "field_map": {"text": "vector"}}}
    await good(server, "PUT", INGEST, {"processors": [processor]})
    index = {
        "settings": {"index.knn": True, "default_pipeline": "p"},
        "mappings": {"properties": {"vector": {"type": "knn_vector", "dimension": 384}}},
    }
    assert (await server.ask("/vectors", "PUT", json.dumps(index), JSON)).status == 200
    assert (await server.ask("/vectors/_doc/1", "PUT", '{"text":"hello"}', JSON)).status == 201
    assert len((await server.ask("/vectors/_doc/1")).json["_source"]["vector"]) == 384
