"""The scenario language's outages: the whole cluster goes through phases, such as those of a rolling restart."""

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
"""The preset of the responses in each phase; None if calls are answered normally or the port is closed."""

STILL_ANSWERED: Final = frozenset({"info", "ping"})
"""The operations that a cluster answers before it is ready (docs/reference/opensearch.md, "Main page")."""
UP_ALREADY: Final = frozenset({"no_cluster_manager", "not_recovered"})
"""The phases in which it answers them."""


class Phase(Model):
    """One phase of an outage."""

    phase: PhaseKind = Field(
        description="port_closed: connections are refused. security_not_initialized, no_cluster_manager, "
        "not_recovered: every call gets a 503; in the latter two, GET / is answered. red, yellow: calls are answered, "
        "and the cluster has this health."
    )
    takes: Duration = Field(description="How long it lasts.")


ROLLING_RESTART: Final = (
    Phase(phase="port_closed", takes="2s"),
    Phase(phase="security_not_initialized", takes="1s"),
    Phase(phase="not_recovered", takes="1s"),
    Phase(phase="yellow", takes="2s"),
)


class Outage(Model):
    """A period in which every request meets an unavailable or unhealthy cluster."""

    name: Name | None = Field(default=None, description="Its name in journal and coverage.")
    at: Duration = Field(description="When it begins: the elapsed time of the run.")
    phases: Annotated[tuple[Phase, ...], Field(min_length=1)] = Field(
        default=ROLLING_RESTART,
        strict=False,
        description="The phases in order. Default: those of a rolling restart.",
    )


class Window(NamedTuple):
    """A phase with its begin and end (exclusive) in elapsed ms of the run."""

    begin: int
    end: int
    phase: PhaseKind
    number: int


def windows(outage: Outage) -> Iterator[Window]:
    """The phases of an outage in order."""
    begin = parse_duration(outage.at)
    for number, phase in enumerate(outage.phases):
        end = begin + parse_duration(phase.takes)
        yield Window(begin, end, phase.phase, number)
        begin = end
