"""Ingest pipelines: each processor in a good and in a bad form, with OpenSearch's exact reason."""

from typing import Any

import pytest

from mockflow.core.opensearch.pipelines.check_pipeline import check_ingest_pipeline
from mockflow.core.opensearch.pipelines.configuration import PARSE, WRAPPED
from mockflow.core.opensearch.pipelines.ingest_processors import INGEST_PROCESSORS

RELEASE = (3, 8)
ILLEGAL = "java.lang.IllegalArgumentException: "
FIELD_MAP = {"text": "vector"}


def reason(body: dict[str, Any], release: tuple[int, int] = RELEASE) -> str | None:
    error = check_ingest_pipeline("p", body, release)
    return error.reason if error else None


def of(processor: str, release: tuple[int, int] = RELEASE, /, **configuration: Any) -> str | None:
    return reason({"processors": [{processor: configuration}]}, release)


GOOD = [
    ("append", {"field": "a", "value": [1], "allow_duplicates": False}),
    ("bytes", {"field": "a", "target_field": "b"}),
    ("community_id", {"source_ip_field": "a", "destination_ip_field": "b", "seed": "7"}),
    ("convert", {"field": "a", "type": "Integer"}),
    ("copy", {"source_field": "a", "target_field": "b", "remove_source": True}),
    ("csv", {"field": "a", "target_fields": ["b"], "separator": ";"}),
    ("date", {"field": "a", "formats": ["ISO8601"], "timezone": "UTC"}),
    ("date_index_name", {"field": "a", "date_rounding": "d"}),
    ("dissect", {"field": "a", "pattern": "%{b}"}),
    ("dot_expander", {"field": "a.b"}),
    ("drop", {"if": "ctx.a == 1"}),
    ("fail", {"message": "no"}),
    ("fingerprint", {"fields": ["a"], "hash_method": "sha-256@2.16.0"}),
    ("foreach", {"field": "a", "processor": {"set": {"field": "b", "value": 1}}}),
    ("grok", {"field": "a", "patterns": ["%{WORD:b}"], "pattern_definitions": {"X": "y"}}),
    ("gsub", {"field": "a", "pattern": "b", "replacement": ""}),
    ("html_strip", {"field": "a", "ignore_missing": True}),
    ("join", {"field": "a", "separator": "-"}),
    ("json", {"field": "a", "add_to_root": True}),
    ("kv", {"field": "a", "field_split": " ", "value_split": "=", "include_keys": ["b"]}),
    ("lowercase", {"field": "a"}),
    ("pipeline", {"name": "other", "ignore_missing_pipeline": True}),
    ("remove", {"field": ["a", "b"]}),
    ("remove_by_pattern", {"field_pattern": "a*"}),
    ("rename", {"field": "a", "target_field": "b"}),
    ("script", {"source": "ctx.a = 1", "params": {"b": 1}}),
    ("set", {"field": "a", "value": {"b": 1}, "override": False}),
    ("sort", {"field": "a", "order": "desc"}),
    ("split", {"field": "a", "separator": ","}),
    ("trim", {"field": "a"}),
    ("uppercase", {"field": "a"}),
    ("urldecode", {"field": "a"}),
    ("hierarchical_routing", {"path_field": "a", "anchor_depth": 2}),
    ("temporal_routing", {"timestamp_field": "a", "granularity": "day"}),
    ("acl_routing", {"acl_field": "a"}),
    ("geoip", {"field": "ip", "properties": ["city_name"]}),
    ("user_agent", {"field": "agent"}),
    ("text_embedding", {"model_id": "m", "field_map": FIELD_MAP, "batch_size": 5}),
    ("sparse_encoding", {"model_id": "m", "field_map": FIELD_MAP, "prune_type": "max_ratio", "prune_ratio": 0.1}),
    ("text_image_embedding", {"model_id": "m", "embedding": "e", "field_map": {"text": "a", "image": "b"}}),
    ("text_chunking", {"field_map": FIELD_MAP, "algorithm": {"delimiter": {"delimiter": "\n"}}}),
    ("ml_inference", {"model_id": "m", "input_map": [{"a": "b"}], "output_map": [{"c": "d"}]}),
]
BAD = [
    ("append", {"field": "a"}, "[value] required property is missing"),
    ("bytes", {"field": 5}, "[field] property isn't a string, but of type [java.lang.Integer]"),
    (
        "community_id",
        {"source_ip_field": "a", "destination_ip_field": "b", "seed": 65536},
        "[seed] seed must be between 0 and 65535",
    ),
    ("convert", {"field": "a", "type": "nope"}, "[type] type [nope] not supported, cannot convert field."),
    ("copy", {"source_field": "a"}, "[target_field] required property is missing"),
    (
        "csv",
        {"field": "a", "target_fields": ["b"], "separator": "::"},
        "[separator] separator has to be single character like , or ;",
    ),
    ("date", {"field": "a", "formats": "x"}, "[formats] property isn't a list, but of type [java.lang.String]"),
    ("date_index_name", {"field": "a"}, "[date_rounding] required property is missing"),
    ("dissect", {"field": "a"}, "[pattern] required property is missing"),
    ("dot_expander", {"field": "ab"}, "[field] field does not contain a dot"),
    ("drop", {"field": "a"}, "processor [drop] doesn't support one or more provided configuration parameters [field]"),
    ("fail", {}, "[message] required property is missing"),
    (
        "fingerprint",
        {"fields": ["a"], "exclude_fields": ["b"]},
        "[fields] either fields or exclude_fields can be set",
    ),
    ("foreach", {"field": "a", "processor": {}}, "[processor] Must specify exactly one processor type"),
    ("grok", {"field": "a", "patterns": []}, "[patterns] List of patterns must not be empty"),
    ("gsub", {"field": "a", "pattern": "b"}, "[replacement] required property is missing"),
    (
        "html_strip",
        {"field": "a", "ignore_missing": "true"},
        "[ignore_missing] property isn't a boolean, but of type [java.lang.String]",
    ),
    ("join", {"field": "a"}, "[separator] required property is missing"),
    (
        "json",
        {"field": "a", "add_to_root": True, "target_field": "b"},
        "[target_field] Cannot set a target field while also setting `add_to_root` to true",
    ),
    ("kv", {"field": "a", "field_split": " "}, "[value_split] required property is missing"),
    ("lowercase", {"field": None}, "[field] required property is missing"),
    ("pipeline", {}, "[name] required property is missing"),
    ("remove", {"field": "a", "exclude_field": "b"}, "[field] either field or exclude_field must be set"),
    ("remove_by_pattern", {}, "[field_pattern] either field_pattern or exclude_field_pattern must be set"),
    ("rename", {"field": "a"}, "[target_field] required property is missing"),
    (
        "script",
        {"lang": "painless"},
        f"{ILLEGAL}must specify either [source] for an inline script or [id] for a stored script",
    ),
    ("set", {"value": "b"}, "[field] required property is missing"),
    (
        "sort",
        {"field": "a", "order": "up"},
        "[order] Sort direction [up] not recognized. Valid values are: [asc, desc]",
    ),
    ("split", {"field": "a"}, "[separator] required property is missing"),
    ("trim", {}, "[field] required property is missing"),
    ("uppercase", {"field": []}, "[field] property isn't a string, but of type [java.util.ArrayList]"),
    ("urldecode", {"field": {}}, "[field] property isn't a string, but of type [java.util.HashMap]"),
    (
        "hierarchical_routing",
        {"path_field": "a", "anchor_depth": "x"},
        "[anchor_depth] property cannot be converted to an int [x]",
    ),
    ("temporal_routing", {"timestamp_field": "a"}, "[granularity] required property is missing"),
    ("acl_routing", {}, "[acl_field] required property is missing"),
    ("geoip", {"field": "ip", "properties": {}}, "[properties] property isn't a list, but of type [java.util.HashMap]"),
    ("user_agent", {"field": True}, "[field] property isn't a string, but of type [java.lang.Boolean]"),
    (
        "text_embedding",
        {"model_id": "", "field_map": FIELD_MAP},
        f"{ILLEGAL}model_id is null or empty, cannot process it",
    ),
    (
        "sparse_encoding",
        {"model_id": "m", "field_map": {"a": ""}},
        f"{ILLEGAL}Unable to create the processor as field_map has invalid key or value",
    ),
    ("text_image_embedding", {"model_id": "m", "embedding": "e"}, "[field_map] required property is missing"),
    (
        "text_chunking",
        {"field_map": FIELD_MAP, "algorithm": {"a": {}, "b": {}}},
        f"{ILLEGAL}Unable to create text_chunking processor as [algorithm] contains multiple algorithms",
    ),
    (
        "ml_inference",
        {"model_id": "m", "input_map": [{}], "output_map": []},
        f"{ILLEGAL}The length of output_map and the length of input_map do no match.",
    ),
]


@pytest.mark.parametrize(("processor", "configuration"), GOOD, ids=[case[0] for case in GOOD])
def test_a_good_processor_is_taken(processor: str, configuration: dict[str, Any]) -> None:
    assert of(processor, **configuration) is None


@pytest.mark.parametrize(("processor", "configuration", "text"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_processor_is_refused(processor: str, configuration: dict[str, Any], text: str) -> None:
    assert of(processor, **configuration) == text


def test_every_processor_has_a_good_and_a_bad_case() -> None:
    types = {processor.type for processor in INGEST_PROCESSORS}
    assert {case[0] for case in GOOD} == types == {case[0] for case in BAD}


@pytest.mark.parametrize(
    "body",
    [
        {"processors": []},
        {"processors": [], "description": "d", "version": 3},
        {"processors": [], "version": "3"},
        {"processors": [], "on_failure": [{"set": {"field": "a", "value": 1}}]},
        {"processors": [{"set": {"field": "a", "value": 1}, "drop": {}}, {}]},
        {"processors": [{"script": "ctx.a = 1"}]},
        {"processors": [{"drop": {"tag": "t", "description": "d", "ignore_failure": True, "if": {"source": "true"}}}]},
        {"processors": [{"drop": {"on_failure": [{"fail": {"message": "m"}}]}}]},
    ],
)
def test_a_good_pipeline_is_taken(body: dict[str, Any]) -> None:
    assert reason(body) is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "[processors] required property is missing"),
        ({"processors": {}}, "[processors] property isn't a list, but of type [java.util.HashMap]"),
        ({"processors": [], "version": "x"}, "[version] property cannot be converted to an int [x]"),
        ({"processors": [], "on_failure": []}, "pipeline [p] cannot have an empty on_failure option defined"),
        (
            {"processors": [], "foo": 1},
            "pipeline [p] doesn't support one or more provided configuration parameters [foo]",
        ),
        ({"processors": [{"nope": {}}]}, "No processor type exists with name [nope]"),
        ({"processors": [{"drop": "x"}]}, "property isn't a map, but of type [java.lang.String]"),
        ({"processors": [{"drop": {"on_failure": []}}]}, "[on_failure] processors list cannot be empty"),
    ],
)
def test_a_bad_pipeline_is_refused(body: dict[str, Any], text: str) -> None:
    assert reason(body) == text


def test_a_processor_comes_with_a_release() -> None:
    assert of("text_chunking", (2, 12), field_map=FIELD_MAP, algorithm={}) == (
        "No processor type exists with name [text_chunking]"
    )
    assert of("text_chunking", (2, 13), field_map=FIELD_MAP, algorithm={}) is None


def test_a_key_comes_with_a_release() -> None:
    embedding = {"model_id": "m", "field_map": FIELD_MAP, "skip_existing": True}
    assert of("text_embedding", (3, 0), **embedding) is None
    assert of("text_embedding", (2, 19), **embedding) == (
        "processor [text_embedding] doesn't support one or more provided configuration parameters [skip_existing]"
    )


def test_a_processor_needs_its_plugin() -> None:
    body = {"processors": [{"text_embedding": {"model_id": "m", "field_map": FIELD_MAP}}]}
    error = check_ingest_pipeline("p", body, RELEASE, {"opensearch-ml"})
    assert error is not None
    assert error.reason == "No processor type exists with name [text_embedding]"


def test_each_kind_of_error_has_its_type() -> None:
    """The plugin passes on the reasons of parse errors alone."""
    parse = check_ingest_pipeline("p", {"processors": [{"set": {}}]}, RELEASE)
    body = {"processors": [{"text_embedding": {"model_id": " ", "field_map": FIELD_MAP}}]}
    wrapped = check_ingest_pipeline("p", body, RELEASE)
    assert parse is not None
    assert (parse.type, parse.property_name) == (PARSE, "field")
    assert wrapped is not None
    assert wrapped.type == WRAPPED
