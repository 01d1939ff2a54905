"""One request and its answer as the journal tells it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Exchange:
    """A request that a client made, and what it was told."""

    number: int
    """From 1, in order of the answers."""
    operation: str | None
    """Its name in the API specification, such as ``get_status``; None where nothing serves the path."""
    workflow_id: str | None
    method: str
    target: str
    """The path with its query string, as it was sent."""
    status: int
    """0: no answer, for the client went away or was cut off."""
    mode: str
    """The clock's mode when the request came: auto, frozen, real, or driven (see `ClusterHandle.patch_sleep`)."""
    elapsed: int
    """Virtual milliseconds from the world's beginning to the request."""
    wall: float
    """Seconds since 1970 by the wall clock, when the request came."""
    is_poll: bool
    """Whether it is a status call that the workflow itself answered; a fault may have lost the reply."""
    fault: str | None
    """The faults and outages that acted on it, in people's words."""
    stub: str | None
    """The stub that answered."""
    near_misses: tuple[str, ...]
    """Of a request that nothing serves: the stubs that came closest and why they did not match."""
    took_ms: float = field(compare=False)
    """Milliseconds from the request to its answer by the wall clock."""
    headers: dict[str, str] = field(repr=False)
    body: Any = field(repr=False)
    """The request's body: decoded JSON, else text, else None."""
    answer: Any = field(repr=False)
    """The answer's body: decoded JSON, else text, else None."""

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Exchange":
        """What the owner's door tells."""
        return cls(
            number=entry["number"],
            operation=entry["operation"],
            workflow_id=entry["workflow_id"],
            method=entry["method"],
            target=entry["target"],
            status=entry["status"],
            mode=entry["mode"],
            elapsed=entry["elapsed_ms"],
            wall=entry["wall"],
            is_poll=entry["is_poll"],
            fault=entry["fault"],
            stub=entry["stub"],
            near_misses=tuple(f"{miss['stub']}: {'; '.join(miss['reasons'])}" for miss in entry["near_misses"]),
            took_ms=entry["took_ms"],
            headers=entry["request"]["headers"],
            body=entry["request"]["body"],
            answer=entry["response"],
        )

    @property
    def begins_run(self) -> bool:
        """Whether it may have begun another run of its workflow: it was no mere look, and was not refused."""
        return self.method not in ("GET", "HEAD", "OPTIONS") and self.status < 400

    @property
    def state(self) -> str | None:
        """The state that the answer tells, if it tells one."""
        return self.answer.get("state") if isinstance(self.answer, dict) else None
