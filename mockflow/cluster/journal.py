"""The journal: the last requests of clients and their responses.

An exchange stores the raw request and response. Everything derived from them is computed only when it is read.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast
from urllib.parse import unquote

from mockflow.cluster.clock import Mode
from mockflow.core.base.bounds import JOURNAL_BODY, JOURNAL_EXCHANGES, JOURNAL_LARGE, JOURNAL_SMALL
from mockflow.core.base.json_writer import loads
from mockflow.core.base.secrets import (
    HIDDEN,
    is_secret_header,
    may_contain_secret,
    target_without_secrets,
    text_without_secrets,
    without_secrets,
)

_DEEP: Final = 100
_BRACKETS: Final = re.compile(rb"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class Scripted:
    """How faults, outages and stubs acted on an exchange."""

    faults: tuple[str, ...] = ()
    stub: str | None = None
    near_misses: tuple[Mapping[str, Any], ...] = ()
    is_own: bool = True
    """Whether the response was the cluster's own, even if it never arrived."""
    connection: str | None = None
    """How the connection broke, or how slowly it carried the response."""


_Entry = tuple[
    str,
    str | None,
    str,
    str,
    Mapping[str, str],
    bytes,
    int,
    bytes,
    Mode,
    int,
    float,
    float,
    Scripted | None,
    bool,
    bool,
]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response.

    `now` is epoch ms of the virtual clock in `mode`, and `wall` epoch seconds, both when the request came; `seconds`
    is the time until the response.
    """

    operation: str
    """The name in the API specification; empty for a path that OpenSearch has not."""
    raw_workflow_id: str | None
    """As in the path, still encoded."""
    method: str
    target: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    """0 where there was no response, because the client or mockflow closed the connection."""
    response_body: bytes
    mode: Mode
    now: int
    wall: float
    seconds: float
    scripted: Scripted | None
    """None where no fault, outage or stub acted and no stub was nearly matched."""
    is_served: bool
    """Whether mockflow has the operation, or a stub or fault answered it."""
    is_cut: bool
    """Whether bodies, headers or target were cut short."""
    number: int
    """From 1, in the order of the responses."""
    notes: tuple[str, ...] = ()
    """What mockflow tells of it, beside the response: each is told once."""

    @property
    def workflow_id(self) -> str | None:
        """The id of the workflow in the path; for a create request, of the workflow that it made."""
        if self.raw_workflow_id is not None:
            return unquote(self.raw_workflow_id)
        answer = self.answer if self.operation == "create" else None
        return answer.get("workflow_id") if isinstance(answer, dict) else None

    @property
    def answer(self) -> Any:
        """The response's decoded JSON, or its text where it is not JSON."""
        return decoded(self.response_body)

    @property
    def is_poll(self) -> bool:
        """Whether it is a `GET _status` whose response came from the workflow itself."""
        if self.operation != "get_status":
            return False
        return self.status == 200 if self.scripted is None else self.scripted.is_own and self.status in (0, 200)

    def as_json(self, began: int) -> dict[str, Any]:
        """The JSON of the control API; `began` is the epoch ms at which the world began.

        Secrets in the target, headers and bodies are hidden, as in recordings.
        """
        return {
            "number": self.number,
            "operation": self.operation or None,
            "workflow_id": self.workflow_id,
            "method": self.method,
            "target": target_without_secrets(self.target),
            "status": self.status,
            "served": self.is_served,
            "mode": self.mode,
            "now": self.now,
            "elapsed_ms": self.now - began,
            "wall": self.wall,
            "took_ms": round(self.seconds * 1000, 3),
            "fault": ", ".join(self.scripted.faults) or None if self.scripted else None,
            "stub": self.scripted.stub if self.scripted else None,
            "connection": self.scripted.connection if self.scripted else None,
            "near_misses": list(self.scripted.near_misses) if self.scripted else [],
            "notes": list(self.notes),
            "is_poll": self.is_poll,
            "cut": self.is_cut,
            "request": {
                "headers": {
                    name: HIDDEN if is_secret_header(name) else text_without_secrets(value)
                    for name, value in self.request_headers.items()
                },
                "body": _without_credentials(self.request_body),
            },
            "response": _without_credentials(self.response_body),
        }


def decoded(body: bytes) -> Any:
    """A body as JSON, or as text where it is not JSON; None where it is empty."""
    if not body:
        return None
    try:
        return loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _without_credentials(body: bytes) -> Any:
    """As `decoded`, with credentials hidden.

    Text that may have credentials, such as a template in YAML or a body that was cut short, is hidden as a whole. JSON
    that is nested very deep stays text, because indented it would be a hundred times as long.
    """
    value = body.decode("utf-8", "replace") if _depth(body) > _DEEP else decoded(body)
    if isinstance(value, str) and may_contain_secret(value):
        return f"{HIDDEN}: it may have credentials"
    return without_secrets(value)


def _depth(body: bytes) -> int:
    """The depth of nested objects and arrays; brackets within strings count too."""
    depth = deepest = 0
    if body.count(b"[") + body.count(b"{") > _DEEP:
        for bracket in _BRACKETS.findall(body):
            depth += 1 if bracket in b"[{" else -1
            deepest = max(deepest, depth)
    return deepest


class Journal:
    """The last exchanges; `counted` is the number of all there ever were."""

    def __init__(self, bound: int = JOURNAL_EXCHANGES, room: int = JOURNAL_LARGE) -> None:
        self._entries: deque[_Entry] = deque(maxlen=bound)
        self.counted = 0
        self._room = room
        self._large: deque[tuple[int, int]] = deque()
        """Number and size of each large exchange, oldest first."""
        self._large_bytes = 0
        self._notes: dict[int, tuple[str, ...]] = {}  # by number: hardly any exchange has some

    def add(
        self,
        operation: str,
        raw_workflow_id: str | None,
        method: str,
        target: str,
        request_headers: Mapping[str, str],
        request_body: bytes,
        status: int,
        response_body: bytes,
        mode: Mode,
        now: int,
        wall: float,
        seconds: float,
        scripted: Scripted | None = None,
        *,
        head_bytes: int = 0,
        is_served: bool = True,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Adds an exchange, its values as in `Exchange`, and drops the oldest beyond the bound.

        `head_bytes` is the size of target and headers; 0 if they are those of an earlier request.
        """
        self.counted += 1
        if notes:
            self._notes[self.counted] = notes
        is_cut = False
        if len(request_body) + len(response_body) + head_bytes > JOURNAL_SMALL:
            is_cut = len(request_body) > JOURNAL_BODY or len(response_body) > JOURNAL_BODY
            request_body, response_body = request_body[:JOURNAL_BODY], response_body[:JOURNAL_BODY]
            self._make_room(len(request_body) + len(response_body) + head_bytes)
        # A plain tuple, because each status poll adds one and hardly any exchange is ever read.
        self._entries.append(
            (
                operation,
                raw_workflow_id,
                method,
                target,
                request_headers,
                request_body,
                status,
                response_body,
                mode,
                now,
                wall,
                seconds,
                scripted,
                is_served,
                is_cut,
            )
        )

    def clear(self) -> None:
        """Removes all exchanges; numbering continues."""
        self._entries.clear()
        self._large.clear()
        self._large_bytes = 0
        self._notes.clear()

    def _exchange(self, entry: _Entry, number: int) -> Exchange:
        return Exchange(*entry, number, self._notes.get(number, ()))

    def _make_room(self, size: int) -> None:
        """Cuts the oldest large exchanges short, for one more exchange of `size` bytes."""
        self._large.append((self.counted, size))
        self._large_bytes += size
        first = self.counted - (self._entries.maxlen or 0)  # the oldest that stays when the new one is added
        while len(self._large) > 1 and (self._large_bytes > self._room or self._large[0][0] <= first):
            number, freed = self._large.popleft()
            self._large_bytes -= freed
            place = number - (self.counted - len(self._entries))  # the newest is counted and not yet added
            if 0 <= place < len(self._entries):
                self._entries[place] = _cut(self._entries[place])

    def __iter__(self) -> Iterator[Exchange]:
        first = self.counted - len(self._entries) + 1
        return iter([self._exchange(entry, number) for number, entry in enumerate(self._entries, first)])

    def __len__(self) -> int:
        return len(self._entries)

    def latest(self, since: int, at_most: int) -> list[Exchange]:
        """The newest `at_most` exchanges with a number above `since`, oldest first, without a search of the others."""
        count = max(0, min(self.counted - since, at_most, len(self._entries)))
        entries = reversed(list(islice(reversed(self._entries), count)))
        return [self._exchange(entry, number) for number, entry in enumerate(entries, self.counted - count + 1)]

    def get(self, number: int) -> Exchange | None:
        """The exchange with this number; None if it is not kept."""
        place = number - (self.counted - len(self._entries)) - 1
        return self._exchange(self._entries[place], number) if 0 <= place < len(self._entries) else None

    def select(
        self,
        *,
        operation: str | None = None,
        workflow_id: str | None = None,
        status: int | None = None,
        since: int = 0,
    ) -> Iterator[Exchange]:
        """The exchanges of one operation, workflow and status, with a number above `since`, oldest first."""
        gone = self.counted - len(self._entries)
        first = max(since, gone)
        for number, entry in enumerate(islice(self._entries, first - gone, None), first + 1):
            exchange = self._exchange(entry, number)
            if (
                operation in (None, exchange.operation)
                and status in (None, exchange.status)
                and (workflow_id is None or exchange.workflow_id == workflow_id)
            ):
                yield exchange


def _cut(entry: _Entry) -> _Entry:
    """An exchange within the size that is kept in any case."""
    operation, workflow_id, method, target, headers, request, status, response, *rest, _ = entry
    kept: dict[str, str] = {}
    room = line = JOURNAL_SMALL // 4
    for name, value in headers.items():
        room -= len(name) + len(value)
        if room < 0:
            break
        kept[name] = value
    body = JOURNAL_SMALL // 2
    return cast(
        _Entry,
        (operation, workflow_id, method, target[:line], kept, request[:body], status, response[:body], *rest, True),
    )
