"""Cluster settings: the known keys, updates of the stored values, and the plugin's settings as typed values.

The rules are those of AbstractScopedSettings.updateSettings and Setting of OpenSearch 3. The plugin's settings are
those of FlowFrameworkSettings of flow-framework 3.8 (docs/reference/plugin.md, "Settings").
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache, partial
from importlib.resources import files
from itertools import islice
from typing import Any, Final, Literal

from mockflow.core.base.bounds import CLUSTER_SETTINGS
from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.settings.setting_values import Bounds, read_value
from mockflow.core.opensearch.values import boolean, integer, positive_time

Scope = Literal["persistent", "transient"]
Text = str | list[str]
"""A setting's value as it is stored: text, or a list of texts."""
Flat = Mapping[str, Text]

_SCOPES: Final[tuple[Scope, ...]] = ("transient", "persistent")
PLUGIN_PREFIX: Final = "plugins.flow_framework."
DEFAULT_TRUSTED_ENDPOINTS: Final = (r"^https://.*$",)
"""The trusted endpoints where the setting plugins.ml_commons.trusted_connector_endpoints_regex is not set."""


class SettingRefusedError(ValueError):
    """A setting that is unknown or cannot be updated; the message is OpenSearch's."""


@dataclass(frozen=True)
class FlowFrameworkSettings:
    """The plugin's settings. Times are milliseconds."""

    enabled: bool
    max_workflows: int
    max_workflow_steps: int
    request_timeout: int
    task_request_retry_duration: int
    filter_by_backend_roles: bool
    multi_tenancy_enabled: bool
    max_active_provisions_per_tenant: int
    max_active_deprovisions_per_tenant: int


@dataclass(frozen=True)
class ClusterSettings:
    """The stored settings: dotted keys and values. A transient value overrides a persistent one."""

    persistent: Flat = field(default_factory=dict)
    transient: Flat = field(default_factory=dict)

    def with_all(self, changes: Mapping[Scope, Mapping[str, Text | None]], minor: tuple[int, int]) -> "ClusterSettings":
        """The settings with the changes of both scopes, as `updated` makes them."""
        settings = self
        for scope in _SCOPES:
            if changes.get(scope):
                settings = settings.updated(scope, changes[scope], minor)
        if settings._characters() > CLUSTER_SETTINGS:
            raise SettingRefusedError(f"mockflow holds {CLUSTER_SETTINGS} characters of cluster settings at most")
        return settings

    def _characters(self) -> int:
        stored = (self.persistent, self.transient)
        return sum(len(key) + len(as_text(value)) for settings in stored for key, value in settings.items())

    def updated(self, scope: Scope, changes: Mapping[str, Text | None], minor: tuple[int, int]) -> "ClusterSettings":
        """The settings with `changes` applied. None removes a setting; ``prefix*`` removes all that it matches.

        `minor` is OpenSearch's version. Raises SettingRefusedError or BadValueError; no change is applied then.
        """
        stored = _Removals(getattr(self, scope))
        for key, value in sorted(changes.items()):
            setting = known_setting(key, minor)
            if value is None and (key.endswith("*") or (setting and setting.kind == "dynamic")):
                stored.remove(key)
            elif setting is None:
                raise SettingRefusedError(f"{scope} setting [{key}], not recognized")
            elif setting.kind == "final":
                raise SettingRefusedError(f"final {scope} setting [{key}], not updateable")
            elif setting.kind == "static" or value is None:
                raise SettingRefusedError(f"{scope} setting [{key}], not dynamically updateable")
            else:
                setting.read(key, as_text(value))
        kept = {key: value for key, value in changes.items() if value is not None}
        return ClusterSettings(**{**vars(self), scope: dict(sorted({**stored.left(), **kept}.items()))})

    def text(self, key: str) -> Text | None:
        """The effective value; None if none is stored."""
        return self.transient.get(key, self.persistent.get(key))

    def flow_framework(self) -> FlowFrameworkSettings:
        """The effective settings of the plugin."""
        return self._flow_framework() if self.persistent or self.transient else flow_framework_defaults()

    def _flow_framework(self) -> FlowFrameworkSettings:
        return FlowFrameworkSettings(**{it.name: self._in_force(it.name) for it in fields(FlowFrameworkSettings)})

    def _in_force(self, name: str) -> Any:
        setting, text = _PLUGIN[name], self.text(PLUGIN_PREFIX + name)
        return setting.read(name, setting.default if text is None else as_text(text))

    def defaults(self, minor: tuple[int, int], **more: str) -> Flat:
        """The defaults of the plugin's settings that are not stored, and those in `more`."""
        plugin = {PLUGIN_PREFIX + name: s.default for name, s in _PLUGIN.items() if s.since <= minor}
        known = {**plugin, **more}
        return {key: text for key, text in sorted(known.items()) if self.text(key) is None}


@lru_cache(1)
def flow_framework_defaults() -> FlowFrameworkSettings:
    """The settings of the plugin where none are stored."""
    return ClusterSettings()._flow_framework()


class _Removals:
    """The stored settings of a scope, of which some are removed."""

    def __init__(self, stored: Flat) -> None:
        self._left = dict(stored)
        self._names = sorted(stored)

    def remove(self, pattern: str) -> None:
        """Removes the settings that match; only those with the pattern's beginning are looked at."""
        head, star, _ = pattern.partition("*")
        if not star:
            self._left.pop(pattern, None)
            return
        for name in islice(self._names, bisect_left(self._names, head), None):
            if not name.startswith(head):
                return
            if matches(pattern, name):
                self._left.pop(name, None)

    def left(self) -> Flat:
        """The settings that are not removed."""
        return self._left


@dataclass(frozen=True)
class Setting:
    """A setting that OpenSearch knows."""

    read: Callable[[str, str], Any] = field(default=lambda _, text: text)
    """Converts a key and a text to the value; raises BadValueError."""
    default: str = ""
    kind: Literal["dynamic", "static", "final"] = "dynamic"
    """Static settings are read when a node starts, and final ones never change. Neither can be updated."""
    since: tuple[int, int] = (0, 0)


def known_setting(key: str, minor: tuple[int, int]) -> Setting | None:
    """The setting with this key; None for one that OpenSearch does not recognize.

    The plugin's settings are known by name. Of all others, any key in a known namespace passes. Its value is checked if
    it is in ``data/cluster_settings.txt``; mockflow stores it, and most have no effect.
    """
    if key.startswith(PLUGIN_PREFIX):
        setting = _PLUGIN.get(key.removeprefix(PLUGIN_PREFIX))
        return setting if setting and setting.since <= minor else None
    if read := _checked(key):
        return Setting(read)
    namespace, dot, name = key.partition(".")
    if not dot or not name or "*" in key:
        return None
    if namespace in _STATIC_NAMESPACES or key in _STATIC:
        return Setting(kind="static")
    return Setting() if namespace in _NAMESPACES else None


def _checked(key: str) -> Callable[[str, str], None] | None:
    """The check of the value of a setting that the table has, by its key or by a prefix."""
    table = _table()
    row = table.get(key) or next((table[name] for name in _prefixes() if key.startswith(name)), None)
    return row and (lambda name, text: read_value(row[0], name, text, row[1]))


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, Bounds]]:
    """Key -> kind and bounds of its values."""
    text = (files("mockflow.core.opensearch.data") / "cluster_settings.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {key: (kind, Bounds(*bounds[0].split("..")) if bounds else Bounds()) for key, kind, *bounds in rows}


def flattened(source: Mapping[str, Any]) -> dict[str, Text | None]:
    """Nested or dotted keys as dotted keys, scalars as the text that responses show.

    Raises ValueError for a list of anything but scalars.
    """
    return dict(_flat("", source))


def nested(settings: Flat) -> dict[str, Any]:
    """Dotted keys as nested objects, in the order of OpenSearch's HashMaps.

    If there is a value for ``a``, the key ``a.b`` keeps its dot.
    """
    root: dict[str, Any] = {}
    for key, value in sorted(settings.items()):
        place, name = root, ""
        *outer, last = key.split(".")
        for part in outer:
            inner = place.setdefault(name + part, {})
            if isinstance(inner, dict):
                place, name = inner, ""
            else:
                name = f"{name}{part}."
        place[name + last] = value
    return _in_order(root)


def _in_order(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings.getAsStructuredMap begins each map with a table of two."""
    return {
        name: _in_order(value) if isinstance(value := settings[name], dict) else value
        for name in hash_map_order(settings, table=2)
    }


@lru_cache(maxsize=1)
def _prefixes() -> tuple[str, ...]:
    return tuple(name for name in _table() if name.endswith("."))


def as_text(value: Text) -> str:
    """The text of a value; a list has Java's form ``[a, b]``."""
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _flat(prefix: str, source: Mapping[str, Any]) -> Iterator[tuple[str, Text | None]]:
    for key, value in source.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{key}.", value)
        elif isinstance(value, list):
            if any(item is None or isinstance(item, (Mapping, list)) for item in value):
                raise ValueError("only value lists are allowed in serialized settings")
            yield prefix + key, [_scalar(item) for item in value]
        else:
            yield prefix + key, None if value is None else _scalar(value)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _integer(minimum: int, maximum: int) -> Callable[[str, str], int]:
    return partial(integer, minimum=minimum, maximum=maximum)


def _boolean(_: str, text: str) -> bool:
    return boolean(text)


_PLUGIN: Final = {
    "enabled": Setting(_boolean, "true"),
    "max_workflows": Setting(_integer(0, 10_000), "1000"),
    "max_workflow_steps": Setting(_integer(1, 500), "50"),
    "request_timeout": Setting(positive_time, "10s"),
    "task_request_retry_duration": Setting(positive_time, "5s"),
    "filter_by_backend_roles": Setting(_boolean, "false"),
    "multi_tenancy_enabled": Setting(_boolean, "false", "static"),
    "max_active_provisions_per_tenant": Setting(_integer(1, 40), "2", since=(3, 0)),
    "max_active_deprovisions_per_tenant": Setting(_integer(1, 40), "1", since=(3, 0)),
    "workflow_thread_pool_size": Setting(_integer(1, 400), "4", "static", (3, 0)),
    "provision_thread_pool_size": Setting(_integer(1, 800), "8", "static", (3, 0)),
    "deprovision_thread_pool_size": Setting(_integer(1, 400), "4", "static", (3, 0)),
    "remote_metadata_type": Setting(kind="final"),
    "remote_metadata_endpoint": Setting(kind="final"),
    "remote_metadata_region": Setting(kind="final"),
    "remote_metadata_service_name": Setting(kind="final"),
}

# The first parts of the keys that a distribution with all plugins knows and can update.
_NAMESPACES: Final = frozenset(
    """
    action breaker cluster cluster_manager compatibility gateway http indices ingest knn logger monitor network
    opendistro opensearch plugins point_in_time remote_publication remote_store repositories search
    search_backpressure script segrep shard_indexing_pressure snapshot snapshots task_resource_tracking tasks
    thread_pool transport wlm
    """.split()  # noqa: SIM905 - one word a line would be a page
)
_STATIC_NAMESPACES: Final = frozenset({"bootstrap", "client", "discovery", "env", "node", "path", "pidfile"})
_STATIC: Final = frozenset(
    {
        "cluster.initial_cluster_manager_nodes",
        "cluster.initial_master_nodes",
        "cluster.name",
        "http.compression",
        "http.max_content_length",
        "http.port",
        "network.bind_host",
        "network.host",
        "network.publish_host",
        "transport.port",
    }
)
