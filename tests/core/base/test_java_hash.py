"""The order of keys in Java's maps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.java_hash import CopiedMaps, hash_map, hash_map_order, string_hash

names = st.lists(st.text(max_size=6), unique=True, max_size=40)
starts = st.builds(CopiedMaps, st.integers(0, 2**32 - 1), st.booleans())


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 0), ("a", 97), ("ab", 3105), ("hello", 99162322), ("polygenelubricants", -(2**31)), ("😀", 1772899)],
)
def test_the_hash_of_a_text(text: str, number: int) -> None:
    assert string_hash(text) == number


def test_a_hash_map_lists_buckets_and_in_each_what_came_first() -> None:
    assert hash_map_order(["type", "index_name", "configurations"]) == ["configurations", "type", "index_name"]
    assert hash_map_order(["Aa", "BB"]) == ["Aa", "BB"], "both have the same hash"
    assert hash_map_order(["BB", "Aa"]) == ["BB", "Aa"]
    assert list(hash_map({"limit": 4, "unit": "MINUTES"})) == ["unit", "limit"]


def test_a_hash_map_grows_with_its_thirteenth_key() -> None:
    numbers = [chr(code) for code in range(97, 97 + 13)]
    assert hash_map_order(reversed(numbers[:12])) == numbers[:12]
    assert hash_map_order(reversed(numbers)) == numbers
    assert hash_map_order(["q", "a"]) == ["q", "a"], "one bucket of sixteen"
    assert hash_map_order(["q", *numbers]) == [*numbers, "q"], "two buckets of 32"


@pytest.mark.parametrize(
    ("maps", "keys", "order"),
    [
        (CopiedMaps(0xF3333333, ascending=True), "abcdefg", "bcdefga"),
        (CopiedMaps(0x13B645A1, ascending=False), "abcdefg", "bagfedc"),
        (CopiedMaps(0xF3333333, ascending=True), "an", "an"),
        (CopiedMaps(0x13B645A1, ascending=False), "an", "na"),
        (CopiedMaps(0, ascending=True), "a", "a"),
        (CopiedMaps(0, ascending=True), "", ""),
    ],
)
def test_a_copy_begins_where_its_start_says(maps: CopiedMaps, keys: str, order: str) -> None:
    assert "".join(maps.order(keys)) == order
    assert list(maps.copy(dict.fromkeys(keys))) == list(order)


@given(names, starts)
def test_an_order_has_each_key_once(keys: list[str], maps: CopiedMaps) -> None:
    assert sorted(hash_map_order(keys)) == sorted(maps.order(keys)) == sorted(keys)


@given(names)
def test_a_hash_map_of_a_hash_map_is_the_same(keys: list[str]) -> None:
    assert hash_map_order(hash_map_order(keys)) == hash_map_order(keys)


@pytest.mark.parametrize(
    "order",
    [
        ["use_case", "created_time", "last_updated_time", "name", "description", "workflows"],
        [
            *("workflow_id", "provision_start_time", "provisioning_progress"),
            *("provision_end_time", "state", "resources_created"),
        ],
        ["configurations", "index_name"],
    ],
)
def test_keys_come_in_the_order_that_was_measured(order: list[str]) -> None:
    assert hash_map_order(order) == order


def test_a_table_does_not_shrink() -> None:
    assert hash_map_order(["q", "a"], most=12) == ["q", "a"], "one bucket of sixteen"
    assert hash_map_order(["q", "a"], most=13) == ["a", "q"], "two buckets of 32"
