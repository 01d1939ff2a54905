"""Templates as they are read and written: what is written can be read again and means the same."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.tokens import ContentError
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.template import UPDATABLE, Template
from mockflow.core.plugin.template_parser import parse_template

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
release = st.from_regex(r"[0-9]\.(0|[1-9][0-9]?)\.[0-9]", fullmatch=True)
scalars = st.booleans() | st.integers() | text
inputs = (
    scalars
    | st.dictionaries(text, scalars, max_size=3)
    | st.lists(st.dictionaries(text, scalars, max_size=2), max_size=2)
)
jsons = st.recursive(
    st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(text, min_size=1, max_size=5, unique=True))
    node = st.fixed_dictionaries(
        {"type": text},
        optional={
            "previous_node_inputs": st.dictionaries(st.sampled_from(ids), text, max_size=2),
            "user_inputs": st.dictionaries(text | st.just("credential"), inputs, max_size=3),
        },
    )
    edge = st.fixed_dictionaries({"source": st.sampled_from(ids), "dest": st.sampled_from(ids)})
    graph: dict[str, Any] = {"nodes": [{"id": node_id, **draw(node)} for node_id in ids]}
    if draw(st.booleans()):
        graph["edges"] = draw(st.lists(edge, max_size=4))
    if draw(st.booleans()):
        graph["user_params"] = draw(st.dictionaries(text, text, max_size=2))
    return graph


fields: Final = {
    "description": text,
    "use_case": text,
    "version": st.fixed_dictionaries(
        {}, optional={"template": release, "compatibility": st.lists(release, max_size=3)}
    ),
    "ui_metadata": st.dictionaries(text, jsons, max_size=3),
}
templates = st.fixed_dictionaries(
    {"name": text}, optional={**fields, "workflows": st.dictionaries(st.just("provision"), graphs(), max_size=1)}
)
updates = st.fixed_dictionaries({}, optional={"name": text, **fields})
ORDER: Final = ("name", "description", "use_case", "version", "workflows", "ui_metadata")


@given(templates)
def test_what_is_shown_can_be_sent_again_and_is_shown_the_same(content: dict[str, Any]) -> None:
    shown = parse_template(content).document()
    assert parse_template(shown).document() == shown


@given(templates)
def test_all_is_shown_but_credentials(content: dict[str, Any]) -> None:
    shown = parse_template(content).document()
    assert list(shown) == [name for name in ORDER if name in shown]
    for name in ("name", "description", "use_case"):
        assert shown[name] == trimmed(content.get(name, ""))
    assert shown.get("ui_metadata", {}) == content.get("ui_metadata", {})
    for sent, node in zip(nodes_of(content), nodes_of(shown), strict=True):
        inputs = {key: texts(value) for key, value in sent.get("user_inputs", {}).items() if key != "credential"}
        assert node == {
            "id": sent["id"],
            "type": sent["type"],
            "previous_node_inputs": sent.get("previous_node_inputs", {}),
            "user_inputs": inputs,
        }


@given(templates)
def test_edges_are_those_given_and_then_those_that_inputs_bring_each_once(content: dict[str, Any]) -> None:
    graph = content.get("workflows", {}).get("provision", {})
    given_ = [(edge["source"], edge["dest"]) for edge in graph.get("edges", [])]
    brought = {(source, node["id"]) for node in nodes_of(content) for source in node.get("previous_node_inputs", {})}
    shown = parse_template(content).document()["workflows"].get("provision", {}).get("edges", [])
    pairs = [(edge["source"], edge["dest"]) for edge in shown]
    assert pairs[: len(given_)] == given_
    assert sorted(pairs[len(given_) :]) == sorted(brought - set(given_))


@given(templates, updates)
def test_an_update_of_fields_changes_those_and_no_others(content: dict[str, Any], changes: dict[str, Any]) -> None:
    before = parse_template(content)
    after = before.updated(parse_template(changes, update_fields=True))
    shown, old = after.document(), before.document()
    for name in ORDER:
        if name == "version":
            for part, value in changes.get("version", {}).items():
                assert shown["version"].get(part) == value if value else True
        elif name in changes:
            expected = changes[name]
            assert shown.get(name, {}) == (trimmed(expected) if isinstance(expected, str) else expected)
        else:
            assert shown.get(name) == old.get(name)


@given(templates, st.sampled_from(["workflows", "created_time", "user", "x"]))
def test_no_other_field_can_be_updated(content: dict[str, Any], name: str) -> None:
    value = content.get("workflows", {}) if name == "workflows" else 1
    with pytest.raises(FlowFrameworkError, match=r"^You can not update the field \[" + name):
        parse_template({name: value}, update_fields=True)
    assert name not in UPDATABLE


@given(jsons | st.none())
def test_whatever_is_sent_it_is_read_or_refused(content: Any) -> None:
    try:
        assert isinstance(parse_template(content), Template)
    except (FlowFrameworkError, ContentError):
        pass


@given(templates, st.data())
def test_one_wrong_value_anywhere_is_read_or_refused_too(content: dict[str, Any], data: st.DataObject) -> None:
    put_somewhere(content, data.draw(st.none() | jsons, label="value"), data)
    try:
        parse_template(content).document()
    except (FlowFrameworkError, ContentError):
        pass


def put_somewhere(content: Any, value: Any, data: st.DataObject) -> None:
    """Puts `value` in place of one that is in `content`, however deep."""
    keys = list(content) if isinstance(content, dict) else list(range(len(content)))
    if not keys:
        return
    key = data.draw(st.sampled_from(keys), label="key")
    if isinstance(content[key], (dict, list)) and content[key] and data.draw(st.booleans(), label="deeper"):
        put_somewhere(content[key], value, data)
    else:
        content[key] = value


def trimmed(value: str) -> str:
    """What Java's `String.trim` leaves."""
    return value.strip("".join(map(chr, range(33))))


def texts(value: Any) -> Any:
    """An input as it is stored: what stands in maps becomes text."""
    if isinstance(value, list):
        return [texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()}


def nodes_of(content: dict[str, Any]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = content.get("workflows", {}).get("provision", {}).get("nodes", [])
    return nodes
