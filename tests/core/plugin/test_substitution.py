"""Parameters and outputs of earlier nodes, put into a node's inputs."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.plugin.substitution import escaped, filled, resolved_inputs
from mockflow.core.plugin.template import Node

names = st.from_regex(r"[a-z_]+(\.[a-z_]+)?", fullmatch=True)
plain = st.text(st.characters(exclude_characters="${}", exclude_categories=["Cs"]))
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=10,
)


@given(plain, names, plain, plain, st.sampled_from(("", " ", "\t ")))
def test_a_name_that_is_known_is_replaced(before: str, name: str, value: str, after: str, space: str) -> None:
    text = f"{before}${{{{{space}{name}{space}}}}}{after}"
    assert filled(text, {}, {name: value}) == before + escaped(value) + after


@given(plain, names, plain)
def test_a_name_that_is_not_known_stays(before: str, name: str, after: str) -> None:
    text = f"{before}${{{{ {name} }}}}{after}"
    assert filled(text, {}, {f"not_{name}": "x"}) == text


@given(jsons)
def test_what_has_no_placeholder_stays(value: Any) -> None:
    assert filled(value, {}, {"name": "x"}) == value


@given(names, plain)
def test_a_value_is_not_looked_into(name: str, other: str) -> None:
    """One round: a value that looks like a placeholder is a value."""
    value = f"${{{{{other}}}}}"
    assert filled(f"${{{{{name}}}}}", {}, {other: "no", name: value}) == escaped(value)


def test_a_parameter_is_escaped_for_json_text_and_an_output_is_not() -> None:
    value = 'a"b\\c\nd'
    assert filled("${{ p }}", {}, {"p": value}) == 'a\\"b\\\\c\\nd'
    assert filled("${{ n.o }}", {"n": {"o": value}}, {}) == value


def test_the_texts_of_an_object_and_neither_its_keys_nor_what_stands_in_an_array() -> None:
    value = {"a": "${{x}}", "${{x}}": "b", "c": {"d": "${{x}}"}}
    assert filled(value, {}, {"x": "X"}) == {**value, "a": "X"}
    assert filled([{"a": "${{x}}"}], {}, {"x": "X"}) == [{"a": "${{x}}"}]


@pytest.mark.parametrize(("node", "value"), [("n_1", "made"), ("n-1", None), ("n.1", None), ("\u00fc", None)])
def test_the_names_of_nodes_whose_outputs_are_found(node: str, value: str | None) -> None:
    text = f"${{{{ {node}.index_name }}}}"
    assert filled(text, {node: {"index_name": "made"}}, {}) == (value or text)


def test_placeholders_of_a_connector_are_not_ours() -> None:
    text = "${parameters.x} ${credential.key}"
    assert filled(text, {}, {"parameters.x": "no"}) == text


# -- what a step is given ------------------------------------------------------------------------------

OUTPUTS = {"register": {"model_id": "made"}, "other": {"model_id": "another"}}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Node("d", "deploy_model", {"register": "model_id"}), "made"),
        (Node("d", "deploy_model", {"other": "model_id"}, {"model_id": "own"}), "another"),
        (Node("d", "deploy_model", {}, {"model_id": "own"}), "own"),
        (Node("d", "deploy_model"), "another"),  # the first in the order of a HashMap
        (Node("d", "deploy_model", {"register": "no_such_output"}), "another"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ other.model_id }}"}), "another"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ given }}"}), "parameter"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ unknown }}"}), "${{ unknown }}"),
    ],
)
def test_where_an_input_comes_from(node: Node, expected: str) -> None:
    assert resolved_inputs(node, OUTPUTS, {"given": "parameter"})["model_id"] == expected


def test_an_output_wins_over_a_parameter_of_the_same_name() -> None:
    node = Node("d", "deploy_model", {}, {"model_id": "${{ register.model_id }}"})
    assert resolved_inputs(node, OUTPUTS, {"register.model_id": "parameter"})["model_id"] == "made"


def test_user_params_of_the_inputs_that_the_step_reads() -> None:
    node = Node("d", "deploy_model", {}, {"model_id": "own", "other": "own"})
    params = {"model_id": "user", "other": "user"}
    assert resolved_inputs(node, {}, {}, params) == {"model_id": "user", "other": "own"}
    named = replace(node, previous_node_inputs={"register": "model_id"})
    assert resolved_inputs(named, OUTPUTS, {}, params)["model_id"] == "made"


def test_an_optional_input_comes_from_any_earlier_node() -> None:
    node = Node("m", "register_remote_model", {"c": "connector_id"}, {"name": "m"})
    outputs = {"c": {"connector_id": "c1"}, "g": {"model_group_id": "g1", "model_group_status": "CREATED"}}
    assert resolved_inputs(node, outputs, {}) == {"name": "m", "connector_id": "c1", "model_group_id": "g1"}


def test_the_nodes_own_inputs_are_not_changed() -> None:
    inputs = {"parameters": {"x": "${{ given }}"}}
    node = Node("t", "create_tool", {}, inputs)
    assert resolved_inputs(node, {}, {"given": "g"})["parameters"] == {"x": "g"}
    assert inputs == {"parameters": {"x": "${{ given }}"}}
