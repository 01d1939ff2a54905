"""Refresh, flush and the like, which do nothing here, and statistics (docs/reference/documents.md, "Indices")."""

from typing import Any

from mockflow.cluster import index_listing
from mockflow.core.opensearch.indices.listing import OPEN_INDICES, IndexRow
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, Call, Reply

_OPTIONS = (
    *("force", "wait_if_ongoing", "flush", "only_expunge_deletes", "primary_only", "fielddata", "query", "request"),
    *("file", "wait_for_completion"),
)


def maintain(call: Call) -> Action:
    """What a client asks of shards; documents are visible at once, so there is nothing to do."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    for name in _OPTIONS:
        call.parameters.boolean(name)
    for name in ("max_num_segments", "fields"):
        call.parameters.text(name)
    expression = call.value("index")

    def act() -> Reply:
        chosen = _rows(call, found_indices(call.world, expression, options))
        shards = sum(row.primaries for row in chosen)
        total = sum(row.primaries * (1 + row.replicas) for row in chosen)
        return Reply(200, {"_shards": {"total": total, "successful": shards, "failed": 0}})

    return act


def stats(call: Call) -> Action:
    """GET /_stats: documents, size and the counts that follow from them."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    for name in ("fields", "completion_fields", "fielddata_fields", "groups", "level"):
        call.parameters.text(name)
    for name in ("include_segment_file_sizes", "include_unloaded_segments", "forbid_closed_indices"):
        call.parameters.boolean(name)
    expression, wanted = call.value("index"), call.value("metric")
    metrics = None if wanted in ("", "_all") else frozenset(wanted.split(","))

    def act() -> Reply:
        rows = _rows(call, found_indices(call.world, expression, options))
        by_index = {row.name: _metrics([row], metrics) for row in rows}
        shards = sum(row.primaries for row in rows)
        total = sum(row.primaries * (1 + row.replicas) for row in rows)
        whole = _metrics(rows, metrics)
        return Reply(
            200,
            {
                "_shards": {"total": total, "successful": shards, "failed": 0},
                "_all": {"primaries": whole, "total": whole},
                "indices": {
                    row.name: {"uuid": row.uuid, "primaries": by_index[row.name], "total": by_index[row.name]}
                    for row in rows
                },
            },
        )

    return act


def _rows(call: Call, names: list[str]) -> list[IndexRow]:
    chosen = frozenset(names)
    return [row for row in index_listing.indices(call.world) if row.name in chosen]


def _metrics(rows: list[IndexRow], wanted: frozenset[str] | None) -> dict[str, Any]:
    size = sum(row.store_size * row.primaries for row in rows)
    every = {
        "docs": {"count": sum(row.docs for row in rows), "deleted": sum(row.deleted for row in rows)},
        "store": {"size_in_bytes": size, "reserved_in_bytes": 0},
        "indexing": {"index_total": sum(row.docs + row.deleted for row in rows), "index_time_in_millis": 0},
        "get": {"total": 0, "time_in_millis": 0},
        "search": {"open_contexts": 0, "query_total": 0, "query_time_in_millis": 0},
        "merges": {"current": 0, "total": 0},
        "refresh": {"total": 0, "total_time_in_millis": 0},
        "flush": {"total": 0, "periodic": 0, "total_time_in_millis": 0},
        "segments": {"count": 0, "memory_in_bytes": 0},
    }
    return {name: value for name, value in every.items() if wanted is None or name.rstrip("s") in _singular(wanted)}


def _singular(wanted: frozenset[str]) -> frozenset[str]:
    return frozenset(name.rstrip("s") for name in wanted)
