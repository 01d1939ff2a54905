"""A problem in a scenario file: where it is, what is wrong, what would be right."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Place:
    """A place in a file; line and column count from 1, and 0 means that the file as a whole is meant."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """`str(problem)` is ``file:line:column: what is wrong; what would be right``, always one line."""

    place: Place
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    other: Place | None = None
    """The second place, where the problem is about two."""

    def __str__(self) -> str:
        kind = "warning: " if self.severity == "warning" else ""
        other = f" (the other is at {self.other})" if self.other else ""
        hint = f"; {self.hint}" if self.hint else ""
        return _on_one_line(f"{self.place}: {kind}{self.message}{other}{hint}")

    def as_json(self) -> dict[str, Any]:
        """For `mockflow check --format json` and the owner's door."""
        return {
            **asdict(self.place),
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "other": asdict(self.other) if self.other else None,
        }


def _on_one_line(text: str) -> str:
    """`text` with what cannot be seen as escapes: names of files and words of users may hold anything."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
