"""A node's `user_inputs` as the plugin reads them (`WorkflowNode.parse` of flow-framework)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map
from mockflow.core.base.tokens import (
    START_ARRAY,
    START_OBJECT,
    VALUE_BOOLEAN,
    VALUE_NUMBER,
    VALUE_STRING,
    ContentError,
    Tokens,
)
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.maps import json_text, object_map, text_map, text_or_map


def read_user_inputs(tokens: Tokens, json_inputs: Collection[str]) -> dict[str, Any]:
    """The inputs in the order in which they were sent; objects named in `json_inputs` become JSON text.

    Other objects become maps of texts, and arrays lists of such maps. Raises ContentError, and FlowFrameworkError for
    null.
    """
    inputs: dict[str, Any] = {}
    for name in tokens.fields():
        if tokens.kind == START_OBJECT:
            inputs[name] = _object(name, tokens, json_inputs)
        elif tokens.kind == START_ARRAY:
            read: _Reader = _ELEMENTS.get(name, _map)
            inputs[name] = [read(tokens) for _ in tokens.elements()]
        elif tokens.kind in (VALUE_STRING, VALUE_NUMBER, VALUE_BOOLEAN):
            inputs[name] = tokens.value()
        else:
            raise FlowFrameworkError(f"Unable to parse field [{name}] in a node object.")
    return inputs


def _object(name: str, tokens: Tokens, json_inputs: Collection[str]) -> Any:
    if name == "guardrails":
        return _guardrails(tokens)
    if name in json_inputs:
        return json_text(object_map(tokens))
    return text_map(tokens)


def _map(tokens: Tokens) -> dict[str, Any]:
    return hash_map({name: text_or_map(tokens) for name in tokens.fields()})


def _processor(tokens: Tokens) -> dict[str, Any]:
    """`PipelineProcessor.parse`."""
    read: dict[str, Any] = {"type": None, "params": {}}
    for name in tokens.fields():
        if name not in read:
            raise ContentError(f"a processor with {name}")
        read[name] = tokens.text() if name == "type" else text_map(tokens)
    if read["type"] is None:
        raise ContentError("a processor without a type")
    return read


_Reader = Callable[[Tokens], Any]
_ELEMENTS: Final[Mapping[str, _Reader]] = {"processors": _processor, "tools_order": lambda tokens: tokens.text()}
"""The arrays that are no lists of maps: what reads an element."""


# -- guardrails (`Guardrails.parse` of ml-commons) -----------------------------------------------------


def _guardrails(tokens: Tokens) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name in tokens.fields():
        if name == "type":
            read[name] = tokens.text()
        elif name in _SIDES:
            read[name] = object_map(tokens)
        else:
            tokens.value()
    read.setdefault("type", "local_regex")
    known = _GUARDRAIL.get(read["type"])
    if known is None:
        raise ContentError("guardrails of an unknown type")
    return {"type": read["type"]} | {side: _shown(read[side], known) for side in _SIDES if read.get(side)}


def _shown(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The known entries in the order in which they are written; others are dropped."""
    shown = {name: given[name] for name in known if given.get(name)}
    if "stop_words" in shown:
        words = shown["stop_words"]
        if not isinstance(words, list) or not all(isinstance(word, dict) for word in words):
            raise ContentError("stop_words that are no list of objects")
        shown["stop_words"] = [{name: word[name] for name in _STOP_WORDS if name in word} for word in words]
    return shown


_SIDES: Final = ("input_guardrail", "output_guardrail")
_GUARDRAIL: Final[Mapping[str, Collection[str]]] = {
    "local_regex": ("stop_words", "regex"),
    "model": ("model_id", "response_filter", "response_validation_regex"),
}
_STOP_WORDS: Final = ("index_name", "source_fields")
