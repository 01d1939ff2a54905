"""JSON that is read in parts is read as in one go, and wrong text is refused as there."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base import json_parts
from mockflow.core.base.json_parts import read_in_parts
from mockflow.core.base.json_reader import read_json, read_value
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.json_writer import compact, compact_in_parts

SCAN: Any = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
texts = st.sampled_from(["a,b", "},", "],", '",', "", "\\", "x" * 15])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_parts, "_PART", 12)
    monkeypatch.setattr("mockflow.core.base.json_reader.FROM", 1)
    monkeypatch.setattr("mockflow.core.base.json_writer._MANY", 4)


@given(values, st.sampled_from([(",", ":"), (" ,\n", ": ")]), st.integers(1, 9))
def test_values_are_the_same(value: Any, separators: tuple[str, str], levels: int) -> None:
    text = json.dumps(value, separators=separators)
    assert read_in_parts(text, 0, SCAN, levels) == (value, len(text))


@given(values, st.data())
def test_wrong_text_is_refused_alike(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value)
    place = data.draw(st.integers(0, len(text) - 1))
    text = text[:place] + data.draw(st.sampled_from(["", ",", "}", "]", '"', "1", " "])) + text[place + 1 :]

    def read(levels: int) -> Any:
        try:
            return read_in_parts(text, 0, SCAN, levels)
        except ValueError:
            return None

    assert read(3) == read(0)


@given(values)
def test_what_is_written_in_parts_is_the_same(value: Any) -> None:
    assert compact_in_parts(value) == compact(value)


def test_no_part_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest text that is read in one go is a part, not the body."""
    monkeypatch.setattr(json_parts, "_PART", 1_000)
    longest = [0]

    def scan(text: str, place: int) -> tuple[Any, int]:
        value, end = SCAN(text, place)
        longest[0] = max(longest[0], end - place)
        return value, end

    for value in ({f"k{n}": n for n in range(5_000)}, {"doc": {"a": [[n] for n in range(5_000)]}}, ["x"] * 5_000):
        text = json.dumps(value)
        assert read_in_parts(text, 0, scan)[0] == value
    assert 500 < longest[0] <= 1_002


@pytest.mark.parametrize(
    "text", ['{"a": 1, "bbbbbbbbbbbbbbb": 2, "a": 3}', '{"x": [1, {"a": 1, "cccccccccccc": 2, "a": 1}]}']
)
def test_a_key_that_stands_twice_is_refused_in_large_text_too(text: str) -> None:
    with pytest.raises(MalformedJsonError):
        read_value(text)
    read_json(text)
