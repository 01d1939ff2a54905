"""JSON written in parts is JSON written at once."""

from typing import Any

import pytest

from mockflow.core.base.json_writer import compact, compact_in_parts


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"took": 1, "hits": {"total": None, "hits": [{"é": number} for number in range(1_201)]}},
        [[number, "\ud83d"] for number in range(1_000)],
        {str(number): [float("inf")] for number in range(30)},
        {"a": [float("nan")] * 501},
    ],
)
def test_the_bytes_are_the_same(value: Any) -> None:
    assert compact_in_parts(value) == compact(value)
