"""The scenario language's outages: the cluster goes through phases, such as those of a rolling restart."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from mockflow.core.base.durations import parse_duration
from mockflow.core.base.model import Model, Name
from mockflow.core.script.plan import Duration

PhaseKind = Literal["port_closed", "security_not_initialized", "no_cluster_manager", "not_recovered", "red", "yellow"]

ANSWERS: Final[Mapping[PhaseKind, str | None]] = {
    "port_closed": None,
    "security_not_initialized": "security_not_initialized",
    "no_cluster_manager": "no_cluster_manager",
    "not_recovered": "not_recovered",
    "red": None,
    "yellow": None,
}
"""The preset by which calls are refused in each phase; None: they are not, or nobody is there to refuse them."""

STILL_ANSWERED: Final = frozenset({"info", "ping"})
"""What a cluster answers before it is ready: the trap of slow starts (consumers.md, section 4.1)."""
UP_ALREADY: Final = frozenset({"no_cluster_manager", "not_recovered"})
"""The phases in which it does."""


class Phase(Model):
    """A part of an outage."""

    phase: PhaseKind = Field(
        description="port_closed: connections are refused. security_not_initialized, no_cluster_manager, "
        "not_recovered: every call is answered 503, GET / excepted in the latter two. red, yellow: calls are "
        "answered, and the cluster's health is that."
    )
    takes: Duration = Field(description="How long it lasts.")


ROLLING_RESTART: Final = (
    Phase(phase="port_closed", takes="2s"),
    Phase(phase="security_not_initialized", takes="1s"),
    Phase(phase="not_recovered", takes="1s"),
    Phase(phase="yellow", takes="2s"),
)


class Outage(Model):
    """A time in which the cluster is not what it should be, for every request."""

    name: Name | None = Field(default=None, description="Its name in journal and coverage.")
    at: Duration = Field(description="When it begins: the elapsed time of the run.")
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)] = Field(
        default=ROLLING_RESTART,
        strict=False,
        description="What it goes through, one phase after the other. As a rolling restart goes, if left out.",
    )


class Window(NamedTuple):
    """A phase and when it is: elapsed ms of the run, the end not included."""

    begin: int
    end: int
    phase: PhaseKind
    number: int


def windows(outage: Outage) -> Iterator[Window]:
    """The phases of an outage in their order."""
    begin = parse_duration(outage.at)
    for number, phase in enumerate(outage.phases):
        end = begin + parse_duration(phase.takes)
        yield Window(begin, end, phase.phase, number)
        begin = end
