"""A run told by its steps: which step of a workflow is done when, and what it creates.

All nodes of a workflow are started at once and each waits for its predecessors, so branches run in parallel. The
plugin then waits for the steps in their order of execution and ends with the first that failed (contract.md,
sections 4 to 7).
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
"""resource type, step id -> a new resource's id."""


@dataclass(frozen=True)
class PlannedFailure:
    """A failure that a plan asks for. `message` and `exception` follow from the step where they are None."""

    status: str = "INTERNAL_SERVER_ERROR"
    message: str | None = None
    exception: str | None = None
    is_timeout: bool = False
    """Whether the step runs into its time-out, which has its own status and message."""


@dataclass(frozen=True)
class PlannedStep:
    """How a plan says that a step goes: its duration in ms (None: the plan does not say), and its failure."""

    takes: int | None = None
    fails: PlannedFailure | None = None


_UNPLANNED: Final = PlannedStep()


@dataclass(frozen=True)
class Setting:
    """What a simulation is given besides the workflow itself. Times are milliseconds."""

    step_time: int
    new_id: NewId
    plan: Mapping[str, PlannedStep] = field(default_factory=dict)
    """By a node's id or by the step's type; the id wins."""
    params: Mapping[str, str] = field(default_factory=dict)
    indexes: Container[str] = ()
    """The indexes that are there already: creating one again fails."""
    tells_why_no_index: bool = True


@dataclass(frozen=True)
class Done:
    """A step that was executed: when it began and ended (elapsed ms), what it had created, or why it failed.

    `inputs` are the node's own with everything put in that was known then; `updated` are resources that the workflow
    had already and that have these inputs now.
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
    """A whole run: its steps in order of execution, its end (elapsed ms), and the step that ended it early."""

    steps: tuple[Done, ...]
    end: int
    failed: Done | None = None


# How a reprovisioning treats a node.
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

    `changes` says of each node of a reprovisioning whether it is created, updated or kept; what a kept or updated
    one passes on is in `held`, the resources that the workflow has.
    """
    done: dict[str, Done] = {}
    outputs: dict[str, dict[str, Any]] = {}
    for node in sequence.nodes:
        before = sequence.predecessors[node.id]
        if any(node_id not in done or done[node_id].failure for node_id in before):
            continue  # it waits for ever
        change = changes[node.id] if changes else CREATE
        begin = max((done[node_id].end for node_id in before), default=0)
        inputs = resolved_inputs(node, {node_id: outputs[node_id] for node_id in before}, setting.params)
        had = tuple(r for r in held if r["workflow_step_id"] == node.id)
        step = done[node.id] = _execute(node, begin, inputs, setting, change, had)
        outputs[node.id] = _outputs(node, inputs, step.resources if change == CREATE else had)
    return _ended(list(done.values()))


def _ended(steps: list[Done]) -> Simulation:
    """The plugin waits for one step after the other and ends with the first failure that it meets."""
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
    """The entries that the step adds to resources_created (contract.md, section 7)."""
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
    """What later steps may use of this one."""
    made = {resource["resource_type"]: resource["resource_id"] for resource in resources}
    return {
        name: value
        for name in STEPS[node.type].outputs
        if (value := made.get(name, inputs.get(name, _FIXED_OUTPUTS.get(name)))) is not None
    }


# Steps whose resource has a name or id that is among the inputs.
_NAMED_BY: Final = {
    "create_index": "index_name",
    "reindex": "destination_index",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
    "deploy_model": "model_id",
}
# Steps that deploy their model too, if their input `deploy` is true.
_DEPLOYING: Final = frozenset(name for name in STEPS if name.startswith(("register_remote_", "register_local_")))
_FIXED_OUTPUTS: Final = {"register_model_status": "CREATED", "model_group_status": "CREATED"}
