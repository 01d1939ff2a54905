"""Words of a user: how they are quoted, and which were meant."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockflow.core.base.findings import quoted
from mockflow.core.base.suggest import closest, did_you_mean
from mockflow.core.plugin.status import PROGRESS, STATES
from mockflow.core.plugin.steps import STEPS
from mockflow.core.scenario.model import Scenario
from mockflow.core.script.models import Keyframe, Resource

VOCABULARIES = {
    "scenario": list(Scenario.model_fields),
    "keyframe": list(Keyframe.model_fields),
    "resource": list(Resource.model_fields),
    "states": list(STATES),
    "progress": list(PROGRESS),
    "steps": list(STEPS),
}


@pytest.mark.slow
@pytest.mark.parametrize("words", VOCABULARIES.values(), ids=VOCABULARIES.keys())
def test_a_slip_in_a_word_suggests_that_word(words: list[str]) -> None:
    slips = {slip: word for word in words if len(word) > 5 for slip in slips_of(word)}
    assert {slip: closest(slip, words) for slip in slips} == slips


def slips_of(word: str) -> Iterator[str]:
    """One character left out, doubled or in the place of its neighbour, behind the first; and the wrong case."""
    for place in range(1, len(word) - 1):
        before, here, after = word[:place], word[place], word[place + 1 :]
        yield from (before + after, before + here + here + after, before + after[0] + here + after[1:])
    yield from (word.swapcase(), word.replace("_", "-"), word.replace("_", ""))


@pytest.mark.parametrize("word", ["", "x", "zebra", "12", "\n"])
def test_what_is_near_to_nothing(word: str) -> None:
    assert closest(word, STATES) is None
    assert did_you_mean(word, STATES) == "one of NOT_STARTED, PROVISIONING, COMPLETED, FAILED"


def test_nothing_to_choose_from() -> None:
    assert closest("word", []) is None


def test_did_you_mean() -> None:
    assert did_you_mean("PROVISIONNING", STATES) == "did you mean PROVISIONING?"


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("PROVISIONNING", '"PROVISIONNING"'),
        ("", '""'),
        (5, '"5"'),
        ("größe 😀", '"größe 😀"'),
        ("two\nlines", r'"two\nlines"'),
        ("\x1b[31mred", r'"\u001b[31mred"'),
        ("right\u202eleft", r'"right\u202eleft"'),
        ("x" * 81, f'"{"x" * 80}…"'),
    ],
)
def test_quoted(word: object, shown: str) -> None:
    assert quoted(word) == shown


@given(st.text())
def test_quoted_is_one_short_line_that_can_be_seen(word: str) -> None:
    shown = quoted(word)
    assert shown.isprintable()
    assert len(shown) <= 12 * 80 + 8  # each character an escape of a surrogate pair
