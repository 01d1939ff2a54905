"""The plugin's step catalogue as a table (docs/reference/plugin.md, "Steps and resources").

It is the content of `GET /_plugins/_flow_framework/workflow/_steps`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Step:
    """One type of workflow step.

    `optional` are the inputs that the step reads besides those it requires: what earlier nodes and user_params give of
    them counts. `resource_type` is the type of the resource that the step creates (None: it makes no entry in
    resources_created). `update_step` and `deprovision_step` are the steps that update and delete it. `timeout` is in
    OpenSearch time units; None means the plugin's default of 10 s.
    """

    name: str
    inputs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    required_plugins: tuple[str, ...] = ()
    timeout: str | None = None
    resource_type: str | None = None
    update_step: str | None = None
    deprovision_step: str | None = None
    allow_delete_required: bool = False
    denied_in_templates: bool = False


_ML: Final = ("opensearch-ml",)

_CATALOGUE: Final = (
    Step("noop", optional=("delay",)),
    Step(
        "create_index",
        inputs=("index_name", "configurations"),
        outputs=("index_name",),
        resource_type="index_name",
        update_step="update_index",
        deprovision_step="delete_index",
    ),
    Step(
        "delete_index",
        inputs=("index_name",),
        outputs=("index_name",),
        allow_delete_required=True,
        denied_in_templates=True,
    ),
    Step(
        "reindex",
        inputs=("source_index", "destination_index"),
        optional=("refresh", "requests_per_second", "require_alias", "slices", "max_docs"),
        outputs=("reindex",),
        resource_type="index_name",
        deprovision_step="noop",
    ),
    Step(
        "create_connector",
        inputs=("name", "description", "version", "protocol", "parameters", "credential", "actions"),
        outputs=("connector_id",),
        required_plugins=_ML,
        timeout="1m",
        resource_type="connector_id",
        deprovision_step="delete_connector",
    ),
    Step(
        "register_local_custom_model",
        inputs=(
            "name",
            "version",
            "model_format",
            "function_name",
            "model_content_hash_value",
            "url",
            "model_type",
            "embedding_dimension",
            "framework_type",
        ),
        optional=("description", "model_group_id", "all_config", "interface", "deploy"),
        outputs=("model_id", "register_model_status"),
        required_plugins=_ML,
        timeout="1m",
        resource_type="model_id",
        deprovision_step="delete_model",
    ),
    Step(
        "register_local_sparse_encoding_model",
        inputs=("name", "version", "model_format"),
        optional=("description", "model_group_id", "function_name", "model_content_hash_value", "url", "deploy"),
        outputs=("model_id", "register_model_status", "function_name", "model_content_hash_value", "url"),
        required_plugins=_ML,
        timeout="1m",
        resource_type="model_id",
        deprovision_step="delete_model",
    ),
    Step(
        "register_local_pretrained_model",
        inputs=("name", "version", "model_format"),
        optional=("description", "model_group_id", "deploy"),
        outputs=("model_id", "register_model_status"),
        required_plugins=_ML,
        timeout="1m",
        resource_type="model_id",
        deprovision_step="delete_model",
    ),
    Step(
        "register_remote_model",
        inputs=("name", "connector_id"),
        optional=("description", "model_group_id", "guardrails", "interface", "deploy"),
        outputs=("model_id", "register_model_status"),
        required_plugins=_ML,
        resource_type="model_id",
        deprovision_step="delete_model",
    ),
    Step(
        "register_model_group",
        inputs=("name",),
        optional=("description", "backend_roles", "access_mode", "add_all_backend_roles"),
        outputs=("model_group_id", "model_group_status"),
        required_plugins=_ML,
        resource_type="model_group_id",
        deprovision_step="noop",
    ),
    Step(
        "deploy_model",
        inputs=("model_id",),
        outputs=("model_id",),
        required_plugins=_ML,
        timeout="15s",
        resource_type="model_id",
        deprovision_step="undeploy_model",
    ),
    Step("undeploy_model", inputs=("model_id",), outputs=("success",), required_plugins=_ML),
    Step("delete_model", inputs=("model_id",), outputs=("model_id",), required_plugins=_ML),
    Step("delete_connector", inputs=("connector_id",), outputs=("connector_id",), required_plugins=_ML),
    Step(
        "register_agent",
        inputs=("name", "type"),
        optional=(
            *("description", "llm", "llm.model_id", "llm.parameters", "tools_order", "parameters", "memory"),
            "app_type",
        ),
        outputs=("agent_id",),
        required_plugins=_ML,
        resource_type="agent_id",
        deprovision_step="delete_agent",
    ),
    Step("delete_agent", inputs=("agent_id",), outputs=("agent_id",), required_plugins=_ML),
    Step(
        "create_tool",
        inputs=("type",),
        optional=("name", "description", "parameters", "include_output_in_agent_response", "config"),
        outputs=("tools",),
        required_plugins=_ML,
    ),
    Step(
        "create_ingest_pipeline",
        inputs=("pipeline_id", "configurations"),
        outputs=("pipeline_id",),
        resource_type="pipeline_id",
        update_step="update_ingest_pipeline",
        deprovision_step="delete_ingest_pipeline",
    ),
    Step(
        "delete_ingest_pipeline",
        inputs=("pipeline_id",),
        outputs=("pipeline_id",),
        allow_delete_required=True,
        denied_in_templates=True,
    ),
    Step(
        "create_search_pipeline",
        inputs=("pipeline_id", "configurations"),
        outputs=("pipeline_id",),
        resource_type="pipeline_id",
        update_step="update_search_pipeline",
        deprovision_step="delete_search_pipeline",
    ),
    Step("update_ingest_pipeline", inputs=("pipeline_id", "configurations"), outputs=("pipeline_id",)),
    Step("update_search_pipeline", inputs=("pipeline_id", "configurations"), outputs=("pipeline_id",)),
    Step("update_index", inputs=("index_name", "configurations"), outputs=("index_name",)),
    Step(
        "delete_search_pipeline",
        inputs=("pipeline_id",),
        outputs=("pipeline_id",),
        allow_delete_required=True,
        denied_in_templates=True,
    ),
)

STEPS: Final = {step.name: step for step in _CATALOGUE}


def listed_steps(steps: Mapping[str, Step]) -> dict[str, Step]:
    """The steps of a release that its catalogue lists: those that a template may have."""
    return {name: step for name, step in steps.items() if not step.denied_in_templates}
