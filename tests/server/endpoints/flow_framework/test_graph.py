"""The checks of a workflow's graph, wherever they are made."""

from typing import Any, Final

import pytest

from tests.support.flow_framework import WORKFLOW, Body, Door, edge, node, template

INDEX_INPUTS: Final[dict[str, Any]] = {"index_name": "i", "configurations": "{}"}


def chain(length: int) -> Body:
    return template(*[node(str(number)) for number in range(length)])


# What is wrong, the status, the message. {id} is the workflow's id, null while it has none.
WRONG: Final[list[tuple[str, Body, int, str]]] = [
    (
        "too many nodes",
        chain(51),
        400,
        "Workflow {id} has 51 nodes, which exceeds the maximum of 50. Change the setting "
        "[plugins.flow_framework.max_workflow_steps] to increase this.",
    ),
    *[
        (
            f"denied {step}",
            template(node("a", step, index_name="i", pipeline_id="p")),
            403,
            f"The step type [{step}] for node [a] can not be used in a workflow.",
        )
        for step in ("delete_index", "delete_ingest_pipeline", "delete_search_pipeline")
    ],
    ("duplicate id", template(node("a"), node("b"), node("a")), 400, "Duplicate node id a."),
    (
        "edge from nowhere",
        template(node("a"), edges=[edge("x", "a")]),
        400,
        "Edge source x does not correspond to a node.",
    ),
    (
        "edge to nowhere",
        template(node("a"), edges=[edge("a", "x")]),
        400,
        "Edge destination x does not correspond to a node.",
    ),
    (
        "input of nowhere",
        template(node("a", after={"x": "model_id"})),
        400,
        "Edge source x does not correspond to a node.",
    ),
    ("self edge", template(node("a"), edges=[edge("a", "a")]), 400, "Edge connects node a to itself."),
    ("self input", template(node("a", after={"a": "model_id"})), 400, "Edge connects node a to itself."),
    (
        "no start",
        template(node("a"), node("b"), edges=[edge("a", "b"), edge("b", "a")]),
        400,
        "No start node detected: all nodes have a predecessor.",
    ),
    (
        "cycle",
        template(node("s"), node("a"), node("b"), edges=[edge("s", "a"), edge("a", "b"), edge("b", "a")]),
        400,
        "Cycle detected: [a->b, b->a]",
    ),
    ("unknown step", template(node("a", "nope")), 501, "Workflow step type [nope] is not implemented."),
    (
        "missing inputs",
        template(node("a", "create_index")),
        400,
        "Invalid workflow, node [a] missing the following required inputs : [index_name, configurations]",
    ),
    (
        "missing one input",
        template(node("a", "register_remote_model", name="m")),
        400,
        "Invalid workflow, node [a] missing the following required inputs : [connector_id]",
    ),
    (
        "an output of a node that does not come before",
        template(node("a", "create_ingest_pipeline", pipeline_id="p", configurations="{}"), node("b", "deploy_model")),
        400,
        "Invalid workflow, node [b] missing the following required inputs : [model_id]",
    ),
]
# Two wrong things: which one is told, by the beginning of its message.
ORDER: Final[list[tuple[str, Body, int, str]]] = [
    (
        "too many nodes before a denied one",
        template(*[node(str(number), "delete_index") for number in range(51)]),
        400,
        "Workflow {id} has 51 nodes",
    ),
    (
        "denied before duplicate",
        template(node("a"), node("a"), node("b", "delete_index")),
        403,
        "The step type [delete_index] for node [b]",
    ),
    (
        "duplicate before edges",
        template(node("a"), node("a"), edges=[edge("x", "y")]),
        400,
        "Duplicate node id a.",
    ),
    ("source before destination", template(node("a"), edges=[edge("x", "y")]), 400, "Edge source x"),
    (
        "edges before order",
        template(node("a"), node("b"), edges=[edge("a", "b"), edge("b", "a"), edge("a", "a")]),
        400,
        "Edge connects node a to itself.",
    ),
    (
        "order before steps",
        template(node("a", "nope"), node("b"), edges=[edge("a", "b"), edge("b", "a")]),
        400,
        "No start node detected",
    ),
    (
        "unknown step before missing inputs",
        template(node("a", "create_index"), node("b", "nope")),
        501,
        "Workflow step type [nope]",
    ),
    (
        "timeout before missing inputs",
        template(node("a", "create_index", node_timeout="soon", **INDEX_INPUTS), node("b", "create_index")),
        400,
        "Workflow validation failed for template",
    ),
]
each_wrong = pytest.mark.parametrize(
    ("body", "status", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)


@each_wrong
async def test_create_checks(door: Door, body: Body, status: int, message: str) -> None:
    for query in ("", "?validation=all", "?provision=true"):
        assert (await door.post(query, body)).told == (status, {"error": message.format(id="null")})
    assert not door.cluster.world.workflows, "nothing is stored"


@each_wrong
async def test_without_validation_provision_checks(door: Door, body: Body, status: int, message: str) -> None:
    workflow_id = await door.create(body, "?validation=none")
    refusal = (status, {"error": message.format(id=workflow_id)})
    assert (await door.provision(workflow_id)).told == refusal
    assert await door.state(workflow_id) == "NOT_STARTED"


@each_wrong
async def test_create_and_provision_without_validation(door: Door, body: Body, status: int, message: str) -> None:
    answer = await door.post("?validation=none&provision=true", body)
    workflow_id = next(iter(door.cluster.world.workflows))
    assert answer.told == (status, {"error": message.format(id=workflow_id)})
    assert (await door.get(workflow_id)).status == 200, "it was stored before it was provisioned"


@each_wrong
async def test_update_checks(door: Door, body: Body, status: int, message: str) -> None:
    workflow_id = await door.create(chain(1))
    assert (await door.put(workflow_id, body)).told == (status, {"error": message.format(id="null")})
    assert len((await door.get(workflow_id)).json["workflows"]["provision"]["nodes"]) == 1


@each_wrong
async def test_reprovision_checks_without_validation(door: Door, body: Body, status: int, message: str) -> None:
    workflow_id = await door.provisioned(template(node("kept")))
    workflow = body["workflows"]["provision"]
    more = {**body, "workflows": {"provision": {**workflow, "nodes": [node("kept"), *workflow["nodes"]]}}}
    answer = await door.put(workflow_id, more, "?reprovision=true&validation=none")
    wanted = message.format(id=workflow_id).replace("has 51 nodes", "has 52 nodes")
    if message.startswith("No start node"):  # "kept" is one
        wanted = "Cycle detected: [a->b, b->a]"
    if message.startswith("Invalid workflow, node"):  # the last check, whose reason is not told
        wanted = f"Workflow validation failed for workflow {workflow_id}"
    assert answer.told == (status, {"error": wanted})
    assert await door.state(workflow_id) == "COMPLETED"


@pytest.mark.parametrize(
    ("value", "status"), [("soon", 400), ("-5s", 400), ("5", 400), ("1.5s", 400), ("", 400), (5, 500)]
)
async def test_a_node_timeout_that_is_no_time(door: Door, value: Any, status: int) -> None:
    """The validation tells no reason; _provision does."""
    body = {**template(node("a", "create_index", node_timeout=value, **INDEX_INPUTS)), "name": "late"}
    told = (status, {"error": "Workflow validation failed for template late"})
    assert (await door.post("", body)).told == told
    assert (await door.put(await door.create(chain(1)), body)).told == told
    workflow_id = await door.create(body, "?validation=none")
    error = f"Failed to parse timeout value [{value}] for field [a.user_inputs.node_timeout]. Must be positive"
    assert (await door.provision(workflow_id)).told == (400, {"error": error})


async def test_a_node_timeout_that_is_negative(door: Door) -> None:
    error = "Failed to parse timeout value [-1] for field [a.user_inputs.node_timeout]. Must be positive"
    assert (await door.post("", template(node("a", node_timeout="-1")))).told == (400, {"error": error})


@pytest.mark.parametrize(("body", "status", "message"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
async def test_the_earlier_check_tells(door: Door, body: Body, status: int, message: str) -> None:
    answer = await door.post(body=body)
    assert answer.status == status
    assert answer.json["error"].startswith(message.format(id="null"))


@pytest.mark.parametrize(
    "nodes",
    [
        [node(str(number)) for number in range(50)],
        [node("a", "create_index", node_timeout="1m", **INDEX_INPUTS)],
        [
            node("b", "create_index", {"a": "pipeline_id"}, **INDEX_INPUTS),
            node("a", "create_search_pipeline", pipeline_id="p", configurations={}),
        ],
        [
            node("t", "create_tool", type="CatIndexTool"),
            node("a", "register_agent", {"t": "tools"}, name="x", type="flow"),
        ],
    ],
    ids=["fifty nodes", "a timeout", "an input from a later line", "a tool"],
)
async def test_what_is_right(door: Door, nodes: list[Any]) -> None:
    workflow_id = await door.create(template(*nodes), "?provision=true")
    await door.advance("1h")
    assert await door.state(workflow_id) == "COMPLETED"


async def test_a_new_workflow_with_a_bad_graph_has_no_trace(door: Door) -> None:
    await door.post(body=template(node("a", "nope")))
    assert (await door.ask("GET", f"{WORKFLOW}/x")).json == {"error": "There are no templates in the global_context"}
