"""OpenSearch time units, and what is said of everything else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.durations import (
    DURATION_PATTERN,
    MAX_MS,
    MOMENT_PATTERN,
    UNITS_MS,
    format_duration,
    parse_duration,
    parse_moment,
)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        (0, 0),
        ("0ms", 0),
        ("1ms", 1),
        ("500ms", 500),
        ("2s", 2_000),
        ("2 s", 2_000),
        ("007s", 7_000),
        ("1m", 60_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
        ("36500d", MAX_MS),
    ],
)
def test_durations(text: object, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds
    assert parse_moment(text) == (False, milliseconds)
    assert parse_moment(f"+{text}") == (True, milliseconds)


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS_MS)))
def test_every_whole_number_of_every_unit(number: int, unit: str) -> None:
    milliseconds = number * UNITS_MS[unit]
    if milliseconds <= MAX_MS:
        assert parse_duration(f"{number}{unit}") == milliseconds
        assert parse_duration(format_duration(milliseconds)) == milliseconds
    else:
        with pytest.raises(ValueError, match="longer than a century"):
            parse_duration(f"{number}{unit}")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (999, "999ms"),
        (1_000, "1s"),
        (1_001, "1001ms"),
        (90_000, "90s"),
        (3_600_000, "1h"),
        (172_800_000, "2d"),
    ],
)
def test_the_largest_unit_without_a_fraction(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


RIGHT = 'write a whole number with a unit (ms, s, m, h or d), such as "500ms" or "2s"'


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (2, 'it needs a unit: "2s" or "2ms"'),
        ("2", 'it needs a unit: "2s" or "2ms"'),
        ("+2", 'it needs a unit: "+2s" or "+2ms"'),
        (-2, "times are not negative"),
        ("-2s", "times are not negative"),
        ("+-2s", "times are not negative"),
        ("1.5s", 'write "1500ms"'),
        (".5m", 'write "30s"'),
        ("+0.25s", 'write "+250ms"'),
        ("1-2s", RIGHT),
        ("1.5", RIGHT),
        (1.5, RIGHT),
        ("0.0001s", RIGHT),
        ("1m30s", 'write "90s"'),
        ("1h 30m", 'write "90m"'),
        ("2 Seconds", 'write "2s"'),
        ("3 min", 'write "3m"'),
        ("10S", 'write "10s"'),
        ("100 msec", 'write "100ms"'),
        ("2s 3x", RIGHT),
        ("s", RIGHT),
        ("", RIGHT),
        ("+", RIGHT),
        ("++1s", RIGHT),
        ("1w", RIGHT),
        ("1:30", RIGHT),
        ("2s\n", 'write "2s"'),
        ("٣s", RIGHT),
        ("1e3s", RIGHT),
        ("99999d 99999d", RIGHT),
    ],
)
def test_what_is_no_time_is_told_what_would_be_right(text: object, advice: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time; ") as told:
        parse_moment(text)
    assert str(told.value).partition("; ")[2] == advice


@pytest.mark.parametrize("value", [True, False, None, [], {}, b"1s"])
def test_what_is_no_text_is_no_time(value: object) -> None:
    with pytest.raises(ValueError, match="a time is a whole number with a unit"):
        parse_moment(value)


@pytest.mark.parametrize("text", ["36501d", f"{MAX_MS + 1}ms", "9" * 16 + "ms", "9" * 10_000 + "d"])
def test_a_time_has_a_bound(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a century; a time is at most 36500d") as told:
        parse_duration(text)
    assert len(str(told.value)) < 200


def test_only_a_moment_may_be_relative() -> None:
    with pytest.raises(ValueError, match=r"leave out the \+"):
        parse_duration("+2s")


@given(st.text(max_size=8) | st.from_regex(r"\+?(0|[0-9]{1,5} *(ms|s|m|h))", fullmatch=True))
def test_an_editor_accepts_what_is_accepted(text: str) -> None:
    for parse, pattern in ((parse_duration, DURATION_PATTERN), (parse_moment, MOMENT_PATTERN)):
        try:
            parse(text)
            accepted = True
        except ValueError:
            accepted = False
        assert accepted is bool(re.fullmatch(pattern.strip("^$"), text))
