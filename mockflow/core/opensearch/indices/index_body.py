"""What `GET /{index}` shows of an index: its settings, complete, and the settings that were not set.

Sources: docs/reference/opensearch.md, "Mappings and index settings"; IndexMetadata.addHumanReadableSettings.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.settings.cluster_settings import Flat, Text, nested
from mockflow.core.opensearch.settings.index_settings import normalized


def stored_settings(name: str, created: int, given: Mapping[str, Any], version_id: int) -> dict[str, Text]:
    """All settings of an index by dotted key, sorted. `given` are those of the request; `created` is epoch ms."""
    try:
        chosen = {key: value for key, value in normalized(given).items() if value is not None}
    except ValueError:  # no settings: such an index exists in scripts only
        chosen = {}
    expands = chosen.get("index.auto_expand_replicas", "false") != "false"  # to the number of other nodes, which is 0
    return dict(
        sorted(
            {
                "index.number_of_replicas": "0" if expands else "1",
                "index.number_of_shards": "1",
                "index.replication.type": "DOCUMENT",
                **chosen,
                **({"index.number_of_replicas": "0"} if expands else {}),
                "index.creation_date": str(created),
                "index.provided_name": name,
                "index.uuid": opensearch_uuid("index", name),
                "index.version.created": str(version_id),
            }.items()
        )
    )


def shown_settings(settings: Flat, *, flat: bool = False, human: bool = False, release: str = "") -> dict[str, Any]:
    """The settings as a response has them: nested, or flat; `human` adds the date and the `release` as text."""
    if human:
        created = int(str(settings["index.creation_date"]))
        settings = {
            **settings,
            "index.creation_date_string": _zoned(created),
            "index.version.created_string": release,
        }
    return dict(sorted(settings.items())) if flat else nested(settings)


def default_settings(settings: Flat) -> dict[str, str]:
    """The defaults of the settings that programs read, without those that are set."""
    return {key: value for key, value in _DEFAULTS.items() if key not in settings}


def _zoned(milliseconds: int) -> str:
    """`ZonedDateTime.toString` in UTC, which leaves out seconds and fractions that are 0."""
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    fraction = f".{milliseconds % 1000:03}" if milliseconds % 1000 else ""
    seconds = f":{moment:%S}{fraction}" if moment.second or fraction else ""
    return f"{moment:%Y-%m-%dT%H:%M}{seconds}Z"


def typed_mapping(mapping: Any) -> Any:
    """A mapping as OpenSearch shows it: whole numbers in text become numbers."""
    if isinstance(mapping, dict):
        return {name: typed_mapping(value) for name, value in mapping.items()}
    if isinstance(mapping, str) and re.fullmatch(r"0|[1-9]\d{0,8}", mapping):
        return int(mapping)
    return mapping


# Of the about 150 defaults in IndexScopedSettings.BUILT_IN_INDEX_SETTINGS.
_DEFAULTS: Final[Mapping[str, str]] = {
    "index.allocation.max_retries": "5",
    "index.auto_expand_replicas": "false",
    "index.blocks.metadata": "false",
    "index.blocks.read": "false",
    "index.blocks.read_only": "false",
    "index.blocks.read_only_allow_delete": "false",
    "index.blocks.write": "false",
    "index.codec": "default",
    "index.default_pipeline": "_none",
    "index.final_pipeline": "_none",
    "index.flush_after_merge": "512mb",
    "index.gc_deletes": "60s",
    "index.hidden": "false",
    "index.highlight.max_analyzed_offset": "1000000",
    "index.mapping.coerce": "false",
    "index.mapping.depth.limit": "20",
    "index.mapping.field_name_length.limit": "50000",
    "index.mapping.ignore_malformed": "false",
    "index.mapping.nested_fields.limit": "50",
    "index.mapping.nested_objects.limit": "10000",
    "index.mapping.total_fields.limit": "1000",
    "index.max_adjacency_matrix_filters": "100",
    "index.max_docvalue_fields_search": "100",
    "index.max_inner_result_window": "100",
    "index.max_ngram_diff": "1",
    "index.max_refresh_listeners": "1000",
    "index.max_regex_length": "1000",
    "index.max_rescore_window": "10000",
    "index.max_result_window": "10000",
    "index.max_script_fields": "32",
    "index.max_shingle_diff": "3",
    "index.max_slices_per_scroll": "1024",
    "index.max_terms_count": "65536",
    "index.number_of_routing_shards": "1",
    "index.priority": "1",
    "index.refresh_interval": "1s",
    "index.routing_partition_size": "1",
    "index.search.idle.after": "30s",
    "index.translog.durability": "REQUEST",
    "index.translog.flush_threshold_size": "512mb",
    "index.translog.sync_interval": "5s",
    "index.write.wait_for_active_shards": "1",
}
