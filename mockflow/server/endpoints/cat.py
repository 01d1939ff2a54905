"""The cat API: tables of health, nodes, plugins, indices and aliases (docs/reference/opensearch.md, "Cat tables").

`cat_node` and `cat_documents` have the other tables. Columns, aliases and descriptions are those of OpenSearch 3.
Figures that need a running JVM or Lucene are constants. The hidden columns of operation counters are left out.
"""

from collections.abc import Callable, Iterable
from typing import Final

from mockflow.cluster import index_listing
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.indices.listing import IndexRow, count_shards
from mockflow.core.opensearch.plugins import PLUGINS
from mockflow.server.endpoints import cat_documents, cat_node
from mockflow.server.endpoints.cat_node import DISK_TOTAL, DISK_USED, GIB
from mockflow.server.endpoints.cat_parameters import read_index_expression, read_manager_parameters
from mockflow.server.endpoints.cluster_health import outage_health, worse
from mockflow.server.endpoints.main_page import CLUSTER_NAME, NODE_NAME
from mockflow.server.endpoints.nodes import (
    JAVA_VERSION,
    PROCESS_ID,
    ROLES,
    TRANSPORT_PORT,
    ip_of,
    publish_address,
)
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, ApiRoute, Call, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.table import TIMESTAMP, Bytes, Column, Row, Table, Time, table_handler


def index(_: Call) -> Action:
    """The list of tables as text."""
    return lambda: Reply(200, "".join(f"{line}\n" for line in ("=^.^=", *(route.path for route in TABLE_ROUTES))))


# -- tables ----------------------------------------------------------------------------------------


def _health_rows(call: Call) -> Callable[[], Iterable[Row]]:
    def rows() -> Iterable[Row]:
        seconds = call.world.now() // 1000
        shards = count_shards(index_listing.indices(call.world))
        yield (
            seconds,
            f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
            CLUSTER_NAME,
            worse(shards.status, outage_health(call.cluster)),
            *(1, 1, True),  # nodes, data nodes, cluster manager discovered
            *(shards.active, shards.active, 0, 0, shards.unassigned),
            *(0, "-", f"{shards.active_percent:.1f}%"),
        )

    return rows


HEALTH: Final = Table(
    (
        *TIMESTAMP,
        Column("cluster", "cl", "cluster name"),
        Column("status", "st", "health status"),
        Column("node.total", "nt,nodeTotal", "total number of nodes", right=True),
        Column("node.data", "nd,nodeData", "number of nodes that can store data", right=True),
        Column(
            "discovered_cluster_manager",
            "dcm,dm,discovered_master",
            "cluster manager is discovered or not",
            right=True,
        ),
        Column("shards", "t,sh,shards.total,shardsTotal", "total number of shards", right=True),
        Column("pri", "p,shards.primary,shardsPrimary", "number of primary shards", right=True),
        Column("relo", "r,shards.relocating,shardsRelocating", "number of relocating nodes", right=True),
        Column("init", "i,shards.initializing,shardsInitializing", "number of initializing nodes", right=True),
        Column("unassign", "u,shards.unassigned,shardsUnassigned", "number of unassigned shards", right=True),
        Column("pending_tasks", "pt,pendingTasks", "number of pending tasks", right=True),
        Column("max_task_wait_time", "mtwt,maxTaskWaitTime", "wait time of longest task pending", right=True),
        Column("active_shards_percent", "asp,activeShardsPercent", "active number of shards in percent", right=True),
    ),
    _health_rows,
)


def _plugin_rows(call: Call) -> Callable[[], Iterable[Row]]:
    read_manager_parameters(call.parameters)
    cluster = call.cluster
    return lambda: (
        (cluster.world.node_id, NODE_NAME, plugin.name, cluster.world.version.plugin, plugin.description)
        for plugin in PLUGINS
    )


INSTALLED: Final = Table(
    (
        Column("id", "", "unique node id", shown=False),
        Column("name", "n", "node name"),
        Column("component", "c", "component"),
        Column("version", "v", "component version"),
        Column("description", "d", "plugin details", shown=False),
    ),
    _plugin_rows,
)


def _index_rows(call: Call) -> Callable[[], Iterable[Row]]:
    parameters = call.parameters
    read_manager_parameters(parameters)
    parameters.boolean("include_unloaded_segments")
    chosen = read_index_expression(call)
    wanted = parameters.text("health")
    if wanted is not None and wanted.lower() not in ("green", "yellow", "red"):
        raise illegal_argument(f"unknown cluster health status [{wanted}]")
    return lambda: (
        _index_row(index)
        for index in chosen(index_listing.indices(call.world))
        if wanted is None or index.health == wanted.lower()
    )


def _index_row(index: IndexRow) -> Row:
    store_size = None if index.is_closed else Bytes(index.store_size * index.primaries)
    docs = (None, None) if index.is_closed else (index.docs, index.deleted)
    return (
        *(index.health, "close" if index.is_closed else "open", index.name, index.uuid),
        *(index.primaries, index.replicas, *docs),
        *(index.created, index.created_text),
        *(store_size, store_size),
    )


INDICES: Final = Table(
    (
        Column("health", "h", "current health status"),
        Column("status", "s", "open/close status"),
        Column("index", "i,idx", "index name"),
        Column("uuid", "id,uuid", "index uuid"),
        Column("pri", "p,shards.primary,shardsPrimary", "number of primary shards", right=True),
        Column("rep", "r,shards.replica,shardsReplica", "number of replica shards", right=True),
        Column("docs.count", "dc,docsCount", "available docs", right=True),
        Column("docs.deleted", "dd,docsDeleted", "deleted docs", right=True),
        Column("creation.date", "cd", "index creation date (millisecond value)", shown=False),
        Column("creation.date.string", "cds", "index creation date (as string)", shown=False),
        Column("store.size", "ss,storeSize", "store size of primaries & replicas", right=True, has_primaries=True),
        Column("pri.store.size", "", "store size of primaries", right=True),
    ),
    _index_rows,
)


def _alias_rows(call: Call) -> Callable[[], Iterable[Row]]:
    call.parameters.boolean("local")
    read_indices_options(call.parameters)
    patterns = [part for part in call.value("alias").split(",") if part] or ["*"]
    wanted = [part for part in patterns if not part.startswith("-")]
    unwanted = [part[1:] for part in patterns if part.startswith("-")]

    def named(name: str) -> bool:
        return any(part == "_all" or matches(part, name) for part in wanted) and not any(
            matches(part, name) for part in unwanted
        )

    return lambda: (
        (
            row.alias,
            row.index,
            "*" if row.filtered else "-",
            row.index_routing or "-",
            row.search_routing or "-",
            "-" if row.write_index is None else row.write_index,
        )
        for row in index_listing.aliases(call.world)
        if named(row.alias)
    )


ALIASES: Final = Table(
    (
        Column("alias", "a", "alias name"),
        Column("index", "i,idx", "index alias points to"),
        Column("filter", "f,fi", "filter"),
        Column("routing.index", "ri,routingIndex", "index routing"),
        Column("routing.search", "rs,routingSearch", "search routing"),
        Column("is_write_index", "w,isWriteIndex", "write index"),
    ),
    _alias_rows,
)


def _node_rows(call: Call) -> Callable[[], Iterable[Row]]:
    read_manager_parameters(call.parameters)
    call.parameters.time("cancel_after_time_interval")
    full_id = call.parameters.boolean("full_id")

    def rows() -> Iterable[Row]:
        cluster, address = call.cluster, publish_address(call)
        version, id = cluster.world.version, cluster.world.node_id
        yield (
            *(id if full_id else id[:4], PROCESS_ID, ip_of(address), TRANSPORT_PORT, address),
            *(version.number, "tar", version.build_hash, JAVA_VERSION),
            *(Bytes(DISK_TOTAL), Bytes(DISK_USED), Bytes(DISK_TOTAL - DISK_USED), "25.00"),
            *(Bytes(256 * _MIB), 25, Bytes(GIB), Bytes(4 * GIB), 50, Bytes(8 * GIB)),
            *(512, 0, 65_535, 0, "0.00", "0.00", "0.00"),
            Time(max(0, cluster.world.elapsed_ms)),
            *("dimr", ",".join(ROLES), "*", NODE_NAME),
        )

    return rows


_MIB: Final = 1 << 20

NODES: Final = Table(
    (
        Column("id", "id,nodeId", "unique node id", shown=False),
        Column("pid", "p", "process id", shown=False),
        Column("ip", "i", "ip address"),
        Column("port", "po", "bound transport port", shown=False),
        Column("http_address", "http", "bound http address", shown=False),
        Column("version", "v", "os version", shown=False),
        Column("type", "t", "os distribution type", shown=False),
        Column("build", "b", "os build hash", shown=False),
        Column("jdk", "j", "jdk version", shown=False),
        Column("disk.total", "dt,diskTotal", "total disk space", right=True, shown=False),
        Column("disk.used", "du,diskUsed", "used disk space", right=True, shown=False),
        Column("disk.avail", "d,da,disk,diskAvail", "available disk space", right=True, shown=False),
        Column("disk.used_percent", "dup,diskUsedPercent", "used disk space percentage", right=True, shown=False),
        Column("heap.current", "hc,heapCurrent", "used heap", right=True, shown=False),
        Column("heap.percent", "hp,heapPercent", "used heap ratio", right=True),
        Column("heap.max", "hm,heapMax", "max configured heap", right=True, shown=False),
        Column("ram.current", "rc,ramCurrent", "used machine memory", right=True, shown=False),
        Column("ram.percent", "rp,ramPercent", "used machine memory ratio", right=True),
        Column("ram.max", "rm,ramMax", "total machine memory", right=True, shown=False),
        Column("file_desc.current", "fdc,fileDescriptorCurrent", "used file descriptors", right=True, shown=False),
        Column("file_desc.percent", "fdp,fileDescriptorPercent", "used file descriptor ratio", right=True, shown=False),
        Column("file_desc.max", "fdm,fileDescriptorMax", "max file descriptors", right=True, shown=False),
        Column("cpu", "cpu", "recent cpu usage", right=True),
        Column("load_1m", "l", "1m load avg", right=True),
        Column("load_5m", "l", "5m load avg", right=True),
        Column("load_15m", "l", "15m load avg", right=True),
        Column("uptime", "u", "node uptime", right=True, shown=False),
        Column(
            "node.role",
            "r,role,nodeRole",
            "m:master eligible node, d:data node, i:ingest node, -:coordinating node only",
        ),
        Column("node.roles", "rs,all roles", " -:coordinating node only"),
        Column("cluster_manager", "cm,m,master", "*:current cluster manager"),
        Column("name", "n", "node name"),
    ),
    _node_rows,
)


TABLE_ROUTES: Final = tuple(
    ApiRoute("GET", f"/_cat/{path}", f"cat.{path.partition('/')[0]}", table_handler(table))
    for path, table in (
        ("nodes", NODES),
        ("indices", INDICES),
        ("indices/{index}", INDICES),
        ("health", HEALTH),
        ("aliases", ALIASES),
        ("aliases/{alias}", ALIASES),
        ("plugins", INSTALLED),
        *cat_node.TABLES,
        *cat_documents.TABLES,
    )
)
ROUTES: Final = (ApiRoute("GET", "/_cat", "cat.help", index), *TABLE_ROUTES)
