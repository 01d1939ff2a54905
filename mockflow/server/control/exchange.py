"""One request and its response, as an entry of the journal."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """A request of a client and its response."""

    number: int
    """Counted from 1, in order of the responses."""
    operation: str | None
    """The operation's name in the API specification, such as ``get_status``; None for no path of OpenSearch."""
    workflow_id: str | None
    """The workflow in the path; for a create request, the one that it made."""
    method: str
    """The HTTP method."""
    target: str
    """The path with its query string, unchanged."""
    status: int
    """The HTTP status; 0 if there was no response because either side closed the connection."""
    served: bool
    """False for an operation that OpenSearch has and mockflow does not serve, if no stub or fault answered."""
    mode: str
    """The clock's mode when the request arrived: auto, frozen, real, or driven (see `ClusterHandle.patch_sleep`)."""
    elapsed: int
    """Virtual milliseconds from the start or the last reset to the request."""
    wall: float
    """The wall-clock time of the request in seconds since 1970."""
    is_poll: bool
    """Whether it is a status call that the workflow itself answered with 200; a fault may have dropped the response."""
    fault: str | None
    """A description of the faults and outages that acted on it."""
    stub: str | None
    """The name of the stub that answered."""
    near_misses: tuple[str, ...]
    """For a request that nothing serves: the closest stubs, and why they did not match."""
    notes: tuple[str, ...]
    """What mockflow does not do for it as OpenSearch would; each is told once, of the first such request."""
    cut: bool
    """Whether the journal has cut bodies, headers or target short, because they are too large."""
    took_ms: float = field(compare=False)
    """Wall-clock milliseconds from the request to its response."""
    headers: dict[str, str] = field(repr=False)
    """The request's headers; those with credentials are hidden."""
    body: Any = field(repr=False)
    """The request body: decoded JSON, else text, else None."""
    answer: Any = field(repr=False)
    """The response body: decoded JSON, else text, else None."""

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Exchange":
        """From an entry of `GET /_mockflow/journal`."""
        return cls(
            number=entry["number"],
            operation=entry["operation"],
            workflow_id=entry["workflow_id"],
            method=entry["method"],
            target=entry["target"],
            status=entry["status"],
            served=entry["served"],
            mode=entry["mode"],
            elapsed=entry["elapsed_ms"],
            wall=entry["wall"],
            is_poll=entry["is_poll"],
            fault=entry["fault"],
            stub=entry["stub"],
            near_misses=tuple(f"{miss['stub']}: {'; '.join(miss['reasons'])}" for miss in entry["near_misses"]),
            notes=tuple(entry["notes"]),
            cut=entry["cut"],
            took_ms=entry["took_ms"],
            headers=entry["request"]["headers"],
            body=entry["request"]["body"],
            answer=entry["response"],
        )

    @property
    def begins_run(self) -> bool:
        """Whether it may have begun another run of its workflow: it is not a read, and it was not refused."""
        return self.method not in ("GET", "HEAD", "OPTIONS") and self.status < 400

    @property
    def state(self) -> str | None:
        """The state in the response, if it has one."""
        return self.answer.get("state") if isinstance(self.answer, dict) else None
