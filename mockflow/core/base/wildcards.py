"""OpenSearch's simple patterns for keys, names and columns: ``*`` matches any text."""


def matches(pattern: str, text: str) -> bool:
    """Whether `text` matches `pattern`. There is no backtracking, so the time is linear."""
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
