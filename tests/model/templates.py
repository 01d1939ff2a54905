"""Templates that clients of the model test send: right ones of many shapes, and wrong ones with their refusal."""

from typing import Any, Final

from hypothesis import strategies as st

from tests.model.reference import Body, Draft, Node, Template

INDEXES: Final = ("logs", "docs")
PIPELINES: Final = ("embed", "clean")

# A template is some of the nodes below. _NEEDS: what a node needs of others; _TAKES: what it takes of those there are.
_CONNECTOR: Final[Body] = {
    "name": "bedrock",
    "description": "a connector",
    "version": "1",
    "protocol": "aws_sigv4",
    "parameters": {"region": "us-west-2", "service_name": "bedrock"},
    "credential": {"access_key": "secret", "secret_key": "secret"},
    "actions": [],
}
_NEEDS: Final = {"model": ("connector",), "deploy": ("model",)}
_TAKES: Final = {
    "model": {"connector": "connector_id"},
    "deploy": {"model": "model_id"},
    "tool": {"model": "model_id"},
    "agent": {"tool": "tools"},
    "index": {"ingest": "pipeline_id"},
}


def _node(name: str, choice: int, index: str, pipeline: str) -> Node:
    """The node of that name in one of three variants."""
    makes: dict[str, tuple[str, Body]] = {
        "nothing": ("noop", {}),
        "connector": ("create_connector", {**_CONNECTOR, "name": f"connector {choice}"}),
        "model": ("register_remote_model", {"name": f"model {choice}", "deploy": (False, True, "true")[choice]}),
        "deploy": ("deploy_model", {}),
        "group": ("register_model_group", {"name": f"group {choice}"}),
        "tool": ("create_tool", {"type": "MLModelTool", "name": f"tool {choice}"}),
        "agent": ("register_agent", {"name": f"agent {choice}", "type": "flow"}),
        "ingest": (
            "create_ingest_pipeline",
            {"pipeline_id": pipeline, "configurations": {"description": f"variant {choice}", "processors": []}},
        ),
        "search": (
            "create_search_pipeline",
            {"pipeline_id": pipeline, "configurations": {"description": f"search {choice}"}},
        ),
        "index": (
            "create_index",
            {"index_name": index, "configurations": {"mappings": {"properties": {f"f{choice}": {"type": "text"}}}}},
        ),
    }
    step, inputs = makes[name]
    return {"id": name, "type": step, **({"user_inputs": inputs} if inputs else {})}


NAMES: Final = ("nothing", "connector", "model", "deploy", "group", "tool", "agent", "ingest", "search", "index")


def _joined(names: list[str], nodes: dict[str, Node], use_case: str, edges: list[Body]) -> Template:
    """The nodes in the order of `names`, each with what it takes from those that are there."""
    for name in names:
        taken = {before: output for before, output in _TAKES.get(name, {}).items() if before in names}
        nodes[name].pop("previous_node_inputs", None)
        if taken:
            nodes[name]["previous_node_inputs"] = taken
    workflow: Body = {"nodes": [nodes[name] for name in names], **({"edges": edges} if edges else {})}
    version = {"template": "1.0.0", "compatibility": ["2.19.0", "3.0.0"]}
    return {"name": f"uses {use_case}", "use_case": use_case, "version": version, "workflows": {"provision": workflow}}


@st.composite
def templates(draw: st.DrawFn, use_cases: tuple[str, ...]) -> Template:
    """Right templates: some nodes in any order, and now and then an edge that their inputs do not bring."""
    chosen = set(draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=6, unique=True)))
    for name in ("deploy", "model"):
        if name in chosen:
            chosen.update(_NEEDS[name])
    names = draw(st.permutations(sorted(chosen)))
    nodes = {
        name: _node(name, draw(st.integers(0, 2)), draw(st.sampled_from(INDEXES)), draw(st.sampled_from(PIPELINES)))
        for name in names
    }
    edges = []
    if "nothing" in names and len(names) > 1 and draw(st.booleans()):
        edges = [{"source": "nothing", "dest": draw(st.sampled_from([name for name in names if name != "nothing"]))}]
    return _joined(names, nodes, draw(st.sampled_from(use_cases)), edges)


@st.composite
def changed(draw: st.DrawFn, template: Template) -> Template:
    """`template` with a node more, a node less, one of other inputs, or as it is."""
    nodes: dict[str, Node] = {node["id"]: dict(node) for node in template["workflows"]["provision"]["nodes"]}
    names = list(nodes)
    edges = template["workflows"]["provision"].get("edges", [])
    index = nodes.get("index", {}).get("user_inputs", {}).get("index_name", INDEXES[0])
    absent = [
        name
        for name in NAMES
        if name not in nodes and nodes.keys() >= set(_NEEDS.get(name, ())) and _nobody_takes_from(name, nodes)
    ]
    updatable = [name for name in names if name in ("ingest", "search", "index")]
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 2, 0)))):
        what = draw(st.sampled_from(("add", "change", "change", "remove")))
        name = draw(st.sampled_from(names + 3 * updatable))
        if what == "add" and absent:
            name = absent.pop(draw(st.integers(0, len(absent) - 1)))
            names.append(name)
            nodes[name] = _node(name, draw(st.integers(0, 2)), index, draw(st.sampled_from(PIPELINES)))
        elif what == "change":
            pipeline = nodes[name].get("user_inputs", {}).get("pipeline_id", PIPELINES[0])
            nodes[name] = _node(name, draw(st.integers(0, 2)), index, pipeline)
        elif what == "remove" and name in names and len(names) > 1 and not edges and not _is_needed(name, names):
            names.remove(name)
    return _joined(names, nodes, template["use_case"], edges)


def _nobody_takes_from(name: str, nodes: dict[str, Node]) -> bool:
    """Else adding it would be a change of that other node, too."""
    return not any(name in _TAKES.get(other, {}) for other in nodes)


def _is_needed(name: str, names: list[str]) -> bool:
    return any(name in _NEEDS.get(other, ()) for other in names)


# -- wrong ones ----------------------------------------------------------------------------------------


def _noop(node_id: str, **more: Any) -> Node:
    return {"id": node_id, "type": "noop", **more}


def _workflow(nodes: list[Node], *edges: tuple[str, str], **more: Any) -> Template:
    pairs = [{"source": source, "dest": dest} for source, dest in edges]
    return {"name": "wrong", "workflows": {"provision": {"nodes": nodes, "edges": pairs}}, **more}


def _refused(template: Any, message: str, status: int = 400) -> Draft:
    return Draft(template, refusal=(status, message))


def _graph(template: Template, message: str, status: int = 400) -> Draft:
    return Draft(template, graph_refusal=(status, message))


_CONTENT: Final = "IOException: template content invalid for specified Content-Type."

REFUSED: Final = (
    _refused(None, _CONTENT),
    _refused([], _CONTENT),
    _refused({"name": []}, _CONTENT),
    _refused({}, "A template object requires a name."),
    _refused({"name": "x", "colour": 1}, "Unable to parse field [colour] in a template object."),
    _refused({"name": "x", "version": {"x": 1}}, "Unable to parse field [version] in a version object."),
    _refused({"name": "x", "workflows": {"provision": {"nodes": []}}}, "A workflow must have at least one node."),
    _refused(_workflow([{"id": "a"}]), "An node object requires both an id and type field."),
    _refused(_workflow([_noop("a", x=1)]), "Unable to parse field [x] in a node object."),
    _refused(
        {"name": "x", "workflows": {"provision": {"nodes": [_noop("a")], "edges": [{"source": "a"}]}}},
        "An edge object requires both a source and dest field.",
    ),
)
"""Section 3: never stored."""

UNSORTABLE: Final = (
    _graph(_workflow([_noop("a"), _noop("a")]), "Duplicate node id a."),
    _graph(_workflow([_noop("a")], ("x", "a")), "Edge source x does not correspond to a node."),
    _graph(_workflow([_noop("a")], ("a", "x")), "Edge destination x does not correspond to a node."),
    _graph(_workflow([_noop("a")], ("a", "a")), "Edge connects node a to itself."),
    _graph(
        _workflow([_noop("a"), _noop("b")], ("a", "b"), ("b", "a")),
        "No start node detected: all nodes have a predecessor.",
    ),
    _graph(_workflow([_noop("s"), _noop("a"), _noop("b")], ("a", "b"), ("b", "a")), "Cycle detected: [a->b, b->a]"),
    _graph(
        _workflow([{"id": "a", "type": "delete_index"}]),
        "The step type [delete_index] for node [a] can not be used in a workflow.",
        403,
    ),
    _graph(
        _workflow([{"id": "a", "type": "brew_coffee"}]), "Workflow step type [brew_coffee] is not implemented.", 501
    ),
    _graph(
        _workflow([{"id": "a", "type": "register_agent", "user_inputs": {"name": "x"}}]),
        "Invalid workflow, node [a] missing the following required inputs : [type]",
    ),
    _graph(
        _workflow([_noop("a", user_inputs={"node_timeout": "soon"})]),
        "Failed to parse timeout value [soon] for field [a.user_inputs.node_timeout]. Must be positive",
    ),
)
"""Section 4: stored with validation=none only, and then refused by provision."""
