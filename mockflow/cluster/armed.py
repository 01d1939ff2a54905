"""Faults, stubs and outages at work, each with what it has counted in one world."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockflow.cluster.verdict import Inquiry
from mockflow.cluster.workflow import Workflow
from mockflow.core.base.path_pattern import PathPattern, parse_pattern
from mockflow.core.faults import outages
from mockflow.core.faults.chance import draw
from mockflow.core.faults.model import ANY, Fault, parse_range, parse_window
from mockflow.core.scenario.model import Scenario
from mockflow.core.stubs.model import Stub

if TYPE_CHECKING:
    from mockflow.cluster.cluster import Cluster


@dataclass
class ArmedFault:
    """A fault at work. `scenario` is None for one that the owner has added."""

    fault: Fault
    scenario: Scenario | None
    number: int
    """Its place among the scenario's, or those that the owner has added, from 0."""
    workflow_id: str | None = None
    """Of the owner's: it acts on requests for this workflow alone."""
    calls: int = 0
    """Calls that its `on` names, within its scope."""
    acted: int = 0

    def __post_init__(self) -> None:
        self.targets = frozenset(self.fault.on)
        self.patterns: tuple[PathPattern, ...] = tuple(
            parse_pattern(target) for target in self.fault.on if "/" in target
        )
        self.window = parse_window(self.fault.during) if self.fault.during else None
        self.range = parse_range(self.fault.calls) if self.fault.calls else None

    @property
    def label(self) -> str:
        """What it is, in people's words."""
        return self.fault.label

    @property
    def has_acted(self) -> bool:
        """Whether a client has felt it."""
        return self.acted > 0

    @property
    def key(self) -> str:
        """What its chances follow from."""
        return f"{self.scenario.scenario if self.scenario else ''}/{self.fault.name or self.number}"

    def names(self, asked: Inquiry) -> bool:
        """Whether its `on` does."""
        return (
            ANY in self.targets
            or asked.operation in self.targets
            or any(pattern.match(asked.method, asked.path) is not None for pattern in self.patterns)
        )

    def is_its_turn(self, seed: int) -> bool:
        """By count and chance, for the call that was counted last."""
        fault, call = self.fault, self.calls
        return (
            fault.call in (None, call)
            and (self.range is None or (self.range[0] <= call and (self.range[1] is None or call <= self.range[1])))
            and (fault.every is None or call % fault.every == 0)
            and (fault.probability is None or draw(seed, self.key, call) < fault.probability)
        )


@dataclass
class ArmedStub:
    """A stub at work."""

    stub: Stub
    scenario: Scenario
    number: int
    answered: int = 0
    place: int = 0
    """Of the answer that comes next."""

    def __post_init__(self) -> None:
        during = self.stub.when and self.stub.when.during
        self.window = parse_window(during) if during else None

    @property
    def label(self) -> str:
        """What it is, in people's words."""
        return self.stub.label

    @property
    def has_acted(self) -> bool:
        """Whether a client got it."""
        return self.answered > 0


@dataclass
class ArmedOutage:
    """An outage at work."""

    outage: outages.Outage
    scenario: Scenario
    number: int
    has_acted: bool = False
    """Whether a client has felt it."""
    over: set[tuple[str, int, int]] = field(default_factory=set)
    """Phases that were ended before their time: workflow, number of its run, number of the phase."""

    def __post_init__(self) -> None:
        self.windows = tuple(outages.windows(self.outage))

    @property
    def label(self) -> str:
        """What it is, in people's words."""
        return self.outage.name or "outage"


@dataclass(frozen=True)
class InPhase:
    """An outage is in this phase now; of which workflow's run, None where it is the cluster's own time."""

    armed: ArmedOutage
    window: outages.Window
    workflow: Workflow | None
    elapsed: int

    def end(self, cluster: "Cluster") -> None:
        """It is over before its time; in mode auto the time skips to its end."""
        self.armed.over.add(self.key)
        while cluster.clock.mode == "auto" and self.elapsed_now(cluster) < self.window.end:
            cluster.move_on(self.workflow, self.armed.scenario.scenario)

    def elapsed_now(self, cluster: "Cluster") -> int:
        """The elapsed ms that it goes by."""
        return cluster.elapsed(self.workflow) if self.workflow else cluster.elapsed_ms

    @property
    def is_over(self) -> bool:
        """Whether it was ended before its time."""
        return self.key in self.armed.over

    @property
    def key(self) -> tuple[str, int, int]:
        """Which phase, of which run."""
        return (
            (self.workflow.id, self.workflow.serial, self.window.number)
            if self.workflow
            else ("", 0, self.window.number)
        )


@dataclass(frozen=True)
class Armed:
    """What one scenario has at work."""

    faults: list[ArmedFault]
    stubs: list[ArmedStub]
    outages: list[ArmedOutage]
