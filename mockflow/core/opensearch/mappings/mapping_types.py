"""The types that a field of a mapping may have, and their parameters. The table is ``data/mapping_types.txt``."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from mockflow.core.opensearch.settings.index_settings import Minor


@dataclass(frozen=True)
class Parameter:
    """One parameter of a type. `kind` is a key of field_parameters.READERS or RESTRICTED."""

    kind: str
    takes_null: bool
    since: Minor


@dataclass(frozen=True)
class FieldType:
    """One row of the table."""

    name: str
    since: Minor
    plugin: str | None
    parameters: Mapping[str, Parameter]
    is_old: bool
    """Read by a parser of its own; `parameters` are those it knows, without kinds."""
    is_open: bool
    """Parameters that are not listed are not checked."""


def field_types(minor: Minor, plugins: Collection[str] | None = None) -> Mapping[str, FieldType]:
    """The types of a release by name; `plugins` are those that are installed, None all that the table has."""
    return _types(minor, None if plugins is None else frozenset(plugins))


@lru_cache(maxsize=32)
def _types(minor: Minor, plugins: frozenset[str] | None) -> Mapping[str, FieldType]:
    return {
        it.name: it
        for it in _rows()
        if it.since <= minor and (it.plugin is None or plugins is None or it.plugin in plugins)
    }


@lru_cache(maxsize=1)
def _rows() -> tuple[FieldType, ...]:
    text = (files("mockflow.core.opensearch.data") / "mapping_types.txt").read_text("utf-8")
    return tuple(_row(line) for line in text.splitlines() if line and not line.startswith("#"))


def _row(line: str) -> FieldType:
    name, releases, plugin, *words = line.split()
    flags = {"old", "*"}
    parameters = dict(_parameter(word) for word in words if word not in flags)
    return FieldType(
        name,
        _minor(releases.removesuffix("-")),
        None if plugin == "-" else plugin,
        parameters,
        "old" in words,
        "*" in words,
    )


def _parameter(word: str) -> tuple[str, Parameter]:
    """``null_value:string?@3.2``: name, kind, whether null is allowed, and since when it is there."""
    head, _, since = word.partition("@")
    name, _, kind = head.partition(":")
    return name, Parameter(kind.removesuffix("?"), kind.endswith("?"), _minor(since))


def _minor(text: str) -> Minor:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if text else (0, 0)
