"""Values in messages."""

import json
from typing import Final

_LONGEST: Final = 80


def quoted(text: object) -> str:
    """A value in quotes for a message: on one line, unprintable characters escaped, shortened."""
    word = str(text)
    shown = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…"
    return f'"{shown}"' if shown.isprintable() else json.dumps(shown)
