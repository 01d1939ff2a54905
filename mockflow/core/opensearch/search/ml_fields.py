"""The fields of ML Commons' own indices, as queries see them and as their mappings show them.

Source: ml_model.json, ml_connector.json, ml_model_group.json, ml_agent.json, ml_task.json, ml_memory_meta.json and
ml_memory_message.json of ML Commons 3.8. Only fields that documents show are listed. These mappings are dynamic: a
field that is not listed (such as connector_id of a model) is inferred.
"""

from collections.abc import Mapping
from typing import Final

_SUBFIELD: Final = ".keyword"
_FLAT: Final = "flat_object"


def _fields(
    texts: str = "", keywords: str = "", dates: str = "", flat: str = "", numbers: str = "", booleans: str = ""
) -> dict[str, str]:
    kinds = {"text": texts, "keyword": keywords, "date": dates, _FLAT: flat, "integer": numbers, "boolean": booleans}
    return {name: kind for kind, names in kinds.items() for name in names.split()}


_NAMED: Final = {"name": "text", "name.keyword": "keyword", "description": "text"}
_TIMES: Final = "created_time last_updated_time"

ML_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    ".plugins-ml-config": _fields(keywords="master_key", dates="create_time last_updated_time"),
    ".plugins-ml-connector": _NAMED
    | _fields(keywords="version protocol access", dates=_TIMES, flat="parameters credential client_config actions"),
    ".plugins-ml-model": _NAMED
    | _fields(
        keywords="algorithm model_content_hash_value model_format model_group_id model_id model_state model_version "
        "planning_worker_nodes provisioned_by tenant_id",
        dates=f"{_TIMES} last_deployed_time last_registered_time",
        flat="deploy_setting interface",
        numbers="auto_redeploy_retry_times current_worker_node_count planning_worker_node_count",
        booleans="deploy_to_all_nodes is_enabled is_hidden",
    ),
    ".plugins-ml-model-group": _NAMED | _fields(keywords="access", dates=_TIMES, numbers="latest_version"),
    ".plugins-ml-agent": _NAMED
    | _fields(
        keywords="type provisioned_by tenant_id",
        dates=_TIMES,
        flat="tools parameters memory llm",
        booleans="is_hidden",
    ),
    ".plugins-ml-task": _fields(
        texts="error",
        keywords="function_name model_id state task_type worker_node",
        dates="create_time last_update_time",
        booleans="is_async",
    ),
    ".plugins-ml-memory-meta": _fields(
        texts="name", keywords="application_type user", dates="create_time updated_time", flat="additional_info"
    ),
    ".plugins-ml-memory-message": _fields(
        texts="input prompt_template response",
        keywords="memory_id origin parent_message_id",
        dates="create_time",
        flat="additional_info",
        numbers="trace_number",
    ),
}


def with_known(index: str, inferred: Mapping[str, str]) -> Mapping[str, str]:
    """The types of all fields: those of the index's mapping, and those that its documents add.

    What is within a flat object is a keyword.
    """
    known = ML_FIELDS.get(index)
    if known is None:
        return inferred
    flat = tuple(f"{name}." for name, kind in known.items() if kind == _FLAT)
    fields: dict[str, str] = {}
    for name, kind in inferred.items():
        base = name.removesuffix(_SUBFIELD)
        if name.startswith(flat):
            if base == name:
                fields[name] = "keyword"
        elif not (name.endswith(_SUBFIELD) and base in known):
            fields[name] = kind
    return fields | {name: kind for name, kind in known.items() if kind != _FLAT}
