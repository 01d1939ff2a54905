"""OpenSearch's simple patterns for keys, names and columns: ``*`` matches any text."""

from collections.abc import Sequence


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches `pattern`. There is no backtracking, so the time is linear."""
    return matches_parts(pattern.split("*"), text)


def matches_parts(parts: Sequence[str], text: str) -> bool:
    """As `matches`, with the parts of the pattern between its stars."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return text == first
    if not (text.startswith(first) and text.endswith(last)):
        return False
    middle, position = parts[1:-1], len(first)
    for part in middle:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(last, position)
