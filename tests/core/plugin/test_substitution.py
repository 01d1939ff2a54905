"""Parameters and outputs of earlier nodes, put into a node's inputs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.plugin.substitution import resolved_inputs, substitute
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
    assert substitute(text, {name: value}) == before + value + after


@given(plain, names, plain)
def test_a_name_that_is_not_known_stays(before: str, name: str, after: str) -> None:
    text = f"{before}${{{{ {name} }}}}{after}"
    assert substitute(text, {f"not_{name}": "x"}) == text


@given(jsons)
def test_what_has_no_placeholder_stays(value: Any) -> None:
    assert substitute(value, {"name": "x"}) == value


@given(names, plain)
def test_a_value_is_not_looked_into(name: str, other: str) -> None:
    """One round: a value that looks like a placeholder is a value."""
    assert substitute(f"${{{{{name}}}}}", {other: "no", name: f"${{{{{other}}}}}"}) == f"${{{{{other}}}}}"


def test_everywhere_in_a_value() -> None:
    value = {"a": ["${{x}}", {"${{x}}": "${{ x }}-${{y}}"}], "b": 1}
    assert substitute(value, {"x": "X", "y": "Y"}) == {"a": ["X", {"X": "X-Y"}], "b": 1}


def test_placeholders_of_a_connector_are_not_ours() -> None:
    assert (
        substitute("${parameters.x} ${credential.key}", {"parameters.x": "no"}) == "${parameters.x} ${credential.key}"
    )


# -- what a step is given ------------------------------------------------------------------------------

OUTPUTS = {"register": {"model_id": "made"}, "other": {"model_id": "another"}}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (Node("d", "deploy_model", {"register": "model_id"}), "made"),
        (Node("d", "deploy_model", {"other": "model_id"}, {"model_id": "own"}), "another"),
        (Node("d", "deploy_model", {}, {"model_id": "own"}), "own"),
        (Node("d", "deploy_model"), "made"),
        (Node("d", "deploy_model", {"register": "no_such_output"}), "made"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ other.model_id }}"}), "another"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ given }}"}), "parameter"),
        (Node("d", "deploy_model", {}, {"model_id": "${{ unknown }}"}), "${{ unknown }}"),
    ],
)
def test_where_an_input_comes_from(node: Node, expected: str) -> None:
    assert resolved_inputs(node, OUTPUTS, {"given": "parameter"})["model_id"] == expected


def test_a_parameter_wins_over_an_output_of_the_same_name() -> None:
    node = Node("d", "deploy_model", {}, {"model_id": "${{ register.model_id }}"})
    assert resolved_inputs(node, OUTPUTS, {"register.model_id": "parameter"})["model_id"] == "parameter"


def test_the_nodes_own_inputs_are_not_changed() -> None:
    inputs = {"configurations": {"x": ["${{ given }}"]}}
    node = Node("i", "create_index", {}, inputs)
    assert resolved_inputs(node, {}, {"given": "g"})["configurations"] == {"x": ["g"]}
    assert inputs == {"configurations": {"x": ["${{ given }}"]}}
