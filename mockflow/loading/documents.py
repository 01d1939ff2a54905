"""The documents of a YAML text as texts of their own, so that one can be edited and the others stay as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mockflow.loading.yaml12 import read


@dataclass(frozen=True)
class Part:
    """One document's text, with the comments before and after it, within a larger text."""

    text: str
    begin: int
    """The index of its first character."""
    line: int
    """The line on which it begins, from 1."""


def parts(text: str) -> list[Part]:
    """The parts between the lines that begin with ``---``. A text with other marks of YAML's streams is one part."""
    if _UNUSUAL.search(text):
        return [Part(text, 0, 1)]
    begins, ends = [0], []
    for mark in _MARK.finditer(text):
        ends.append(mark.start())
        begins.append(mark.end() if _BARE.fullmatch(mark[0]) else mark.start())
    return [
        Part(text[begin:end], begin, text.count("\n", 0, begin) + 1)
        for begin, end in zip(begins, [*ends, len(text)], strict=True)
    ]


def part_of(text: str, scenario: str) -> Part | None:
    """The part with the scenario of this name, which may have errors; None if there is none.

    None as well where the part would have further documents.
    """
    found = parts(text)
    likely = [part for part in found if scenario in part.text]
    return next((part for part in likely or found if _names(part.text) == [scenario]), None)


def put(text: str, part: Part, new: str) -> str:
    """`text` with `new` in place of a part; the line ends of the text stay."""
    if "\r\n" in text and not re.search(r"(?<!\r)\n", text):
        new = re.sub(r"\r?\n", "\r\n", new)
    end = part.begin + len(part.text)
    if end < len(text) and not new.endswith("\n"):
        new += "\r\n" if part.text.endswith("\r\n") else "\n"
    return text[: part.begin] + new + text[end:]


def _names(text: str) -> list[str]:
    """The names of the scenarios in a part. Of a text that cannot be parsed, the first key `scenario` counts."""
    documents, _ = read(text, "")
    names = [document.value.get("scenario") if isinstance(document.value, dict) else None for document in documents]
    known = [name for name in names if isinstance(name, str)]
    if known and len(known) == len(documents):
        return known
    return list(_by_pattern(text))[:1] if len(documents) <= 1 else []


def _by_pattern(text: str) -> Iterator[str]:
    for found in _NAME.finditer(text):
        yield found[1].strip("\"'")


_MARK: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)[^\n]*(?:\n|\Z)", re.MULTILINE)
_BARE: Final = re.compile(r"---[ \t]*(#[^\n]*)?\r?\n?")
"""A mark without content on its line."""
_UNUSUAL: Final = re.compile(r"^(?:%|\.\.\.(?=[ \t\r\n]|\Z))|\r(?!\n)|[\x85\u2028\u2029]", re.MULTILINE)
_NAME: Final = re.compile(r"^[ \t{\"]*scenario\"?[ \t]*:[ \t]*([^\n#,]*[^\s#,])", re.MULTILINE)
