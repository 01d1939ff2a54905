"""Cat tables as text, JSON or YAML: the parameters `v`, `h`, `s`, `help`, `format` and the rest.

The rules are those of OpenSearch's RestTable and AbstractCatAction, oddities included: every value is a string, numbers
in text are right-aligned, and a gap of more than 127 characters is not filled (docs/reference/opensearch.md, "Cat
tables").
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.values import TIME_UNITS_MS
from mockflow.server.rest.call import Action, Call, Handler, Reply, body_format
from mockflow.server.rest.errors import Refusal, object_error
from mockflow.server.rest.parameters import Parameters


class Bytes(int):
    """A size, shown as ``1.2kb`` or, with ``bytes=``, as whole units."""


class Time(int):
    """Milliseconds, shown as ``1.5s`` or, with ``time=``, as whole units."""


Cell = str | int | bool | Bytes | Time | None
Row = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """One column. `aliases` are its other names, separated by commas as the help prints them."""

    name: str
    aliases: str
    description: str
    right: bool = False
    shown: bool = True
    """Whether it is shown without `h`."""
    has_primaries: bool = False
    """Whether ``pri=true`` adds the column ``pri.<name>`` beside it."""

    def has_alias(self, name: str) -> bool:
        """Whether `name` is one of the aliases."""
        return name in self.aliases.split(",")


@dataclass(frozen=True)
class Table:
    """Columns and rows. `rows` reads the call's parameters and returns the function that makes the rows."""

    columns: tuple[Column, ...]
    rows: Callable[[Call], Callable[[], Iterable[Row]]]


def table_handler(table: Table) -> Handler:
    """The handler of a table."""

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


TIMESTAMP: Final = (
    Column("epoch", "t,time", "seconds since 1970-01-01 00:00:00"),
    Column("timestamp", "ts,hms,hhmmss", "time in HH:MM:SS"),
)
"""The columns that ``ts=false`` leaves out."""

# Every table accepts these; the values of `timeout` and `limit` are not used.
_RESPONSE_PARAMETERS: Final = ("format", "h", "v", "ts", "pri", "bytes", "size", "time", "s", "timeout", "limit")


@dataclass(frozen=True)
class _Shown:
    """A column of the response: its index in a row, and the name to show."""

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
    """Whether neither `format` nor, without it, Accept names a format. The body's type does not count here."""
    format = call.parameters.text("format")
    if format is not None:
        return format.lower() not in ("json", "yaml", "smile", "cbor")
    try:
        return body_format(call.request.headers.get("Accept")) is None
    except Refusal:
        return True


def _shown(columns: Sequence[Column], parameters: Parameters) -> list[_Shown]:
    """The columns that `h` names, each under the name in `h`; else those shown by default."""
    places = {column.name: place for place, column in enumerate(columns)}
    wanted = parameters.text("h")
    shown: list[_Shown] = []
    if wanted is None:
        shown = [_Shown(column, places[column.name], column.name) for column in columns if column.shown]
    for name in _expanded(wanted or "", columns):
        by_alias = [column for column in columns if column.has_alias(name)]
        if name in places:
            column = columns[places[name]]
        elif by_alias:
            column = by_alias[-1]  # the last of several columns with one alias
        else:
            continue
        shown.append(_Shown(column, places[column.name], name))
        primaries = f"pri.{column.name}"
        if column.has_primaries and parameters.boolean("pri"):
            shown.append(_Shown(columns[places[primaries]], places[primaries], f"pri.{name}"))
    if not parameters.boolean("ts", True):
        shown = [it for it in shown if it.column not in TIMESTAMP]
    return shown


def _expanded(wanted: str, columns: Sequence[Column]) -> list[str]:
    """The names in `h` in order, each once; a pattern is expanded to the columns whose name or alias it matches."""
    names: dict[str, None] = {}
    for part in wanted.split(","):
        if "*" in part:
            names |= {c.name: None for c in columns if any(matches(part, n) for n in (c.name, *c.aliases.split(",")))}
        elif part:
            names[part] = None
    return list(names)


def _sorted(columns: Sequence[Column], rows: list[Row], parameters: Parameters) -> list[Row]:
    """Sorted by the columns of `s`, the first one most significant; each may end in ``:asc`` or ``:desc``."""
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
    """The sort key: empty cells first, then numbers by size, then text."""

    def comparable(row: Row) -> tuple[int, Any]:
        cell = row[place]
        return (0, "") if cell is None else (1, cell) if isinstance(cell, int) else (2, cell)

    return comparable


def _aligned(lines: list[list[str | None]], right: Sequence[bool]) -> str:
    """Columns of equal width, separated by a space; the last one is padded on the left only."""
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
    """The number of spaces: OpenSearch counts them in a Java byte, which wraps after 127."""
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
        unit_ms = TIME_UNITS_MS.get(parameters.text("time") or "")
        return str(int(cell / unit_ms)) if unit_ms else _scaled(cell, _TIME_SCALE) if cell else "0s"
    if isinstance(cell, bool):
        return str(cell).lower()
    return None if cell is None else str(cell)


def _scaled(amount: int, scale: Sequence[tuple[str, int]]) -> str:
    """In the largest unit not above the amount, with one decimal, truncated and omitted if it is 0."""
    suffix, unit = next(((suffix, unit) for suffix, unit in scale if amount >= unit), scale[-1])
    whole, tenth = divmod(amount * 10 // unit, 10)
    return f"{whole}.{tenth}{suffix}" if tenth else f"{whole}{suffix}"


# The values of `bytes` and `time`, and the units of sizes and times without these parameters.
_BYTE_UNITS: Final = {
    name: 1 << 10 * power
    for power, names in enumerate((["b"], ["k", "kb"], ["m", "mb"], ["g", "gb"], ["t", "tb"], ["p", "pb"]))
    for name in names
}
_BYTE_SCALE: Final = [(unit, _BYTE_UNITS[unit]) for unit in ("pb", "tb", "gb", "mb", "kb", "b")]
_TIME_SCALE: Final = [(unit, int(TIME_UNITS_MS[unit])) for unit in ("d", "h", "m", "s", "ms")]
