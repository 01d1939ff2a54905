"""What OpenSearch says of JSON that it cannot read, and the places that its errors name.

Values themselves are read elsewhere; this module reads the text once more, for errors alone.
(docs/reference/opensearch.md, "Bodies and content types"; ReaderBasedJsonParser of Jackson 2.18 and 3.)
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from mockflow.core.base.json_scanner import MalformedJsonError, scan

Path = tuple[str | int, ...]
"""Keys and list indexes from the document's root."""

Part = Literal["value", "key", "end"]

_SOURCE: Final = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"


class Place(NamedTuple):
    """A place in a text: line and column count from 1."""

    line: int
    column: int


def error_of(error: MalformedJsonError, *, jackson: int) -> dict[str, Any]:
    """The `error` object of OpenSearch's answer; `jackson` is the library's major version, 2 or 3."""
    reason = f"{_message(error, jackson)}\n at {_location(error.text, error.offset, error.after, jackson)}"
    if jackson == 2:
        kind = "json_e_o_f_exception" if error.is_end else "json_parse_exception"
        return {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
    kind = "unexpected_end_of_input_exception" if error.is_end else "json_parse_exception"
    cause = "unexpected_end_of_input_exception" if error.is_end else "stream_read_exception"
    return {
        "root_cause": [{"type": kind, "reason": reason}],
        "type": kind,
        "reason": reason,
        "caused_by": {"type": cause, "reason": reason},
    }


def place_at(text: str, index: int) -> Place:
    """Line and column of an index."""
    line_start = text.rfind("\n", 0, index) + 1
    return Place(text.count("\n", 0, index) + 1, index - line_start + 1)


def place_of(text: str, path: Path, part: Part = "value") -> Place | None:
    """Where a part of the value at `path` begins; None where there is none."""
    wanted = list(path)
    try:
        for here, start, kind in _walk(text):
            if kind == part and here == wanted:
                return place_at(text, start)
    except MalformedJsonError:
        pass
    return None


def path_to(root: Any, container: object) -> Path | None:
    """The path of that very object within a parsed document; None where it is not part of it."""
    pending: list[tuple[Path, Any]] = [((), root)]
    while pending:
        path, value = pending.pop()
        if value is container:
            return path
        if isinstance(value, Mapping):
            pending += [((*path, key), item) for key, item in value.items() if isinstance(item, (dict, list))]
        elif isinstance(value, list):
            pending += [((*path, number), item) for number, item in enumerate(value) if isinstance(item, (dict, list))]
    return None


def _walk(text: str) -> Iterator[tuple[list[str | int], int, Part]]:
    """Path, index and kind of each part of the first JSON document in `text`; the path is one list that changes.

    Raises MalformedJsonError.
    """
    path: list[str | int] = []
    is_list: list[bool] = []  # of the containers that are open
    for part, start, end in scan(text):
        if part == "close":
            is_list.pop()
            path.pop()
            yield path, start, "end"
            continue
        if part == "key":
            path[-1] = json.loads(text[start:end], strict=False)
            yield path, start, "key"
            continue
        if is_list and is_list[-1]:
            path[-1] = int(path[-1]) + 1
        yield path, start, "value"
        if part == "open":
            is_list.append(text[start] == "[")
            path.append(-1)


def _message(error: MalformedJsonError, jackson: int) -> str:
    if error.opened is None:
        renamed = error.message.replace("field name", "property name")
        return error.message if jackson == 2 else error.newer or renamed
    start = f"{_SOURCE}; byte offset: #UNKNOWN]"
    if jackson == 2:
        start = _location(error.text, error.opened, error.opened, jackson)
    return error.message.replace("{start}", start)


def _location(text: str, offset: int, after: int, jackson: int) -> str:
    if jackson == 2:
        place = place_at(text, after)
        return f"{_SOURCE}; line: {place.line}, column: {place.column}]"
    return f"{_SOURCE}; byte offset: #{len(text[:offset].encode('utf-8', 'surrogatepass'))}]"
