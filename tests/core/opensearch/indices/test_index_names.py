import pytest

from mockflow.core.opensearch.indices.index_names import check_alias_name, check_index_name
from mockflow.core.opensearch.refusal import RefusedError

CHARACTERS = '[ , ", *, \\, <, |, ,, >, /, ?]'


@pytest.mark.parametrize(
    "name", ["a", "my-index_1", ".hidden", "ünïcode", "a" * 255, "a.b", "<logs-{now/d}>", "0", "a+b", "..."]
)
def test_names_that_an_index_may_have(name: str) -> None:
    check_index_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("BAD", "must be lowercase"),
        ("_x", "must not start with '_', '-', or '+'"),
        ("-x", "must not start with '_', '-', or '+'"),
        ("", "must not be empty"),
        ("a b#c", f"must not contain the following characters {CHARACTERS}"),
        ("a#B", "must not contain '#'"),
        ("a:b", "must not contain ':'"),
        (".", "must not be '.' or '..'"),
        ("..", "must not be '.' or '..'"),
        ("ü" * 128, "index name is too long, (256 > 255)"),
    ],
)
def test_the_first_rule_that_a_name_breaks_is_named(name: str, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_index_name(name)
    assert caught.value.refusal.message == f"Invalid index name [{name}], {reason}"
    assert caught.value.refusal.exception == "InvalidIndexNameException"


@pytest.mark.parametrize("name", ["a", "Capitals", "a.b"])
def test_names_that_an_alias_may_have(name: str) -> None:
    check_alias_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a*", f"Invalid alias name [a*]: must not contain the following characters {CHARACTERS}"),
        ("_a", "Invalid alias name [_a]: must not start with '_', '-', or '+'"),
        (" ", "alias name is required"),
    ],
)
def test_names_that_an_alias_may_not_have(name: str, message: str) -> None:
    with pytest.raises(RefusedError) as caught:
        check_alias_name(name)
    assert caught.value.refusal.message == message
