"""What OpenSearch does and mockflow does not: requests, counted, and what is not computed for one. Each kind is logged
once.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mockflow.core.base.path_pattern import PathPattern
from mockflow.core.base.plain_text import plain

log: Final = logging.getLogger("mockflow")
Note = Callable[[str], None]
"""Takes what the journal tells of the request."""


@dataclass(frozen=True)
class NotServed:
    """A kind of request, such as ``POST /{index}/_bulk``, its name in the API specification, and how often it came."""

    request: str
    operation: str
    calls: int

    @property
    def stub(self) -> str:
        """YAML to put into a scenario, which answers it."""
        return f"stubs:\n  - request: {self.request}\n    respond: {{status: 200, body: {{}}}}\n"


class NotServedRequests:
    """The kinds of such requests, in the order in which they first came. There are as many as OpenSearch has paths."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], int] = {}

    def count(self, method: str, path: str, operation: str) -> None:
        """Counts a request for the path of a route, such as ``/{index}/_bulk``. The first of its kind is logged."""
        kind = str(PathPattern(method, path)), operation
        if kind not in self._calls:
            log.warning("%s (%s) is not served by mockflow; a stub can answer it", *kind)
        self._calls[kind] = self._calls.get(kind, 0) + 1

    def add(self, other: "NotServedRequests") -> None:
        """Adds the counts of another world."""
        for kind, calls in other._calls.items():
            self._calls[kind] = self._calls.get(kind, 0) + calls

    def __iter__(self) -> Iterator[NotServed]:
        return iter([NotServed(*kind, calls) for kind, calls in self._calls.items()])


class NotComputed:
    """What mockflow has passed over in requests that it answers. Each is told once: in the log, and of the request."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, text: str, note: Note) -> None:
        """Tells it, if it was not told before; `note` takes it for the journal."""
        if text not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(text)
            log.warning("%s", plain(text))
            note(text)


_MOST_TOLD: Final = 1_000
