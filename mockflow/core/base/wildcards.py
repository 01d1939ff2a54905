"""OpenSearch's simplest patterns, for keys, names and columns: ``*`` is any text, all else is itself."""


def matches(pattern: str, text: str) -> bool:
    """Whether `text` is `pattern`, ``*`` being any text. Never looks back, so no pattern is slow."""
    first, *parts = pattern.split("*")
    if not parts:
        return text == first
    if not text.startswith(first):
        return False
    *middle, last = parts
    position = len(first)
    for part in middle:
        found = text.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(last, position)
