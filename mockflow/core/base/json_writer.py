"""JSON as OpenSearch writes it (docs/reference/opensearch.md, "Rendering")."""

import codecs
import json
import re
from typing import Any, Final


def compact(value: Any) -> bytes:
    """JSON without white space, in UTF-8. Half a surrogate pair, which UTF-8 cannot encode, is escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", _ESCAPE)


def pretty(value: Any) -> bytes:
    """JSON as ``?pretty`` shows it: indented by two, `` : `` after keys, ``{ }`` and ``[ ]`` for empty ones.

    OpenSearch's JsonXContentGenerator configures Jackson's DefaultPrettyPrinter so, arrays included.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, separators=(",", " : ")) + "\n"
    return _EMPTY.sub(r"\1 \2", text).encode("utf-8", _ESCAPE)


def with_escaped_pairs(body: bytes) -> bytes:
    r"""The JSON with characters beyond U+FFFF as Jackson 2 writes them, such as ``\uD83D\uDE00``."""
    return _BEYOND_BMP.sub(lambda found: _escaped(found[0].decode()), body)


def _escaped(text: str) -> bytes:
    units = text.encode("utf-16-be", "surrogatepass")
    return b"".join(b"\\u%02X%02X" % (units[place], units[place + 1]) for place in range(0, len(units), 2))


def _escape_surrogates(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return _escaped(error.object[error.start : error.end]), error.end


_ESCAPE: Final = "mockflow.jackson"  # the name of the codecs' error handler
codecs.register_error(_ESCAPE, _escape_surrogates)

_BEYOND_BMP: Final = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")

# An empty object or array that ends a line of json.dumps(indent=2), before a comma perhaps. Nothing in a
# string can look like it: strings have no line feeds, and end with a quote.
_EMPTY: Final = re.compile(r"([{\[])([}\]],?)$", re.MULTILINE)
