"""Active faults, stubs and outages: each with its counts in one world."""

from dataclasses import dataclass, field

from mockflow.cluster.decision import InterceptedRequest
from mockflow.core.base.path_pattern import PathPattern, parse_pattern
from mockflow.core.faults import outages
from mockflow.core.faults.chance import draw
from mockflow.core.faults.model import ANY, Fault, parse_range, parse_window
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.model import Stub

Span = tuple[int, int | None]
"""A span of elapsed ms; None: without end."""


@dataclass(eq=False)
class ActiveFault:
    """An active fault. `scenario` is None for a fault added through the control API."""

    fault: Fault
    scenario: Scenario | None
    number: int
    """The index among the scenario's faults, or among those added through the control API."""
    workflow_id: str | None = None
    """Of a fault added through the control API: it acts only on requests for this workflow."""
    calls: int = 0
    """The number of calls that its `on` names, within its scope."""
    acted: int = 0
    rank: int = 0
    """The place of its scenario among those that are active."""

    def __post_init__(self) -> None:
        self.operations = frozenset(target for target in self.fault.on if "/" not in target)
        self.patterns: tuple[PathPattern, ...] = tuple(
            parse_pattern(target) for target in self.fault.on if "/" in target
        )
        self.window: Span | None = parse_window(self.fault.during) if self.fault.during else None
        self.edges = _edges(self.window)
        self.range = parse_range(self.fault.calls) if self.fault.calls else None

    @property
    def label(self) -> str:
        """A short description."""
        return self.fault.label

    @property
    def has_acted(self) -> bool:
        """Whether it has acted on a request."""
        return self.acted > 0

    @property
    def is_optional(self) -> bool:
        """Whether it need not act; one that acts by chance need not."""
        return self.fault.optional or self.fault.probability is not None

    @property
    def key(self) -> str:
        """The key from which its draws of chance follow."""
        return f"{self.scenario.scenario if self.scenario else ''}/{self.fault.name or self.number}"

    def names(self, request: InterceptedRequest) -> bool:
        """Whether its `on` names the request."""
        return (
            ANY in self.operations
            or request.operation in self.operations
            or any(pattern.match(request.method, request.path) is not None for pattern in self.patterns)
        )

    @property
    def next_call(self) -> int | None:
        """The number of the next call on which it acts by count; None if it does not count, or all of them are over."""
        fault, first = self.fault, self.calls + 1
        if fault.call is None and self.range is None and fault.every is None:
            return None
        last = fault.call
        if fault.call is not None:
            first = max(first, fault.call)
        elif self.range is not None:
            first, last = max(first, self.range[0]), self.range[1]
        if fault.every is not None:
            first = -(-first // fault.every) * fault.every
        return first if last is None or first <= last else None

    def is_its_turn(self, seed: int) -> bool:
        """Whether it acts, by count and chance, on the call that was counted last."""
        fault, call = self.fault, self.calls
        return (
            fault.call in (None, call)
            and (self.range is None or (self.range[0] <= call and (self.range[1] is None or call <= self.range[1])))
            and (fault.every is None or call % fault.every == 0)
            and (fault.probability is None or draw(seed, self.key, call) < fault.probability)
        )


@dataclass(eq=False)
class ActiveStub:
    """An active stub. `scenario` is None for a stub added through the control API."""

    stub: Stub
    scenario: Scenario | None
    number: int
    answered: int = 0
    place: int = 0
    """The index of its next response."""
    rank: int = 0
    """As of a fault."""

    def __post_init__(self) -> None:
        during = self.stub.when and self.stub.when.during
        self.window: Span | None = parse_window(during) if during else None
        self.edges = _edges(self.window)

    @property
    def label(self) -> str:
        """A short description."""
        return self.stub.label

    @property
    def has_acted(self) -> bool:
        """Whether it has responded to a request."""
        return self.answered > 0

    @property
    def is_optional(self) -> bool:
        """Whether it need not respond."""
        return self.stub.optional


@dataclass(eq=False)
class ActiveOutage:
    """An active outage."""

    outage: outages.Outage
    scenario: Scenario
    number: int
    has_acted: bool = False
    """Whether it has acted on a request."""
    over: set[tuple[str, int, int]] = field(default_factory=set)
    """The phases that were ended early: workflow id, number of its run, number of the phase."""
    is_optional: bool = False

    def __post_init__(self) -> None:
        self.windows = tuple(outages.windows(self.outage))
        self.edges = tuple(edge for window in self.windows for edge in (window.begin, window.end))

    def phase_at(self, elapsed: int) -> outages.Window | None:
        """The phase that it is in."""
        return next((one for one in self.windows if one.begin <= elapsed < one.end), None)

    @property
    def label(self) -> str:
        """A short description."""
        return self.outage.name or "outage"


Active = ActiveFault | ActiveStub | ActiveOutage


def _edges(window: Span | None) -> tuple[int, ...]:
    """The times at which a window begins and ends."""
    return tuple(edge for edge in window or () if edge is not None)
