"""Whether the page's colours can be read: WCAG 2.1 AA, 4.5 for text and 3 for marks, in light and dark."""

import re
from typing import Final

import pytest

from mockflow.server.control import page

CSS: Final = (page.FOLDER / "style.css").read_text("utf-8")
_NAMED: Final = re.compile(r"--([\w-]+): (#[0-9a-f]{3,6});")
LIGHT: Final = dict(_NAMED.findall(CSS.partition("@media (prefers-color-scheme: dark)")[0]))
DARK: Final = {**LIGHT, **dict(_NAMED.findall(CSS.partition("@media (prefers-color-scheme: dark)")[2]))}
SCHEMES: Final = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])

TEXTS: Final = [
    *((ink, ground) for ink in ("text", "muted") for ground in ("back", "panel", "raised", "select", "hover")),
    ("accent-text", "accent"),
    *((f"{state}-text", state) for state in ("idle", "busy", "done", "failed", "other")),
    *((f"{state}-text", "panel") for state in ("idle", "busy", "done", "failed", "other")),
    *((ink, ground) for ink in ("key", "string", "literal") for ground in ("back", "raised", "new")),
    *((f"tick-{kind}", ground) for kind in ("ok", "refused", "error", "broken") for ground in ("panel", "raised")),
    ("hatch", "panel"),
    ("text", "lane"),
]
MARKS: Final = [
    *((f"tick-{kind}", ground) for kind in ("ok", "refused", "error", "broken") for ground in ("back", "select")),
    *(
        (mark, ground)
        for mark in ("head", "scrub", "resource", "strong-line")
        for ground in ("panel", "back", "select")
    ),
    ("hatch", "busy"),
    ("accent", "panel"),
]


@SCHEMES
@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_can_be_read(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= 4.5


@SCHEMES
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_can_be_seen(colours: dict[str, str], mark: str, ground: str) -> None:
    assert contrast(colours[mark], colours[ground]) >= 3


def test_the_reckoning_is_right() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.1, 1.4.3."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
