"""What clients asked and what they were told, bounded and cheap.

An exchange keeps what came and went as it was; what is said of it is worked out only when somebody reads it.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

MAX_EXCHANGES: Final = 10_000
MAX_BODY: Final = 64 * 1024
"""So many bytes of each body are kept and shown."""

_SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "x-amz-security-token"})


@dataclass(slots=True)
class Exchange:
    """One request and its answer.

    `now` is epoch ms of the virtual clock and `wall` epoch seconds, both when the request came; `seconds` is how long
    the answer took.
    """

    operation: str
    """Its name in the API specification; empty where nothing serves the path."""
    raw_workflow_id: str | None
    """As it stood in the path, still encoded."""
    method: str
    target: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_body: bytes
    now: int
    wall: float
    seconds: float
    number: int = 0
    """From 1, in order of arrival at the journal."""

    @property
    def workflow_id(self) -> str | None:
        """The workflow that the request is about; of a create, the one that it made."""
        if self.raw_workflow_id is not None:
            return unquote(self.raw_workflow_id)
        answer = self.answer if self.operation == "create" else None
        return answer.get("workflow_id") if isinstance(answer, dict) else None

    @property
    def answer(self) -> Any:
        """The decoded JSON of the answer; its text where it is none."""
        return decoded(self.response_body)

    @property
    def is_poll(self) -> bool:
        """Whether it is a `GET _status` that the workflow itself answered."""
        return self.operation == "get_status" and self.status == 200

    def as_json(self, began: int) -> dict[str, Any]:
        """For the owner; `began` is the epoch ms at which the world began. Secrets in headers are hidden."""
        return {
            "number": self.number,
            "operation": self.operation or None,
            "workflow_id": self.workflow_id,
            "method": self.method,
            "target": self.target,
            "status": self.status,
            "now": self.now,
            "elapsed_ms": self.now - began,
            "wall": self.wall,
            "took_ms": round(self.seconds * 1000, 3),
            "request": {
                "headers": {
                    name: "(hidden)" if name.lower() in _SECRET_HEADERS else value
                    for name, value in self.request_headers.items()
                },
                "body": decoded(self.request_body),
            },
            "response": decoded(self.response_body),
        }


def decoded(body: bytes) -> Any:
    """A body as JSON where it is that, else as text; None where it is empty."""
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


class Journal:
    """The last exchanges; `counted` tells how many there were in all."""

    def __init__(self, bound: int = MAX_EXCHANGES) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=bound)
        self.counted = 0

    def add(self, exchange: Exchange) -> None:
        """Keeps an exchange, and forgets the oldest beyond the bound."""
        self.counted += 1
        exchange.number = self.counted
        if len(exchange.request_body) > MAX_BODY:
            exchange.request_body = exchange.request_body[:MAX_BODY]
        if len(exchange.response_body) > MAX_BODY:
            exchange.response_body = exchange.response_body[:MAX_BODY]
        self._exchanges.append(exchange)

    def clear(self) -> None:
        """Forgets them all; numbers go on."""
        self._exchanges.clear()

    def __iter__(self) -> Iterator[Exchange]:
        return iter(tuple(self._exchanges))

    def __len__(self) -> int:
        return len(self._exchanges)

    def select(
        self,
        *,
        operation: str | None = None,
        workflow_id: str | None = None,
        status: int | None = None,
        since: int = 0,
    ) -> list[Exchange]:
        """Those of one operation, workflow and status, with a number above `since`."""
        return [
            exchange
            for exchange in self
            if exchange.number > since
            and operation in (None, exchange.operation)
            and status in (None, exchange.status)
            and (workflow_id is None or exchange.workflow_id == workflow_id)
        ]
