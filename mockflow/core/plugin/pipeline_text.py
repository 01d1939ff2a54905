"""What the steps that create or update a pipeline send (docs/reference/plugin.md, "What steps check")."""

import json
import re
from typing import Any, Final

_ARRAY_IN_QUOTES: Final = re.compile(r'"\[((?:(?!]").)*)]"|"\[(?:(?!]").)*')
"""The second part takes what is not closed, so that it is looked at once."""


def sent_text(configurations: Any) -> str:
    """The text that the step sends for this input, a text or an object. Arrays in quotes become arrays."""
    text = configurations if isinstance(configurations, str) else json.dumps(configurations, ensure_ascii=False)
    return _ARRAY_IN_QUOTES.sub(_array, text)


def _array(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else "[" + found[1].replace('\\"', '"') + "]"
