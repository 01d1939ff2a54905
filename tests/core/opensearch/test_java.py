import pytest

from mockflow.core.opensearch.java import cast_error, hash_order, java_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": [True, None]}, "{a=1, b=[true, null]}"),
        ({}, "{}"),
        ("x", "x"),
        (1.0, "1.0"),
        (15000.0, "15000.0"),
        (1e10, "1.0E10"),
        (12345678.5, "1.23456785E7"),
        (0.00012, "1.2E-4"),
        (-1e10, "-1.0E10"),
    ],
)
def test_values_print_as_in_java(value: object, text: str) -> None:
    assert java_text(value) == text


def test_keys_come_in_the_order_of_a_hash_map() -> None:
    given = ["name", "description", "version", "protocol", "parameters", "actions"]
    assert hash_order(given) == ["protocol", "name", "description", "version", "parameters", "actions"]  # measured
    assert hash_order(["index_name", "configurations"]) == ["configurations", "index_name"]  # measured
    assert hash_order(["AaAa", "BBBB"]) == ["AaAa", "BBBB"]  # the same hash: as they were put in
    assert hash_order(["BBBB", "AaAa"]) == ["BBBB", "AaAa"]


def test_a_cast_error_names_both_classes() -> None:
    assert cast_error("x") == (
        "class java.lang.String cannot be cast to class java.util.Map "
        "(java.lang.String and java.util.Map are in module java.base of loader 'bootstrap')"
    )
