"""What the steps of pipelines check, rendered for 3.8.0 and 2.19.6."""

from typing import Any

import pytest

from mockflow.core.base.json_writer import loads
from mockflow.core.plugin.pipeline_text import sent_text
from tests.core.plugin.steps import NEW, OLD, both, error, foreign

INTERNAL = "INTERNAL_SERVER_ERROR"
EMBEDDING = {"text_embedding": {"model_id": "m", "field_map": {"a": "b"}}}


def errors(type: str, configurations: Any, pipeline_id: Any = "p") -> tuple[str | None, str | None]:
    inputs = {"pipeline_id": pipeline_id, "configurations": configurations}
    return error(type, inputs, NEW), error(type, inputs, OLD)


@pytest.mark.parametrize("type", ["create_ingest_pipeline", "update_ingest_pipeline"])
@pytest.mark.parametrize(
    "configurations",
    [
        '{"processors":[]}',
        '{"processors":[]} xyz',
        {"processors": [EMBEDDING], "description": "d"},
        '{"processors":[{"csv":{"field":"a","target_fields":"[\\"b\\", \\"c\\"]"}}]}',
        {"processors": [{"csv": {"field": "a", "target_fields": '["b", "c"]'}}]},
    ],
)
def test_a_good_ingest_pipeline_is_created(type: str, configurations: Any) -> None:
    assert errors(type, configurations) == (None, None)


@pytest.mark.parametrize(
    ("configurations", "message", "status"),
    [
        ("{}", "[processors] required property is missing", "BAD_REQUEST"),
        ('{"processors":[{"nope":{}}]}', "No processor type exists with name [nope]", "BAD_REQUEST"),
        ({"processors": [{"set": {"value": "b"}}]}, "[field] required property is missing", "BAD_REQUEST"),
        (
            '{"processors":[],"foo":1}',
            "pipeline [p] doesn't support one or more provided configuration parameters [foo]",
            "BAD_REQUEST",
        ),
        ("xyz", "Failed step create_ingest_pipeline", INTERNAL),
        ("[]", "Failed step create_ingest_pipeline", INTERNAL),
        (
            {"processors": [{"text_embedding": {"model_id": "", "field_map": {"a": "b"}}}]},
            "Failed step create_ingest_pipeline",
            INTERNAL,
        ),
        ('{"processors":["set"]}', "Failed step create_ingest_pipeline", INTERNAL),
    ],
)
def test_a_bad_ingest_pipeline_is_not_created(configurations: Any, message: str, status: str) -> None:
    assert errors("create_ingest_pipeline", configurations) == both(message, status)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ('["b$"]', "Illegal group reference"),
        ('["${{ fields }}"]', "named capturing group is missing trailing '}'"),
        ('["${a}"]', "No group with name {a}"),
    ],
)
def test_a_dollar_in_an_array_in_quotes(array: str, message: str) -> None:
    """The step takes the array for the replacement of a pattern."""
    configurations = {"processors": [{"csv": {"field": "a", "target_fields": array}}]}
    assert errors("create_ingest_pipeline", configurations) == foreign("IllegalArgumentException", message)
    assert errors("create_ingest_pipeline", {"description": f"{array}.", "processors": []}) == (None, None)


def test_backslashes_in_an_array_in_quotes() -> None:
    assert loads(sent_text('{"a": "[\\"b\\\\n\\"]"}')) == {"a": ["b\n"]}


def test_an_update_names_itself() -> None:
    assert errors("update_ingest_pipeline", "xyz") == both("Failed step update_ingest_pipeline", INTERNAL)
    assert errors("update_search_pipeline", "xyz") == both("Failed step update_search_pipeline", INTERNAL)


@pytest.mark.parametrize(
    "configurations",
    [
        "{}",
        '{"request_processors":[{"filter_query":{"query":{"term":{"a":"b"}}}}]}',
        {"response_processors": [{"retrieval_augmented_generation": {"context_field_list": '["text"]'}}]},
    ],
)
def test_a_good_search_pipeline_is_created(configurations: Any) -> None:
    assert errors("create_search_pipeline", configurations) == (None, None)


@pytest.mark.parametrize(
    ("configurations", "message"),
    [
        ('{"request_processors":[{"nope":{}}]}', "Invalid processor type nope"),
        ('{"foo":[]}', "pipeline [p] doesn't support one or more provided configuration parameters [foo]"),
        (
            {"response_processors": [{"retrieval_augmented_generation": {"context_field_list": "text"}}]},
            "[context_field_list] property isn't a list, but of type [java.lang.String]",
        ),
    ],
)
def test_a_bad_search_pipeline_is_not_created(configurations: Any, message: str) -> None:
    assert errors("create_search_pipeline", configurations) == both(message)


def test_any_text_is_an_id_and_a_number_is_none() -> None:
    assert errors("create_ingest_pipeline", '{"processors":[]}', "") == (None, None)
    assert errors("create_ingest_pipeline", '{"processors":[]}', 5)[0] == (
        "ClassCastException during step s, restStatus: INTERNAL_SERVER_ERROR"
    )


@pytest.mark.parametrize(
    ("type", "inputs", "kind", "message"),
    [
        ("delete_index", {"index_name": "x"}, "index", "Failed to delete the index x"),
        ("delete_ingest_pipeline", {"pipeline_id": "x"}, "ingest_pipeline", "Failed step delete_ingest_pipeline"),
        ("delete_search_pipeline", {"pipeline_id": "x"}, "search_pipeline", "Failed step delete_search_pipeline"),
    ],
)
def test_what_is_not_there_cannot_be_deleted(type: str, inputs: dict[str, Any], kind: str, message: str) -> None:
    assert error(type, inputs, resources={(kind, "x")}) is None
    assert (error(type, inputs), error(type, inputs, OLD)) == both(message, INTERNAL)
