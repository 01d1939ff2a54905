"""Simulates a run step by step: when each step of a workflow ends, and what it creates.

The plugin starts all nodes of a workflow at once. Each waits for its predecessors, so branches run in parallel. The
plugin then waits for the steps in order of execution and ends with the first one that failed
(docs/reference/plugin.md, "Provision", "A failed step").
"""

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.graph import Sequence, node_timeout
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.substitution import resolved_inputs
from mockflow.core.plugin.template import Node

NewId = Callable[[str, str], str]
"""Resource type and step id -> id of the new resource."""


@dataclass(frozen=True)
class PlannedFailure:
    """A planned failure. If `message` or `exception` is None, the default of the step is used."""

    status: str = "INTERNAL_SERVER_ERROR"
    message: str | None = None
    exception: str | None = None
    is_timeout: bool = False
    """Whether the step fails by its time-out, which has its own status and message."""


@dataclass(frozen=True)
class PlannedStep:
    """The plan of a step: its duration in ms (None: not planned) and its failure."""

    takes: int | None = None
    fails: PlannedFailure | None = None


_UNPLANNED: Final = PlannedStep()


@dataclass(frozen=True)
class Setting:
    """The parameters of a simulation other than the workflow. Times are milliseconds."""

    step_time: int
    new_id: NewId
    plan: Mapping[str, PlannedStep] = field(default_factory=dict)
    """Plans by the node's id or the step's type; the id wins."""
    params: Mapping[str, str] = field(default_factory=dict)
    indexes: Container[str] = ()
    """The existing indexes; to create one again fails."""
    tells_why_no_index: bool = True


@dataclass(frozen=True)
class Done:
    """An executed step: when it began and ended (elapsed ms), and what it created or why it failed.

    `inputs` are the node's inputs with all placeholders resolved. `updated` are existing resources of the workflow that
    got these inputs.
    """

    node: Node
    begin: int
    end: int
    inputs: Mapping[str, Any]
    resources: tuple[Resource, ...] = ()
    updated: tuple[Resource, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True)
class Simulation:
    """A whole run: its steps in order of execution, its end (elapsed ms), and the failed step that ended it, if any."""

    steps: tuple[Done, ...]
    end: int
    failed: Done | None = None


# The effects of a reprovisioning on a node.
CREATE: Final = "create"
UPDATE: Final = "update"
KEEP: Final = "keep"


def simulate(
    sequence: Sequence,
    setting: Setting,
    changes: Mapping[str, str] | None = None,
    held: Collection[Resource] = (),
) -> Simulation:
    """Executes the steps of `sequence`.

    `changes` says for each node of a reprovisioning whether it is created, updated or kept. The outputs of kept and
    updated nodes are in `held`, the resources of the workflow.
    """
    done: dict[str, Done] = {}
    outputs: dict[str, dict[str, Any]] = {}
    for node in sequence.nodes:
        before = sequence.predecessors[node.id]
        if any(node_id not in done or done[node_id].failure for node_id in before):
            continue  # a predecessor failed, so it never starts
        change = changes[node.id] if changes else CREATE
        begin = max((done[node_id].end for node_id in before), default=0)
        inputs = resolved_inputs(node, {node_id: outputs[node_id] for node_id in before}, setting.params)
        had = tuple(r for r in held if r["workflow_step_id"] == node.id)
        step = done[node.id] = _execute(node, begin, inputs, setting, change, had)
        outputs[node.id] = _outputs(node, inputs, step.resources if change == CREATE else had)
    return _ended(list(done.values()))


def _ended(steps: list[Done]) -> Simulation:
    """The run up to the first failure: the plugin waits for one step after the other."""
    number, failed = next(((n, step) for n, step in enumerate(steps) if step.failure), (len(steps) - 1, None))
    end = max(step.end for step in steps[: number + 1])
    if failed is None:
        return Simulation(tuple(steps), end)
    return Simulation(tuple(step for step in steps if step.end <= end), end, failed)


def _execute(
    node: Node, begin: int, inputs: Mapping[str, Any], setting: Setting, change: str, had: tuple[Resource, ...]
) -> Done:
    if change == KEEP:
        return Done(node, begin, begin, inputs)
    plan = setting.plan.get(node.id) or setting.plan.get(node.type) or _UNPLANNED
    end = begin + _duration(node, plan, setting)
    if failure := _failure(node, plan, inputs, setting, change):
        return Done(node, begin, end, inputs, failure=failure)
    if change == UPDATE:
        return Done(node, begin, end, inputs, updated=had)
    return Done(node, begin, end, inputs, _created(node, inputs, setting.new_id))


def _duration(node: Node, plan: PlannedStep, setting: Setting) -> int:
    if plan.takes is not None:
        return plan.takes
    if plan.fails and plan.fails.is_timeout:
        return node_timeout(node)
    return setting.step_time


def _failure(node: Node, plan: PlannedStep, inputs: Mapping[str, Any], setting: Setting, change: str) -> Failure | None:
    if plan.fails:
        return _scripted_failure(node, plan.fails, inputs)
    name = str(inputs.get("index_name"))
    if node.type == "create_index" and change == CREATE and name in setting.indexes:
        if setting.tells_why_no_index:
            return Failure("BAD_REQUEST", f"index [{name}/{opensearch_uuid('index', name)}] already exists")
        return Failure("INTERNAL_SERVER_ERROR", _plain_message(node, inputs))
    return None


def _scripted_failure(node: Node, fails: PlannedFailure, inputs: Mapping[str, Any]) -> Failure:
    if fails.is_timeout:
        return Failure("INTERNAL_SERVER_ERROR", f"Execute timed out for {node.id}", "TimeoutException")
    message = _plain_message(node, inputs) if fails.message is None else fails.message
    return Failure(fails.status, message, fails.exception or "WorkflowStepException")


def _plain_message(node: Node, inputs: Mapping[str, Any]) -> str:
    if node.type == "create_index":
        return f"Failed to create the index {inputs.get('index_name')}"
    return f"Failed to {node.type.replace('_', ' ')}"


def _created(node: Node, inputs: Mapping[str, Any], new_id: NewId) -> tuple[Resource, ...]:
    """The step's new entries of resources_created (docs/reference/plugin.md, "Steps and resources")."""
    kind = STEPS[node.type].resource_type
    if kind is None:
        return ()
    given = inputs.get(_NAMED_BY.get(node.type, ""))
    resource_id = given if isinstance(given, str) and given else new_id(kind, node.id)
    entries = [_resource(node.type, node.id, kind, resource_id)]
    if node.type in _DEPLOYING and str(inputs.get("deploy", "")).lower() == "true":
        entries.append(_resource("deploy_model", node.id, kind, resource_id))
    return tuple(entries)


def _resource(step_name: str, step_id: str, kind: str, resource_id: str) -> Resource:
    return {
        "workflow_step_name": step_name,
        "workflow_step_id": step_id,
        "resource_type": kind,
        "resource_id": resource_id,
    }


def _outputs(node: Node, inputs: Mapping[str, Any], resources: Collection[Resource]) -> dict[str, Any]:
    """The outputs that later steps may use."""
    made = {resource["resource_type"]: resource["resource_id"] for resource in resources}
    return {
        name: value
        for name in STEPS[node.type].outputs
        if (value := made.get(name, inputs.get(name, _FIXED_OUTPUTS.get(name)))) is not None
    }


# Steps whose resource id is one of the inputs.
_NAMED_BY: Final = {
    "create_index": "index_name",
    "reindex": "destination_index",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
    "deploy_model": "model_id",
}
# Steps that also deploy their model if the input `deploy` is true.
_DEPLOYING: Final = frozenset(name for name in STEPS if name.startswith(("register_remote_", "register_local_")))
_FIXED_OUTPUTS: Final = {"register_model_status": "CREATED", "model_group_status": "CREATED"}
