"""Resources that a workflow's steps create in the cluster, with the bodies of their own endpoints.

A body is derived from the inputs of the step. It has the fields that clients read (docs/reference/opensearch.md,
"Indices", "Mappings and index settings", "Pipelines", "ML Commons").
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_id, opensearch_uuid
from mockflow.core.plugin.status import Resource

_KIND_OF_STEP: Final = {
    "create_search_pipeline": "search_pipeline",
    "update_search_pipeline": "search_pipeline",
}
_KIND_OF_TYPE: Final = {
    "index_name": "index",
    "pipeline_id": "ingest_pipeline",
    "connector_id": "connector",
    "model_id": "model",
    "model_group_id": "model_group",
    "agent_id": "agent",
}

Key = tuple[str, str]
"""Kind and id of a resource, such as ``("index", "my-index")``."""


def key_of(resource: Resource) -> Key:
    """The key of the resource that an entry of resources_created names."""
    kind = _KIND_OF_STEP.get(resource["workflow_step_name"])
    return (kind or _KIND_OF_TYPE.get(resource["resource_type"], resource["resource_type"]), resource["resource_id"])


@dataclass(frozen=True)
class Made:
    """A resource: the type and inputs of the step that created or last updated it, and when (epoch ms)."""

    kind: str
    id: str
    step_type: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    created: int = 0
    changed: int | None = None
    """When an update step set these inputs."""
    ready: bool = False
    """For a model, whether it is deployed. For a task, whether it is done."""
    is_listed: bool = True
    """Whether the status of its workflow lists it. A task is not listed, nor what a failed step left behind."""

    @property
    def key(self) -> Key:
        return (self.kind, self.id)

    @property
    def since(self) -> int:
        """The time of its last change, epoch ms."""
        return self.created if self.changed is None else self.changed

    @property
    def body(self) -> dict[str, Any]:
        """The body of its GET endpoint (for an index: aliases, mappings and settings)."""
        return _BODIES[self.kind](self) if self.kind in _BODIES else {}


def _index(made: Made) -> dict[str, Any]:
    configurations = _configurations(made)
    mappings = _mapping(configurations.get("mappings"))
    index: dict[str, Any] = {
        "creation_date": str(made.created),
        "number_of_shards": "1",
        "number_of_replicas": "1",
        "uuid": opensearch_uuid("index", made.id),
        "version": {"created": "136407827"},
        "provided_name": made.id,
    }
    _set_settings(index, _mapping(configurations.get("settings")))
    return {
        "aliases": _mapping(configurations.get("aliases")),
        "mappings": _typed(_mapping(mappings.get("_doc")) or mappings),
        "settings": {"index": index},
    }


def _typed(mappings: Any) -> Any:
    """Mappings as OpenSearch shows them: whole numbers in text become numbers."""
    if isinstance(mappings, dict):
        return {name: _typed(value) for name, value in mappings.items()}
    if isinstance(mappings, str) and re.fullmatch(r"0|[1-9]\d{0,8}", mappings):
        return int(mappings)
    return mappings


def _set_settings(index: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Adds settings under ``index`` as OpenSearch shows them: dotted names as nested objects, values as text."""
    for name, value in settings.items():
        *path, last = name.removeprefix("index.").split(".")
        here = index
        for part in path:
            below = here.get(part)
            here[part] = here = below if isinstance(below, dict) else {}
        if not isinstance(value, dict):
            here[last] = _setting_text(value)
        elif name == "index":
            _set_settings(index, value)
        else:
            nested = here.setdefault(last, {})
            _set_settings(nested if isinstance(nested, dict) else here, value)


def _setting_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_setting_text(item) for item in value]
    return value if value is None else str(value)


def _pipeline(made: Made) -> dict[str, Any]:
    return _configurations(made)


def _connector(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "version", "description", "protocol", "parameters")),
        "actions": made.inputs.get("actions", []),
        "owner": None,
        "access": "public",
        **_times(made, "created_time", "last_updated_time"),
    }


def _model(made: Made) -> dict[str, Any]:
    remote = made.step_type == "register_remote_model"
    body = {
        "name": made.inputs.get("name"),
        "model_group_id": made.inputs.get("model_group_id") or opensearch_id("model_group", made.id),
        "algorithm": str(made.inputs.get("function_name") or ("REMOTE" if remote else "TEXT_EMBEDDING")).upper(),
        "model_version": "1",
        **_chosen(made.inputs, ("model_format", "description", "connector_id")),
        "model_state": "DEPLOYED" if made.ready else "REGISTERED",
        **_times(made, "created_time", "last_updated_time", "last_registered_time"),
    }
    if made.ready:
        body |= {
            **_times(made, "last_deployed_time"),
            "planning_worker_node_count": 1,
            "current_worker_node_count": 1,
            "deploy_to_all_nodes": True,
        }
    return body


def _model_group(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "description")),
        "latest_version": 1,
        **_times(made, "created_time", "last_updated_time"),
        "access": made.inputs.get("access_mode", "public"),
    }


def _agent(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "type", "description", "llm", "tools", "parameters", "memory", "app_type")),
        **_times(made, "created_time", "last_updated_time"),
    }


def _task(made: Made) -> dict[str, Any]:
    """The body of a task. Once it is done, its `inputs` are the body."""
    if made.ready:
        return dict(made.inputs)
    running = {name: value for name, value in made.inputs.items() if name not in ("error", "last_update_time")}
    return {**running, "state": "RUNNING"}


def _configurations(made: Made) -> dict[str, Any]:
    """The configuration of an index or pipeline. Templates have it as an object or as JSON text."""
    value = made.inputs.get("configurations")
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    return _mapping(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _chosen(inputs: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: inputs[name] for name in names if name in inputs}


def _times(made: Made, *names: str) -> dict[str, int]:
    return dict.fromkeys(names, made.created)


_BODIES: Final[Mapping[str, Callable[[Made], dict[str, Any]]]] = {
    "index": _index,
    "ingest_pipeline": _pipeline,
    "search_pipeline": _pipeline,
    "connector": _connector,
    "model": _model,
    "model_group": _model_group,
    "agent": _agent,
    "task": _task,
}
