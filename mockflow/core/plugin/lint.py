"""Finds what the plugin would refuse in a template, and which of its steps would fail.

The rules are those of the fake cluster. Resources that the template names and does not make are taken to exist, with a
warning. What the checks of steps leave out is named in their modules, `mockflow.core.plugin.step_checks`.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mockflow.core.base.findings import Finding, Path
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.base.tokens import ContentError, Tokens
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.failures import Failure
from mockflow.core.plugin.graph import NodeTimeoutError, Sequence, sequence_of
from mockflow.core.plugin.hints import hint_for
from mockflow.core.plugin.lint_steps import lint_steps
from mockflow.core.plugin.step_checks.names import about_name, problems_in_template
from mockflow.core.plugin.template import PROVISION, Graph, Template
from mockflow.core.plugin.template_parser import read_template
from mockflow.core.plugin.versions import Version

MAX_STEPS: Final = 50
"""The default of plugins.flow_framework.max_workflow_steps."""
_REFUSED: Final = "the plugin would refuse this template: "
_KINDS: Final = "ids and names are text, versions like 1.0.0, nodes and edges lists, workflows and inputs mappings"


@dataclass(frozen=True)
class Lint:
    """What is wrong with a template. The template is None where it cannot be read."""

    template: Template | None
    refusals: list[Finding]
    """What create refuses."""
    others: list[Finding]
    """Steps that would fail, and warnings."""


def lint(content: Any, version: Version, params: Mapping[str, str]) -> Lint:
    """Checks a template's content.

    `params` are those of a provision. They fill placeholders for the steps, not for the checks of create.
    """
    template, refusals = _read(content, version)
    if template is None:
        return Lint(None, refusals, [])
    sequences = {}
    for name, graph in template.workflows.items():
        sequences[name], refused = _sorted(template, graph, name, version)
        refusals += [*refused, *_bad_names(graph, name, version)]
    if template.provision is None:
        hint = "write workflows: {provision: {nodes: [...]}}"
        nothing = Finding(("workflows",), "there is no workflow to provision", hint, "warning")
        return Lint(template, refusals, [nothing])
    sequence = sequences[PROVISION]
    if sequence is None:
        return Lint(template, refusals, [])
    places = {finding.path for finding in refusals}
    steps = lint_steps(sequence, template.provision, version, params)
    return Lint(template, refusals, [finding for finding in steps if finding.path not in places])


# -- what create refuses -------------------------------------------------------------------------------


def _read(content: Any, version: Version) -> tuple[Template | None, list[Finding]]:
    """The template, None where it cannot be read, and what the parser refuses. It goes on after an unknown field."""
    found: list[Finding] = []
    content = copy.deepcopy(content)
    while True:
        tokens = Tokens(content)
        try:
            return read_template(tokens, version=version), found
        except ContentError as error:
            message = f"{_REFUSED}IOException: template content invalid for specified Content-Type."
            found.append(Finding(tokens.path, message, f"it has {error}; {_KINDS}"))
            return None, found
        except FlowFrameworkError as error:
            path = tokens.path
            found.append(Finding(path, f"{_REFUSED}{error}", _HINTS_OF_PARSER.get(str(error), "")))
            if not str(error).startswith("Unable to parse field") or not path:
                return None, found
            _remove(content, path)


_HINTS_OF_PARSER: Final = {
    "A template object requires a name.": "write name: <text>",
    "A workflow must have at least one node.": "write nodes: [{id: ..., type: ...}]",
    "An node object requires both an id and type field.": "write both",
    "An edge object requires both a source and dest field.": "write both",
}


def _remove(content: Any, path: Path) -> None:
    for part in path[:-1]:
        content = content[part]
    del content[path[-1]]


def _sorted(template: Template, graph: Graph, name: str, version: Version) -> tuple[Sequence | None, list[Finding]]:
    """The steps in order, None where the graph has another fault than missing inputs, and all that is refused."""
    found: list[Finding] = []
    while True:
        try:
            return sequence_of(graph, workflow_id=None, max_steps=MAX_STEPS, catalogue=version.steps), found
        except NodeTimeoutError as error:
            message = f"{_REFUSED}Workflow validation failed for template {template.name}"
            place = (*_place_in_graph(graph, str(error)), "user_inputs", "node_timeout")
            return None, [*found, Finding(("workflows", name, *place), message, str(error))]
        except FlowFrameworkError as error:
            lacking, unknown = _LACKING.fullmatch(str(error)), _UNKNOWN.fullmatch(str(error))
            place = _place_in_graph(graph, str(error))
            if not (lacking and found and found[-1].message == f"{_REFUSED}{error}"):
                hint = "write them, or take them from an earlier node with previous_node_inputs" if lacking else ""
                hint = did_you_mean(unknown[1], version.steps) if unknown else hint
                found.append(Finding(("workflows", name, *place), f"{_REFUSED}{error}", hint))
            if not lacking:
                return None, found
            graph = _with_inputs(graph, lacking[1], lacking[2].split(", "))


_UNKNOWN: Final = re.compile(r"Workflow step type \[(.*)] is not implemented\.", re.DOTALL)
_LACKING: Final = re.compile(
    r"Invalid workflow, node \[(.*)] missing the following required inputs : \[(.*)]", re.DOTALL
)


def _with_inputs(graph: Graph, node_id: str, names: list[str]) -> Graph:
    nodes = tuple(
        replace(node, user_inputs={**node.user_inputs, **dict.fromkeys(names, "")}) if node.id == node_id else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def _place_in_graph(graph: Graph, message: str) -> Path:
    """The node or edge that a refusal names: the longest id in it, for one id may be part of another."""
    named = [
        (len(node.id), number)
        for number, node in enumerate(graph.nodes)
        if re.search(rf"(?<![\w-]){re.escape(node.id)}(?![\w-])", message)
    ]
    if message.startswith("Edge "):
        for number, edge in enumerate(graph.edges):
            if f" {edge.source} " in message or f" {edge.dest} " in message:
                return ("edges", number)
    for number, node in enumerate(graph.nodes):
        if message.startswith(f"Workflow step type [{node.type}]"):
            return ("nodes", number, "type")
    if not named:
        return ("nodes",)
    number = max(named)[1]
    if message.startswith("Duplicate node id"):
        number = max(n for n, node in enumerate(graph.nodes) if node.id == graph.nodes[number].id)
        return ("nodes", number, "id")
    return ("nodes", number)


def _bad_names(graph: Graph, name: str, version: Version) -> Iterator[Finding]:
    for number, node in enumerate(graph.nodes):
        problems = problems_in_template([node], version)
        for text in re.findall(r"\d+: (.*?);", problems or ""):
            key = about_name(text)
            hint = "it is checked before placeholders are filled in" if "${{" in str(node.user_inputs.get(key)) else ""
            message = f"{_REFUSED}Validation Failed: 1: {text}"
            path = ("workflows", name, "nodes", number, "user_inputs", key)
            yield Finding(path, message, hint or hint_for(Failure("BAD_REQUEST", text)))
