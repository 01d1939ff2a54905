"""Indices and aliases as lists of them show them, which of them an expression names, and the health of all."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.ids import opensearch_uuid

Health = Literal["green", "yellow", "red"]


@dataclass(frozen=True)
class IndexRow:
    """One open index. Sizes are bytes, `created` is epoch milliseconds."""

    name: str
    uuid: str
    created: int
    primaries: int = 1
    replicas: int = 1
    docs: int = 0
    store_size: int = 208  # what an empty shard takes

    @property
    def health(self) -> Health:
        """One node holds every primary shard and no replica."""
        return "yellow" if self.replicas else "green"


@dataclass(frozen=True)
class AliasRow:
    """One alias of one index; None where it says nothing."""

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
        """100.0 where there is no shard at all."""
        total = self.active + self.unassigned
        return 100.0 * self.active / total if total else 100.0


class NoSuchIndexError(LookupError):
    """An expression names an index that does not exist; the argument is the name."""


class InvalidIndexNameError(ValueError):
    """A name that no index can have, and the reason why."""


def index_row(name: str, body: Mapping[str, Any]) -> IndexRow:
    """The row of an index whose own endpoint answers with `body`: aliases, mappings and settings."""
    settings = body["settings"]["index"]
    expands = "auto_expand_replicas" in settings  # to the other nodes, and there are none
    return IndexRow(
        name,
        str(settings["uuid"]),
        _number(settings["creation_date"], 0),
        primaries=_number(settings["number_of_shards"], 1),
        replicas=0 if expands else _number(settings["number_of_replicas"], 1),
    )


def alias_rows(name: str, body: Mapping[str, Any]) -> Iterator[AliasRow]:
    """The rows of its aliases."""
    for alias, options in body["aliases"].items():
        told = options if isinstance(options, Mapping) else {}
        routing = told.get("routing")
        yield AliasRow(
            alias,
            name,
            filtered="filter" in told,
            index_routing=told.get("index_routing", routing),
            search_routing=told.get("search_routing", routing),
            write_index=told.get("is_write_index"),
        )


def system_index_row(name: str, created: int, documents: int) -> IndexRow:
    """The row of an index of a plugin."""
    return IndexRow(name, opensearch_uuid("index", name), created, replicas=0, docs=documents)


def count_shards(indices: Iterable[IndexRow]) -> ShardCounts:
    """What the health of the cluster is made of."""
    rows = list(indices)
    unassigned = sum(row.primaries * row.replicas for row in rows)
    return ShardCounts("yellow" if unassigned else "green", sum(row.primaries for row in rows), unassigned)


def resolved(
    expression: str, names: Iterable[str], *, ignore_unavailable: bool = False, allow_no_indices: bool = True
) -> list[str]:
    """The names that an index expression stands for, in their own order: ``a,b*``, ``*,-.*``; ``_all`` or empty is all.

    What begins with ``-`` after a wildcard excludes. Raises NoSuchIndexError or InvalidIndexNameError.
    """
    known = list(names)
    parts = [part for part in expression.split(",") if part]
    if parts in ([], ["_all"]):
        parts = ["*"]
    chosen: set[str] = set()
    seen_wildcard = False
    for part in parts:
        excludes = part.startswith("-") and seen_wildcard
        pattern = part[1:] if excludes else part
        if pattern.startswith("_"):
            raise InvalidIndexNameError(pattern, "must not start with '_'.")
        is_wildcard = "*" in pattern
        found = {name for name in known if matches(pattern, name)}
        if not found and not excludes and not (allow_no_indices if is_wildcard else ignore_unavailable):
            raise NoSuchIndexError(pattern)
        chosen = chosen - found if excludes else chosen | found
        seen_wildcard = seen_wildcard or is_wildcard
    return [name for name in known if name in chosen]


def _number(text: object, otherwise: int) -> int:
    """A template may say anything."""
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else otherwise
