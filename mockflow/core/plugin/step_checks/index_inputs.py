"""The inputs of create_index and update_index, and what is left of them in the index."""

import json
from collections.abc import Mapping
from typing import Any

from mockflow.core.opensearch.indices.create_index import parse_json_object, read_configurations
from mockflow.core.opensearch.settings.index_settings import normalized


def configurations_of(inputs: Mapping[str, Any]) -> str:
    """The configuration as JSON text, which templates have as text or as the object itself."""
    value = inputs.get("configurations")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def settings_after(before: Mapping[str, Any] | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an index after such a step, normalized. `before` are its settings, None for a new index."""
    if before is None:
        return {**_DEFAULTS, **read_configurations(configurations_of(inputs)).settings}
    return {**normalized(before), **_changes(inputs)}


def inputs_after_update(
    before: Mapping[str, Any], inputs: Mapping[str, Any], changes: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The inputs that would create an index as it is after update_index, which changes settings only.

    `before` are the inputs that created it, `changes` the settings that clients have changed since.
    """
    created = read_configurations(configurations_of(before))
    configurations = {
        "aliases": created.aliases,
        "mappings": created.mapping,
        "settings": {**created.settings, **(changes or {}), **_changes(inputs)},
    }
    return {**before, "configurations": configurations}


_DEFAULTS = {"index.number_of_shards": "1", "index.number_of_replicas": "1"}


def _changes(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(normalized(parse_json_object(configurations_of(inputs)).get("settings") or {}))
