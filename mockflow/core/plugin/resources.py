"""Resources that a workflow's steps create in the cluster, with the bodies of their own endpoints.

A body is derived from the inputs of the step. It has the fields that clients read (docs/reference/opensearch.md,
"Indices", "Mappings and index settings", "Pipelines", "ML Commons").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from mockflow.core.base.json_writer import loads
from mockflow.core.opensearch.ids import opensearch_id
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.versions import DEFAULT_VERSION, Version, parse_version

if TYPE_CHECKING:
    from mockflow.core.opensearch.indices.index_changes import IndexChanges

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

_SOME_VERSION: Final = parse_version(DEFAULT_VERSION)

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
    changes: IndexChanges | None = None
    """Of an index: what clients and documents have changed since."""
    is_listed: bool = True
    """Whether the status of its workflow lists it. A task is not listed, nor what a failed step left behind."""
    by_client: bool = False
    """Whether a client made it with a request of its own."""
    tenant_id: str | None = None
    """The tenant of that client."""
    ready_at: int | None = None
    """When it becomes ready, epoch ms, where that is known: of a model under deployment, and of a running task."""
    is_undeployed: bool = False
    """Whether a client has undeployed it, a model."""

    @property
    def key(self) -> Key:
        return (self.kind, self.id)

    @property
    def since(self) -> int:
        """The time of its last change, epoch ms."""
        return self.created if self.changed is None else self.changed

    @property
    def body(self) -> dict[str, Any]:
        """What its step made of it, whatever the release; of an index: aliases, mappings and settings by dotted key."""
        return body_of(self)


def body_of(made: Made, version: Version = _SOME_VERSION, node: str = "") -> dict[str, Any]:
    """The body of its GET endpoint. Of an index: aliases, mappings and all settings by dotted key.

    `node` is the id of the cluster's node, on which models are deployed.
    """
    if made.kind == "index":
        return _index(made, version)
    body = _BODIES[made.kind](made) if made.kind in _BODIES else {}
    if made.kind in _HIDEABLE:
        body["is_hidden"] = False
    if made.kind in _PROVISIONED and version.behaviour.marks_provisioned_resources:
        body |= _chosen(made.inputs, ("provisioned_by",)) if made.by_client else {"provisioned_by": "flow-framework"}
    if made.kind == "model" and made.ready:
        body["planning_worker_nodes"] = [node]
    order = _ORDER.get(made.kind, ())
    return {name: body[name] for name in (*order, *(name for name in body if name not in order)) if name in body}


def _index(made: Made, version: Version) -> dict[str, Any]:
    from mockflow.core.opensearch.indices.index_body import stored_settings, typed_mapping  # most clusters have none

    configurations = _configurations(made)
    mappings = _mapping(configurations.get("mappings"))
    body = {
        "aliases": _mapping(configurations.get("aliases")),
        "mappings": typed_mapping(_mapping(mappings.get("_doc")) or mappings),
        "settings": stored_settings(made.id, made.created, _mapping(configurations.get("settings")), version.id),
    }
    return body if made.changes is None else made.changes.applied_to(body)


def _pipeline(made: Made) -> dict[str, Any]:
    given = made.inputs.get("configurations")
    if made.by_client or not isinstance(given, (str, dict)):
        return _mapping(given)
    from mockflow.core.opensearch.json_text import NoObjectError, read_object  # most clusters have none
    from mockflow.core.plugin.pipeline_text import sent_text

    text = sent_text(given)
    try:
        return _mapping(loads(text))
    except ValueError:
        pass
    try:
        return read_object(text)  # takes what has something behind the object
    except NoObjectError:
        return {}


def _connector(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "version", "description", "protocol", "parameters")),
        "actions": [_action(action) for action in _list(made.inputs.get("actions"))],
        **_times(made),
        **_chosen(made.inputs, ("client_config",)),
    }


def _action(action: Any) -> Any:
    """An action as ML Commons shows it: its type is the name of an enum."""
    if isinstance(action, dict) and isinstance(action.get("action_type"), str):
        return {**action, "action_type": action["action_type"].upper()}
    return action


def _model(made: Made) -> dict[str, Any]:
    remote = made.step_type == "register_remote_model" or made.inputs.get("function_name") == "REMOTE"
    body = {
        "name": made.inputs.get("name"),
        "model_group_id": made.inputs.get("model_group_id") or opensearch_id("model_group", made.id),
        "algorithm": str(made.inputs.get("function_name") or ("REMOTE" if remote else "TEXT_EMBEDDING")).upper(),
        "model_version": "1",
        **_chosen(made.inputs, ("model_format", "description", "connector_id")),
        "model_state": _model_state(made),
        **_times(made),
        **({} if remote else {"last_registered_time": made.created}),
    }
    if made.by_client:
        body |= _chosen(made.inputs, _OF_CLIENTS)
        if isinstance(made.inputs.get("connector"), dict):
            body["connector"] = _connector(replace(made, inputs=made.inputs["connector"]))
    if made.ready:
        body |= {
            "last_deployed_time": made.created if made.ready_at is None else made.ready_at,
            "auto_redeploy_retry_times": 0,
            "planning_worker_node_count": 1,
            "current_worker_node_count": 1,
            "deploy_to_all_nodes": True,
        }
    return body


def _model_state(made: Made) -> str:
    if made.ready:
        return "DEPLOYED"
    if made.is_undeployed:
        return "UNDEPLOYED"
    return "REGISTERED" if made.ready_at is None else "DEPLOYING"


def _model_group(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "description")),
        "latest_version": 0,
        **_times(made),
        "access": made.inputs.get("access_mode", "public"),
    }


def _agent(made: Made) -> dict[str, Any]:
    return {
        **_chosen(made.inputs, ("name", "type", "description", "llm", "tools", "parameters", "memory", "app_type")),
        **_times(made),
    }


def _task(made: Made) -> dict[str, Any]:
    """The body of a task. Once it is done, its `inputs` are the body. That of a registration never shows RUNNING."""
    if made.ready:
        return dict(made.inputs)
    hidden = ("error", "last_update_time", *(("model_id",) if made.by_client and _makes_model(made) else ()))
    running = {name: value for name, value in made.inputs.items() if name not in hidden}
    return {**running, "state": "CREATED" if _makes_model(made) else "RUNNING"}


def _makes_model(task: Made) -> bool:
    return task.inputs.get("task_type") == "REGISTER_MODEL"


def _configurations(made: Made) -> dict[str, Any]:
    """The configuration of an index. Templates have it as an object or as JSON text."""
    value = made.inputs.get("configurations")
    if isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            value = None
    return _mapping(value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _chosen(inputs: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: inputs[name] for name in names if name in inputs}


def _times(made: Made) -> dict[str, int]:
    return {"created_time": made.created, "last_updated_time": made.since}


_BODIES: Final[Mapping[str, Callable[[Made], dict[str, Any]]]] = {
    "ingest_pipeline": _pipeline,
    "search_pipeline": _pipeline,
    "connector": _connector,
    "model": _model,
    "model_group": _model_group,
    "agent": _agent,
    "task": _task,
}

_OF_CLIENTS: Final = (
    "model_config",
    "model_content_hash_value",
    "interface",
    "guardrails",
    "deploy_setting",
    "is_enabled",
)
"""Fields of a model as a client has sent them."""
_HIDEABLE: Final = frozenset({"model", "agent"})
_PROVISIONED: Final = frozenset({"connector", "model", "agent"})
# The order of fields; those that are not named come last.
_ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "model": (
        *("name", "model_group_id", "algorithm", "model_version", "model_format", "description", "model_state"),
        *("created_time", "last_updated_time", "last_registered_time", "last_deployed_time"),
        *("auto_redeploy_retry_times", "planning_worker_node_count", "current_worker_node_count"),
        *("planning_worker_nodes", "deploy_to_all_nodes", "is_hidden", "connector_id", "provisioned_by"),
    ),
    "model_group": ("name", "latest_version", "description", "access", "created_time", "last_updated_time"),
    "agent": (
        *("name", "type", "description", "llm", "tools", "parameters", "memory"),
        *("created_time", "last_updated_time", "app_type", "is_hidden", "provisioned_by"),
    ),
}
