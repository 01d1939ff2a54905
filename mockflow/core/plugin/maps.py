"""The plugin's maps: what its helpers read an object into (`ParseUtils` of flow-framework)."""

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mockflow.core.base.java_hash import hash_map
from mockflow.core.base.tokens import (
    START_ARRAY,
    START_OBJECT,
    VALUE_NUMBER,
    ContentError,
    Tokens,
    Written,
)


def text_map(tokens: Tokens) -> dict[str, str]:
    """An object of texts. A null, an object or an array in it is refused."""
    return hash_map({name: tokens.text() for name in tokens.fields()})


def text_or_map(tokens: Tokens) -> str | dict[str, str]:
    """A text; an object of texts; an array as a text such as ``["a", 2]``, in which what is no number is quoted."""
    if tokens.kind == START_OBJECT:
        return text_map(tokens)
    if tokens.kind != START_ARRAY:
        return tokens.text()
    return f"[{', '.join(_element(tokens) for _ in tokens.elements())}]"


def object_map(tokens: Tokens) -> dict[str, Any]:
    """An object with values of any kind, in Java's order; of a text or number an empty one (`XContentParser.map`).

    An array is not walked through, so that what follows finds itself within it.
    """
    content: dict[str, Any] = as_java(tokens.value()) if tokens.kind == START_OBJECT else {}
    return content


def as_java(value: Any) -> Any:
    """A decoded value with its objects in the order of a `HashMap`."""
    root = [value]
    left: list[Any] = [root]
    while left:  # without recursion: a body may be nested deeper than Python's calls
        container = left.pop()
        places = list(container) if isinstance(container, dict) else range(len(container))
        for place in places:
            item = container[place]
            if isinstance(item, dict):
                container[place] = hash_map(item)
                left.append(container[place])
            elif isinstance(item, (list, tuple)):
                container[place] = list(item)
                left.append(container[place])
            elif isinstance(item, Written):
                container[place] = _value_of(item)
    return root[0]


def _value_of(written: Written) -> float | bool | str:
    """The number or boolean; the text for a number beyond a double's range, which is stored as ``"Infinity"``."""
    value = written.value
    return value if isinstance(value, bool) or math.isfinite(value) else double_text(value)


def json_text(value: Any) -> str:
    """A map as the JSON text that the plugin's library (Yasson) makes of it: compact, without entries that are null."""
    try:
        return "".join(_written(value))
    except RecursionError:
        raise ContentError("an object that is nested too deeply") from None


def double_text(number: float) -> str:
    """`Double.toString`: ``100000.0``, ``1.0E8``, ``1.0E-7``."""
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(repr(number), "NaN")
    if number == 0 or _PLAIN[0] <= abs(number) < _PLAIN[1]:
        text = f"{exact:f}"
        return text if "." in text else f"{text}.0"
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    return f"{'-' if number < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{exact.adjusted()}"


_PLAIN = (1e-3, 1e7)
"""From where to where Java writes a number without an exponent."""


def _element(tokens: Tokens) -> str:
    if tokens.kind != VALUE_NUMBER:
        return f'"{tokens.text()}"'
    number = tokens.value()
    return double_text(number) if isinstance(number, float) else str(number)


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        comma = ""
        for name, item in value.items():
            if item is not None:
                yield f"{comma}{json.dumps(name, ensure_ascii=False)}:"
                yield from _written(item)
                comma = ","
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            if place:
                yield ","
            yield from _written(item)
        yield "]"
    elif isinstance(value, float):
        yield double_text(value)
    else:
        yield json.dumps(value, ensure_ascii=False)
