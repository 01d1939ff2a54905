"""What clients and their documents have changed in an index since it was made: settings, mapping, aliases."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.core.opensearch.mappings.mapping_merge import merged_mapping
from mockflow.core.opensearch.settings.cluster_settings import Text

_CLOSED: Final = "index.verified_before_close"
_REPLICAS: Final = "index.number_of_replicas"
_EXPANDS: Final = "index.auto_expand_replicas"


@dataclass(frozen=True)
class IndexChanges:
    """Changes on top of an index's body. None takes a setting or an alias away."""

    settings: Mapping[str, Text | None] = field(default_factory=dict)
    """By dotted key with ``index.``."""
    settings_since: int = -1
    """When they were changed last, epoch ms."""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    """What is added to the mapping, or replaced in it."""
    aliases: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    is_closed: bool = False
    """Whether a client has closed the index."""

    def with_settings(self, changes: Mapping[str, Text | None], now: int) -> "IndexChanges":
        """With more settings changed now (epoch ms)."""
        return replace(self, settings={**self.settings, **changes}, settings_since=now)

    def after_update(self, changed: int | None) -> "IndexChanges":
        """What is left of the changes on an index whose step has updated its settings at `changed`."""
        if changed is None or changed <= self.settings_since or not self.settings:
            return self
        return replace(self, settings={})

    def with_mapping(self, addition: Mapping[str, Any]) -> "IndexChanges":
        """With more of a mapping, which fits what is there."""
        return replace(self, mapping=merged_mapping(self.mapping, addition))

    def with_state(self, *, is_closed: bool) -> "IndexChanges":
        """With the index closed or open."""
        return replace(self, is_closed=is_closed)

    def with_aliases(self, aliases: Mapping[str, Mapping[str, Any] | None]) -> "IndexChanges":
        """With these aliases added, replaced or, for None, removed."""
        return replace(self, aliases={**self.aliases, **aliases})

    def applied_to(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body of the index with the changes: aliases, mappings, and settings by dotted key."""
        aliases = {**body["aliases"], **self.aliases}
        return {
            "aliases": {name: options for name, options in aliases.items() if options is not None},
            "mappings": merged_mapping(body["mappings"], self.mapping) if self.mapping else body["mappings"],
            "settings": self._settings(body["settings"]) if self.settings or self.is_closed else body["settings"],
        }

    def _settings(self, settings: Mapping[str, Text]) -> dict[str, Text]:
        changed = {key: value for key, value in {**settings, **self.settings}.items() if value is not None}
        changed.setdefault(_REPLICAS, "1")
        if self.is_closed:
            changed[_CLOSED] = "true"
        if changed.get(_EXPANDS, "false") != "false":
            changed[_REPLICAS] = "0"  # the number of other nodes
        return dict(sorted(changed.items()))
