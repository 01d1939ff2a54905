"""Finds the steps of a template that would fail, and placeholders that nothing fills in."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mockflow.core.base.findings import Finding, Path, quoted
from mockflow.core.opensearch.ids import resource_id
from mockflow.core.plugin.failures import ERROR_FORMATS
from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.hints import hint_for
from mockflow.core.plugin.resources import Key
from mockflow.core.plugin.simulation import Done, Setting, rehearse
from mockflow.core.plugin.step_checks.call import Surroundings
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.substitution import is_output, placeholders_in, replaced_in
from mockflow.core.plugin.template import PROVISION, Graph
from mockflow.core.plugin.versions import Version

_NODES: Final[Path] = ("workflows", PROVISION, "nodes")


def lint_steps(sequence: Sequence, graph: Graph, version: Version, params: Mapping[str, str]) -> Iterator[Finding]:
    """All findings about the steps of the workflow `provision`, in the order of the template.

    Each step is checked as if those before it had succeeded. An input with an open placeholder is not checked.
    """
    around = _Assumed(version)
    done = {step.node.id: step for step in _rehearsed(sequence, around, params)}
    for number, node in enumerate(graph.nodes):
        path, step = (*_NODES, number), done[node.id]
        yield from _needs(path, step, around.assumed)
        opens = {name: found for name, value in step.inputs.items() if (found := placeholders_in(value))}
        for name, placeholders in opens.items():
            yield _open(path, name, placeholders, graph, is_replaced=placeholders[0] in replaced_in(step.inputs[name]))
        about = step.failure.about if step.failure else None
        if step.failure and (about not in opens if about else not opens):
            yield _failing(path, step, version)


def failing(sequence: Sequence, graph: Graph, version: Version) -> Iterator[tuple[str, str, Finding]]:
    """The steps that would fail whatever the parameters of a provision are: id, type and finding."""
    for finding in lint_steps(sequence, graph, version, {}):
        if finding.severity == "error":
            number = finding.path[len(_NODES)]
            assert isinstance(number, int)
            yield graph.nodes[number].id, graph.nodes[number].type, finding


@dataclass(frozen=True)
class _Assumed(Surroundings):
    """A cluster that has every resource which a template names, and none whose name is to be new."""

    assumed: set[Key] = field(default_factory=set)
    """The resources that steps have looked for, and that no step before them makes."""

    def has(self, kind: str, resource_id: str) -> bool:
        key = (kind, resource_id)
        if key not in self.run.made | self.run.gone:
            self.assumed.add(key)
        return key not in self.run.gone

    def is_taken(self, kind: str, resource_id: str) -> bool:
        return (kind, resource_id) in self.run.begun

    def had(self, kind: str) -> bool:
        return True

    def settings_of(self, index: str) -> Mapping[str, Any] | None:
        return super().settings_of(index) or {"index.number_of_shards": "?"}


def _rehearsed(sequence: Sequence, around: _Assumed, params: Mapping[str, str]) -> list[Done]:
    def new_id(kind: str, step_id: str) -> str:
        return resource_id(kind, "lint", "", step_id)

    return rehearse(sequence, Setting(1000, new_id, around, params=params))


def _needs(path: Path, step: Done, assumed: Collection[Key]) -> Iterator[Finding]:
    """Warnings of the resources that the step needs and the template does not make."""
    for name, kind in _NEEDED.items():
        value = step.inputs.get(name)
        names = value.split(",") if isinstance(value, str) and not placeholders_in(value) else ()
        for needed in names if name == "source_index" else names and (value,):
            if (kind, needed) in assumed:
                message = f"step {quoted(step.node.id)} needs the {kind.replace('_', ' ')} {quoted(needed)}"
                hint = "no step before it makes it; it has to be in the cluster"
                yield Finding(_place(path, step, name), message, hint, "warning")


_NEEDED: Final = {
    "connector_id": "connector",
    "model_id": "model",
    "model_group_id": "model_group",
    "source_index": "index",
}
"""Input -> the kind of resource that it names, where a step looks for it."""


def _failing(path: Path, step: Done, version: Version) -> Finding:
    assert step.failure is not None
    told = ERROR_FORMATS[version.behaviour.step_error](step.node.id, step.failure)
    unsaid = step.failure.reason or ("" if step.failure.message in told else step.failure.message)
    hint = "; ".join(filter(None, [unsaid, hint_for(step.failure)]))
    message = f"step {quoted(step.node.id)} would fail: {told}"
    return Finding(_place(path, step, step.failure.about), message, hint)


def _place(path: Path, step: Done, name: str | None) -> Path:
    if name is not None and name in step.node.user_inputs:
        return (*path, "user_inputs", name)
    return (*path, "previous_node_inputs") if name in step.node.previous_node_inputs.values() else path


def _open(path: Path, name: str, placeholders: list[str], graph: Graph, *, is_replaced: bool) -> Finding:
    listed = ", ".join(f"${{{{ {placeholder} }}}}" for placeholder in placeholders)
    node_id, _, output = placeholders[0].rpartition(".")
    if not is_replaced:
        hint = "write the value: placeholders in arrays and in keys are not replaced"
    elif any(node.id == node_id for node in graph.nodes) and not is_output(placeholders[0]):
        hint = "give the node an id of letters, digits and _: the outputs of others are not found"
    elif any(node.id == node_id and output in STEPS[node.type].outputs for node in graph.nodes):
        hint = f"name the node in previous_node_inputs: {{{node_id}: {output}}}"
    else:
        hint = f"give it with --param {placeholders[0]}=value; a program sends it with the provision"
    return Finding((*path, "user_inputs", name), f"nothing fills in {listed}", hint, "warning")
