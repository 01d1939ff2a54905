"""Parses and writes workflow templates as the plugin does (docs/reference/plugin.md, "Template")."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from mockflow.core.opensearch.rest_status import FlowFrameworkError

PROVISION: Final = "provision"
UPDATABLE: Final = ("name", "description", "use_case", "version", "ui_metadata")
"""The fields that `update_fields=true` may change."""

Json = Any


class ContentError(ValueError):
    """A value of the wrong type. The plugin has one message for all of them."""


@dataclass(frozen=True)
class Node:
    """One step of a workflow. `previous_node_inputs` maps the id of an earlier node to the name of its output."""

    id: str
    type: str
    previous_node_inputs: Mapping[str, str] = field(default_factory=dict)
    user_inputs: Mapping[str, Json] = field(default_factory=dict)

    def without_credentials(self) -> "Node":
        inputs = {name: value for name, value in self.user_inputs.items() if name != "credential"}
        return replace(self, user_inputs=inputs)


@dataclass(frozen=True)
class Edge:
    """`dest` waits for `source`; both are node ids."""

    source: str
    dest: str


@dataclass(frozen=True)
class Graph:
    """One workflow of a template. `edges` includes those implied by previous_node_inputs."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    user_params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """A workflow template. None stands for a field that was not sent."""

    name: str | None = None
    description: str | None = None
    use_case: str | None = None
    version: str | None = None
    compatibility: tuple[str, ...] = ()
    workflows: Mapping[str, Graph] = field(default_factory=dict)
    ui_metadata: Mapping[str, Json] | None = None

    @property
    def provision(self) -> Graph | None:
        return self.workflows.get(PROVISION)

    def updated(self, changes: "Template") -> "Template":
        """This template with the fields of `changes` (`update_fields=true`)."""
        return Template(
            name=_first(changes.name, self.name),
            description=_first(changes.description, self.description),
            use_case=_first(changes.use_case, self.use_case),
            version=_first(changes.version, self.version),
            compatibility=changes.compatibility or self.compatibility,
            workflows=self.workflows,
            ui_metadata=_first(changes.ui_metadata, self.ui_metadata),
        )

    def document(self) -> dict[str, Json]:
        """The stored template in the plugin's field order, without credentials."""
        body: dict[str, Json] = {
            "name": self.name,
            "description": self.description or "",
            "use_case": self.use_case or "",
        }
        version: dict[str, Json] = {}
        if self.version is not None:
            version["template"] = self.version
        if self.compatibility:
            version["compatibility"] = list(self.compatibility)
        if version:
            body["version"] = version
        if self.workflows:
            body["workflows"] = {name: _graph_document(graph) for name, graph in self.workflows.items()}
        if self.ui_metadata is not None:
            body["ui_metadata"] = self.ui_metadata
        return body


def parse_template(content: Json, *, update_fields: bool = False) -> Template:
    """A template from a request's decoded body.

    Raises ContentError for a value of the wrong type, and FlowFrameworkError for the plugin's other refusals. With
    `update_fields` only the fields in `UPDATABLE` may be sent, and none is required.
    """
    wrong: _Wrong = {}
    sent = {name: value for name, value in _mapping(content).items() if name not in _OF_THE_SERVER}
    template = Template(**_fields(sent, _TEMPLATE, "a template", wrong))
    if update_fields:
        for name in content:
            if name not in UPDATABLE:
                message = f"You can not update the field [{name}] without updating the whole template."
                wrong.setdefault(_NOT_UPDATABLE, message)
    elif template.name is None:
        wrong[_NO_NAME] = "A template object requires a name."
    if wrong:
        raise FlowFrameworkError(wrong[min(wrong)])
    return template


def _first(new: Any, old: Any) -> Any:
    return old if new is None else new


def _graph_document(graph: Graph) -> dict[str, Json]:
    return {
        "user_params": dict(graph.user_params),
        "nodes": [
            {
                "id": node.id,
                "type": node.type,
                "previous_node_inputs": dict(node.previous_node_inputs),
                "user_inputs": dict(node.without_credentials().user_inputs),
            }
            for node in graph.nodes
        ],
        "edges": [{"source": edge.source, "dest": edge.dest} for edge in graph.edges],
    }


# -- parsing: each field's reader, in the order in which the document has the fields -----------------

# The precedence of errors: the plugin reports the first of these.
_NOT_UPDATABLE, _UNKNOWN_FIELD, _NO_NAME, _NO_NODES, _BARE_NODE, _BARE_EDGE = range(6)

_Wrong = dict[int, str]
"""The errors of a template: kind -> first message."""
_Reader = Callable[[Json, _Wrong], Any]
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(\.\d+)?(-\w+)?")


def _fields(content: Json, readers: Mapping[str, _Reader], what: str, wrong: _Wrong) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in _mapping(content).items():
        reader = readers.get(name)
        if reader is None:
            _unknown(name, what, wrong)
            continue
        read = reader(value, wrong)
        result.update(read if reader is _version else {name: read})
    return result


def _unknown(name: str, what: str, wrong: _Wrong) -> None:
    wrong.setdefault(_UNKNOWN_FIELD, f"Unable to parse field [{name}] in {what} object.")


def _mapping(value: Json, _: _Wrong | None = None) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        _wrong_kind()
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        _wrong_kind()
    return value


def _wrong_kind() -> NoReturn:
    raise ContentError("a value of the wrong kind")


def _text(value: Json, _: _Wrong | None = None) -> str:
    """A string; a number or boolean counts as its text, as in OpenSearch's parser."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        _wrong_kind()
    return str(value)


def _texts(value: Json, _: _Wrong | None = None) -> dict[str, str]:
    return {name: _text(item) for name, item in _mapping(value).items()}


def _release(value: Json, _: _Wrong | None = None) -> str:
    text = _text(value)
    if not _VERSION.fullmatch(text):
        _wrong_kind()
    return text


def _version(value: Json, wrong: _Wrong) -> dict[str, Any]:
    read = _fields(value, {"template": _release, "compatibility": _releases}, "a version", wrong)
    return {"version": read.get("template"), "compatibility": read.get("compatibility", ())}


def _releases(value: Json, _: _Wrong | None = None) -> tuple[str, ...]:
    return tuple(_release(item) for item in _list(value))


def _workflows(value: Json, wrong: _Wrong) -> dict[str, Graph]:
    return {name: _graph(graph, wrong) for name, graph in _mapping(value).items()}


def _graph(value: Json, wrong: _Wrong) -> Graph:
    content = _mapping(value)
    params = _texts(content.get("user_params", {}))
    nodes = tuple(_node(node, wrong) for node in _list(content.get("nodes", [])))
    edges = [_edge(edge, wrong) for edge in _list(content.get("edges", []))]
    if not nodes:
        wrong.setdefault(_NO_NODES, "A workflow must have at least one node.")
    inferred = [Edge(source, node.id) for node in nodes for source in node.previous_node_inputs]
    return Graph(nodes, tuple(dict.fromkeys([*edges, *inferred])), params)


def _node(value: Json, wrong: _Wrong) -> Node:
    read = _fields(value, _NODE, "a node", wrong)
    if "id" not in read or "type" not in read:
        wrong.setdefault(_BARE_NODE, "An node object requires both an id and type field.")
    return Node(**{"id": "", "type": "", **read})


def _edge(value: Json, wrong: _Wrong) -> Edge:
    read = _fields(value, {"source": _text, "dest": _text}, "an edge", wrong)
    if "source" not in read or "dest" not in read:
        wrong.setdefault(_BARE_EDGE, "An edge object requires both a source and dest field.")
    return Edge(**{"source": "", "dest": "", **read})


def _user_inputs(value: Json, wrong: _Wrong) -> Mapping[str, Json]:
    inputs = _mapping(value)
    for name, item in inputs.items():
        if item is None:
            _unknown(name, "a node", wrong)
    return inputs


_NODE: Final[Mapping[str, _Reader]] = {
    "id": _text,
    "type": _text,
    "previous_node_inputs": _texts,
    "user_inputs": _user_inputs,
}
_OF_THE_SERVER: Final = ("created_time", "last_updated_time", "last_provisioned_time", "tenant_id", "user")
"""Fields that the server sets. They are accepted, so that the response of GET can be sent back."""
_TEMPLATE: Final[Mapping[str, _Reader]] = {
    "name": _text,
    "description": _text,
    "use_case": _text,
    "version": _version,
    "workflows": _workflows,
    "ui_metadata": _mapping,
}
