"""What is wrong with a scenario, where in the document, and what would be right."""

from dataclasses import dataclass
from typing import Literal

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
