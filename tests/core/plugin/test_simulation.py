"""When the steps of a run begin and end, and what they make."""

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.plugin.graph import sequence_of
from mockflow.core.plugin.planned import CREATE, KEEP, UPDATE
from mockflow.core.plugin.simulation import Setting, Simulation, simulate
from mockflow.core.plugin.status import Resource
from mockflow.core.plugin.step_checks.call import Surroundings
from mockflow.core.plugin.template import Edge, Graph, Node
from mockflow.core.plugin.versions import parse_version
from mockflow.core.script.models import Attempt
from tests.core.plugin.graphs import acyclic_graphs

Plan = dict[str, dict[str, Any]]
AN_INDEX = {"index_name": "i", "configurations": {"settings": {"number_of_replicas": 2}}}


def around(**more: Any) -> Surroundings:
    return Surroundings(parse_version("3.8.0"), **more)


def run(
    graph: Graph,
    steps: Plan | None = None,
    step_time: int = 1000,
    changes: Mapping[str, str] | None = None,
    indexes: Iterable[str] = (),
    held: Collection[Resource] = (),
    **more: Any,
) -> Simulation:
    """A run of the graph's steps, each as `steps` says."""
    plan = Attempt.model_validate({"steps": steps or {}})
    there = around(resources=[("index", name) for name in indexes], index_settings={name: {} for name in indexes})
    new_id = "{} of {}".format
    setting = Setting(plan.step_ms(step_time), new_id, there, plan.planned(), **more)
    return simulate(sequence_of(graph, workflow_id="w", max_steps=50), setting, changes, held)


def ends(simulation: Simulation) -> dict[str, int]:
    return {step.node.id: step.end for step in simulation.steps}


def chain(*nodes: Node) -> Graph:
    edges = [Edge(one.id, other.id) for one, other in itertools.pairwise(nodes)]
    return Graph(nodes, tuple(edges))


takes = st.dictionaries(st.integers(0, 9).map(lambda number: f"n{number}"), st.integers(0, 9_999), max_size=5)


@given(acyclic_graphs(), takes, st.integers(0, 5_000))
def test_a_step_begins_when_the_last_that_it_waits_for_ends(
    graph: Graph, durations: dict[str, int], step_time: int
) -> None:
    steps = {node_id: {"takes": f"{time}ms"} for node_id, time in durations.items()}
    simulation = run(graph, steps, step_time)
    done = ends(simulation)
    for step in simulation.steps:
        waits_for = [done[edge.source] for edge in graph.edges if edge.dest == step.node.id]
        assert step.begin == max(waits_for, default=0)
        assert step.end - step.begin == durations.get(step.node.id, step_time)


@given(acyclic_graphs(), takes)
def test_a_run_ends_with_its_longest_path(graph: Graph, durations: dict[str, int]) -> None:
    simulation = run(graph, {node_id: {"takes": f"{time}ms"} for node_id, time in durations.items()})

    def path(node_id: str) -> int:
        before = max((path(edge.source) for edge in graph.edges if edge.dest == node_id), default=0)
        return before + durations.get(node_id, 1000)

    assert simulation.failed is None
    assert simulation.end == max(path(node.id) for node in graph.nodes)


@given(acyclic_graphs(), st.data())
def test_a_failure_keeps_all_that_wait_for_it_from_beginning(graph: Graph, data: st.DataObject) -> None:
    fails = data.draw(st.sampled_from([node.id for node in graph.nodes]))
    simulation = run(graph, {fails: {"fails": {}}})
    after = {fails}
    for _ in graph.nodes:
        after |= {edge.dest for edge in graph.edges if edge.source in after}
    done = ends(simulation)
    assert simulation.failed
    assert simulation.failed.node.id == fails
    assert simulation.end == simulation.failed.end, "all steps take the same, so nothing earlier in order is longer"
    assert not (after - {fails}) & done.keys()
    assert all(end <= simulation.end for end in done.values())


def test_an_earlier_step_that_takes_longer_is_waited_for_before_a_failure_is_told() -> None:
    graph = Graph((Node("slow", "register_model_group", {}, {"name": "g"}), Node("bad", "noop")))
    simulation = run(graph, {"slow": {"takes": "9s"}, "bad": {"takes": "1s", "fails": {}}})
    assert simulation.end == 9000
    assert [resource["workflow_step_id"] for step in simulation.steps for resource in step.resources] == ["slow"]


def test_a_later_step_that_takes_longer_is_not() -> None:
    graph = Graph((Node("bad", "noop"), Node("slow", "register_model_group", {}, {"name": "g"})))
    simulation = run(graph, {"slow": {"takes": "9s"}, "bad": {"takes": "1s", "fails": {}}})
    assert (simulation.end, list(ends(simulation))) == (1000, ["bad"])


def test_the_id_of_a_node_wins_over_its_type_and_that_over_the_step_time() -> None:
    graph = Graph((Node("a", "noop"), Node("b", "noop"), Node("c", "create_tool", {}, {"type": "T"})))
    simulation = run(graph, {"noop": {"takes": "5s"}, "b": {"takes": "7s"}})
    assert ends(simulation) == {"a": 5000, "b": 7000, "c": 1000}


def test_a_plans_step_time_wins_over_the_servers() -> None:
    plan = Attempt.model_validate({"step_time": "20ms"})
    setting = Setting(plan.step_ms(1000), lambda kind, step_id: "", around(), plan.planned())
    sequence = sequence_of(chain(Node("a", "noop"), Node("b", "noop")), workflow_id="w", max_steps=50)
    assert simulate(sequence, setting).end == 40


@pytest.mark.parametrize(
    ("node", "milliseconds"),
    [
        (Node("a", "noop"), 10_000),
        (Node("a", "deploy_model", {}, {"model_id": "m"}), 15_000),
        (Node("a", "register_agent", {}, {"name": "a", "type": "flow"}), 10_000),
        (Node("a", "noop", {}, {"node_timeout": "3m"}), 180_000),
        (Node("a", "deploy_model", {}, {"model_id": "m", "node_timeout": "1s"}), 1_000),
    ],
)
def test_a_step_that_times_out_takes_its_time_out(node: Node, milliseconds: int) -> None:
    simulation = run(Graph((node,)), {"a": {"fails": "timeout"}})
    assert simulation.end == milliseconds
    assert simulation.failed
    assert simulation.failed.failure
    assert simulation.failed.failure.exception == "TimeoutException"


def test_a_step_that_times_out_takes_what_is_written_instead() -> None:
    assert run(Graph((Node("a", "noop"),)), {"a": {"fails": "timeout", "takes": "2s"}}).end == 2000


# -- indexes that are there already ---------------------------------------------------------------------


def test_an_index_that_is_there_cannot_be_created() -> None:
    simulation = run(Graph((Node("a", "create_index", {}, AN_INDEX),)), indexes=["i"])
    assert simulation.failed
    assert simulation.failed.failure
    assert simulation.failed.failure.status == "BAD_REQUEST"
    assert not simulation.failed.resources


def test_the_name_of_an_index_may_be_a_parameter() -> None:
    node = Node("a", "create_index", {}, {**AN_INDEX, "index_name": "${{ name }}"})
    assert run(Graph((node,)), indexes=["i"], params={"name": "i"}).failed
    created = run(Graph((node,)), indexes=["i"], params={"name": "j"})
    assert [resource["resource_id"] for resource in created.steps[0].resources] == ["j"]


def test_an_update_of_it_can() -> None:
    node = Node("a", "create_index", {}, AN_INDEX)
    assert run(Graph((node,)), indexes=["i"], changes={"a": UPDATE}).failed is None


# -- reprovisioning ------------------------------------------------------------------------------------


def test_a_kept_step_takes_no_time_and_makes_nothing() -> None:
    graph = chain(Node("a", "register_model_group", {}, {"name": "g"}), Node("b", "noop"))
    simulation = run(graph, changes={"a": KEEP, "b": CREATE}, held=[GROUP])
    assert ends(simulation) == {"a": 0, "b": 1000}
    assert not simulation.steps[0].resources


def test_an_update_takes_its_time_and_makes_no_entry() -> None:
    node = Node("a", "create_index", {}, AN_INDEX)
    simulation = run(Graph((node,)), changes={"a": UPDATE}, indexes=["i"])
    assert (simulation.end, simulation.steps[0].resources) == (1000, ())


def test_what_a_kept_step_has_made_is_passed_on() -> None:
    connector = Node("c", "create_connector", {}, dict.fromkeys(CONNECTOR_INPUTS, "x"))
    model = Node("m", "register_remote_model", {"c": "connector_id"}, {"name": "m"})
    held = [dict(zip(ENTRY, ("create_connector", "c", "connector_id", "the one"), strict=True))]
    setting = Setting(1000, lambda kind, step_id: "new", around(resources=[("connector", "the one")]))
    sequence = sequence_of(Graph((connector, model), (Edge("c", "m"),)), workflow_id="w", max_steps=50)
    simulation = simulate(sequence, setting, {"c": KEEP, "m": CREATE}, held)
    assert simulation.steps[1].inputs["connector_id"] == "the one"


CONNECTOR_INPUTS = ("name", "description", "version", "protocol", "parameters", "credential", "actions")
ENTRY = ("workflow_step_name", "workflow_step_id", "resource_type", "resource_id")
GROUP = dict(zip(ENTRY, ("register_model_group", "a", "model_group_id", "G"), strict=True))
