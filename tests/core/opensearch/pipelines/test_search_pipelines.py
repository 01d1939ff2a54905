"""Search pipelines: each processor in a good and in a bad form, with OpenSearch's exact reason."""

from typing import Any

import pytest

from mockflow.core.opensearch.pipelines.check_pipeline import check_search_pipeline
from mockflow.core.opensearch.pipelines.configuration import ILLEGAL_ARGUMENT
from mockflow.core.opensearch.pipelines.search_processors import (
    PHASE_RESULTS_PROCESSORS,
    REQUEST_PROCESSORS,
    RESPONSE_PROCESSORS,
)

RELEASE = (3, 8)
RAG = "retrieval_augmented_generation"
MAPS = {"input_map": [{"a": "b"}], "output_map": [{"c": "d"}]}


def reason(body: dict[str, Any], release: tuple[int, int] = RELEASE) -> str | None:
    error = check_search_pipeline("p", body, release)
    return error.reason if error else None


GOOD = [
    ("request", "filter_query", {"query": {"term": {"a": "b"}}}),
    ("request", "oversample", {"sample_factor": "1.5"}),
    ("request", "script", {"source": "ctx.a = 1"}),
    ("request", "hierarchical_routing_search", {"path_field": "a"}),
    ("request", "temporal_routing_search", {"timestamp_field": "a", "granularity": "day"}),
    ("request", "acl_routing_search", {"acl_field": "a"}),
    ("request", "neural_query_enricher", {"default_model_id": "m", "description": "d", "tag": "t"}),
    ("request", "neural_sparse_two_phase_processor", {"enabled": True, "two_phase_parameter": {}}),
    ("request", "agentic_query_translator", {"agent_id": "a"}),
    ("request", RAG, {"model_id": "m"}),
    ("request", "ml_inference", {"model_id": "m", **MAPS}),
    ("response", "rename_field", {"field": "a", "target_field": "b"}),
    ("response", "truncate_hits", {"target_size": 5}),
    ("response", "collapse", {"field": "a"}),
    ("response", "sort", {"field": "a", "order": "asc"}),
    ("response", "split", {"field": "a", "separator": ","}),
    ("response", "rerank", {"ml_opensearch": {"model_id": "m"}, "context": {"document_fields": ["a"]}}),
    ("response", "hybrid_score_explanation", {}),
    ("response", "agentic_context", {"dsl_query": True}),
    ("response", RAG, {"model_id": "m", "context_field_list": ["a"]}),
    ("response", "ml_inference", {"model_id": "m", **MAPS, "one_to_one": True}),
    (
        "phase_results",
        "normalization-processor",
        {
            "normalization": {"technique": "min_max"},
            "combination": {"technique": "arithmetic_mean", "parameters": {"weights": [0.3, 0.7]}},
        },
    ),
    ("phase_results", "score-ranker-processor", {"combination": {"technique": "rrf", "rank_constant": 40}}),
]
BAD = [
    ("request", "filter_query", {}, "Did not specify the query property in processor of type filter_query"),
    ("request", "oversample", {"sample_factor": 0.5}, "[sample_factor] Value must be >= 1.0"),
    ("request", "script", {}, "must specify either [source] for an inline script or [id] for a stored script"),
    ("request", "hierarchical_routing_search", {}, "[path_field] required property is missing"),
    ("request", "temporal_routing_search", {"timestamp_field": "a"}, "[granularity] required property is missing"),
    (
        "request",
        "acl_routing_search",
        {"acl_field": "a", "extract_from_query": 1},
        "[extract_from_query] property isn't a boolean, but of type [java.lang.Integer]",
    ),
    ("request", "neural_query_enricher", {}, "model Id or neural info map either of them should be provided"),
    (
        "request",
        "neural_sparse_two_phase_processor",
        {"two_phase_parameter": []},
        "[two_phase_parameter] property isn't a map, but of type [java.util.ArrayList]",
    ),
    (
        "request",
        "agentic_query_translator",
        {"agent_id": " "},
        "agent_id is required for agentic_query_translator processor",
    ),
    ("request", RAG, {}, "[model_id] required property is missing"),
    (
        "request",
        "ml_inference",
        {"model_id": "m"},
        "Please provide at least one non-empty input_map or optional_input_map for ML Inference Search Request "
        "Processor",
    ),
    ("response", "rename_field", {"field": "a"}, "[target_field] required property is missing"),
    ("response", "truncate_hits", {"target_size": -1}, "[target_size] Value must be >= 0"),
    ("response", "collapse", {}, "[field] required property is missing"),
    (
        "response",
        "sort",
        {"field": "a", "order": "x"},
        "[order] Sort direction [x] not recognized. Valid values are: [asc, desc]",
    ),
    ("response", "split", {"field": "a"}, "[separator] required property is missing"),
    ("response", "rerank", {}, "No rerank type found. Possible rerank types are: [ml_opensearch, by_field]"),
    (
        "response",
        "hybrid_score_explanation",
        {"tag": "t", "foo": 1},
        "processor [hybrid_score_explanation:t] doesn't support one or more provided configuration parameters: [foo]",
    ),
    (
        "response",
        "agentic_context",
        {"foo": 1},
        "processor [agentic_context] doesn't support one or more provided configuration parameters: [foo]",
    ),
    ("response", RAG, {"context_field_list": []}, "[context_field_list] required property can't be empty."),
    (
        "response",
        "ml_inference",
        {"model_id": "m", "function_name": "text_embedding"},
        "Please provide model input when using a local model in ML Inference Processor",
    ),
    (
        "phase_results",
        "normalization-processor",
        {"combination": {"parameters": {"weights": [0.5, 0.1]}}},
        "sum of weights for combination must be equal to 1.0, submitted weights: [0.5, 0.1]",
    ),
    (
        "phase_results",
        "score-ranker-processor",
        {"combination": {"technique": "nope"}},
        "provided combination technique is not supported",
    ),
]


@pytest.mark.parametrize(("place", "processor", "configuration"), GOOD)
def test_a_good_processor_is_taken(place: str, processor: str, configuration: dict[str, Any]) -> None:
    assert reason({f"{place}_processors": [{processor: configuration}]}) is None


@pytest.mark.parametrize(("place", "processor", "configuration", "text"), BAD)
def test_a_bad_processor_is_refused(place: str, processor: str, configuration: dict[str, Any], text: str) -> None:
    assert reason({f"{place}_processors": [{processor: configuration}]}) == text


def test_every_processor_has_a_good_and_a_bad_case() -> None:
    tables = (REQUEST_PROCESSORS, RESPONSE_PROCESSORS, PHASE_RESULTS_PROCESSORS)
    count = sum(map(len, tables))
    assert len(GOOD) == count == len(BAD)


@pytest.mark.parametrize("body", [{}, {"description": "d", "version": 1}, {"request_processors": [], "version": "2"}])
def test_a_good_pipeline_is_taken(body: dict[str, Any]) -> None:
    assert reason(body) is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"foo": []}, "pipeline [p] doesn't support one or more provided configuration parameters [foo]"),
        ({"request_processors": [{"nope": {}}]}, "Invalid processor type nope"),
        ({"request_processors": {}}, "[request_processors] property isn't a list, but of type [java.util.HashMap]"),
    ],
)
def test_a_bad_pipeline_is_refused(body: dict[str, Any], text: str) -> None:
    assert reason(body) == text


def test_a_processor_comes_with_a_release_and_belongs_to_its_place() -> None:
    body = {"request_processors": [{"agentic_query_translator": {"agent_id": "a"}}]}
    assert reason(body, (2, 19)) == "Invalid processor type agentic_query_translator"
    assert reason({"response_processors": [{"filter_query": {}}]}) == "Invalid processor type filter_query"


def test_an_illegal_argument_has_its_type() -> None:
    error = check_search_pipeline("p", {"request_processors": [{"nope": {}}]}, RELEASE)
    assert error is not None
    assert error.type == ILLEGAL_ARGUMENT
