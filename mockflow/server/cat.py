"""The cat family: tables of a cluster for people, as text, and for programs, as JSON or YAML.

Columns, aliases, alignment and help are those of OpenSearch 3 (RestTable and the actions beside it), and so are its
oddities: all values are strings, numbers in text stand right, and a gap of more than 127 characters is not filled.
What a figure needs a running JVM or Lucene for is a constant here; the hundreds of columns of operation counters,
which OpenSearch hides unless asked for, are not there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from mockflow.core.indices import (
    IndexRow,
    InvalidIndexNameError,
    NoSuchIndexError,
    count_shards,
    resolved,
)
from mockflow.core.plugins import PLUGINS
from mockflow.core.wildcards import matches
from mockflow.server.call import Action, ApiRoute, Call, Handler, Reply, body_format
from mockflow.server.errors import Refusal, illegal_argument, object_error
from mockflow.server.nodes import (
    JAVA_VERSION,
    PROCESS_ID,
    ROLES,
    TRANSPORT_PORT,
    ip_of,
    node_id,
    publish_address,
)
from mockflow.server.opensearch import CLUSTER_NAME, NODE_NAME
from mockflow.server.parameters import Parameters


class Bytes(int):
    """A size, shown as ``1.2kb`` or, with ``bytes=``, as whole units."""


class Time(int):
    """Milliseconds, shown as ``1.5s`` or, with ``time=``, as whole units."""


Cell = str | int | bool | Bytes | Time | None
Row = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """One column: `aliases` are its other names, separated by commas as the help prints them."""

    name: str
    aliases: str
    description: str
    right: bool = False
    shown: bool = True
    """Whether it is there when nobody asks for it."""
    has_primaries: bool = False
    """Whether ``pri=true`` adds the column ``pri.<name>`` beside it."""

    def answers_to(self, name: str) -> bool:
        """Whether `name` is one of the aliases."""
        return name in self.aliases.split(",")


@dataclass(frozen=True)
class Table:
    """Columns, and the rows of a call: `rows` reads the call's parameters and returns what makes the rows."""

    columns: tuple[Column, ...]
    rows: Callable[[Call], Callable[[], Iterable[Row]]]


def table_handler(table: Table) -> Handler:
    """The handler that answers with a table, in the form that the request asks for."""

    def handle(call: Call) -> Action:
        for name in _RESPONSE_PARAMETERS:
            call.parameters.text(name)
        if call.parameters.boolean("help"):
            for name in call.path_names:
                call.parameters.leave_unread(name)
            return lambda: Reply(200, _help(table.columns))
        rows = table.rows(call)
        return lambda: Reply(200, _written(call, table.columns, list(rows())))

    return handle


def index(_: Call) -> Action:
    """The list of tables."""
    return lambda: Reply(200, "".join(f"{line}\n" for line in ("=^.^=", *(route.path for route in TABLE_ROUTES))))


# -- tables ----------------------------------------------------------------------------------------

_TIMESTAMP: Final = (
    Column("epoch", "t,time", "seconds since 1970-01-01 00:00:00"),
    Column("timestamp", "ts,hms,hhmmss", "time in HH:MM:SS"),
)


def _health_rows(call: Call) -> Callable[[], Iterable[Row]]:
    def rows() -> Iterable[Row]:
        seconds = call.cluster.now() // 1000
        shards = count_shards(call.cluster.indices())
        yield (
            seconds,
            datetime.fromtimestamp(seconds, timezone.utc).strftime("%H:%M:%S"),
            CLUSTER_NAME,
            shards.status,
            *(1, 1, True),  # nodes, data nodes, cluster manager discovered
            *(shards.active, shards.active, 0, 0, shards.unassigned),
            *(0, "-", f"{shards.active_percent:.1f}%"),
        )

    return rows


HEALTH: Final = Table(
    (
        *_TIMESTAMP,
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
    _read_manager_parameters(call.parameters)
    cluster = call.cluster
    return lambda: (
        (node_id(cluster), NODE_NAME, plugin.name, cluster.version.plugin, plugin.description) for plugin in PLUGINS
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
    _read_manager_parameters(parameters)
    parameters.boolean("include_unloaded_segments")
    chosen = _index_expression(call)
    wanted = parameters.text("health")
    if wanted is not None and wanted.lower() not in ("green", "yellow", "red"):
        raise illegal_argument(f"unknown cluster health status [{wanted}]")
    return lambda: (
        _index_row(index)
        for index in chosen(call.cluster.indices())
        if wanted is None or index.health == wanted.lower()
    )


def _index_row(index: IndexRow) -> Row:
    created = datetime.fromtimestamp(index.created / 1000, timezone.utc)
    store_size = Bytes(index.store_size * index.primaries)
    return (
        *(index.health, "open", index.name, index.uuid),
        *(index.primaries, index.replicas, index.docs, 0),
        index.created,
        f"{created:%Y-%m-%dT%H:%M:%S}.{index.created % 1000:03}Z",
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
    _read_index_options(call.parameters)
    patterns = [part for part in call.path_value("alias").split(",") if part] or ["*"]
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
        for row in call.cluster.aliases()
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
    _read_manager_parameters(call.parameters)
    call.parameters.time("cancel_after_time_interval")
    full_id = call.parameters.boolean("full_id")

    def rows() -> Iterable[Row]:
        cluster, address = call.cluster, publish_address(call)
        version, id = cluster.version, node_id(cluster)
        yield (
            *(id if full_id else id[:4], PROCESS_ID, ip_of(address), TRANSPORT_PORT, address),
            *(version.number, "tar", version.build_hash, JAVA_VERSION),
            *(Bytes(64 * _GIB), Bytes(16 * _GIB), Bytes(48 * _GIB), "25.00"),
            *(Bytes(256 * _MIB), 25, Bytes(_GIB), Bytes(4 * _GIB), 50, Bytes(8 * _GIB)),
            *(512, 0, 65_535, 0, "0.00", "0.00", "0.00"),
            Time(max(0, cluster.elapsed_ms)),
            *("dimr", ",".join(ROLES), "*", NODE_NAME),
        )

    return rows


_GIB: Final = 1 << 30
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


# -- parameters ------------------------------------------------------------------------------------

# Read when the table is written, so every table knows them; `timeout` and `limit` too, whatever they say.
_RESPONSE_PARAMETERS: Final = ("format", "h", "v", "ts", "pri", "bytes", "size", "time", "s", "timeout", "limit")


def _read_manager_parameters(parameters: Parameters) -> None:
    parameters.boolean("local")
    for name in ("cluster_manager_timeout", "master_timeout"):
        parameters.time(name)


def _read_index_options(parameters: Parameters) -> tuple[bool, bool]:
    """ignore_unavailable and allow_no_indices."""
    parameters.boolean("ignore_throttled")
    for state in (parameters.text("expand_wildcards") or "open").split(","):
        if state not in ("open", "closed", "hidden", "none", "all"):
            raise illegal_argument(f"No valid expand wildcard value [{state}]")
    return parameters.boolean("ignore_unavailable"), parameters.boolean("allow_no_indices", True)


def _index_expression(call: Call) -> Callable[[Iterable[IndexRow]], Iterable[IndexRow]]:
    """What picks the indices that the path names; 404 for one that is not there."""
    ignore_unavailable, allow_no_indices = _read_index_options(call.parameters)
    expression = call.path_value("index")

    def chosen(indices: Iterable[IndexRow]) -> Iterable[IndexRow]:
        by_name = {index.name: index for index in indices}
        try:
            names = resolved(
                expression, by_name, ignore_unavailable=ignore_unavailable, allow_no_indices=allow_no_indices
            )
        except NoSuchIndexError as error:
            raise _no_such_index(str(error)) from None
        except InvalidIndexNameError as error:
            name, reason = error.args
            kind, message = "invalid_index_name_exception", f"Invalid index name [{name}], {reason}"
            raise object_error(400, kind, message, index=name, index_uuid="_na_") from None
        return [by_name[name] for name in names]

    return chosen


def _no_such_index(name: str) -> Refusal:
    resource: dict[str, Any] = {
        "index": name,
        "resource.id": name,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }
    return object_error(404, "index_not_found_exception", f"no such index [{name}]", **resource)


# -- writing ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shown:
    """A column of the answer: its place in a row, and the name that it goes by."""

    column: Column
    place: int
    label: str


def _written(call: Call, columns: Sequence[Column], rows: list[Row]) -> str | list[dict[str, Any]]:
    parameters = call.parameters
    shown = _shown(columns, parameters)
    verbose = _wants_text(call) and parameters.boolean("v")
    texts = [[_text(row[it.place], parameters) for it in shown] for row in _sorted(columns, rows, parameters)]
    if not _wants_text(call):
        return [{it.label: text for it, text in zip(shown, row, strict=True)} for row in texts]
    head: list[list[str | None]] = [[it.label for it in shown]] if verbose else []
    return _aligned(head + texts, [it.column.right for it in shown])


def _wants_text(call: Call) -> bool:
    """Unless `format`, or else the Accept header, names a format; the body's own type does not matter here."""
    format = call.parameters.text("format")
    if format is not None:
        return format.lower() not in ("json", "yaml", "smile", "cbor")
    try:
        return body_format(call.request.headers.get("Accept")) is None
    except Refusal:
        return True


def _shown(columns: Sequence[Column], parameters: Parameters) -> list[_Shown]:
    """The columns that `h` asks for, each by the name that it was asked by; else those shown by default."""
    places = {column.name: place for place, column in enumerate(columns)}
    wanted = parameters.text("h")
    shown: list[_Shown] = []
    if wanted is None:
        shown = [_Shown(column, places[column.name], column.name) for column in columns if column.shown]
    for name in _expanded(wanted or "", columns):
        by_alias = [column for column in columns if column.answers_to(name)]
        if name in places:
            column = columns[places[name]]
        elif by_alias:
            column = by_alias[-1]  # of several with one alias the last answers
        else:
            continue
        shown.append(_Shown(column, places[column.name], name))
        primaries = f"pri.{column.name}"
        if column.has_primaries and parameters.boolean("pri"):
            shown.append(_Shown(columns[places[primaries]], places[primaries], f"pri.{name}"))
    if not parameters.boolean("ts", True):
        shown = [it for it in shown if it.column not in _TIMESTAMP]
    return shown


def _expanded(wanted: str, columns: Sequence[Column]) -> list[str]:
    """The names of `h` in order, each once; a pattern is all columns that it matches by name or alias."""
    names: dict[str, None] = {}
    for part in wanted.split(","):
        if "*" in part:
            names |= {c.name: None for c in columns if any(matches(part, n) for n in (c.name, *c.aliases.split(",")))}
        elif part:
            names[part] = None
    return list(names)


def _sorted(columns: Sequence[Column], rows: list[Row], parameters: Parameters) -> list[Row]:
    """By the columns of `s`, the first the most important; each may end in ``:asc`` or ``:desc``."""
    places: dict[str, int] = {}
    for place, column in enumerate(columns):
        places |= dict.fromkeys((column.name, *column.aliases.split(",")), place)
    keys = [part for part in (parameters.text("s") or "").split(",") if part]
    orders = []
    for key in keys:
        name = key.removesuffix(":desc") if key.endswith(":desc") else key.removesuffix(":asc")
        if name not in places:
            message = f"Unable to sort by unknown sort key `{name}`"
            raise object_error(500, "unsupported_operation_exception", message)
        orders.append((places[name], key.endswith(":desc")))
    for place, reverse in reversed(orders):
        rows = sorted(rows, key=_cell_of(place), reverse=reverse)
    return rows


def _cell_of(place: int) -> Callable[[Row], tuple[int, Any]]:
    """To sort by: nothing comes before something, numbers go by size, all else by its text."""

    def comparable(row: Row) -> tuple[int, Any]:
        cell = row[place]
        return (0, "") if cell is None else (1, cell) if isinstance(cell, int) else (2, cell)

    return comparable


def _aligned(lines: list[list[str | None]], right: Sequence[bool]) -> str:
    """Columns of equal width, one space between; the last one is padded on its left only."""
    widths = [max((len(cell or "") for cell in cells), default=0) for cells in zip(*lines, strict=True)]
    written = []
    for line in lines:
        padded = []
        for place, cell in enumerate(line):
            text = cell or ""
            gap = " " * _gap(widths[place] - len(text))
            is_last = place == len(line) - 1
            padded.append(gap + text if right[place] else text + ("" if is_last else gap))
        written.append(" ".join(padded) + "\n")
    return "".join(written)


def _gap(width: int) -> int:
    """How many spaces OpenSearch puts: it counts them in a Java byte, which wraps after 127."""
    return max(0, (width + 128) % 256 - 128)


def _help(columns: Sequence[Column]) -> str:
    """One line for each column; the last field is padded as well."""
    fields = [(column.name, column.aliases, column.description) for column in columns]
    widths = [max(map(len, cells)) for cells in zip(*fields, strict=True)]
    lines = (" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in fields)
    return "".join(f"{line}\n" for line in lines)


def _text(cell: Cell, parameters: Parameters) -> str | None:
    if isinstance(cell, Bytes):
        unit = _BYTE_UNITS.get(parameters.text("bytes") or "")
        return str(cell // unit) if unit else _scaled(cell, _BYTE_SCALE)
    if isinstance(cell, Time):
        unit_ms = _TIME_UNITS_MS.get(parameters.text("time") or "")
        return str(int(cell / unit_ms)) if unit_ms else _scaled(cell, _TIME_SCALE) if cell else "0s"
    if isinstance(cell, bool):
        return str(cell).lower()
    return None if cell is None else str(cell)


def _scaled(amount: int, scale: Sequence[tuple[str, int]]) -> str:
    """In the largest unit that is not above the amount, with one digit after the point, cut off, if it is not 0."""
    suffix, unit = next(((suffix, unit) for suffix, unit in scale if amount >= unit), scale[-1])
    whole, tenth = divmod(amount * 10 // unit, 10)
    return f"{whole}.{tenth}{suffix}" if tenth else f"{whole}{suffix}"


# What `bytes` and `time` take, and the units of sizes and times as they are shown without.
_BYTE_UNITS: Final = {
    name: 1 << 10 * power
    for power, names in enumerate((["b"], ["k", "kb"], ["m", "mb"], ["g", "gb"], ["t", "tb"], ["p", "pb"]))
    for name in names
}
_BYTE_SCALE: Final = [(unit, _BYTE_UNITS[unit]) for unit in ("pb", "tb", "gb", "mb", "kb", "b")]
_TIME_UNITS_MS: Final = {
    "nanos": 1e-6,
    "micros": 1e-3,
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
}
_TIME_SCALE: Final = [(unit, int(_TIME_UNITS_MS[unit])) for unit in ("d", "h", "m", "s", "ms")]

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
    )
)
ROUTES: Final = (ApiRoute("GET", "/_cat", "cat.help", index), *TABLE_ROUTES)
