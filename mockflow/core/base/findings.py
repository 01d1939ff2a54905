"""Findings: what is wrong with a scenario, where in the document, and what would be right."""

from dataclasses import dataclass
from typing import Literal

from mockflow.core.base.quoting import quoted as quoted

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
