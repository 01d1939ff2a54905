"""Whether a request is the one that a stub waits for, and if not, why not."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mockflow.core.base.findings import quoted
from mockflow.core.base.secrets import HIDDEN, is_secret, is_secret_header, may_tell
from mockflow.core.base.wildcards import matches
from mockflow.core.stubs.json_path import EndlessError, find_all
from mockflow.core.stubs.model import StubRequest


@dataclass(frozen=True)
class Asked:
    """What a client asks. `path` is raw, `query` decoded, header names count in any case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The body's value; None where it is no JSON."""
        try:
            return json.loads(self.body, parse_constant=_finite, parse_float=_finite) if self.body else None
        except (ValueError, RecursionError):
            return None

    def found(self, expression: str) -> list[Any] | None:
        """What a JSONPath finds in the body; None where it looks at too much. Many stubs ask for the same."""
        if expression not in self._found:
            try:
                self._found[expression] = find_all(expression, self.json) if self.json is not None else []
            except EndlessError:
                self._found[expression] = None
        return self._found[expression]

    @cached_property
    def _found(self) -> dict[str, list[Any] | None]:
        return {}


def _finite(text: str) -> float:
    """ValueError for what JSON cannot tell: NaN, and what is too large for a float."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def path_values(wanted: StubRequest, asked: Asked) -> Mapping[str, str] | None:
    """The values of the path's names where the request is the wanted one, else None."""
    values = wanted.pattern.match(asked.method, asked.path)
    if values is None or next(_others(wanted, asked), None) is not None:
        return None
    return values


def mismatches(wanted: StubRequest, asked: Asked) -> list[str]:
    """Why the request is not the wanted one, in people's words."""
    found = []
    if wanted.method not in (None, asked.method):
        found.append(f"the method is {asked.method}, not {wanted.method}")
    if wanted.pattern.values(asked.path) is None:
        found.append(f"the path is {quoted(asked.path)}, not {quoted(wanted.path)}")
    return [*found, *_others(wanted, asked)]


def nearness(wanted: StubRequest, asked: Asked) -> tuple[int, int, int]:
    """The smaller, the closer: the path counts most, then how much else differs."""
    return apart(wanted, asked), len(mismatches(wanted, asked)), len(wanted.path)


def apart(wanted: StubRequest, asked: Asked) -> int:
    """How far the path is from the wanted one."""
    return 0 if wanted.pattern.values(asked.path) is not None else 1 + _distance(wanted.path, asked.path)


def _others(wanted: StubRequest, asked: Asked) -> Iterator[str]:
    for name, pattern in wanted.query.items():
        yield from _compared("parameter", name, pattern, asked.query.get(name))
    for name, pattern in wanted.headers.items():
        yield from _compared("header", name, pattern, _header(asked.headers, name))
    for expression, value in wanted.body.items():
        found = asked.found(expression)
        if found is None:
            yield f"{expression} looks at too much of the body"
        elif not any(_equal(value, one) for one in found):
            told = ", ".join(HIDDEN if is_secret(expression) else _short(one) for one in found[:3]) or "nothing"
            yield f"{expression} in the body is {told}, not {_short(value)}"


def _compared(kind: str, name: str, pattern: str, value: str | None) -> Iterator[str]:
    what = f"the {kind} {name}"
    if value is None:
        yield f"{what} is missing"
    elif not matches(pattern, value):
        yield f"{what} is {HIDDEN if is_secret_header(name) else quoted(value)}, not {quoted(pattern)}"


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, str):
        return wanted == "*" or (isinstance(value, str) and matches(wanted, value))
    return type(wanted) is type(value) and bool(wanted == value)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def _distance(wanted: str, path: str) -> int:
    """How many segments differ."""
    mine, theirs = wanted.split("/"), path.split("/")
    differ = sum(one != other and "{" not in one and "*" not in one for one, other in zip(mine, theirs, strict=False))
    return differ + abs(len(mine) - len(theirs))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    return HIDDEN if may_tell(shown) else shown
