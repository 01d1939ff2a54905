"""Checks the graph of a workflow and sorts its nodes, as the plugin does (docs/reference/plugin.md, "Graph checks")."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from mockflow.core.base.durations import parse_duration
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.opensearch.values import BadValueError, time_value
from mockflow.core.plugin.steps import STEPS, Step
from mockflow.core.plugin.template import Edge, Graph, Node

INSTALLED: Final = frozenset({"opensearch-flow-framework", "opensearch-ml", "opensearch-knn"})
"""The plugins of the fake cluster that steps may require."""


class NodeTimeoutError(FlowFrameworkError):
    """A node_timeout that is no time value. The validation of a template answers it without the reason."""

    def __init__(self, message: str, *, is_text: bool) -> None:
        super().__init__(message)
        self.status_in_validation = "BAD_REQUEST" if is_text else "INTERNAL_SERVER_ERROR"


class InvalidStepsError(FlowFrameworkError):
    """Steps that lack a plugin or inputs. A reprovisioning answers it without the reason."""


@dataclass(frozen=True)
class Sequence:
    """A workflow's nodes in order of execution, for each node the ids of its predecessors, and its user_params."""

    nodes: tuple[Node, ...]
    predecessors: Mapping[str, tuple[str, ...]]
    user_params: Mapping[str, str] = field(default_factory=dict)


def sequence_of(
    graph: Graph, *, workflow_id: str | None, max_steps: int, catalogue: Mapping[str, Step] = STEPS
) -> Sequence:
    """Sorts and checks a graph. `workflow_id` is None while a template is created; messages show null then.

    `catalogue` has the steps of the version.
    """
    if len(graph.nodes) > max_steps:
        raise FlowFrameworkError(
            f"Workflow {workflow_id or 'null'} has {len(graph.nodes)} nodes, which exceeds the maximum of {max_steps}. "
            "Change the setting [plugins.flow_framework.max_workflow_steps] to increase this."
        )
    _check_nodes(graph.nodes, catalogue)
    _check_edges(graph)
    nodes = _sorted(graph.nodes, graph.edges)
    before: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in graph.edges:
        before[edge.dest].append(edge.source)
    predecessors = {node_id: tuple(sources) for node_id, sources in before.items()}
    _check_steps(nodes, predecessors, graph, catalogue)
    return Sequence(nodes, predecessors, graph.user_params)


def node_timeout(node: Node) -> int:
    """Milliseconds after which the plugin gives the step up: node_timeout, else the step's own, else 10 s.

    Raises FlowFrameworkError for a node_timeout that is no time or negative.
    """
    sent = node.user_inputs.get("node_timeout")
    if sent is None:
        return parse_duration(STEPS[node.type].timeout or "10s")
    message = f"Failed to parse timeout value [{sent}] for field [{node.id}.user_inputs.node_timeout]. Must be positive"
    if not isinstance(sent, str):
        raise NodeTimeoutError(message, is_text=False)
    try:
        milliseconds = time_value("node_timeout", sent)
    except BadValueError:
        raise NodeTimeoutError(message, is_text=True) from None
    if milliseconds < 0:
        raise FlowFrameworkError(message)
    return milliseconds


def _check_nodes(nodes: Collection[Node], catalogue: Mapping[str, Step]) -> None:
    for node in nodes:
        step = catalogue.get(node.type)
        if step and step.denied_in_templates:
            message = f"The step type [{node.type}] for node [{node.id}] can not be used in a workflow."
            raise FlowFrameworkError(message, "FORBIDDEN")
    seen: set[str] = set()
    for node in nodes:
        if node.id in seen:
            raise FlowFrameworkError(f"Duplicate node id {node.id}.")
        seen.add(node.id)


def _check_edges(graph: Graph) -> None:
    ids = {node.id for node in graph.nodes}
    for edge in graph.edges:
        if edge.source not in ids:
            raise FlowFrameworkError(f"Edge source {edge.source} does not correspond to a node.")
        if edge.dest not in ids:
            raise FlowFrameworkError(f"Edge destination {edge.dest} does not correspond to a node.")
        if edge.source == edge.dest:
            raise FlowFrameworkError(f"Edge connects node {edge.source} to itself.")


def _sorted(nodes: Collection[Node], edges: Collection[Edge]) -> tuple[Node, ...]:
    """Sorts by Kahn's algorithm, with start nodes in the template's order."""
    by_id = {node.id: node for node in nodes}
    waits = dict.fromkeys(by_id, 0)
    followers: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in edges:
        waits[edge.dest] += 1
        followers[edge.source].append(edge.dest)
    ready = deque(node.id for node in nodes if not waits[node.id])
    if not ready:
        raise FlowFrameworkError("No start node detected: all nodes have a predecessor.")
    order: list[str] = []
    while ready:
        order.append(ready.popleft())
        for follower in followers[order[-1]]:
            waits[follower] -= 1
            if not waits[follower]:
                ready.append(follower)
    if len(order) < len(nodes):
        done = set(order)
        left = ", ".join(f"{edge.source}->{edge.dest}" for edge in edges if edge.source not in done)
        raise FlowFrameworkError(f"Cycle detected: [{left}]")
    return tuple(by_id[node_id] for node_id in order)


def _check_steps(
    nodes: Collection[Node],
    predecessors: Mapping[str, tuple[str, ...]],
    graph: Graph,
    catalogue: Mapping[str, Step],
) -> None:
    for node in nodes:
        if node.type not in catalogue:
            raise FlowFrameworkError(f"Workflow step type [{node.type}] is not implemented.", "NOT_IMPLEMENTED")
        node_timeout(node)
    for node in nodes:
        missing = [plugin for plugin in STEPS[node.type].required_plugins if plugin not in INSTALLED]
        if missing:
            raise InvalidStepsError(
                f"The workflowStep {node.type} requires the following plugins to be installed : [{', '.join(missing)}]"
            )
    types = {node.id: node.type for node in graph.nodes}
    for node in nodes:
        given = set(node.user_inputs)
        for before in dict.fromkeys(predecessors[node.id]):
            given.update(STEPS[types[before]].outputs)
        lacking = [name for name in STEPS[node.type].inputs if name not in given]
        if lacking:
            raise InvalidStepsError(
                f"Invalid workflow, node [{node.id}] missing the following required inputs : [{', '.join(lacking)}]"
            )
