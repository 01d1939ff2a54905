"""A request as it is judged, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mockflow.cluster.workflow import Workflow
from mockflow.core.faults.model import WITHOUT_ACTION, Connection, Respond
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.matching import StubCall

_OVER_MS: Final = 5000


@dataclass(frozen=True)
class Inquiry(StubCall):
    """A request, and what the cluster's own routing makes of it."""

    operation: str = ""
    """Its name in the API specification; empty where nothing serves the path."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values in the route's path, still encoded."""
    created_for: Callable[[], Scenario | None] = lambda: None
    """The scenario that speaks for the workflow that a create makes."""


@dataclass(frozen=True)
class NearMiss:
    """A stub that did not answer, and why not."""

    stub: str
    reasons: tuple[str, ...]


class Move(NamedTuple):
    """A time that skips on once the request is answered."""

    workflow: Workflow | None
    """Whose run; None means the cluster's own time."""
    scenario: str
    elapsed: int
    """When the request came: what has moved since, by the answer itself, skips no further."""


@dataclass
class Verdict:
    """What becomes of one request."""

    asked: Inquiry
    workflow: Workflow | None = None
    """The one that it is about."""
    faults: list[str] = field(default_factory=list)
    stub: str | None = None
    respond: Respond | None = None
    performed: bool = False
    """Whether the cluster acts all the same, and only its answer is another."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the names in a stub's path stand for."""
    delay_ms: float = 0
    connection: Connection | None = None
    over_ms: float = _OVER_MS
    moves: tuple[Move, ...] = ()
    """What skips on in mode auto."""
    near_misses: tuple[NearMiss, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether it stands in place of all that the cluster would do."""
        return (self.respond is not None and not self.performed) or self.connection in WITHOUT_ACTION

    @property
    def is_broken(self) -> bool:
        """Whether what the client gets is no whole answer of the cluster's own, and so no poll."""
        return self.respond is not None or self.connection not in (None, "lost_reply")
