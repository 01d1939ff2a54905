"""Findings: what is wrong with a scenario, where in the document, and what would be right."""

import json
from dataclasses import dataclass
from typing import Final, Literal

Path = tuple[str | int, ...]
"""Keys and list indexes from the document's root."""


@dataclass(frozen=True)
class Finding:
    """One problem with its place in the document. It is independent of a file."""

    path: Path
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    other: Path | None = None
    """The second place of the problem, such as the first of two equal times."""
    about: tuple[Path, ...] = ()
    """The finding is dropped if one of these places has an error itself. Default: `path` and `other`."""


_LONGEST: Final = 80


def quoted(text: object) -> str:
    """A value in quotes for a message: on one line, unprintable characters escaped, shortened."""
    word = str(text)
    shown = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…"
    return f'"{shown}"' if shown.isprintable() else json.dumps(shown)
