"""The ingest processors of OpenSearch, neural-search and ML Commons, as a table.

Sources: the factories of modules/ingest-common, ingest-geoip and ingest-user-agent of OpenSearch, of neural-search
and of ML Commons, read at several releases (docs/reference/opensearch.md, "Pipelines"). A `since` tells the first
release that is known to have a key or a processor; what is older than 2.12 has none.
"""

from typing import Final

from mockflow.core.opensearch.pipelines import processor_checks as checks
from mockflow.core.opensearch.pipelines.configuration import BOOLEAN, DOUBLE, INTEGER, LIST, MAP, OBJECT
from mockflow.core.opensearch.pipelines.processors import Processor, may, need

NEURAL: Final = "opensearch-neural-search"
ML: Final = "opensearch-ml"

_FIELD: Final = need("field")
_TARGET: Final = may("target_field")
_IGNORE_MISSING: Final = may("ignore_missing", BOOLEAN)
_OF_A_STRING: Final = (_FIELD, _IGNORE_MISSING, _TARGET)
_SCRIPT: Final = (
    may("id"),
    may("source", OBJECT),
    may("inline", OBJECT),
    may("lang"),
    may("params", MAP),
    may("options", MAP),
)
_MODEL: Final = need("model_id")
_FIELD_MAP: Final = need("field_map", MAP)
_BATCH_SIZE: Final = may("batch_size", INTEGER, since=(2, 16))

INGEST_PROCESSORS: Final = (
    # -- ingest-common
    Processor("append", (_FIELD, need("value", OBJECT), may("allow_duplicates", BOOLEAN))),
    Processor("bytes", _OF_A_STRING),
    Processor(
        "community_id",
        (
            need("source_ip_field"),
            may("source_port_field"),
            need("destination_ip_field"),
            may("destination_port_field"),
            may("iana_protocol_number_field"),
            may("protocol_field"),
            may("icmp_type_field"),
            may("icmp_code_field"),
            may("seed", INTEGER),
            _TARGET,
            _IGNORE_MISSING,
        ),
        checks.seed,
        since=(2, 13),
    ),
    Processor("convert", (_FIELD, need("type"), _TARGET, _IGNORE_MISSING), checks.conversion),
    Processor(
        "copy",
        (
            need("source_field"),
            need("target_field"),
            _IGNORE_MISSING,
            may("remove_source", BOOLEAN),
            may("override_target", BOOLEAN),
        ),
    ),
    Processor(
        "csv",
        (
            _FIELD,
            need("target_fields", LIST),
            may("quote"),
            may("separator"),
            _IGNORE_MISSING,
            may("trim", BOOLEAN),
            may("empty_value", OBJECT),
        ),
        checks.csv,
    ),
    Processor(
        "date",
        (_FIELD, _TARGET, may("timezone"), may("locale"), need("formats", LIST), may("output_format")),
    ),
    Processor(
        "date_index_name",
        (
            may("locale"),
            may("timezone"),
            may("date_formats", LIST),
            _FIELD,
            may("index_name_prefix"),
            need("date_rounding"),
            may("index_name_format"),
        ),
    ),
    Processor("dissect", (_FIELD, need("pattern"), may("append_separator"), _IGNORE_MISSING)),
    Processor("dot_expander", (_FIELD, may("path")), checks.dotted_field),
    Processor("drop"),
    Processor("fail", (need("message"),)),
    Processor(
        "fingerprint",
        (may("fields", LIST), may("exclude_fields", LIST), _TARGET, may("hash_method"), _IGNORE_MISSING),
        checks.fingerprint,
        since=(2, 16),
    ),
    Processor("foreach", (_FIELD, need("processor", MAP), _IGNORE_MISSING), checks.one_processor),
    Processor(
        "grok",
        (
            _FIELD,
            need("patterns", LIST),
            may("trace_match", BOOLEAN),
            _IGNORE_MISSING,
            may("capture_all_matches", BOOLEAN, since=(3, 2)),
            may("pattern_definitions", MAP),
        ),
        checks.grok_patterns,
    ),
    Processor("gsub", (*_OF_A_STRING, need("pattern"), need("replacement"))),
    Processor("html_strip", _OF_A_STRING),
    Processor("join", (_FIELD, need("separator"), _TARGET)),
    Processor("json", (_FIELD, _TARGET, may("add_to_root", BOOLEAN)), checks.json_target),
    Processor(
        "kv",
        (
            _FIELD,
            _TARGET,
            need("field_split"),
            need("value_split"),
            may("trim_key"),
            may("trim_value"),
            may("strip_brackets", BOOLEAN),
            may("include_keys", LIST),
            may("exclude_keys", LIST),
            _IGNORE_MISSING,
            may("prefix"),
        ),
    ),
    Processor("lowercase", _OF_A_STRING),
    Processor("pipeline", (need("name"), may("ignore_missing_pipeline", BOOLEAN))),
    Processor("remove", (may("field", OBJECT), may("exclude_field", OBJECT), _IGNORE_MISSING), checks.removed_field),
    Processor(
        "remove_by_pattern",
        (may("field_pattern", OBJECT), may("exclude_field_pattern", OBJECT)),
        checks.removed_pattern,
    ),
    Processor("rename", (_FIELD, need("target_field"), _IGNORE_MISSING, may("override_target", BOOLEAN))),
    Processor("script", _SCRIPT, checks.script),
    Processor(
        "set",
        (
            _FIELD,
            may("copy_from", since=(3, 3)),
            may("value", OBJECT),
            may("override", BOOLEAN),
            may("ignore_empty_value", BOOLEAN),
        ),
        checks.set_value,
    ),
    Processor("sort", (_FIELD, _TARGET, may("order")), checks.sort_order),
    Processor("split", (_FIELD, need("separator"), _IGNORE_MISSING, may("preserve_trailing", BOOLEAN), _TARGET)),
    Processor("trim", _OF_A_STRING),
    Processor("uppercase", _OF_A_STRING),
    Processor("urldecode", _OF_A_STRING),
    Processor(
        "hierarchical_routing",
        (
            need("path_field"),
            may("anchor_depth", INTEGER),
            may("path_separator"),
            _IGNORE_MISSING,
            may("override_existing", BOOLEAN),
        ),
        since=(3, 2),
    ),
    Processor(
        "temporal_routing",
        (
            need("timestamp_field"),
            need("granularity"),
            may("format"),
            _IGNORE_MISSING,
            may("override_existing", BOOLEAN),
            may("hash_bucket", BOOLEAN),
        ),
        since=(3, 2),
    ),
    Processor(
        "acl_routing",
        (need("acl_field"), _TARGET, _IGNORE_MISSING, may("override_existing", BOOLEAN)),
        since=(3, 2),
    ),
    # -- ingest-geoip, ingest-user-agent
    Processor(
        "geoip",
        (
            _FIELD,
            _TARGET,
            may("database_file"),
            may("properties", LIST),
            _IGNORE_MISSING,
            may("first_only", BOOLEAN),
        ),
    ),
    Processor("user_agent", (_FIELD, _TARGET, may("regex_file"), may("properties", LIST), _IGNORE_MISSING)),
    # -- neural-search
    Processor(
        "text_embedding",
        (
            _BATCH_SIZE,
            _MODEL,
            _FIELD_MAP,
            may("skip_existing", BOOLEAN, since=(3, 0)),
            may("batch_size_bytes", INTEGER, since=(3, 6)),
        ),
        checks.embedding,
        NEURAL,
    ),
    Processor(
        "sparse_encoding",
        (
            _BATCH_SIZE,
            _MODEL,
            _FIELD_MAP,
            may("prune_type", since=(2, 18)),
            may("prune_ratio", DOUBLE, since=(2, 18)),
            may("skip_existing", BOOLEAN, since=(3, 0)),
            may("batch_size_bytes", INTEGER, since=(3, 6)),
        ),
        checks.sparse_encoding,
        NEURAL,
    ),
    Processor(
        "text_image_embedding",
        (_MODEL, need("embedding"), _FIELD_MAP, may("skip_existing", BOOLEAN, since=(3, 0))),
        checks.image_embedding,
        NEURAL,
    ),
    Processor(
        "text_chunking",
        (_FIELD_MAP, need("algorithm", MAP), may("ignore_missing", BOOLEAN, since=(2, 16))),
        checks.chunking,
        NEURAL,
        since=(2, 13),
    ),
    # -- ML Commons
    Processor(
        "ml_inference",
        (
            _MODEL,
            may("model_config", MAP),
            may("input_map", LIST),
            may("output_map", LIST),
            may("max_prediction_tasks", INTEGER),
            _IGNORE_MISSING,
            may("override", BOOLEAN),
            may("function_name"),
            may("model_input"),
            may("full_response_path", BOOLEAN),
        ),
        checks.ingest_inference,
        ML,
        since=(2, 14),
    ),
)
