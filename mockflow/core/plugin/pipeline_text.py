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


def bad_reference(text: str) -> str | None:
    """What Java's Matcher says of a dollar in an array in quotes: the step puts it back as a pattern's replacement."""
    for found in _ARRAY_IN_QUOTES.finditer(text):
        for dollar in _DOLLAR.finditer(found[1] or ""):
            if dollar[1] is not None:
                return f"No group with name {{{dollar[1]}}}"
            if dollar[2] is not None:
                return "named capturing group is missing trailing '}'"
            if dollar[3] is not None:
                return "Illegal group reference"
    return None


def _array(found: re.Match[str]) -> str:
    """The array as Java's Matcher.appendReplacement puts it back, which takes another backslash away."""
    return found[0] if found[1] is None else "[" + _ESCAPED.sub(r"\1", found[1].replace('\\"', '"')) + "]"


_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_DOLLAR: Final = re.compile(r"\\.|\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|(\{)|(?=([^0-9{]|$)))", re.DOTALL)
"""A dollar that no backslash precedes: with a name in braces, with a brace alone, with neither brace nor digit."""
