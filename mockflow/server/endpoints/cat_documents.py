"""Cat tables of documents and shards, and tables that are always empty (docs/reference/opensearch.md, "Cat tables").

mockflow has no tasks, repositories and snapshots, and replicates no segments. Its thread pools are idle.
"""

from collections.abc import Callable, Iterable
from typing import Final

from mockflow.cluster import index_listing
from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.server.endpoints.cat_parameters import read_index_expression, read_manager_parameters
from mockflow.server.endpoints.main_page import NODE_NAME
from mockflow.server.endpoints.nodes import ip_of, publish_address
from mockflow.server.rest.call import Call
from mockflow.server.rest.table import TIMESTAMP, Bytes, Column, Row, Table

Rows = Callable[[], Iterable[Row]]


def _count_rows(call: Call) -> Rows:
    chosen = read_index_expression(call, OPEN_INDICES)

    def rows() -> Iterable[Row]:
        seconds = call.world.now() // 1000
        clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        yield seconds, clock, sum(index.docs for index in chosen(index_listing.indices(call.world)))

    return rows


COUNT: Final = Table(
    (*TIMESTAMP, Column("count", "dc,docs.count,docsCount", "the document count", right=True)), _count_rows
)


def _shard_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    call.parameters.time("cancel_after_time_interval")
    chosen = read_index_expression(call)
    ip = ip_of(publish_address(call))

    def rows() -> Iterable[Row]:
        node = call.world.node_id
        for index in chosen(index_listing.indices(call.world)):
            for shard in range(index.primaries):
                docs = index.docs // index.primaries + (shard < index.docs % index.primaries)
                held = (None, None) if index.is_closed else (docs, Bytes(index.store_size))
                there = (*held, ip, node, NODE_NAME, None, None)
                yield (index.name, shard, "p", "STARTED", *there)
                nowhere = (None, None, None, None, None, "INDEX_CREATED", index.created_text)
                for _ in range(index.replicas):
                    yield (index.name, shard, "r", "UNASSIGNED", *nowhere)

    return rows


SHARDS: Final = Table(
    (
        Column("index", "i,idx", "index name"),
        Column("shard", "s,sh", "shard name"),
        Column("prirep", "p,pr,primaryOrReplica", "primary or replica"),
        Column("state", "st", "shard state"),
        Column("docs", "d,dc", "number of docs in shard", right=True),
        Column("store", "sto", "store size of shard (how much disk it uses)", right=True),
        Column("ip", "", "ip of node where it lives"),
        Column("id", "", "unique id of node where it lives", shown=False),
        Column("node", "n", "name of node where it lives"),
        Column("unassigned.reason", "ur", "reason shard became unassigned", shown=False),
        Column("unassigned.at", "ua", "time shard became unassigned (UTC)", shown=False),
    ),
    _shard_rows,
)


def _pool_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    call.parameters.text("size")
    wanted = [part for part in call.value("thread_pool_patterns").split(",") if part]
    return lambda: ((NODE_NAME, name, 0, 0, 0) for name in _POOLS if not wanted or name in wanted)


_POOLS: Final = (
    *("analyze", "fetch_shard_started", "fetch_shard_store", "flush", "force_merge", "generic", "get", "management"),
    *("refresh", "search", "search_throttled", "snapshot", "snapshot_deletion", "system_read", "system_write"),
    *("warmer", "write"),
)
THREAD_POOLS: Final = Table(
    (
        Column("node_name", "nn", "node name"),
        Column("name", "n", "thread pool name"),
        Column("active", "a", "number of active threads", right=True),
        Column("queue", "q", "number of tasks currently in queue", right=True),
        Column("rejected", "r", "number of rejected tasks", right=True),
    ),
    _pool_rows,
)


def _no_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    for name in ("nodes", "actions", "parent_task_id", "repository"):
        call.parameters.text(name)
    for name in ("detailed", "ignore_unavailable", "active_only", "completed_only"):
        call.parameters.boolean(name)
    for name in call.path_names:
        call.value(name)
    return lambda: ()


TASKS: Final = Table(
    (
        Column("action", "ac", "task action"),
        Column("task_id", "ti", "unique task id"),
        Column("parent_task_id", "pti", "parent task id"),
        Column("type", "ty", "task type"),
        Column("start_time", "start", "start time in ms"),
        Column("timestamp", "ts,hms,hhmmss", "start time in HH:MM:SS"),
        Column("running_time", "time", "running time"),
        Column("ip", "i", "ip address"),
        Column("node", "n", "node name"),
    ),
    _no_rows,
)
PENDING_TASKS: Final = Table(
    (
        Column("insertOrder", "o", "task insertion order", right=True),
        Column("timeInQueue", "t", "how long task has been in queue", right=True),
        Column("priority", "p", "task priority"),
        Column("source", "s", "task source"),
    ),
    _no_rows,
)
REPOSITORIES: Final = Table(
    (Column("id", "id,repoId", "unique repository id"), Column("type", "t,type", "repository type", right=True)),
    _no_rows,
)
SNAPSHOTS: Final = Table(
    (
        Column("id", "id,snapshot", "unique snapshot"),
        Column("repository", "re,repo", "repository name", shown=False),
        Column("status", "s,status", "snapshot name"),
        Column("start_epoch", "ste,startEpoch", "start time in seconds since 1970-01-01 00:00:00"),
        Column("start_time", "sti,startTime", "start time in HH:MM:SS"),
        Column("end_epoch", "ete,endEpoch", "end time in seconds since 1970-01-01 00:00:00"),
        Column("end_time", "eti,endTime", "end time in HH:MM:SS"),
        Column("duration", "dur,duration", "duration", right=True),
        Column("indices", "i,indices", "number of indices", right=True),
        Column("successful_shards", "ss,successful_shards", "number of successful shards", right=True),
        Column("failed_shards", "fs,failed_shards", "number of failed shards", right=True),
        Column("total_shards", "ts,total_shards", "number of total shards", right=True),
        Column("reason", "r,reason", "reason for failures", shown=False),
    ),
    _no_rows,
)
SEGMENT_REPLICATION: Final = Table(
    (
        Column("shardId", "s", "shard Id"),
        Column("target_node", "tnode", "target node name"),
        Column("target_host", "thost", "target host"),
        Column("checkpoints_behind", "cpb", "checkpoints behind"),
        Column("bytes_behind", "bb", "bytes behind"),
        Column("current_lag", "clag", "ongoing time elapsed waiting for replica to catch up to primary"),
        Column("last_completed_lag", "lcl", "time taken for replica to catch up to latest primary refresh"),
        Column("rejected_requests", "rr", "count of rejected requests for the replication group"),
    ),
    _no_rows,
)

TABLES: Final = (
    ("count", COUNT),
    ("count/{index}", COUNT),
    ("shards", SHARDS),
    ("shards/{index}", SHARDS),
    ("thread_pool", THREAD_POOLS),
    ("thread_pool/{thread_pool_patterns}", THREAD_POOLS),
    ("tasks", TASKS),
    ("pending_tasks", PENDING_TASKS),
    ("repositories", REPOSITORIES),
    ("snapshots", SNAPSHOTS),
    ("snapshots/{repository}", SNAPSHOTS),
    ("segment_replication", SEGMENT_REPLICATION),
    ("segment_replication/{index}", SEGMENT_REPLICATION),
)
"""The paths below /_cat, each with its table."""
