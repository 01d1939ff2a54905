"""Random graphs for the tests of what is done with them."""

from hypothesis import strategies as st

from mockflow.core.plugin.template import Edge, Graph, Node


@st.composite
def acyclic_graphs(draw: st.DrawFn, step: str = "noop") -> Graph:
    """Some nodes in any order, with edges from earlier to later ones of another order."""
    count = draw(st.integers(1, 10))
    ids = [f"n{number}" for number in draw(st.permutations(range(count)))]
    pairs = [(before, after) for number, after in enumerate(ids) for before in ids[:number]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=15)) if pairs else []
    nodes = draw(st.permutations([Node(node_id, step) for node_id in ids]))
    return Graph(tuple(nodes), tuple(Edge(before, after) for before, after in chosen))
