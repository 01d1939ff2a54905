"""Text for terminals and logs: names and messages of users may contain any character."""

from typing import Final


def plain(text: str, *, keep: str = "") -> str:
    """`text` with unprintable characters as escapes: control characters, line and paragraph separators, bidi marks.

    Those in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode("ascii") for c in text)


SENDABLE: Final = "is printable text in UTF-8, without a space at its ends, since it is sent in a header"


def is_sendable(token: str) -> bool:
    """Whether a token can be sent in a header, and is read there as it was sent."""
    return bool(token) and token.isprintable() and token == token.strip()  # a lone surrogate is not printable
