"""Pieces of Markdown."""

import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 120
_KEPT = "\0"  # stands for a space at which no line ends


def document(title: str, source: str, introduction: str, *parts: str) -> str:
    """A page; `source` says from what it is made."""
    note = f"<!-- Made from {source} by `make reference`; a test compares. -->"
    return (
        "\n\n".join((f"# {title}", note, prose(introduction), *filter(None, (part.strip("\n") for part in parts))))
        + "\n"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; empty if there are no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join((_row(heads), f"|{'---|' * len(heads)}", *lines)) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def prose(text: str) -> str:
    """Paragraphs, filled to the width of a line. Code and the texts of links stay on one line."""
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    whole = (re.sub(r"`[^`]+`|\[[^\]]+\]\(", lambda found: found[0].replace(" ", _KEPT), part) for part in paragraphs)
    filled = (textwrap.fill(part, WIDTH, break_long_words=False, break_on_hyphens=False) for part in whole)
    return "\n\n".join(filled).replace(_KEPT, " ")


def code(text: object) -> str:
    """As code, also where the text has a backtick."""
    return f"`` {text} ``" if "`" in str(text) else f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    return ", ".join(map(code, texts))


def anchor(heading: str) -> str:
    """What a link has after its `#`, as GitHub and MkDocs write it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def docstring(text: str) -> str:
    """A docstring as Markdown: one kind of code, and citations as links."""
    single = re.sub(r"``([^`]+)``", r"`\1`", text)
    return prose(re.sub(r'docs/reference/(\w+\.md), "([^"]+)"', lambda cited: _cited(*cited.groups()), single))


def _cited(page: str, heading: str) -> str:
    return f"[{heading}]({page}#{anchor(heading)})"
