"""Which workflows `mockflow show --live` draws: those that changed last, or a part of the list that keys move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Selection:
    """`words` filter by id, scenario and state; `first` is the first row that is drawn, or None for the latest ones."""

    words: str = ""
    first: int | None = None
    is_typing: bool = False

    def shown(
        self, workflows: Mapping[str, Mapping[str, Any]], touched: Mapping[str, int], room: int
    ) -> tuple[Sequence[str], int]:
        """The ids to draw, at most `room`, and how many match the filter."""
        matching = [name for name, view in workflows.items() if self.matches(name, view)]
        if self.first is None:
            latest = set(sorted(matching, key=lambda name: -touched.get(name, 0))[:room])
            return [name for name in matching if name in latest], len(matching)
        self.first = max(min(self.first, len(matching) - room), 0)
        return matching[self.first : self.first + room], len(matching)

    def matches(self, workflow_id: str, view: Mapping[str, Any]) -> bool:
        """Whether every word is a part of, or a glob for, the workflow's id, scenario or state."""
        texts = [str(text).casefold() for text in (workflow_id, view.get("scenario"), view.get("state")) if text]
        return all(
            any(word in text or fnmatchcase(text, word) for text in texts) for word in self.words.casefold().split()
        )

    def press(self, key: str, room: int) -> None:
        """Changes the selection as the key says; other keys change nothing."""
        if self.is_typing:
            self._type(key)
            return
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "page up": -room, "page down": room, " ": room}
        if key in steps:
            self.first = (self.first or 0) + steps[key] if self.first is not None else max(steps[key], 0)
        elif key in ("home", "g"):
            self.first = 0
        elif key in ("end", "G"):
            self.first = 10**9  # `shown` brings it to the last page
        elif key == "/":
            self.is_typing, self.words = True, ""
        elif key == "escape":
            self.first, self.words = None, ""

    def _type(self, key: str) -> None:
        if key == "enter":
            self.is_typing = False
        elif key == "escape":
            self.is_typing, self.words = False, ""
        elif key == "backspace":
            self.words = self.words[:-1]
        elif len(key) == 1 or (key.isprintable() and " " not in key):
            self.words += key
