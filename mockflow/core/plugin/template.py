"""A workflow template as the plugin keeps and shows it (docs/reference/plugin.md, "Template")."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.core.base.java_hash import CopiedMaps

PROVISION: Final = "provision"
UPDATABLE: Final = ("name", "description", "use_case", "version", "ui_metadata")
"""The fields that `update_fields=true` may change."""

Json = Any


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
    tenant_id: str | None = None
    copied_maps: CopiedMaps | None = None
    """The order in which the node lists the keys of its maps; None leaves them as they are."""

    @property
    def provision(self) -> Graph | None:
        return self.workflows.get(PROVISION)

    def updated(self, changes: "Template") -> "Template":
        """This template with the fields that `changes` has (`update_fields=true`)."""
        return replace(
            self,
            name=_first(changes.name, self.name),
            description=_first(changes.description, self.description),
            use_case=_first(changes.use_case, self.use_case),
            version=_first(changes.version, self.version),
            compatibility=changes.compatibility or self.compatibility,
            ui_metadata=_first(changes.ui_metadata, self.ui_metadata),
        )

    def source(self) -> dict[str, Json]:
        """The template as the index has it, without credentials and times: what searches read."""
        return self._written(dict)

    def document(self) -> dict[str, Json]:
        """The template as `GET` shows it: read from the index into maps once more."""
        return self._written(self.copied_maps.copy if self.copied_maps else dict)

    @property
    def width(self) -> int:
        """The number of inputs of all nodes together; to put them in Java's order takes long if there are many."""
        return sum(len(node.user_inputs) for graph in self.workflows.values() for node in graph.nodes)

    def _written(self, ordered: Callable[[Mapping[str, Json]], dict[str, Json]]) -> dict[str, Json]:
        """The fields in the plugin's order, each map as `ordered` gives it."""
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
        graphs = ordered(self.workflows)
        body["workflows"] = {name: _graph_document(graph, ordered) for name, graph in graphs.items()}
        if self.ui_metadata:
            body["ui_metadata"] = ordered(self.ui_metadata)
        return body


def _first(new: Any, old: Any) -> Any:
    return old if new is None else new


def _graph_document(graph: Graph, ordered: Callable[[Mapping[str, Json]], dict[str, Json]]) -> dict[str, Json]:
    return {
        "user_params": ordered(graph.user_params),
        "nodes": [
            {
                "id": node.id,
                "type": node.type,
                "previous_node_inputs": ordered(node.previous_node_inputs),
                "user_inputs": ordered(node.without_credentials().user_inputs),
            }
            for node in graph.nodes
        ],
        "edges": [{"source": edge.source, "dest": edge.dest} for edge in graph.edges],
    }
