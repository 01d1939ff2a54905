"""Cat tables about the one node, its disk and its shards (docs/reference/opensearch.md, "Cat tables").

The node has no Lucene: it lists no segment and no field data, and figures of the disk are constants.
"""

from collections.abc import Callable, Iterable
from typing import Final

from mockflow.cluster import index_listing
from mockflow.core.opensearch.indices.listing import count_shards
from mockflow.server.endpoints.cat_parameters import read_index_expression, read_manager_parameters
from mockflow.server.endpoints.main_page import NODE_NAME
from mockflow.server.endpoints.nodes import ATTRIBUTES, PROCESS_ID, TRANSPORT_PORT, ip_of, publish_address
from mockflow.server.rest.call import Call
from mockflow.server.rest.table import Bytes, Column, Row, Table, Time

GIB: Final = 1 << 30
DISK_TOTAL: Final = 64 * GIB
DISK_USED: Final = 16 * GIB

Rows = Callable[[], Iterable[Row]]


def _allocation_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    call.path_value("nodes")
    call.parameters.text("nodes")

    def rows() -> Iterable[Row]:
        indices = list(index_listing.indices(call.world))
        shards, ip = count_shards(indices), ip_of(publish_address(call))
        used = Bytes(sum(index.store_size * index.primaries for index in indices))
        disk = (Bytes(DISK_USED), Bytes(DISK_TOTAL - DISK_USED), Bytes(DISK_TOTAL), 100 * DISK_USED // DISK_TOTAL)
        yield (shards.active, used, *disk, ip, ip, NODE_NAME)
        if shards.unassigned:
            yield (shards.unassigned, *(None,) * 7, "UNASSIGNED")

    return rows


ALLOCATION: Final = Table(
    (
        Column("shards", "s", "number of shards on node", right=True),
        Column("disk.indices", "di,diskIndices", "disk used by OpenSearch indices", right=True),
        Column("disk.used", "du,diskUsed", "disk used (total, not just OpenSearch)", right=True),
        Column("disk.avail", "da,diskAvail", "disk available", right=True),
        Column("disk.total", "dt,diskTotal", "total capacity of all volumes", right=True),
        Column("disk.percent", "dp,diskPercent", "percent disk used", right=True),
        Column("host", "h", "host of node"),
        Column("ip", "", "ip of node"),
        Column("node", "n", "name of node"),
    ),
    _allocation_rows,
)


def _cluster_manager_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    ip = ip_of(publish_address(call))
    return lambda: [(call.world.node_id, ip, ip, NODE_NAME)]


CLUSTER_MANAGER: Final = Table(
    (
        Column("id", "", "node id"),
        Column("host", "h", "host name"),
        Column("ip", "", "ip address "),  # the space is OpenSearch's
        Column("node", "n", "node name"),
    ),
    _cluster_manager_rows,
)


def _attribute_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    ip = ip_of(publish_address(call))
    return lambda: [
        (NODE_NAME, call.world.node_id, PROCESS_ID, ip, ip, TRANSPORT_PORT, name, value)
        for name, value in ATTRIBUTES.items()
    ]


NODE_ATTRIBUTES: Final = Table(
    (
        Column("node", "name", "node name"),
        Column("id", "id,nodeId", "unique node id", shown=False),
        Column("pid", "p", "process id", shown=False),
        Column("host", "h", "host name"),
        Column("ip", "i", "ip address"),
        Column("port", "po", "bound transport port", shown=False),
        Column("attr", "attr.name", "attribute description"),
        Column("value", "attr.value", "attribute value"),
    ),
    _attribute_rows,
)


def _field_data_rows(call: Call) -> Rows:
    call.value("fields")
    call.parameters.text("fields")
    return lambda: ()


FIELD_DATA: Final = Table(
    (
        Column("id", "", "node id"),
        Column("host", "h", "host name"),
        Column("ip", "", "ip address"),
        Column("node", "n", "node name"),
        Column("field", "f", "field name"),
        Column("size", "s", "field data usage", right=True),
    ),
    _field_data_rows,
)


def _template_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    call.value("name")
    return lambda: ()


TEMPLATES: Final = Table(
    (
        Column("name", "n", "template name"),
        Column("index_patterns", "t", "template index patterns"),
        Column("order", "o,p", "template application order/priority number"),
        Column("version", "v", "version"),
        Column("composed_of", "c", "component templates comprising index template"),
    ),
    _template_rows,
)


def _segment_rows(call: Call) -> Rows:
    read_manager_parameters(call.parameters)
    chosen = read_index_expression(call)

    def rows() -> Iterable[Row]:
        chosen(index_listing.indices(call.world))  # 404 for a missing index
        return ()

    return rows


SEGMENTS: Final = Table(
    (
        Column("index", "i,idx", "index name"),
        Column("shard", "s,sh", "shard name"),
        Column("prirep", "p,pr,primaryOrReplica", "primary or replica"),
        Column("ip", "", "ip of node where it lives"),
        Column("id", "", "unique id of node where it lives", shown=False),
        Column("segment", "seg", "segment name"),
        Column("generation", "g,gen", "segment generation", right=True),
        Column("docs.count", "dc,docsCount", "number of docs in segment", right=True),
        Column("docs.deleted", "dd,docsDeleted", "number of deleted docs in segment", right=True),
        Column("size", "si", "segment size in bytes", right=True),
        Column("size.memory", "sm,sizeMemory", "segment memory in bytes", right=True),
        Column("committed", "ic,isCommitted", "is segment committed"),
        Column("searchable", "is,isSearchable", "is segment searched"),
        Column("version", "v,ver", "version"),
        Column("compound", "ico,isCompound", "is segment compound"),
    ),
    _segment_rows,
)


def _recovery_rows(call: Call) -> Rows:
    parameters = call.parameters
    is_active_only = parameters.boolean("active_only")
    parameters.boolean("detailed")
    parameters.text("index")
    chosen = read_index_expression(call)
    ip = ip_of(publish_address(call))

    def rows() -> Iterable[Row]:
        for index in chosen(index_listing.indices(call.world)):
            moment = index.created_text
            for shard in range(0 if is_active_only else index.primaries):
                yield (
                    *(index.name, shard, moment, index.created, moment, index.created, Time(0)),
                    *("empty_store", "done", "n/a", "n/a", ip, NODE_NAME, "n/a", "n/a"),
                    *(0, 0, "0.0%", 0, Bytes(0), Bytes(0), "0.0%", Bytes(0), 0, 0, "100.0%"),
                )

    return rows


RECOVERY: Final = Table(
    (
        Column("index", "i,idx", "index name"),
        Column("shard", "s,sh", "shard name"),
        Column("start_time", "start", "recovery start time", shown=False),
        Column("start_time_millis", "start_millis", "recovery start time in epoch milliseconds", shown=False),
        Column("stop_time", "stop", "recovery stop time", shown=False),
        Column("stop_time_millis", "stop_millis", "recovery stop time in epoch milliseconds", shown=False),
        Column("time", "t,ti", "recovery time"),
        Column("type", "ty", "recovery type"),
        Column("stage", "st", "recovery stage"),
        Column("source_host", "shost", "source host"),
        Column("source_node", "snode", "source node name"),
        Column("target_host", "thost", "target host"),
        Column("target_node", "tnode", "target node name"),
        Column("repository", "rep", "repository"),
        Column("snapshot", "snap", "snapshot"),
        Column("files", "f", "number of files to recover"),
        Column("files_recovered", "fr", "files recovered"),
        Column("files_percent", "fp", "percent of files recovered"),
        Column("files_total", "tf", "total number of files"),
        Column("bytes", "b", "number of bytes to recover"),
        Column("bytes_recovered", "br", "bytes recovered"),
        Column("bytes_percent", "bp", "percent of bytes recovered"),
        Column("bytes_total", "tb", "total number of bytes"),
        Column("translog_ops", "to", "number of translog ops to recover"),
        Column("translog_ops_recovered", "tor", "translog ops recovered"),
        Column("translog_ops_percent", "top", "percent of translog ops recovered"),
    ),
    _recovery_rows,
)

TABLES: Final = (
    ("allocation", ALLOCATION),
    ("allocation/{nodes}", ALLOCATION),
    ("cluster_manager", CLUSTER_MANAGER),
    ("master", CLUSTER_MANAGER),
    ("nodeattrs", NODE_ATTRIBUTES),
    ("fielddata", FIELD_DATA),
    ("fielddata/{fields}", FIELD_DATA),
    ("templates", TEMPLATES),
    ("templates/{name}", TEMPLATES),
    ("segments", SEGMENTS),
    ("segments/{index}", SEGMENTS),
    ("recovery", RECOVERY),
    ("recovery/{index}", RECOVERY),
)
"""The paths below /_cat, each with its table."""
