"""What a reprovisioning does with each node, by how the new template differs from the old one.

Source: docs/reference/plugin.md, "Reprovision".
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.planned import CREATE, KEEP, UPDATE
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Graph, Node


def changes_between(old: Graph, new: Graph, *, renewed_credentials: bool = False) -> dict[str, str]:
    """For each node of `new`, whether a reprovisioning creates, updates or keeps it. Refuses unsupported changes.

    `renewed_credentials`: the credentials of `old` were encrypted a second time, so they equal no others.
    """
    before = {node.id: node for node in old.nodes}
    if before.keys() - {node.id for node in new.nodes}:
        raise FlowFrameworkError("Workflow Step deletion is not supported when reprovisioning a template.")
    changes = {node.id: _change(before.get(node.id), node, renewed_credentials) for node in new.nodes}
    if set(changes.values()) == {KEEP}:
        raise FlowFrameworkError("Template does not contain any modifications")
    return changes


def _change(old: Node | None, new: Node, renewed_credentials: bool) -> str:
    if old is None:
        return CREATE
    is_same = old.previous_node_inputs == new.previous_node_inputs and _equal(old.user_inputs, new.user_inputs)
    if is_same and not (renewed_credentials and old.user_inputs.get("credential")):
        return KEEP
    step = STEPS[new.type]
    if step.deprovision_step is None:  # a step that makes nothing
        raise FlowFrameworkError(f"Unable to find update step for step: {new.type}")
    if step.update_step is None:
        raise FlowFrameworkError(f"Workflow Step {new.id} does not support updates when reprovisioning.")
    return UPDATE


def _equal(old: Any, new: Any) -> bool:
    """Whether inputs are equal as JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_equal(value, new[name]) for name, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_equal, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


NO_PREDECESSOR: Final = Failure(
    "INTERNAL_SERVER_ERROR",
    'Cannot invoke "org.opensearch.flowframework.workflow.ProcessNode.id()" because "<parameter1>" is null',
    "java.lang.NullPointerException",
)


def has_lost_predecessor(sequence: Sequence, changes: Mapping[str, str], held: Collection[Resource]) -> bool:
    """Whether a reprovisioning ends before its first step (docs/reference/plugin.md, "Reprovision").

    A node that is kept and has no resource has no part in it, so a node that follows such a one lacks a predecessor.
    """
    listed = {resource["workflow_step_id"] for resource in held}
    lost = {node.id for node in sequence.nodes if changes[node.id] == KEEP and node.id not in listed}
    return any(
        before in lost for node in sequence.nodes if node.id not in lost for before in sequence.predecessors[node.id]
    )
