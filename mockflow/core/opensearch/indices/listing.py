"""Indices and aliases as the cat tables list them, index expressions, and the cluster's health."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final, Literal

from mockflow.core.base.bounds import NAMES_COMPARED
from mockflow.core.base.wildcards import matches_parts
from mockflow.core.opensearch.ids import opensearch_uuid

Health = Literal["green", "yellow", "red"]

_EMPTY_SHARD: Final = 208  # bytes
_OF_DOCUMENT: Final = 1024  # about what a small one takes


@dataclass(frozen=True)
class IndexRow:
    """One index. Sizes are bytes, `created` is epoch milliseconds."""

    name: str
    uuid: str
    created: int
    primaries: int = 1
    replicas: int = 1
    docs: int = 0
    store_size: int = _EMPTY_SHARD
    deleted: int = 0
    is_closed: bool = False

    @property
    def created_text(self) -> str:
        """When it was created, as cat tables write times: ``2026-01-01T00:00:00.000Z``."""
        created = datetime.fromtimestamp(self.created / 1000, timezone.utc)
        return f"{created:%Y-%m-%dT%H:%M:%S}.{self.created % 1000:03}Z"

    @property
    def health(self) -> Health:
        """The health on a single node: it has every primary shard and no replica."""
        return "yellow" if self.replicas else "green"


@dataclass(frozen=True)
class AliasRow:
    """One alias of one index. None stands for an option that is not set."""

    alias: str
    index: str
    filtered: bool = False
    index_routing: str | None = None
    search_routing: str | None = None
    write_index: bool | None = None


@dataclass(frozen=True)
class ShardCounts:
    """The shards of a cluster of one node."""

    status: Health
    active: int
    unassigned: int

    @property
    def active_percent(self) -> float:
        """The share of active shards in percent; 100.0 if there are no shards."""
        total = self.active + self.unassigned
        return self.active / total * 100 if total else 100.0


class NoSuchIndexError(LookupError):
    """An expression names an index that does not exist. The argument is the name."""


class InvalidIndexNameError(ValueError):
    """An invalid index name. The arguments are the name and the reason."""


def index_row(
    name: str, body: Mapping[str, Any], documents: int = 0, deleted: int = 0, *, is_closed: bool = False
) -> IndexRow:
    """The row of an index. `body` has its aliases, mappings, and settings by dotted key."""
    settings = body["settings"]
    return IndexRow(
        name,
        str(settings["index.uuid"]),
        _number(settings["index.creation_date"], 0),
        primaries=_number(settings["index.number_of_shards"], 1),
        replicas=_number(settings["index.number_of_replicas"], 1),
        docs=documents,
        store_size=_EMPTY_SHARD + _OF_DOCUMENT * documents,
        deleted=deleted,
        is_closed=is_closed,
    )


def alias_rows(name: str, body: Mapping[str, Any]) -> Iterator[AliasRow]:
    """The rows of the aliases of an index; `body` is as for `index_row`."""
    for alias, options in body["aliases"].items():
        given = options if isinstance(options, Mapping) else {}
        routing = given.get("routing")
        yield AliasRow(
            alias,
            name,
            filtered="filter" in given,
            index_routing=given.get("index_routing", routing),
            search_routing=given.get("search_routing", routing),
            write_index=given.get("is_write_index"),
        )


def system_index_row(name: str, created: int, documents: int) -> IndexRow:
    """The row of a plugin's system index."""
    return IndexRow(name, opensearch_uuid("index", name), created, replicas=0, docs=documents)


def count_shards(indices: Iterable[IndexRow]) -> ShardCounts:
    """The shard counts of all indices, for the cluster's health."""
    rows = list(indices)
    unassigned = sum(row.primaries * row.replicas for row in rows)
    return ShardCounts("yellow" if unassigned else "green", sum(row.primaries for row in rows), unassigned)


@dataclass(frozen=True)
class IndicesOptions:
    """How index expressions are resolved."""

    ignore_unavailable: bool = False
    """Whether a missing index is skipped."""
    allow_no_indices: bool = True
    """Whether a pattern may stand for no index."""
    expands_to: frozenset[str] = frozenset({"open"})
    """What patterns stand for: open, closed and hidden indices. No index of mockflow is hidden."""
    forbids_closed: bool = False
    """Whether a closed index is refused, or skipped as a missing one is."""

    def admits(self, *, is_closed: bool) -> bool:
        """Whether a pattern stands for an index in this state."""
        return ("closed" if is_closed else "open") in self.expands_to


_NO_ALIASES: Final[Mapping[str, Iterable[str]]] = {}
DEFAULT_OPTIONS: Final = IndicesOptions()
OPEN_INDICES: Final = IndicesOptions(forbids_closed=True)
"""What reads and writes documents."""
OPEN_AND_CLOSED: Final = IndicesOptions(expands_to=frozenset({"open", "closed"}))
SOME_INDICES: Final = IndicesOptions(allow_no_indices=False, expands_to=frozenset({"open", "closed"}))
"""What changes settings and mappings, which want an index."""


def resolved(
    expression: str,
    names: Iterable[str],
    options: IndicesOptions = DEFAULT_OPTIONS,
    closed: frozenset[str] = frozenset(),
    aliases: Mapping[str, Iterable[str]] = _NO_ALIASES,
) -> list[str]:
    """The indices that an expression such as ``a,b*`` or ``*,-.*`` stands for, in the order of `names`.

    An alias stands for its indices; `closed` are names of closed indices. ``_all`` or an empty expression stands for
    all. A part that begins with ``-`` after a wildcard excludes indices, by name or pattern. Without open or closed
    indices to expand to, a pattern is the name of an index. Raises NoSuchIndexError or InvalidIndexNameError.
    (IndexNameExpressionResolver.WildcardExpressionResolver)
    """
    known = {name: (name,) for name in names} | {alias: tuple(held) for alias, held in aliases.items()}
    takes_patterns = not options.expands_to.isdisjoint({"open", "closed"})
    parts = [part for part in expression.split(",") if part]
    if parts in ([], ["_all"]):
        parts = ["*"]
        if not takes_patterns and options.allow_no_indices:
            return []
    chosen: set[str] = set()
    seen_wildcard = False
    compared = 0
    for part in parts:
        excludes = part.startswith("-") and seen_wildcard
        pattern = part[1:] if excludes else part
        if pattern.startswith("_"):
            raise InvalidIndexNameError(pattern, "must not start with '_'.")
        is_wildcard = "*" in pattern and takes_patterns
        if is_wildcard:
            compared += len(known)
            if compared > NAMES_COMPARED:
                raise InvalidIndexNameError(expression[:_SHOWN], _TOO_MANY)
            wanted = pattern.split("*")
            fitting = (index for name in known if matches_parts(wanted, name) for index in known[name])
            found = {index for index in fitting if options.admits(is_closed=index in closed)}
        else:
            found = set(known.get(pattern, ()))
        allowed = options.allow_no_indices or excludes if is_wildcard else options.ignore_unavailable
        if not found and not allowed:
            raise NoSuchIndexError(pattern)
        if excludes:
            chosen -= found if is_wildcard else {pattern}
        else:
            chosen |= found
        seen_wildcard = seen_wildcard or is_wildcard
    return [name for name in known if name in chosen]


_SHOWN: Final = 60
_TOO_MANY: Final = (
    f"has so many wildcards that mockflow would compare more than {NAMES_COMPARED} names of indices and aliases; "
    "fewer wildcards are compared"
)


def _number(text: object, otherwise: int) -> int:
    """The whole number in `text`, else `otherwise`: a template may have any value."""
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else otherwise
