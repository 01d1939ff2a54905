"""JSON as OpenSearch writes it (docs/reference/opensearch.md, "Rendering"), and strict JSON read."""

import codecs
import json
import math
import re
from typing import Any, Final


def compact(value: Any) -> bytes:
    """JSON without white space, in UTF-8. Half a surrogate pair, which UTF-8 cannot encode, is escaped.

    Numbers beyond a double's range are texts, as Jackson writes them: ``"Infinity"``.
    """
    return dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", _ESCAPE)


def compact_in_parts(value: Any) -> bytes:
    """The same bytes as `compact`, made in several steps: in between, other threads have their turn."""
    if isinstance(value, dict) and len(value) <= _FRAME:
        pairs = (compact(key) + b":" + compact_in_parts(part) for key, part in value.items())
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, dict) and len(value) > _AT_ONCE:
        items = list(value.items())
        objects = (compact(dict(items[start : start + _AT_ONCE])) for start in range(0, len(items), _AT_ONCE))
        return b"{" + b",".join(one[1:-1] for one in objects) + b"}"
    if isinstance(value, list) and len(value) > _AT_ONCE:
        parts = (compact(value[start : start + _AT_ONCE])[1:-1] for start in range(0, len(value), _AT_ONCE))
        return b"[" + b",".join(parts) + b"]"
    return compact(value)


_FRAME: Final = 20  # keys of an object around a large list
_AT_ONCE: Final = 500


def has_many(value: Any) -> bool:
    """Whether a value has so many others in it that it takes milliseconds to write. Few of them are looked at."""
    left, count = [value], 0
    while left:
        container = left.pop()
        if not isinstance(container, (dict, list)):
            continue
        count += len(container)
        if count > _MANY:
            return True
        left += container.values() if isinstance(container, dict) else container
    return False


_MANY: Final = 5_000


def dumps(value: Any, **options: Any) -> str:
    """As `json.dumps`, with texts in place of NaN and infinite numbers, which are not JSON."""
    try:
        return json.dumps(value, allow_nan=False, **options)
    except ValueError:
        return json.dumps(finite(value), allow_nan=False, **options)


def loads(text: str | bytes, **options: Any) -> Any:
    """As `json.loads`. ValueError for NaN and infinity, which are not JSON although Python reads them, and for numbers
    that are as large, such as ``1e400``.
    """
    return json.loads(text, parse_constant=_finite, parse_float=_finite, **options)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:_SHOWN]} is no number in JSON")
    return number


_SHOWN: Final = 40


def finite(value: Any) -> Any:
    """A copy with texts in place of NaN and infinite numbers: ``NaN``, ``Infinity``, ``-Infinity``."""
    root = [value]
    left: list[Any] = [root]
    while left:  # without recursion: a value may be nested deeper than Python's calls
        container = left.pop()
        for place in list(container) if isinstance(container, dict) else range(len(container)):
            item = container[place]
            if isinstance(item, float) and not math.isfinite(item):
                container[place] = _NOT_FINITE.get(item, "NaN")
            elif isinstance(item, (dict, list, tuple)):
                container[place] = dict(item) if isinstance(item, dict) else list(item)
                left.append(container[place])
    return root[0]


_NOT_FINITE: Final = {math.inf: "Infinity", -math.inf: "-Infinity"}


def pretty(value: Any) -> bytes:
    """JSON as ``?pretty`` shows it: indented by two, `` : `` after keys, ``{ }`` and ``[ ]`` for empty ones.

    OpenSearch's JsonXContentGenerator configures Jackson's DefaultPrettyPrinter so, arrays included.
    """
    text = dumps(value, ensure_ascii=False, indent=2, separators=(",", " : ")) + "\n"
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
