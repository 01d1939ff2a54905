"""Placeholders in templates: ``${{ name }}`` for request parameters, ``${{ node.output }}`` for outputs of nodes.

The rules are those of ParseUtils of flow-framework (docs/reference/plugin.md, "Provision").
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Node

Outputs = Mapping[str, Mapping[str, Any]]
"""Node id -> output name -> value."""

_PLACEHOLDER: Final = re.compile(r"\$\{\{([^{}]*)\}\}")  # names have no braces, so matching takes linear time
_OUTPUT: Final = re.compile(r"(\w+)\.(\w+)", re.ASCII)
"""The names of a node and of its output. A node whose id has other characters, such as ``-``, is not found."""
_SPACE: Final = " \t\n\v\f\r"


def filled(value: Any, outputs: Outputs, params: Mapping[str, str]) -> Any:
    """An input with its placeholders replaced: in a text, and in the values of an object that are texts.

    Keys, arrays and what stands deeper are left as they are, so are placeholders that nothing replaces.
    """
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: _replacement(found, outputs, params), value)
    if isinstance(value, dict):
        return {key: filled(item, outputs, params) if isinstance(item, str) else item for key, item in value.items()}
    return value


def _replacement(found: re.Match[str], outputs: Outputs, params: Mapping[str, str]) -> str:
    name = found[1].strip(_SPACE)
    if output := _OUTPUT.fullmatch(name):
        value = outputs.get(output[1], {}).get(output[2])
        if isinstance(value, str):
            return value
    return escaped(params[name]) if name in params else found[0]


def escaped(value: str) -> str:
    """A parameter as it is put into a text, which may be JSON: only these characters are escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def is_output(name: str) -> bool:
    """Whether the name in a placeholder may be that of a node's output."""
    return _OUTPUT.fullmatch(name) is not None


def replaced_in(value: Any) -> list[str]:
    """The names of the placeholders that `filled` replaces if it knows them."""
    return [name.strip(_SPACE) for text in _texts({"": value}) for name in _PLACEHOLDER.findall(text)]


MAX_FILLED: Final = 4 * 1024 * 1024
"""The most characters that parameters put into a template. The plugin has no bound of its own."""


def check_growth(nodes: Iterable[Node], params: Mapping[str, str]) -> None:
    """Raises FlowFrameworkError where the parameters would put more than `MAX_FILLED` characters into the nodes."""
    if not params:
        return
    grown = 0
    for node in nodes:
        for text in _texts(node.user_inputs):
            grown += sum(len(params.get(found.strip(_SPACE), "")) for found in _PLACEHOLDER.findall(text))
            if grown > MAX_FILLED:
                raise too_much()


def too_much() -> FlowFrameworkError:
    """The refusal of values that would make a template too large."""
    return FlowFrameworkError(f"mockflow puts at most {MAX_FILLED} characters of parameters into a template")


def _texts(inputs: Mapping[str, Any]) -> Iterator[str]:
    """The texts in which placeholders are replaced."""
    for value in inputs.values():
        for text in value.values() if isinstance(value, dict) else (value,):
            if isinstance(text, str):
                yield text


def placeholders_in(value: Any) -> list[str]:
    """The names of the placeholders in a value."""
    if isinstance(value, str):
        return [name.strip(_SPACE) for name in _PLACEHOLDER.findall(value)]
    items = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(name for item in items for name in placeholders_in(item)))


def resolved_inputs(
    node: Node, outputs: Outputs, params: Mapping[str, str], user_params: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The inputs of a step, with outputs of earlier nodes and parameters filled in.

    For each input that the step reads these count, the first that is there: the output that previous_node_inputs names,
    the workflow's `user_params`, the node's own inputs, an output of that name of any earlier node.
    """
    step = STEPS[node.type]
    given: dict[str, Any] = dict(node.user_inputs)
    for name in (*step.inputs, *step.optional):
        source = next((source for source, output in node.previous_node_inputs.items() if output == name), "")
        value = outputs.get(source, {}).get(name)
        if value is None:
            value = (user_params or {}).get(name, node.user_inputs.get(name))
        if value is None:
            value = next((outputs[one][name] for one in hash_map_order(outputs) if name in outputs[one]), None)
        if value is not None:
            given[name] = value
    return {name: filled(value, outputs, params) for name, value in given.items()}
