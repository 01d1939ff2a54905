"""The indices that flow-framework and ML Commons make for themselves: mappings and settings.

The mappings of flow-framework are complete. Of those of ML Commons only the fields that documents show are listed.
Sources: the plugins' mappings (global-context.json, workflow-state.json, config.json; ml_model.json and others).
"""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.indices.index_body import stored_settings
from mockflow.core.opensearch.plugin_indices import STATE_INDEX, TEMPLATE_INDEX
from mockflow.core.opensearch.search.field_terms import DATE_FORMAT
from mockflow.core.opensearch.search.fields import MAPPINGS
from mockflow.core.opensearch.search.ml_fields import ML_FIELDS

_SUBFIELD: Final = ".keyword"
_SETTINGS: Final = {"index.auto_expand_replicas": "0-1"}


def system_index_body(name: str, created: int, version_id: int) -> dict[str, Any]:
    """Aliases, mappings, and settings by dotted key; `created` is epoch ms, `version_id` the number of the release."""
    return {
        "aliases": {},
        "mappings": _MAPPINGS[name],
        "settings": stored_settings(name, created, _SETTINGS, version_id),
    }


def _mapping(fields: Mapping[str, str], *, dynamic: bool = True) -> dict[str, Any]:
    """A mapping of dotted field names to types; ``name.keyword`` is a second field of ``name``."""
    root: dict[str, Any] = {}
    for name, kind in sorted(fields.items()):
        *outer, last = name.removesuffix(_SUBFIELD).split(".")
        properties = root
        for part in outer:
            properties = properties[part].setdefault("properties", {})
        if name.endswith(_SUBFIELD):
            properties[last]["fields"] = {"keyword": {"type": kind, "ignore_above": 256}}
        else:
            properties[last] = {"type": kind, **({"format": DATE_FORMAT} if kind == "date" else {})}
    return {**({} if dynamic else {"dynamic": "false"}), "_meta": {"schema_version": 1}, "properties": root}


_MAPPINGS: Final[Mapping[str, dict[str, Any]]] = {
    TEMPLATE_INDEX: _mapping(MAPPINGS[TEMPLATE_INDEX], dynamic=False),
    STATE_INDEX: _mapping(MAPPINGS[STATE_INDEX], dynamic=False),
    ".plugins-flow-framework-config": _mapping({"master_key": "keyword", "create_time": "date"}, dynamic=False),
    **{name: _mapping(fields) for name, fields in ML_FIELDS.items()},
}
