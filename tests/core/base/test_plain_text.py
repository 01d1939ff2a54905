"""What cannot be printed is escaped."""

import pytest

from mockflow.core.base.plain_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("größe ✓ 日本", "größe ✓ 日本"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x1b[2J\x9b\x07\x00\x7f", r"\x1b[2J\x9b\x07\x00\x7f"),
        ("\u202ea\u2066\u200e\ufeff", r"\u202ea\u2066\u200e\ufeff"),
        ("a\u2028b\u2029c\x85", r"a\u2028b\u2029c\x85"),
        ("\udcff", r"\udcff"),
    ],
)
def test_it_is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_stays() -> None:
    assert plain("a\nb\tc", keep="\n") == "a\nb\\tc"
