"""Text for terminals and logs: names and messages of users may contain any character."""


def plain(text: str, *, keep: str = "") -> str:
    """`text` with unprintable characters as escapes: control characters, line and paragraph separators, bidi marks.

    Those in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii") for c in text)
