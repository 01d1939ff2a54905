"""Class names, casts and values as text, as they show in OpenSearch's texts."""

from typing import Any

import pytest

from mockflow.core.opensearch.java import class_name, failed_cast, java_text
from mockflow.core.opensearch.json_text import NoObjectError, read_object


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("a", "java.lang.String"),
        (1, "java.lang.Integer"),
        (2**31, "java.lang.Long"),
        (2**63, "java.math.BigInteger"),
        (1.5, "java.lang.Double"),
        (True, "java.lang.Boolean"),
        ([], "java.util.ArrayList"),
        ({}, "java.util.HashMap"),
    ],
)
def test_each_kind_of_value_has_its_class(value: Any, name: str) -> None:
    assert class_name(value) == name


def test_a_failed_cast_names_both_classes_twice() -> None:
    assert failed_cast(1, "java.lang.String") == (
        "class java.lang.Integer cannot be cast to class java.lang.String (java.lang.Integer and java.lang.String are "
        "in module java.base of loader 'bootstrap')"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, "null"),
        (5, "5"),
        ([1, "a"], "[1, a]"),
        ({"b": 1, "a": [False]}, "{a=[false], b=1}"),
        *((1.0, "1.0"), (15000.0, "15000.0"), (1e10, "1.0E10"), (12345678.5, "1.23456785E7"), (0.00012, "1.2E-4")),
    ],
)
def test_values_are_written_as_to_string_does(value: Any, text: str) -> None:
    assert java_text(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        (" \n", {}),
        ('{"a": 1}', {"a": 1}),
        ('{"a": 1} xyz', {"a": 1}),
        ('\t{"a": {"b": []}}', {"a": {"b": []}}),
    ],
)
def test_the_object_at_the_beginning_is_read(text: str, value: dict[str, Any]) -> None:
    assert read_object(text) == value


@pytest.mark.parametrize("text", ["xyz", "[]", '"a"', "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000])
def test_a_text_without_an_object_is_refused(text: str) -> None:
    with pytest.raises(NoObjectError):
        read_object(text)
