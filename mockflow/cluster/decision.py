"""A request that faults, outages and stubs may act on, and the decision about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mockflow.cluster.workflow import Workflow
from mockflow.core.faults.model import WITHOUT_ACTION, Connection, Respond
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.matching import StubCall

_OVER_MS: Final = 5000


@dataclass(frozen=True)
class InterceptedRequest(StubCall):
    """A request, with the result of the cluster's own routing."""

    operation: str = ""
    """The name in the API specification; empty for a path without a route."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values in the route's path, still encoded."""
    created_for: Callable[[], Scenario | None] = lambda: None
    """For a create request: returns the scenario that matches the new workflow."""


@dataclass(frozen=True)
class NearMiss:
    """A stub that did not match, and the reasons."""

    stub: str
    reasons: tuple[str, ...]


class Move(NamedTuple):
    """A time that skips to its next moment after the response."""

    workflow: Workflow | None
    """The workflow whose run skips; None means the time of the cluster as a whole."""
    scenario: str
    elapsed: int
    """The elapsed ms when the request came. If the response itself has moved that time, it skips no further."""


@dataclass
class Decision:
    """What happens to one request."""

    request: InterceptedRequest
    workflow: Workflow | None = None
    """The workflow that the request is about."""
    faults: list[str] = field(default_factory=list)
    """The labels of the faults and outages that act."""
    stub: str | None = None
    """The label of the stub that responds."""
    respond: Respond | None = None
    performed: bool = False
    """Whether the cluster still acts on the request, and only its response is replaced."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The values of the names in a stub's path."""
    delay_ms: float = 0
    connection: Connection | None = None
    over_ms: float = _OVER_MS
    moves: tuple[Move, ...] = ()
    """The times that skip in mode auto."""
    near_misses: tuple[NearMiss, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether the decision replaces all that the cluster would do."""
        return (self.respond is not None and not self.performed) or self.connection in WITHOUT_ACTION

    @property
    def is_broken(self) -> bool:
        """Whether the client gets anything but a whole response of the cluster's own. Such a request is no poll."""
        return self.respond is not None or self.connection not in (None, "lost_reply")
