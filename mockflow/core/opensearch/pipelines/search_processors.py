"""The processors of search pipelines, as tables: of requests, of responses and of the results of a phase.

Sources: the factories of modules/search-pipeline-common of OpenSearch, of neural-search and of ML Commons, read at
several releases (docs/reference/opensearch.md, "Pipelines").
"""

from typing import Final

from mockflow.core.opensearch.pipelines import search_processor_checks as checks
from mockflow.core.opensearch.pipelines.configuration import BOOLEAN, DOUBLE, INTEGER, LIST, MAP, OBJECT
from mockflow.core.opensearch.pipelines.ingest_processors import ML, NEURAL
from mockflow.core.opensearch.pipelines.processor_checks import script, sort_order
from mockflow.core.opensearch.pipelines.processors import Processor, may, need

_CONTEXT_PREFIX: Final = may("context_prefix")
_INFERENCE: Final = (
    need("model_id"),
    may("model_config", MAP),
    may("input_map", LIST),
    may("output_map", LIST),
    may("max_prediction_tasks", INTEGER),
    may("ignore_missing", BOOLEAN),
    may("function_name"),
    may("model_input"),
    may("full_response_path", BOOLEAN),
)
_RAG: Final = "retrieval_augmented_generation"

REQUEST_PROCESSORS: Final = (
    # -- search-pipeline-common
    Processor("filter_query", (may("query", MAP),), checks.filter_query),
    Processor("oversample", (need("sample_factor", DOUBLE), _CONTEXT_PREFIX), checks.oversample),
    Processor(
        "script",
        (may("id"), may("source", OBJECT), may("lang"), may("params", MAP), may("options", MAP)),
        script,
    ),
    Processor(
        "hierarchical_routing_search",
        (
            need("path_field"),
            may("anchor_depth", INTEGER),
            may("path_separator"),
            may("enable_auto_detection", BOOLEAN),
        ),
        since=(3, 2),
    ),
    Processor(
        "temporal_routing_search",
        (
            need("timestamp_field"),
            need("granularity"),
            may("format"),
            may("enable_auto_detection", BOOLEAN),
            may("hash_bucket", BOOLEAN),
        ),
        since=(3, 2),
    ),
    Processor("acl_routing_search", (need("acl_field"), may("extract_from_query", BOOLEAN)), since=(3, 2)),
    # -- neural-search
    Processor(
        "neural_query_enricher",
        (may("default_model_id"), may("neural_field_default_id", MAP)),
        checks.query_enricher,
        NEURAL,
    ),
    Processor(
        "neural_sparse_two_phase_processor",
        (may("enabled", BOOLEAN), may("two_phase_parameter", MAP)),
        plugin=NEURAL,
        since=(2, 15),
    ),
    Processor(
        "agentic_query_translator",
        (need("agent_id"), may("embedding_model_id", since=(3, 4))),
        checks.agent_id,
        NEURAL,
        since=(3, 2),
    ),
    # -- ML Commons
    Processor(_RAG, (need("model_id"),), plugin=ML),
    Processor(
        "ml_inference",
        (*_INFERENCE, may("query_template"), may("optional_input_map", LIST), may("optional_output_map", LIST)),
        checks.request_inference,
        ML,
        since=(2, 16),
    ),
)

RESPONSE_PROCESSORS: Final = (
    # -- search-pipeline-common
    Processor("rename_field", (need("field"), need("target_field"), may("ignore_missing", BOOLEAN))),
    Processor("truncate_hits", (may("target_size", INTEGER), _CONTEXT_PREFIX), checks.truncate_hits),
    Processor("collapse", (need("field"), _CONTEXT_PREFIX)),
    Processor("sort", (need("field"), may("target_field"), may("order")), sort_order, since=(2, 16)),
    Processor(
        "split",
        (need("field"), need("separator"), may("preserve_trailing", BOOLEAN), may("target_field")),
        since=(2, 17),
    ),
    # -- neural-search
    Processor(
        "rerank",
        (may("ml_opensearch", OBJECT), may("by_field", OBJECT, since=(2, 18)), may("context", MAP)),
        checks.rerank,
        NEURAL,
    ),
    Processor("hybrid_score_explanation", plugin=NEURAL, since=(2, 19)),
    Processor(
        "agentic_context",
        (may("agent_steps_summary", BOOLEAN), may("dsl_query", BOOLEAN)),
        plugin=NEURAL,
        since=(3, 2),
    ),
    # -- ML Commons
    Processor(
        _RAG,
        (
            may("model_id"),
            may("llm_model"),
            need("context_field_list", LIST),
            may("system_prompt"),
            may("user_instructions"),
        ),
        checks.context_fields,
        ML,
    ),
    Processor(
        "ml_inference",
        (*_INFERENCE, may("override", BOOLEAN), may("one_to_one", BOOLEAN)),
        checks.response_inference,
        ML,
        since=(2, 16),
    ),
)

PHASE_RESULTS_PROCESSORS: Final = (
    Processor(
        "normalization-processor",
        (may("normalization", MAP), may("sub-query-scores", BOOLEAN, since=(3, 3)), may("combination", MAP)),
        checks.normalization,
        NEURAL,
    ),
    Processor(
        "score-ranker-processor",
        (may("combination", MAP), may("sub-query-scores", BOOLEAN, since=(3, 3))),
        checks.score_ranker,
        NEURAL,
        since=(2, 19),
    ),
)
