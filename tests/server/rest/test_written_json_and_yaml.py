"""The bytes of a body: compact JSON, pretty JSON and YAML, as OpenSearch writes them."""

import json
import re
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockflow.core.base.json_writer import compact, pretty
from mockflow.server.rest.yaml_writer import yaml

Json = Any

STATUS: Json = {
    "workflow_id": "8xL8bowB8y25Tqfenm50",
    "state": "COMPLETED",
    "resources_created": [
        {"workflow_step_name": "create_connector", "resource_id": "a1"},
        {"workflow_step_name": "register_remote_model", "resource_id": "b2"},
    ],
}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": 1, "b": [True, None, 1.5]}, '{"a":1,"b":[true,null,1.5]}'),
        ({"é": "😀 , : {}"}, '{"é":"😀 , : {}"}'),
        ('\n"\\/\x00', r'"\n\"\\/\u0000"'),
        ({"half": "a\ud800b\udc0f\ud83d"}, '{"half":"a\\uD800b\\uDC0F\\uD83D"}'),
    ],
)
def test_compact(value: Json, written: str) -> None:
    assert compact(value).decode() == written


def test_pretty_status() -> None:
    assert (
        pretty(STATUS).decode()
        == """\
{
  "workflow_id" : "8xL8bowB8y25Tqfenm50",
  "state" : "COMPLETED",
  "resources_created" : [
    {
      "workflow_step_name" : "create_connector",
      "resource_id" : "a1"
    },
    {
      "workflow_step_name" : "register_remote_model",
      "resource_id" : "b2"
    }
  ]
}
"""
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, "{ }\n"),
        ([], "[ ]\n"),
        ([[], {}], "[\n  [ ],\n  { }\n]\n"),
        ([1, 2], "[\n  1,\n  2\n]\n"),
        ({"a": {}, "b": []}, '{\n  "a" : { },\n  "b" : [ ]\n}\n'),
        ({"{}": "[]", "a": "{},"}, '{\n  "{}" : "[]",\n  "a" : "{},"\n}\n'),
        ({"é": "😀\ud800"}, '{\n  "é" : "😀\\uD800"\n}\n'),
        (None, "null\n"),
    ],
)
def test_pretty(value: Json, written: str) -> None:
    assert pretty(value).decode() == written


def test_yaml_status() -> None:
    assert (
        yaml(STATUS).decode()
        == """\
---
workflow_id: "8xL8bowB8y25Tqfenm50"
state: "COMPLETED"
resources_created:
- workflow_step_name: "create_connector"
  resource_id: "a1"
- workflow_step_name: "register_remote_model"
  resource_id: "b2"
"""
    )


SAME = {"a": 1}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, "--- {}\n"),
        ([], "--- []\n"),
        ({"a": {}, "b": [], "c": ""}, '---\na: {}\nb: []\nc: ""\n'),
        ({"a": 1, "b": 1.5, "c": True, "d": None}, "---\na: 1\nb: 1.5\nc: true\nd: null\n"),
        ({"a": "1", "b": "true", "c": "null"}, '---\na: "1"\nb: "true"\nc: "null"\n'),
        ({"b": {"d": 1, "c": 2}, "a": 3}, "---\nb:\n  d: 1\n  c: 2\na: 3\n"),
        ([[1, [2]], {"a": [3]}], "---\n- - 1\n  - - 2\n- a:\n  - 3\n"),
        ({"é": "zażółć 😀"}, '---\né: "zażółć 😀"\n'),
        ({"a": 'x"\\\n\t\x07\u2028'}, '---\na: "x\\"\\\\\\n\\t\\a\\L"\n'),
        ({"a": "\\U0001F600"}, '---\na: "\\\\U0001F600"\n'),
        ({"a": SAME, "b": SAME}, "---\na:\n  a: 1\nb:\n  a: 1\n"),
        ({"a": "word " * 20}, '---\na: "' + "word " * 15 + "word\\\n  \\ " + "word " * 4 + '"\n'),
        ({"a": "\ud800"}, '---\na: "\\uD800"\n'),
    ],
)
def test_yaml(value: Json, written: str) -> None:
    assert yaml(value).decode() == written


@pytest.mark.parametrize("key", ["a", "_id", "a.b", "a-b", "a b", "workflow_id", "é", "😀", "nope", "x1", "a\\b"])
def test_yaml_keys_are_plain(key: str) -> None:
    assert yaml({key: 1}).decode() == f"---\n{key}: 1\n"


@pytest.mark.parametrize("key", ["1", "1a", "-a", ".kibana", "+", "~", "y", "No", "ON", "true", "null"])
def test_yaml_keys_that_could_be_something_else_are_quoted(key: str) -> None:
    assert yaml({key: 1}).decode() == f'---\n"{key}": 1\n'


@pytest.mark.parametrize("key", ["a: b", "a #b", "*a", "&a", "!a", "{a", " a", "a ", "<<", "=", "@a", '"', "[a]"])
def test_yaml_keys_that_cannot_be_plain_are_in_single_quotes(key: str) -> None:
    assert yaml({key: 1}).decode() == f"---\n'{key}': 1\n"


# The first text of all of Unicode takes hypothesis a second.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

STRING = re.compile(r'("(?:[^"\\]|\\.)*")')

# Much of what a JSON text and a YAML text consist of, so that strings look like either.
texts = st.text() | st.text("{}[],:\"'\\ \n\t#-?&*!|>%@`~=<.0aUx\x85\u2028\ufeff\U0001f600", max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(values)
@unhurried
def test_json_is_read_back(value: Json) -> None:
    assert json.loads(compact(value)) == value
    assert json.loads(pretty(value)) == value


@given(values)
@unhurried
def test_pretty_is_compact_but_for_white_space_between_strings(value: Json) -> None:
    spaced, dense = (STRING.split(write(value).decode()) for write in (pretty, compact))
    assert spaced[1::2] == dense[1::2]
    assert "".join("".join(spaced[::2]).split()) == "".join(dense[::2])
    assert not any("{}" in structure or "[]" in structure for structure in spaced[::2])


@given(values)
@unhurried
def test_yaml_is_read_back(value: Json) -> None:
    written = yaml(value)
    assert written.startswith(b"---")
    assert written.endswith(b"\n")
    assert pyyaml.safe_load(written) == value


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("\ud800\udfff"), max_size=8))
@unhurried
def test_nothing_raises_for_half_a_surrogate_pair(text: str) -> None:
    for write in (compact, pretty, yaml):
        write({text: [text]}).decode()
