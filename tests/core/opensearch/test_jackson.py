"""JSON as Jackson reads it: the places of values and the messages for text that is not JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.json_reader import read_value
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.opensearch.jackson import error_of, path_to, place_of

REDACTED = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from([None, 2]), st.booleans())
def test_whatever_the_standard_library_writes_is_json(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert json.loads(text) == read_value(text)


@given(json_values.filter(lambda value: isinstance(value, (dict, list))))
def test_a_document_cut_short_ends_too_early(value: Any) -> None:
    text = json.dumps(value)
    for length in range(1, len(text)):
        error = malformed(text[:length])
        assert error is not None
        assert error.is_end or "token" in error.message  # a word cut short is a word that JSON does not have


@given(json_values)
def test_every_place_is_that_of_its_value(value: Any) -> None:
    text = json.dumps(value)
    for path, part in parts(value):
        place = place_of(text, path)
        assert place is not None
        assert (place.line, json.JSONDecoder().raw_decode(text, place.column - 1)[0]) == (1, part)
        if isinstance(part, dict):
            keys = {key: place_of(text, (*path, key), "key") for key in part}
            assert {key: at and json.JSONDecoder().raw_decode(text, at.column - 1)[0] for key, at in keys.items()} == {
                key: key for key in part
            }


@pytest.mark.parametrize(
    ("text", "newer", "older"),
    [
        ("xyz", f"Unrecognized token 'xyz': was expecting {VALUE}\n at {REDACTED}; byte offset: #0]", "column: 4]"),
        (
            "{",
            f"Unexpected end-of-input: expected close marker for Object (start marker at {REDACTED}; byte offset: "
            f"#UNKNOWN])\n at {REDACTED}; byte offset: #1]",
            "column: 2]",
        ),
        (
            '{"a" 1}',
            "Unexpected character ('1' (code 49)): was expecting a colon to separate property name and value\n "
            f"at {REDACTED}; byte offset: #5]",
            "column: 6]",
        ),
        ('{"ä": NaN}', "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", ""),
        ('{"a": 1, "a": 2}', 'Duplicate Object property "a"', "column: 13]"),
        ('{"a": 01}', "Invalid numeric value: Leading zeroes not allowed", ""),
        ("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", ""),
        ('"a', "Unexpected end-of-input in VALUE_STRING", ""),
        ('["\\x"]', "Unrecognized character escape 'x' (code 120)", ""),
        ('["\n"]', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash", ""),
    ],
)
def test_messages_of_both_releases_of_jackson(text: str, newer: str, older: str) -> None:
    error = malformed(text)
    assert error is not None
    assert error_of(error, jackson=3)["reason"].startswith(newer)
    assert error_of(error, jackson=2)["reason"].endswith(older)


def test_the_kind_of_an_error_depends_on_the_release() -> None:
    early, wrong = malformed("{"), malformed("xyz")
    assert early is not None
    assert wrong is not None
    assert [error_of(early, jackson=version)["type"] for version in (2, 3)] == [
        "json_e_o_f_exception",
        "unexpected_end_of_input_exception",
    ]
    assert error_of(wrong, jackson=3)["caused_by"]["type"] == "stream_read_exception"
    assert "caused_by" not in error_of(wrong, jackson=2)


def test_what_follows_the_first_value_does_not_matter() -> None:
    assert malformed('{"a": 1} xyz') is None
    assert malformed("") is None


def test_a_place_is_found_by_the_object_itself() -> None:
    text = '{"a": [{}, {"b": {}}]}'
    document = json.loads(text)
    path = path_to(document, document["a"][1]["b"])
    assert path == ("a", 1, "b")
    assert place_of(text, path) == (1, 18)
    assert place_of(text, path, "key") == (1, 13)
    assert place_of(text, path, "end") == (1, 19)
    assert path_to(document, {}) is None
    assert place_of(text, ("c",)) is None


def parts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Each value within `value`, and its path."""
    yield path, value
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, part in items:
        yield from parts(part, (*path, key))


def malformed(text: str) -> MalformedJsonError | None:
    try:
        read_value(text)
    except MalformedJsonError as error:
        return error
    return None
