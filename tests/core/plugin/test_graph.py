"""The order of execution, whatever the graph."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.graph import sequence_of
from mockflow.core.plugin.template import Edge, Graph, Node
from tests.core.plugin.graphs import acyclic_graphs


def order_of(graph: Graph) -> list[str]:
    return [node.id for node in sequence_of(graph, workflow_id="w", max_steps=50).nodes]


@given(acyclic_graphs())
def test_every_node_comes_once_and_after_all_that_it_waits_for(graph: Graph) -> None:
    order = order_of(graph)
    assert sorted(order) == sorted(node.id for node in graph.nodes)
    assert all(order.index(edge.source) < order.index(edge.dest) for edge in graph.edges)


@given(acyclic_graphs())
def test_start_nodes_come_first_in_the_templates_order(graph: Graph) -> None:
    waiting = {edge.dest for edge in graph.edges}
    starts = [node.id for node in graph.nodes if node.id not in waiting]
    assert order_of(graph)[: len(starts)] == starts


@given(acyclic_graphs())
def test_the_longer_the_way_to_a_node_the_later_it_comes(graph: Graph) -> None:
    """Kahn's algorithm with a queue: level by level, so that no step is waited for before a shorter branch."""
    length: dict[str, int] = {}
    for node_id in order_of(graph):
        length[node_id] = max((length[edge.source] + 1 for edge in graph.edges if edge.dest == node_id), default=0)
    assert list(length.values()) == sorted(length.values())


@given(acyclic_graphs())
def test_each_node_knows_what_it_waits_for(graph: Graph) -> None:
    sequence = sequence_of(graph, workflow_id="w", max_steps=50)
    for node in sequence.nodes:
        assert set(sequence.predecessors[node.id]) == {edge.source for edge in graph.edges if edge.dest == node.id}


@given(acyclic_graphs(), st.data())
def test_an_edge_backwards_is_a_cycle(graph: Graph, data: st.DataObject) -> None:
    assume(graph.edges)
    edge = data.draw(st.sampled_from(graph.edges))
    cyclic = Graph(graph.nodes, (*graph.edges, Edge(edge.dest, edge.source)))
    with pytest.raises(FlowFrameworkError) as refused:
        order_of(cyclic)
    assert refused.value.status == "BAD_REQUEST"
    if refused.value.message == "No start node detected: all nodes have a predecessor.":
        assert {edge.dest for edge in cyclic.edges} == {node.id for node in cyclic.nodes}
    else:
        left = refused.value.message.removeprefix("Cycle detected: [").removesuffix("]").split(", ")
        assert {f"{edge.source}->{edge.dest}", f"{edge.dest}->{edge.source}"} <= set(left)


@given(acyclic_graphs(), st.integers(0, 9))
def test_a_longer_cycle_is_found_too(graph: Graph, length: int) -> None:
    ring = [Node(f"ring{number}", "noop") for number in range(length + 2)]
    edges = [Edge(one.id, other.id) for one, other in zip(ring, [*ring[1:], ring[0]], strict=True)]
    with pytest.raises(FlowFrameworkError, match=r"^Cycle detected: \[ring"):
        order_of(Graph((*graph.nodes, *ring), (*graph.edges, *edges)))
