r"""The body of a multi-search: pairs of lines, a header and a search (MultiSearchRequest.readMultiLineFormat).

lines = read_msearch(b'{"index": "a"}\n{"query": {"match_all": {}}}\n', jackson=2)
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.json_reader import read_value, text_of_body
from mockflow.core.base.json_scanner import MalformedJsonError
from mockflow.core.base.tokens import NOTHING
from mockflow.core.opensearch.jackson import error_of
from mockflow.core.opensearch.search.errors import SearchError, illegal_argument, not_supported, parsing
from mockflow.core.opensearch.search.json_values import as_text


@dataclass(frozen=True)
class SearchLine:
    """One search of a multi-search."""

    index: str | None
    """The expression of its header; None where the path has it."""
    options: Mapping[str, str]
    """How the expression is resolved: ``ignore_unavailable``, ``allow_no_indices``, ``expand_wildcards``."""
    request: dict[str, Any]
    text: str
    """What the request was read from."""


def read_msearch(body: bytes, *, jackson: int) -> list[SearchLine]:
    """The searches of a body. Raises SearchError where the request as a whole is refused."""
    if body.count(b"\n") > 2 * _MOST + 1:
        raise not_supported(f"more than {_MOST} searches in one request", ("fewer",))
    if not body.endswith(b"\n"):
        raise illegal_argument("The msearch request must be terminated by a newline [\\n]")
    lines = iter(body.removesuffix(b"\n").split(b"\n"))
    found = list(_searches(lines, jackson))
    if not found:
        raise SearchError("action_request_validation_exception", "Validation Failed: 1: no requests added;")
    return found


def _searches(lines: Iterator[bytes], jackson: int) -> Iterator[SearchLine]:
    for number, line in enumerate(lines):
        if number == 0 and not line:
            continue  # an empty line at the beginning is skipped, any other is an empty header
        header = _value(line, jackson) if line.strip() else {}
        if not isinstance(header, dict):
            raise parsing("Expected [START_OBJECT] but found a value")
        source = next(lines, None)
        if source is None:
            return
        index, options = _read_header(header)
        request = _value(source, jackson)
        if not isinstance(request, dict):
            raise parsing(f"Expected [START_OBJECT] but found [{'null' if request is NOTHING else 'a value'}]")
        yield SearchLine(index, options, request, source.decode("utf-8", "replace"))


def _read_header(header: Mapping[str, Any]) -> tuple[str | None, dict[str, str]]:
    index: str | None = None
    options: dict[str, str] = {}
    for key, value in header.items():
        shown = ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        if key in ("index", "indices"):
            index = shown
        elif key in _OPTIONS:
            options[_OPTIONS[key]] = shown
        elif key not in _WITHOUT_EFFECT:
            raise illegal_argument(f"key [{key}] is not supported in the metadata section")
    return index, options


def _value(line: bytes, jackson: int) -> Any:
    try:
        return read_value(text_of_body(line))
    except MalformedJsonError as error:
        told = error_of(error, jackson=jackson)
        raise SearchError(told["type"], told["reason"]) from None


_MOST: Final = 1_000
_OPTIONS: Final[Mapping[str, str]] = {
    **{name: name for name in ("ignore_unavailable", "allow_no_indices", "expand_wildcards")},
    "ignoreUnavailable": "ignore_unavailable",
    "allowNoIndices": "allow_no_indices",
    "expandWildcards": "expand_wildcards",
}
_WITHOUT_EFFECT: Final = frozenset(
    {
        *("search_type", "searchType", "request_cache", "requestCache", "preference", "routing", "phase_took"),
        *("ignore_throttled", "ignoreThrottled", "allow_partial_search_results", "ccs_minimize_roundtrips"),
        *("ccsMinimizeRoundtrips", "cancel_after_time_interval", "cancelAfterTimeInterval"),
    }
)
