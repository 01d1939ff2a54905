"""The pages that readers get, README.md and docs/, cut into code blocks, headings and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.support.paths import ROOT

_FENCED: Final = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block: its language, the name of the file that it stands for (if any), its text and its line."""

    language: str
    file: str
    text: str
    line: int

    @property
    def steps(self) -> "list[Step]":
        """The commands of a session; empty for any other block."""
        if self.language != "console":
            return []
        _, *parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        return [Step(command, output) for command, _, output in (part.partition("\n") for part in parts)]


@dataclass(frozen=True)
class Step:
    """A command of a session and what the page shows after it."""

    command: str
    output: str


@dataclass(frozen=True)
class Page:
    """A page in Markdown; `name` is its path from the root of the repository."""

    name: str
    text: str

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_blocks(self.text))

    @cached_property
    def prose(self) -> str:
        """The page without its code blocks."""
        return _FENCED.sub("", self.text)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What a link may have after its `#`: the headings, as GitHub and MkDocs write them."""
        headings = re.findall(r"^#+ (.+?)$", self.prose, re.MULTILINE)
        return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The targets of links and pictures that lead to no other host."""
        text = re.sub(r"`[^`\n]*`", "", self.prose)
        return tuple(re.findall(r"\]\((?!https?:)([^)\s]+)\)", text))


def _blocks(text: str) -> Iterator[Block]:
    for match in _FENCED.finditer(text):
        language, _, rest = match[1].partition(" ")
        title = re.fullmatch(r'title="([^"]+)"', rest)
        assert title or not rest, f"{rest!r} after the three backticks: MkDocs knows title=... only"
        yield Block(language, title[1] if title else "", match[2], text.count("\n", 0, match.start()) + 1)


def page(path: Path) -> Page:
    return Page(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))


PAGES: Final = tuple(page(path) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))))
"""README.md and all pages of docs/."""
