"""Simulates a run step by step: when each step of a workflow ends, and what it creates or why it fails.

The plugin starts all nodes of a workflow at once. Each waits for its predecessors, so branches run in parallel. The
plugin then waits for the steps in order of execution and ends with the first one that failed
(docs/reference/plugin.md, "Provision", "A failed step"). A step fails where its plan says so, and otherwise where its
inputs would fail on a real cluster (docs/reference/plugin.md, "What steps check").
"""

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.graph import Sequence, node_timeout
from mockflow.core.plugin.planned import CREATE, KEEP, UPDATE, PlannedFailure, PlannedStep
from mockflow.core.plugin.reprovision_changes import NO_PREDECESSOR, has_lost_predecessor
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.step_checks.call import StepCall, Surroundings
from mockflow.core.plugin.step_checks.indices import taken_name
from mockflow.core.plugin.step_checks.table import check_step, duration_of
from mockflow.core.plugin.step_products import (
    REGISTER_MODELS,
    NewId,
    created,
    group_of,
    kept_output,
    outputs_of,
    put_by_update,
    with_tools,
)
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.substitution import resolved_inputs
from mockflow.core.plugin.template import Node
from mockflow.core.plugin.versions import Version

_UNPLANNED: Final = PlannedStep()


@dataclass(frozen=True)
class Setting:
    """The parameters of a simulation other than the workflow. Times are milliseconds."""

    step_time: int
    new_id: NewId
    around: Surroundings
    """The cluster at the beginning of the run."""
    plan: Mapping[str, PlannedStep] = field(default_factory=dict)
    """Plans by the node's id or the step's type; the id wins."""
    params: Mapping[str, str] = field(default_factory=dict)
    trusts_inputs: bool = False
    """Whether steps succeed whatever their inputs are. An index that exists is not made again in any case."""
    workflow_id: str = ""


@dataclass(frozen=True)
class Done:
    """An executed step: when it began and ended (elapsed ms), and what it created or why it failed.

    `inputs` are the node's inputs with all placeholders resolved. `updated` are existing resources of the workflow that
    got these inputs. `left` is what the step has made besides and the status does not list: what a failed step has
    made, the group of a model, and a pipeline that an update step has made.
    """

    node: Node
    begin: int
    end: int
    inputs: Mapping[str, Any]
    resources: tuple[Resource, ...] = ()
    updated: tuple[Resource, ...] = ()
    left: tuple[Resource, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True)
class Simulation:
    """A whole run: its steps in order of execution, its end (elapsed ms), and the failed step that ended it, if any."""

    steps: tuple[Done, ...]
    end: int
    failed: Done | None = None


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
    if changes and has_lost_predecessor(sequence, changes, held):
        failed = Done(Node("", "noop"), 0, 0, {}, failure=NO_PREDECESSOR)
        return Simulation((), 0, failed)
    run = _Run(sequence, setting, changes, held)
    run.execute_all()
    return _ended([run.done[node.id] for node in sequence.nodes if node.id in run.done])


def rehearse(
    sequence: Sequence,
    setting: Setting,
    changes: Mapping[str, str] | None = None,
    held: Collection[Resource] = (),
) -> list[Done]:
    """Executes all steps of `sequence`, each as if those before it had succeeded, to find all that fail."""
    run = _Run(sequence, setting, changes, held, goes_on=True)
    run.execute_all()
    return [run.done[node.id] for node in sequence.nodes]


class _Run:
    """A run as far as its steps are executed."""

    def __init__(
        self,
        sequence: Sequence,
        setting: Setting,
        changes: Mapping[str, str] | None,
        held: Collection[Resource],
        *,
        goes_on: bool = False,
    ) -> None:
        """With `goes_on` a step that fails counts as one that has succeeded."""
        self.done: dict[str, Done] = {}
        self._sequence = sequence
        self._setting = setting
        self._changes = changes
        self._held = held
        self._goes_on = goes_on
        self._outputs: dict[str, Mapping[str, Any]] = {}
        self._around = setting.around
        self._under_way: list[tuple[int, int, StepCall, tuple[Resource, ...]]] = []
        self._places = {node.id: place for place, node in enumerate(sequence.nodes)}
        self._followers: dict[str, list[Node]] = {node.id: [] for node in sequence.nodes}
        for node in sequence.nodes:
            for before in dict.fromkeys(sequence.predecessors[node.id]):
                self._followers[before].append(node)

    def execute_all(self) -> None:
        """Executes the steps in the order in which they begin, so that each finds what those before it have made."""
        nodes = self._sequence.nodes
        ready = [(0, place) for place, node in enumerate(nodes) if not self._sequence.predecessors[node.id]]
        while ready:
            begin, place = heapq.heappop(ready)
            for following in self._execute(place, begin):
                heapq.heappush(ready, following)

    def _execute(self, place: int, begin: int) -> list[tuple[int, int]]:
        """Executes a step. Returns when the steps begin that have waited for it alone, with their places."""
        node = self._sequence.nodes[place]
        change = self._changes[node.id] if self._changes else CREATE
        had = tuple(r for r in self._held if r["workflow_step_id"] == node.id)
        call = self._call(node, change)
        self._let_pass(begin)
        step = self.done[node.id] = _execute(node, begin, call, self._setting, self._around, change, had)
        made = (*step.resources, *step.left)
        if step.failure and self._goes_on:
            call, made = replace(call, type=""), created(node, call.inputs, self._setting.new_id)
        if made or (change != KEEP and not step.failure):
            self._around = self._around.during(call, made)
            heapq.heappush(self._under_way, (step.end, place, call, made))
        if not self._is_good(step):
            return []
        self._outputs[node.id] = (
            kept_output(had) if change == KEEP else outputs_of(node, call, made if change == CREATE else had)
        )
        return [
            (max(self.done[one].end for one in self._sequence.predecessors[follower.id]), self._places[follower.id])
            for follower in self._followers[node.id]
            if all(self._is_good(self.done.get(one)) for one in self._sequence.predecessors[follower.id])
        ]

    def _is_good(self, step: Done | None) -> bool:
        return step is not None and (step.failure is None or self._goes_on)

    def _call(self, node: Node, change: str) -> StepCall:
        outputs = {node_id: self._outputs[node_id] for node_id in self._sequence.predecessors[node.id]}
        inputs = resolved_inputs(node, outputs, self._setting.params, self._sequence.user_params)
        type = (STEPS[node.type].update_step or node.type) if change == UPDATE else node.type
        return StepCall(node.id, type, inputs, node.previous_node_inputs, outputs, self._setting.workflow_id)

    def _let_pass(self, time: int) -> None:
        """Lets the steps take effect that have ended by then."""
        while self._under_way and self._under_way[0][0] <= time:
            _, _, call, makes = heapq.heappop(self._under_way)
            self._around = self._around.after(call, makes)


def _ended(steps: list[Done]) -> Simulation:
    """The run up to the first failure: the plugin waits for one step after the other."""
    number, failed = next(((n, step) for n, step in enumerate(steps) if step.failure), (len(steps) - 1, None))
    end = max(step.end for step in steps[: number + 1])
    if failed is None:
        return Simulation(tuple(steps), end)
    return Simulation(tuple(step for step in steps if step.end <= end), end, failed)


def _execute(
    node: Node,
    begin: int,
    call: StepCall,
    setting: Setting,
    around: Surroundings,
    change: str,
    had: tuple[Resource, ...],
) -> Done:
    if change == KEEP:
        return Done(node, begin, begin, call.inputs)
    plan = setting.plan.get(node.id) or setting.plan.get(node.type) or _UNPLANNED
    end = begin + _duration(node, plan, call, setting, around)
    inputs = with_tools(call, around.version)
    if failure := _failure(node, plan, call, setting, around):
        left = created(node, inputs, setting.new_id) if failure.leaves_resource else ()
        return Done(node, begin, end, inputs, left=left, failure=failure)
    if change == UPDATE:
        named = created(node, inputs, setting.new_id)
        updated = tuple(resource for resource in had if resource in named)
        return Done(node, begin, end, inputs, updated=updated, left=() if updated else put_by_update(node, named))
    resources = created(node, inputs, setting.new_id)
    if node.type in REGISTER_MODELS and not inputs.get("model_group_id"):
        group, is_new = group_of(node, inputs, resources[0], around)
        return Done(node, begin, end, {**inputs, "model_group_id": group["resource_id"]}, resources, left=is_new)
    return Done(node, begin, end, inputs, resources)


def _duration(node: Node, plan: PlannedStep, call: StepCall, setting: Setting, around: Surroundings) -> int:
    if plan.takes is not None:
        return plan.takes
    if plan.fails and plan.fails.is_timeout:
        return node_timeout(node)
    own = duration_of(call, around)
    return setting.step_time if own is None else own


def _failure(node: Node, plan: PlannedStep, call: StepCall, setting: Setting, around: Surroundings) -> Failure | None:
    if plan.fails:
        return _scripted_failure(node, plan.fails, call.inputs, around.version)
    if failure := taken_name(call, around) if setting.trusts_inputs else check_step(call, around):
        return failure
    if node_timeout(node) or node.type in _AT_ONCE:
        return None
    return replace(_timed_out(node, around.version), about="node_timeout", leaves_resource=True)


_AT_ONCE: Final = frozenset({"noop", "create_tool"})
"""The steps that are done when the plugin begins to wait for them, so that no time is enough."""


def _timed_out(node: Node, version: Version) -> Failure:
    status = version.behaviour.step_timeout_status
    return Failure(status, f"Execute timed out for {node.id}", "TimeoutException")


def _scripted_failure(node: Node, fails: PlannedFailure, inputs: Mapping[str, Any], version: Version) -> Failure:
    if fails.is_timeout:
        return _timed_out(node, version)
    message = _plain_message(node, inputs) if fails.message is None else fails.message
    return Failure(fails.status, message, fails.exception or "WorkflowStepException")


def _plain_message(node: Node, inputs: Mapping[str, Any]) -> str:
    if node.type == "create_index":
        return f"Failed to create the index {inputs.get('index_name')}"
    return f"Failed to {node.type.replace('_', ' ')}"
