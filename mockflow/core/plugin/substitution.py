"""``${{ name }}`` in templates: a parameter of the request, or an earlier node's output (``${{ node.output }}``)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.plugin.steps import STEPS
from mockflow.core.plugin.template import Node

Outputs = Mapping[str, Mapping[str, Any]]
"""Node id -> output name -> value."""

_PLACEHOLDER: Final = re.compile(r"\$\{\{([^{}]*)\}\}")  # no name has a brace: so each character is read once


def substitute(value: Any, values: Mapping[str, str]) -> Any:
    """`value` with every placeholder that `values` knows replaced, in keys too; others stay as they are."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values.get(found[1].strip(), found[0]), value)
    if isinstance(value, dict):
        return {substitute(key, values): substitute(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, values) for item in value]
    return value


def resolved_inputs(node: Node, outputs: Outputs, params: Mapping[str, str]) -> dict[str, Any]:
    """What the step is given: its own inputs, what it takes from earlier nodes, parameters put in.

    An output that previous_node_inputs names comes first, then the node's own inputs, then any earlier output
    of the name that the step needs.
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
