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
    if not has_many(value):
        return compact(value)
    parts: list[bytes] = []
    batch: list[Any] = []
    left = _MANY

    def write() -> None:
        if batch:
            parts.append(compact(dict(batch) if isinstance(value, dict) else batch)[1:-1])
            batch.clear()

    for item in list(value.items()) if isinstance(value, dict) else value:
        part = item[1] if isinstance(value, dict) else item
        count = 1 + _count(part, _MANY)
        if count > left:
            write()
            left = _MANY
        if count > _MANY:
            key = compact({item[0]: 0})[1:-2] if isinstance(value, dict) else b""
            parts.append(key + compact_in_parts(part))
        else:
            batch.append(item)
            left -= count
    write()
    joined = b",".join(parts)
    return b"{" + joined + b"}" if isinstance(value, dict) else b"[" + joined + b"]"


def has_many(value: Any) -> bool:
    """Whether a value has so many others in it that it takes milliseconds to write. Few of them are looked at."""
    return _count(value, _MANY) > _MANY


def _count(value: Any, most: int) -> int:
    """How many values are in a value; more than `most` need not be counted."""
    if not isinstance(value, (dict, list)):
        return 0
    left, count = [value], 0
    while left:
        container = left.pop()
        count += len(container)
        if count > most:
            break
        parts = container.values() if isinstance(container, dict) else container
        left += [part for part in parts if isinstance(part, (dict, list))]
    return count


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
