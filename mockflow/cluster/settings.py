"""The settings of a world."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mockflow.cluster.clock import MAX_SPEED, MAX_TIME, MODES, Mode
from mockflow.core.base.durations import MAX_MS
from mockflow.core.base.findings import quoted
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.security import User, users_by_name
from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version

MAX_POLLS: Final = 1_000_000_000
MAX_DOCUMENTS: Final = 100_000_000
MAX_SEED: Final = 2**63 - 1
BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "epoch": (0, MAX_TIME),
    "anchor": (0, MAX_TIME),
    "step_time": (0, MAX_MS),
    "seed": (-MAX_SEED - 1, MAX_SEED),
    "max_polls": (1, MAX_POLLS),
    "max_documents": (0, MAX_DOCUMENTS),
}
"""The least and the greatest value of each setting that is a whole number."""


@dataclass(frozen=True)
class Settings:
    """The settings that a world begins with. Times are milliseconds. Raises ValueError for a value out of range."""

    mode: Mode = "real"
    speed: float = 1.0
    epoch: int | None = None
    """Epoch ms at which the clock begins; None: the default of the mode."""
    opensearch_version: str = DEFAULT_VERSION
    step_time: int = 1000
    """How long a step takes for which no plan says otherwise."""
    seed: int = 0
    """Made ids and draws of chance follow from it."""
    max_polls: int = 1000
    """The number of equal responses after which a workflow that cannot change is reported."""
    ends_stuck: bool = False
    """Whether the connection of a client that polls such a workflow is closed; else a warning is logged once."""
    users: tuple[User, ...] = ()
    """The users of the security plugin; without any it is off."""
    multi_tenancy: bool = False
    """Whether requests name their tenant in the header x-tenant-id."""
    trust_inputs: bool = False
    """Whether steps succeed whatever their inputs are."""
    max_documents: int = 100_000
    """How many documents all indices together hold; a further one is refused."""
    anchor: int | None = None
    """Epoch ms at which the clock of mode real begins and the runs of `starts: load` start, however late the world is
    made; so worlds that share it agree."""

    def __post_init__(self) -> None:
        parse_version(self.opensearch_version)
        users_by_name(self.users)
        if self.mode not in MODES:
            raise ValueError(f'unknown clock "{self.mode}"; {did_you_mean(self.mode, MODES)}')
        if isinstance(self.speed, bool) or not isinstance(self.speed, (int, float)) or not 0 < self.speed <= MAX_SPEED:
            raise ValueError(f"a speed is above 0 and at most {MAX_SPEED:.0f}")
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if value is None and name in ("epoch", "anchor"):
                continue
            if type(value) is not int:
                raise ValueError(f"{_WHAT[name]} is a whole number, not {quoted(value)}")
            if value < least:
                raise ValueError(f"{_WHAT[name]} is at least {least}, not {value}")
            if value > most:
                raise ValueError(f"{_WHAT[name]} is at most {most}")


_WHAT: Final = {
    "epoch": "an epoch is in milliseconds since 1970, and",
    "anchor": "an anchor is in milliseconds since 1970, and",
    "step_time": "a step time is in milliseconds, and",
    "seed": "a seed",
    "max_polls": "max_polls",
    "max_documents": "max_documents",
}
