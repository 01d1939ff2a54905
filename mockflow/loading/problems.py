"""Problems in scenario files: where they are, what is wrong, and what would be right."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from mockflow.core.base.plain_text import plain


class Place(NamedTuple):
    """A place in a file. Line and column count from 1; 0 means the whole file."""

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
    """The second place, if the problem is about two."""

    def __str__(self) -> str:
        return self.text if self.severity == "error" else self._line("warning: ")

    @property
    def text(self) -> str:
        """The line without the word ``warning``, for a log that has levels."""
        return self._line()

    @property
    def what(self) -> str:
        """The line without its place."""
        other = f" (the other is at {self.other})" if self.other else ""
        hint = f"; {self.hint}" if self.hint else ""
        return plain(f"{self.message}{other}{hint}")

    def _line(self, kind: str = "") -> str:
        return plain(f"{self.place}: {kind}{self.what}")

    def as_json(self) -> dict[str, Any]:
        """The form in `mockflow check --format json` and in the control API."""
        return {
            **self.place._asdict(),
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
            "other": self.other._asdict() if self.other else None,
        }
