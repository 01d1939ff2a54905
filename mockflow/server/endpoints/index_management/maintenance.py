"""Refresh, flush and the like, which do nothing here, and statistics (docs/reference/documents.md, "Indices")."""

from typing import Any, Final

from mockflow.cluster import index_listing
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.indices.listing import OPEN_INDICES, IndexRow
from mockflow.core.opensearch.search.errors import not_supported
from mockflow.server.endpoints.indices import found_indices
from mockflow.server.endpoints.kept_tasks import told_by_task
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.parameters import unrecognized


def _maintain(flags: str = "", texts: str = "") -> Handler:
    """What a client asks of shards; documents are visible at once, so there is nothing to do. The parameters differ."""

    def handle(call: Call) -> Action:
        options = read_indices_options(call.parameters, OPEN_INDICES)
        given = {name: call.parameters.boolean(name, _DEFAULTS.get(name, False)) for name in flags.split()}
        for name in texts.split():
            call.parameters.text(name)
        if given.get("force") and not given["wait_if_ongoing"]:
            raise invalid_request("wait_if_ongoing must be true for a force flush")
        expression = call.value("index")

        def act() -> Reply:
            chosen = _rows(call, found_indices(call.world, expression, options))
            shards = sum(row.primaries for row in chosen)
            total = sum(row.primaries * (1 + row.replicas) for row in chosen)
            told = {"_shards": {"total": total, "successful": shards, "failed": 0}}
            if given.get("wait_for_completion", True):
                return Reply(200, told)
            return told_by_task(call.world, "indices.forcemerge", "", call.world.now(), {"response": told})

        return act

    return handle


_DEFAULTS: Final = {"wait_if_ongoing": True, "wait_for_completion": True}
refresh: Final = _maintain()
flush: Final = _maintain("force wait_if_ongoing")
forcemerge: Final = _maintain("flush only_expunge_deletes primary_only wait_for_completion", "max_num_segments")
clear_cache: Final = _maintain("query fielddata request file", "fields")


def stats(call: Call) -> Action:
    """GET /_stats: documents, size and the counts that follow from them."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    for name in ("fields", "completion_fields", "fielddata_fields", "groups"):
        call.parameters.text(name)
    for name in ("include_segment_file_sizes", "include_unloaded_segments", "forbid_closed_indices"):
        call.parameters.boolean(name)
    expression, wanted = call.value("index"), call.value("metric")
    metrics = _read_metrics(call, wanted)
    level = call.parameters.text("level") or "indices"
    if level not in ("cluster", "indices"):
        if level != "shards":
            raise illegal_argument(
                f"level parameter must be one of [cluster] or [indices] or [shards] but was [{level}]"
            )
        raise not_supported("[level=shards] of statistics", ("[level=cluster]", "[level=indices]"))

    def act() -> Reply:
        rows = _rows(call, found_indices(call.world, expression, options))
        by_index = {row.name: _metrics([row], metrics) for row in rows}
        shards = sum(row.primaries for row in rows)
        total = sum(row.primaries * (1 + row.replicas) for row in rows)
        whole = _metrics(rows, metrics)
        told: dict[str, Any] = {
            "_shards": {"total": total, "successful": shards, "failed": 0},
            "_all": {"primaries": whole, "total": whole},
        }
        if level == "indices":
            told["indices"] = {
                row.name: {"uuid": row.uuid, "primaries": by_index[row.name], "total": by_index[row.name]}
                for row in rows
            }
        return Reply(200, told)

    return act


def _read_metrics(call: Call, wanted: str) -> frozenset[str] | None:
    """The metrics of the path; None for all. 400 for unknown ones (RestIndicesStatsAction)."""
    metrics = frozenset(part for part in wanted.split(",") if part)
    if metrics <= {"_all"}:
        return None
    if "_all" in metrics:
        raise illegal_argument(f"request [{call.path}] contains _all and individual metrics [{wanted}]")
    unknown = sorted(metrics - _METRICS)
    if unknown:
        raise illegal_argument(unrecognized(call.path, unknown, _METRICS, "metric"))
    return metrics


_METRICS: Final = frozenset(
    {
        *("docs", "store", "indexing", "get", "search", "merge", "flush", "refresh", "query_cache", "fielddata"),
        *("warmer", "completion", "segments", "translog", "request_cache", "recovery"),
    }
)


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
