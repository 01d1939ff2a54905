"""The settings of an index: which there are, whether values are good, and what an update may change.

The order and the texts are those of AbstractScopedSettings.validate, MetadataCreateIndexService and
MetadataUpdateSettingsService (docs/reference/opensearch.md, "Mappings and index settings"). The table is
``data/index_settings.txt``; it is read on first use.

Not checked: whether index.sort.* and index.query.default_field name fields that exist, whether a store type, a
shards allocator or a pipeline exists, addresses in routing filters, routing_partition_size against the number of
shards, limits that cluster settings put on a setting (the least refresh interval, shards per node), and the settings
of plugins other than k-NN and neural-search.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Flat, Text, as_text, flattened
from mockflow.core.opensearch.settings.setting_values import Bounds, read_value
from mockflow.core.opensearch.values import BadValueError

PREFIX: Final = "index."
Minor = tuple[int, int]
"""A release of OpenSearch: major and minor."""


@dataclass(frozen=True)
class IndexSetting:
    """One row of the table."""

    key: str
    kind: str
    bounds: Bounds
    properties: frozenset[str]
    since: Minor
    until: Minor
    """The first release without it."""
    plugin: str | None

    def exists(self, minor: Minor, plugins: Collection[str] | None) -> bool:
        """Whether this release with these plugins has it; None is all plugins of the distribution."""
        return self.since <= minor < self.until and (self.plugin is None or plugins is None or self.plugin in plugins)


@dataclass(frozen=True)
class IndexSettingsTable:
    """The settings that one release with certain plugins knows."""

    by_key: Mapping[str, IndexSetting]
    groups: tuple[IndexSetting, ...]
    """Their keys are prefixes."""
    minor: Minor

    def find(self, key: str) -> IndexSetting | None:
        """The setting with this key, or the group that it is a member of."""
        return self.by_key.get(key) or next((group for group in self.groups if key.startswith(group.key)), None)

    @property
    def refusal_class(self) -> str:
        """What an unknown setting throws."""
        return "SettingsException" if self.minor >= (3, 0) else "IllegalArgumentException"


def index_settings_table(minor: Minor, plugins: Collection[str] | None = None) -> IndexSettingsTable:
    """The table for a release; `plugins` are those that are installed, None all of the distribution."""
    return _table(minor, None if plugins is None else frozenset(plugins))


def normalized(source: Mapping[str, Any]) -> dict[str, Text | None]:
    """Nested or dotted keys with or without ``index.`` as dotted ones with it, sorted; values as text.

    Raises ValueError for what no settings can be: a list of anything but scalars.
    """
    flat = flattened(source)
    named = {key if key.startswith(PREFIX) or key.endswith("*") else PREFIX + key: flat[key] for key in flat}
    return dict(sorted(named.items()))


def check_new(settings: Mapping[str, Text | None], table: IndexSettingsTable) -> None:
    """Raises RefusedError for the first setting, by key, that a new index cannot have. `settings` are normalized."""
    for key, value in settings.items():
        setting = _known(key, table)
        if key == "index.codec.compression_level":
            _check_compression_level(settings, table)
        if value is not None:
            _check_value(setting, key, value)
    _check_routing_shards(settings)


def check_explicit(name: str, settings: Mapping[str, Text | None], table: IndexSettingsTable) -> None:
    """Raises RefusedError for what is known but must not be set on a new index called `name`."""
    hidden = any("private" in setting.properties for key in settings if (setting := table.find(key)))
    if hidden or settings.get("index.data_path"):  # why is in the exception's cause, which the plugin does not show
        raise RefusedError(f"failed to create index [{name}]", "IndexCreationException")
    if settings.get("index.soft_deletes.enabled") == "false":
        raise RefusedError(
            "Creating indices with soft-deletes disabled is not supported. "
            "Please do not specify a value for setting [index.soft_deletes.enabled]."
        )
    if settings.keys() & {"index.translog.retention.age", "index.translog.retention.size"}:
        raise RefusedError(
            "Translog retention settings [index.translog.retention.age] and [index.translog.retention.size] "
            "are no longer supported. Please do not specify values for these settings"
        )
    if "index.mapper.dynamic" in settings:
        raise RefusedError("Setting index.mapper.dynamic was removed after version 6.0.0")


def check_update(
    index: str, uuid: str, changes: Mapping[str, Text | None], table: IndexSettingsTable, *, is_closed: bool = False
) -> None:
    """Raises RefusedError where an index cannot take the changes. They are normalized; None resets one.

    A closed index takes static settings too, but for those that are final.
    """
    for key, value in changes.items():
        if key.endswith("*"):
            continue
        setting = _known(key, table)
        managed = next((how for how in ("internal", "private") if how in setting.properties), None)
        if managed:
            by = "via a dedicated API" if managed == "internal" else "by OpenSearch"
            raise RefusedError(
                f"can not update {managed} setting [{key}]; this setting is managed {by}", table.refusal_class
            )
        if value is not None:
            _check_value(setting, key, value)
    if is_closed:
        _check_final(changes, table)
        return
    fixed = [key for key in hash_map_order(changes) if not key.endswith("*") and not _is_dynamic(key, table)]
    if fixed:
        raise RefusedError(
            f"Can't update non dynamic settings [[{', '.join(fixed)}]] for open indices [[{index}/{uuid}]]"
        )


def _check_final(changes: Mapping[str, Text | None], table: IndexSettingsTable) -> None:
    for key in changes:
        setting = table.find(key)
        if setting is not None and "final" in setting.properties:
            raise RefusedError(f"final index setting [{key}], not updateable")


def text_of(settings: Mapping[str, Text | None], key: str) -> str | None:
    """One setting's text; None where it is not set."""
    value = settings.get(key)
    return None if value is None else as_text(value)


def members(settings: Flat | Mapping[str, Text | None], prefix: str) -> dict[str, dict[str, Text]]:
    """The settings below a prefix, by the name that follows it: ``index.analysis.filter.`` and so on."""
    found: dict[str, dict[str, Text]] = {}
    for key, value in settings.items():
        if key.startswith(prefix) and value is not None:
            name, _, rest = key.removeprefix(prefix).partition(".")
            found.setdefault(name, {})[rest] = value
    return found


def _known(key: str, table: IndexSettingsTable) -> IndexSetting:
    if setting := table.find(key):
        return setting
    alike = _alike(key, table.by_key)
    if not alike:
        hint = (
            " please check that any required plugins are installed, or check the breaking changes documentation "
            "for removed settings"
        )
    elif len(alike) == 1:
        hint = f" did you mean [{alike[0]}]?"
    else:
        hint = f" did you mean any of [{', '.join(alike)}]?"
    raise RefusedError(f"unknown setting [{key}]{hint}", table.refusal_class)


def _alike(key: str, keys: Iterable[str]) -> list[str]:
    """Keys whose Levenshtein distance is below 0.3 of the longer one's length, the nearest first."""
    near = [
        (1 - _distance(key, other) / longest, other)
        for other in hash_map_order(list(keys))
        if abs(len(key) - len(other)) < 0.3 * (longest := max(len(key), len(other)))
    ]
    return [other for score, other in sorted(near, key=lambda pair: -pair[0]) if score > 0.7]


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, beside in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (char != beside))
    return row[-1]


def _check_value(setting: IndexSetting, key: str, value: Text) -> None:
    try:
        read_value(setting.kind, key, as_text(value), setting.bounds)
    except BadValueError as error:
        raise RefusedError(error.reason) from None


def _check_compression_level(settings: Mapping[str, Text | None], table: IndexSettingsTable) -> None:
    codec = text_of(settings, "index.codec")
    if codec is None:
        raise RefusedError(
            "missing required setting [index.codec] for setting [index.codec.compression_level]", table.refusal_class
        )
    if codec in ("default", "lz4", "best_compression", "zlib", "lucene_default"):
        raise RefusedError(f"Compression level cannot be set for the {codec} codec.")


def _check_routing_shards(settings: Mapping[str, Text | None]) -> None:
    routing = int(text_of(settings, "index.number_of_routing_shards") or 0)
    shards = int(text_of(settings, "index.number_of_shards") or 1)
    if routing and routing < shards:
        raise RefusedError(f"index.number_of_routing_shards [{routing}] must be >= index.number_of_shards [{shards}]")
    if routing % shards:
        raise RefusedError(f"the number of source shards [{shards}] must be a factor of [{routing}]")


def _is_dynamic(key: str, table: IndexSettingsTable) -> bool:
    setting = table.find(key)
    return setting is not None and "dynamic" in setting.properties


@lru_cache(maxsize=32)
def _table(minor: Minor, plugins: frozenset[str] | None) -> IndexSettingsTable:
    known = [setting for setting in _rows() if setting.exists(minor, plugins)]
    groups = tuple(setting for setting in known if "group" in setting.properties)
    return IndexSettingsTable({it.key: it for it in known if it not in groups}, groups, minor)


@lru_cache(maxsize=1)
def _rows() -> tuple[IndexSetting, ...]:
    text = (files("mockflow.core.opensearch.data") / "index_settings.txt").read_text("utf-8")
    return tuple(_row(line.split()) for line in text.splitlines() if line and not line.startswith("#"))


def _row(words: list[str]) -> IndexSetting:
    """``key kind [bounds] properties [releases] [plugin]``."""
    key, kind, *rest = words
    bounds = Bounds(*rest.pop(0).split("..")) if ".." in rest[0] else Bounds()
    properties, releases, plugin = [*rest, "-", ""][:3] if len(rest) == 1 else [*rest, ""][:3]
    since, _, until = releases.partition("-")
    return IndexSetting(
        key,
        kind,
        bounds,
        frozenset(properties.split(",")),
        _minor(since, (0, 0)),
        _minor(until, (99, 0)),
        plugin or None,
    )


def _minor(text: str, otherwise: Minor) -> Minor:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if text else otherwise
