"""Placeholders in templates: ``${{ name }}`` for request parameters, ``${{ node.output }}`` for outputs of nodes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Node

Outputs = Mapping[str, Mapping[str, Any]]
"""Node id -> output name -> value."""

_PLACEHOLDER: Final = re.compile(r"\$\{\{([^{}]*)\}\}")  # names have no braces, so matching takes linear time


def substitute(value: Any, values: Mapping[str, str]) -> Any:
    """`value` with every placeholder of `values` replaced, also in keys. Other placeholders stay."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values.get(found[1].strip(), found[0]), value)
    if isinstance(value, dict):
        return {substitute(key, values): substitute(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, values) for item in value]
    return value


MAX_FILLED: Final = 4 * 1024 * 1024
"""The most characters that parameters put into a template. The plugin has no bound of its own."""


def check_growth(nodes: Iterable[Node], params: Mapping[str, str]) -> None:
    """Raises FlowFrameworkError where the parameters would put more than `MAX_FILLED` characters into the nodes."""
    if not params:
        return
    grown = 0
    for node in nodes:
        for text in _texts(node.user_inputs):
            grown += sum(len(params.get(found.strip(), "")) for found in _PLACEHOLDER.findall(text))
            if grown > MAX_FILLED:
                raise too_much()


def too_much() -> FlowFrameworkError:
    """The refusal of values that would make a template too large."""
    return FlowFrameworkError(f"mockflow puts at most {MAX_FILLED} characters of parameters into a template")


def _texts(value: Any) -> Iterator[str]:
    """All texts and keys within a value."""
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            left += [*item, *item.values()]
        elif isinstance(item, list):
            left += item


def placeholders_in(value: Any) -> list[str]:
    """The names of the placeholders in a value."""
    if isinstance(value, str):
        return [name.strip() for name in _PLACEHOLDER.findall(value)]
    items = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(dict.fromkeys(name for item in items for name in placeholders_in(item)))


def resolved_inputs(node: Node, outputs: Outputs, params: Mapping[str, str]) -> dict[str, Any]:
    """The inputs of a step, with outputs of earlier nodes and parameters filled in.

    An output named in previous_node_inputs wins over the node's own inputs, and these win over any earlier output with
    the name of a required input.
    """
    values = {
        f"{node_id}.{name}": value
        for node_id, given in outputs.items()
        for name, value in given.items()
        if isinstance(value, str)
    } | dict(params)
    inputs: dict[str, Any] = substitute(dict(node.user_inputs), values)
    named = {name: outputs.get(node_id, {}).get(name) for node_id, name in node.previous_node_inputs.items()}
    inputs |= {name: value for name, value in named.items() if value is not None}
    for name in STEPS[node.type].inputs:
        if name not in inputs:
            found = next((given[name] for given in outputs.values() if name in given), None)
            if found is not None:
                inputs[name] = found
    return inputs
