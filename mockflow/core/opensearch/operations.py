"""The operations that the cluster serves, by name in the public API specification."""

from typing import Final

_PLUGIN: Final = "cluster:admin/opensearch/flow_framework"
_ML: Final = "cluster:admin/opensearch/ml"

ACTIONS: Final = {
    "create": f"{_PLUGIN}/workflow/create",
    "update": f"{_PLUGIN}/workflow/create",
    "get": f"{_PLUGIN}/workflow/get",
    "delete": f"{_PLUGIN}/workflow/delete",
    "provision": f"{_PLUGIN}/workflow/provision",
    "deprovision": f"{_PLUGIN}/workflow/deprovision",
    "get_status": f"{_PLUGIN}/workflow_state/get",
    "get_steps": f"{_PLUGIN}/workflow_step/get",
    "search": f"{_PLUGIN}/workflow/search",
    "search_state": f"{_PLUGIN}/workflow_state/search",
    "info": "cluster:monitor/main",
    "ping": "cluster:monitor/main",
    "favicon": "cluster:monitor/main",
    "cluster.health": "cluster:monitor/health",
    "cluster.get_settings": "cluster:monitor/state",
    "cluster.put_settings": "cluster:admin/settings/update",
    "cluster.state": "cluster:monitor/state",
    "nodes.hot_threads": "cluster:monitor/nodes/hot_threads",
    "nodes.info": "cluster:monitor/nodes/info",
    "nodes.stats": "cluster:monitor/nodes/stats",
    "nodes.usage": "cluster:monitor/nodes/usage",
    "cat.aliases": "indices:admin/aliases/get",
    "cat.allocation": "cluster:monitor/state",
    "cat.cluster_manager": "cluster:monitor/state",
    "cat.fielddata": "cluster:monitor/nodes/stats",
    "cat.health": "cluster:monitor/health",
    "cat.help": "cluster:monitor/main",
    "cat.indices": "indices:monitor/settings/get",
    "cat.master": "cluster:monitor/state",
    "cat.nodeattrs": "cluster:monitor/state",
    "cat.nodes": "cluster:monitor/state",
    "cat.plugins": "cluster:monitor/state",
    "cat.recovery": "indices:monitor/recovery",
    "cat.segments": "cluster:monitor/state",
    "cat.templates": "indices:admin/template/get",
    "indices.delete": "indices:admin/delete",
    "indices.exists": "indices:admin/get",
    "indices.get": "indices:admin/get",
    "indices.get_mapping": "indices:admin/mappings/get",
    "indices.get_settings": "indices:monitor/settings/get",
    "ingest.delete_pipeline": "cluster:admin/ingest/pipeline/delete",
    "ingest.get_pipeline": "cluster:admin/ingest/pipeline/get",
    "search_pipeline.delete": "cluster:admin/search/pipeline/delete",
    "search_pipeline.get": "cluster:admin/search/pipeline/get",
    "ml.delete_agent": f"{_ML}/agents/delete",
    "ml.delete_connector": f"{_ML}/connectors/delete",
    "ml.delete_model": f"{_ML}/models/delete",
    "ml.delete_model_group": f"{_ML}/model_groups/delete",
    "ml.delete_task": f"{_ML}/tasks/delete",
    "ml.get_agent": f"{_ML}/agents/get",
    "ml.get_connector": f"{_ML}/connectors/get",
    "ml.get_model": f"{_ML}/models/get",
    "ml.get_model_group": f"{_ML}/model_groups/get",
    "ml.get_task": f"{_ML}/tasks/get",
    "ml.search_agents": f"{_ML}/agents/search",
    "ml.search_connectors": f"{_ML}/connectors/search",
    "ml.search_model_groups": f"{_ML}/model_groups/search",
    "ml.search_models": f"{_ML}/models/search",
    "ml.search_tasks": f"{_ML}/tasks/search",
}
"""Operation -> action that the user needs a permission for (docs/reference/opensearch.md, "Security plugin")."""
ANY_OTHER_ACTION: Final = "cluster:monitor/state"

OPERATIONS: Final = tuple(ACTIONS)

# Operations that name a workflow in the path or create one.
OF_A_WORKFLOW: Final = frozenset({"create", "update", "get", "delete", "provision", "deprovision", "get_status"})
