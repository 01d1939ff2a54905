"""What is wrong with a scenario, where in the document, and what would be right."""

import json
from dataclasses import dataclass
from typing import Final, Literal

Path = tuple[str | int, ...]
"""Keys and list indexes from the document's root."""


@dataclass(frozen=True)
class Finding:
    """One problem, told by its place in the document rather than in a file."""

    path: Path
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    other: Path | None = None
    """A second place that the problem is about, such as the first of two equal times."""
    about: tuple[Path, ...] = ()
    """The places whose own mistakes would leave it without ground; `path` and `other`, where none is named."""


_LONGEST: Final = 80


def quoted(text: object) -> str:
    """A user's word as a message shows it: in quotes, on one line, nothing invisible, not too long."""
    word = str(text)
    shown = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…"
    return f'"{shown}"' if shown.isprintable() else json.dumps(shown)
