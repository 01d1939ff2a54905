"""Matches requests against stubs, with the reasons for mismatches."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from mockflow.core.base.findings import quoted
from mockflow.core.base.json_writer import loads
from mockflow.core.base.secrets import (
    HIDDEN,
    is_secret,
    is_secret_header,
    may_contain_secret,
    text_without_secrets,
    without_secrets,
)
from mockflow.core.base.wildcards import matches
from mockflow.core.stubs.json_path import TooManyVisitsError, Visits, find_all
from mockflow.core.stubs.model import StubRequest


@dataclass(frozen=True)
class StubCall:
    """A request as stubs see it. `path` is raw, `query` is decoded, header names ignore case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    known: "SearchedBody | None" = None
    """The body, if expressions have searched it already."""

    @property
    def json(self) -> Any:
        """The JSON value of the body; None if it is not JSON."""
        return self.searched.json

    @cached_property
    def searched(self) -> "SearchedBody":
        """The body and what expressions found in it."""
        return self.known or SearchedBody(self.body)


class SearchedBody:
    """A request's body, and what JSONPath expressions found in it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._visits = Visits()
        self._found: dict[str, list[Any] | None] = {}
        self._has: dict[tuple[str, int], bool | None] = {}

    @cached_property
    def json(self) -> Any:
        """The JSON value of the body; None if it is not JSON."""
        try:
            return loads(self._body) if self._body else None
        except (ValueError, RecursionError):
            return None

    def found(self, expression: str) -> list[Any] | None:
        """The values that an expression finds; None if it visits too many. Cached, since stubs share paths."""
        if expression not in self._found:
            try:
                self._found[expression] = find_all(expression, self.json, self._visits) if self.json is not None else []
            except TooManyVisitsError:
                self._found[expression] = None
        return self._found[expression]

    def has(self, expression: str, wanted: Any) -> bool | None:
        """Whether the expression finds a value that is wanted; None if it visits too many."""
        key = expression, id(wanted)  # values of stubs, which stay while a request is matched
        if key not in self._has:
            found = self.found(expression)
            self._has[key] = None if found is None else any(_equal(wanted, one) for one in found)
        return self._has[key]

    def search(self, wanted: Iterable[Mapping[str, Any]]) -> None:
        """Looks now for what stubs want, which may take long; expressions that come later may visit few values."""
        for values in wanted:
            for expression, value in values.items():
                self.has(expression, value)
        self._visits.left = min(self._visits.left, _FEW_VISITS)


_FEW_VISITS: Final = 2_000


def path_values(wanted: StubRequest, call: StubCall) -> Mapping[str, str] | None:
    """The values of the names in the path if the request matches, else None."""
    values = wanted.pattern.match(call.method, call.path)
    return values if values is not None and _others_match(wanted, call) else None


def mismatches(wanted: StubRequest, call: StubCall) -> list[str]:
    """Descriptions of why the request does not match."""
    found = []
    if wanted.method not in (None, call.method):
        found.append(f"the method is {call.method}, not {wanted.method}")
    if wanted.pattern.values(call.path) is None:
        found.append(f"the path is {quoted(text_without_secrets(call.path))}, not {quoted(wanted.path)}")
    return [*found, *_others(wanted, call)]


def nearness(wanted: StubRequest, call: StubCall) -> tuple[int, int, int]:
    """The sort key of near misses, the closest first: by path, then by the number of mismatches."""
    return apart(wanted, call), len(mismatches(wanted, call)), len(wanted.path)


def apart(wanted: StubRequest, call: StubCall) -> int:
    """The distance of the path from the wanted one; 0 if it matches."""
    return 0 if wanted.pattern.values(call.path) is not None else 1 + _distance(wanted.path, call.path)


def _others_match(wanted: StubRequest, call: StubCall) -> bool:
    """Whether `_others` has nothing to tell."""
    return (
        all(_has(call.query.get(name), pattern) for name, pattern in wanted.query.items())
        and all(_has(_header(call.headers, name), pattern) for name, pattern in wanted.headers.items())
        and all(call.searched.has(expression, value) for expression, value in wanted.body.items())
    )


def _has(value: str | None, pattern: str) -> bool:
    return value is not None and matches(pattern, value)


def _others(wanted: StubRequest, call: StubCall) -> Iterator[str]:
    for name, pattern in wanted.query.items():
        yield from _compared("parameter", name, pattern, call.query.get(name))
    for name, pattern in wanted.headers.items():
        yield from _compared("header", name, pattern, _header(call.headers, name))
    for expression, value in wanted.body.items():
        has = call.searched.has(expression, value)
        if has is None:
            yield f"{expression} visits too many values of the body"
        elif not has:
            found = call.searched.found(expression) or []
            shown = ", ".join(HIDDEN if is_secret(expression) else _short(one) for one in found[:3]) or "nothing"
            yield f"{expression} in the body is {shown}, not {_short(value)}"


def _compared(kind: str, name: str, pattern: str, value: str | None) -> Iterator[str]:
    what = f"the {kind} {name}"
    if value is None:
        yield f"{what} is missing"
    elif not matches(pattern, value):
        shown = HIDDEN if is_secret_header(name) else quoted(text_without_secrets(value))
        yield f"{what} is {shown}, not {quoted(pattern)}"


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str):
        return wanted == "*" or (isinstance(value, str) and matches(wanted, value))
    return type(wanted) is type(value) and bool(wanted == value)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def _distance(wanted: str, path: str) -> int:
    """The number of segments that differ."""
    mine, theirs = wanted.split("/"), path.split("/")
    differ = sum(one != other and "{" not in one and "*" not in one for one, other in zip(mine, theirs, strict=False))
    return differ + abs(len(mine) - len(theirs))


def _short(value: Any) -> str:
    text = json.dumps(without_secrets(value), ensure_ascii=False)
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    return HIDDEN if may_contain_secret(shown) else shown
