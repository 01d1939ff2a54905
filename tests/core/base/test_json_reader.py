"""JSON text that is read as far as it can be read, and token by token."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.json_reader import read_json, text_of_body
from mockflow.core.base.json_scanner import MAX_DEPTH
from mockflow.core.base.tokens import BROKEN, NOTHING, ContentError, NoTextError, Tokens, Written

jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"a": 1} and more', {"a": 1}),
        ('{"a": 1}{', {"a": 1}),
        ('/* c */ {"a": // d\n [1, /**/ 2]}', {"a": [1, 2]}),
        ("[0.50, 1e5]", [Written(0.5, "0.50"), Written(100000.0, "1e5")]),
        ("", NOTHING),
        (" \n\t", NOTHING),
        ("xyz", BROKEN),
        ("{", {BROKEN: BROKEN}),
        ('{"a": 1,}', {"a": 1, BROKEN: BROKEN}),
        ('{"a": 1, "a": 2}', {"a": 1, BROKEN: BROKEN}),
        ('{"a": x}', {BROKEN: BROKEN}),
        ('{"a": "x', {"a": BROKEN}),
        ('{"a": [1, NaN]}', {"a": [1, BROKEN]}),
        ("[01]", [BROKEN]),
        (f'{{"a": {"9" * 5000}}}', {BROKEN: BROKEN}),
        ('["\\ud83d\\ude00"]', ["😀"]),
    ],
)
def test_what_can_be_read(text: str, value: Any) -> None:
    assert read_json(text) == value


@given(jsons)
def test_plain_json_is_read_whole(value: Any) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(f"/**/{json.dumps(value)} }}") == value


@given(st.text(st.sampled_from('{}[]:,"ab\\1. /*\n\udcff')))
def test_any_text_is_read(text: str) -> None:
    read_json(text)


def test_bodies_in_other_encodings() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"):
        assert read_json(text_of_body('{"ü": "😀"}'.encode(encoding))) == {"ü": "😀"}
    assert read_json(text_of_body(b'{"a": "\xe9"}')) == {"a": BROKEN}


def test_depth() -> None:
    deep = read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    Tokens(deep).next()
    tokens = Tokens(read_json("[" * 2000 + "]" * 2000))
    with pytest.raises(ContentError):
        walk(tokens)


def walk(tokens: Tokens) -> None:
    while tokens.next():
        pass


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth_is_bounded_where_a_program_has_raised_the_recursion_limit(opening: str) -> None:
    limit = sys.getrecursionlimit()
    closing = "]" if opening == "[" else "}"
    flat = "[" + ",".join(["[]"] * 2 * MAX_DEPTH) + "]"
    try:
        sys.setrecursionlimit(20_000)
        value = read_json(opening * 2 * MAX_DEPTH + "1" + closing * 2 * MAX_DEPTH)
        assert len(read_json(flat)) == 2 * MAX_DEPTH
    finally:
        sys.setrecursionlimit(limit)
    depth = 0
    while isinstance(value, (list, dict)) and value:
        value, depth = (value[0] if isinstance(value, list) else next(iter(value.values()))), depth + 1
    assert depth == MAX_DEPTH


def test_tokens_with_the_name_that_each_has() -> None:
    tokens = Tokens({"a": [1, {"b": None}], "c": True})
    seen = []
    while kind := tokens.next():
        seen.append((kind, tokens.name))
    assert seen == [
        ("START_OBJECT", None),
        ("FIELD_NAME", "a"),
        ("START_ARRAY", "a"),
        ("VALUE_NUMBER", None),
        ("START_OBJECT", None),
        ("FIELD_NAME", "b"),
        ("VALUE_NULL", "b"),
        ("END_OBJECT", None),
        ("END_ARRAY", "a"),
        ("FIELD_NAME", "c"),
        ("VALUE_BOOLEAN", "c"),
        ("END_OBJECT", None),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "x"), (5, "5"), (True, "true"), (Written(0.5, "0.50"), "0.50"), (Written(True, "yes"), "yes")],
)
def test_texts(value: Any, text: str) -> None:
    tokens = Tokens(value)
    tokens.next()
    assert tokens.text() == text


@pytest.mark.parametrize(
    ("value", "message"), [(None, "null"), ({}, "an object"), ([], "a list")], ids=["null", "object", "list"]
)
def test_what_has_no_text(value: Any, message: str) -> None:
    tokens = Tokens(value)
    tokens.next()
    with pytest.raises(NoTextError, match=f"^{message} where text belongs$"):
        tokens.text()


def test_a_whole_value_is_refused_where_it_is_broken() -> None:
    tokens = Tokens(read_json('{"a": {"b": 1}, "c": {"d": [x'))
    fields = tokens.fields()
    tokens.next()
    assert next(fields) == "a"
    assert tokens.value() == {"b": 1}
    assert next(fields) == "c"
    with pytest.raises(ContentError):
        tokens.value()
