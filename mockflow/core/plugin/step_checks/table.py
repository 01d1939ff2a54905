"""Step type -> its check, and what else follows from a step's inputs."""

from collections.abc import Callable, Mapping
from typing import Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.step_checks import agents, basics, connectors, indices, models, pipelines
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.failing import of_plugin
from mockflow.core.plugin.steps import STEPS

Check = Callable[[StepCall, Surroundings], Failure | None]

LEAVES_NO_ENTRY: Final = frozenset({"reindex"})
"""Steps that the catalogue gives a resource, and that leave no entry in resources_created."""


def check_step(call: StepCall, around: Surroundings) -> Failure | None:
    """Why the step fails; None where it succeeds."""
    missing = [name for name in STEPS[call.type].inputs if call.inputs.get(name) is None]
    if missing:
        return of_plugin(
            f"Missing required inputs [{', '.join(hash_map_order(missing))}] in workflow [{call.workflow_id}] "
            f"node [{call.node_id}]"
        )
    return CHECKS[call.type](call, around)


def duration_of(call: StepCall, around: Surroundings) -> int | None:
    """How long the step takes where its inputs decide it, in ms; None where they do not."""
    return basics.delay_of_noop(call, around) if call.type == "noop" else None


def _unchecked(call: StepCall, around: Surroundings) -> Failure | None:
    """Nothing is checked."""
    return None


CHECKS: Final[Mapping[str, Check]] = {
    "noop": basics.check_noop,
    "reindex": basics.check_reindex,
    "create_index": indices.check_create,
    "update_index": indices.check_update,
    "delete_index": pipelines.check_delete_index,
    "create_ingest_pipeline": pipelines.check_ingest,
    "update_ingest_pipeline": pipelines.check_ingest,
    "delete_ingest_pipeline": pipelines.check_delete_ingest,
    "create_search_pipeline": pipelines.check_search,
    "update_search_pipeline": pipelines.check_search,
    "delete_search_pipeline": pipelines.check_delete_search,
    "create_connector": connectors.check_create,
    "delete_connector": connectors.check_delete,
    "register_remote_model": models.check_register_remote,
    "register_local_custom_model": models.check_register_local,
    "register_local_pretrained_model": models.check_register_local,
    "register_local_sparse_encoding_model": models.check_register_local,
    "deploy_model": models.check_deploy,
    "undeploy_model": models.check_undeploy,
    "delete_model": models.check_delete,
    "register_model_group": models.check_register_group,
    "create_tool": agents.check_tool,
    "register_agent": agents.check_register,
    "delete_agent": _unchecked,
}
