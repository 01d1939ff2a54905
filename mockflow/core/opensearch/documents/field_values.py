"""Which JSON values a field of each type takes, and OpenSearch's text for one that it does not.

The texts are those of NumberFieldMapper, BooleanFieldMapper, DateFieldMapper, IpFieldMapper and k-NN's
KNNVectorFieldMapper. Types that are not listed take every value.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockflow.core.opensearch.dates import DEFAULT_FORMAT, NoDateError, parse_date
from mockflow.core.opensearch.documents.errors import DocumentError

Node = Mapping[str, Any]
Check = Callable[[Any, Node], None]
"""Raises DocumentError, the cause of the refusal, for a value (no list, not null) and the mapping of its field."""

WHOLE_ARRAYS: Final = frozenset({"knn_vector", "geo_point", "geo_shape", "point", "shape", "sparse_vector"})
"""Types whose values may be arrays themselves."""


def check_value(value: Any, node: Node) -> None:
    """Raises DocumentError for a value that the field does not take."""
    check = _CHECKS.get(node["type"])
    if check is not None:
        check(value, node)


def _illegal(reason: str, caused_by: DocumentError | None = None) -> DocumentError:
    return DocumentError("illegal_argument_exception", reason, caused_by=caused_by)


def _scalar(value: Any, _: Node) -> None:
    if isinstance(value, Mapping):
        raise DocumentError("illegal_state_exception", "Can't get text on a START_OBJECT")


def _whole(name: str, bits: int) -> Check:
    least, greatest = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def check(value: Any, node: Node) -> None:
        number = _number(value, node)
        if number is None:
            return
        if not least <= number <= greatest:
            shown = f"an {name}" if name == "integer" else f"a {name}"
            raise _illegal(f"Value [{value}] is out of range for {shown}")
        if number != int(number) and not _coerces(node):
            raise _illegal(f"Value [{value}] has a decimal part")

    return check


def _fraction(name: str, greatest: float) -> Check:
    def check(value: Any, node: Node) -> None:
        number = _number(value, node)
        if number is not None and not abs(number) <= greatest:
            shown = "Infinity" if number > 0 else "-Infinity" if number < 0 else "NaN"
            raise _illegal(f"[{name}] supports only finite values, but got [{shown}]")

    return check


def _number(value: Any, node: Node) -> int | float | None:
    """The number; None for an empty text, which is no value."""
    if isinstance(value, bool):
        reason = f"Current token (VALUE_{str(value).upper()}) not numeric, can not use numeric value accessors"
        raise DocumentError("json_parse_exception", reason)
    if isinstance(value, Mapping):
        raise _illegal("Cannot parse object as number")
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    if not _coerces(node):
        raise _illegal(f"{node['type'].capitalize()} value passed as String")
    text = value.strip()
    if not text:
        return None
    if _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    raise DocumentError("number_format_exception", f'For input string: "{value}"')


def _coerces(node: Node) -> bool:
    return node.get("coerce", True) not in (False, "false")


def _boolean(value: Any, _: Node) -> None:
    if value not in (True, False, "true", "false", "") or isinstance(value, int) != isinstance(value, bool):
        shown = _TOKENS.get(type(value))
        if shown:
            raise DocumentError("json_parse_exception", f"Current token ({shown}) not of boolean type")
        raise _illegal(f"Failed to parse value [{value}] as only [true] or [false] are allowed.")


def _date(value: Any, node: Node) -> None:
    _scalar(value, node)
    if isinstance(value, str) and not value:
        raise _illegal("cannot parse empty date")
    format = node.get("format", DEFAULT_FORMAT)
    try:
        parse_date(value, format)
    except NoDateError as error:
        cause = DocumentError("date_time_parse_exception", "Failed to parse with all enclosed parsers")
        raise _illegal(f"failed to parse date field [{error}] with format [{format}]", cause) from None


def _ip(value: Any, _: Node) -> None:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        raise _illegal(f"'{value}' is not an IP string literal.") from None


def _vector(value: Any, node: Node) -> None:
    dimension = node.get("dimension")
    given = value if isinstance(value, list) else [value]
    for number in given:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            reason = "Current token (VALUE_STRING) not numeric, can not use numeric value accessors"
            raise DocumentError("json_parse_exception", reason)
    if isinstance(dimension, int) and len(given) != dimension:
        raise _illegal(f"Vector dimension mismatch. Expected: {dimension}, Given: {len(given)}")


_WHOLE_NUMBER: Final = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_TOKENS: Final[Mapping[type, str]] = {
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    dict: "START_OBJECT",
}
_CHECKS: Final[Mapping[str, Check]] = {
    "long": _whole("long", 64),
    "integer": _whole("integer", 32),
    "short": _whole("short", 16),
    "byte": _whole("byte", 8),
    "float": _fraction("float", 3.4028235e38),
    "double": _fraction("double", math.nextafter(math.inf, 0)),
    "half_float": _fraction("half_float", 65_519.99),
    "scaled_float": _fraction("scaled_float", math.nextafter(math.inf, 0)),
    "boolean": _boolean,
    "date": _date,
    "date_nanos": _date,
    "ip": _ip,
    "knn_vector": _vector,
    **dict.fromkeys(
        ("text", "keyword", "match_only_text", "wildcard", "search_as_you_type", "constant_keyword"), _scalar
    ),
}
