"""The settings of a world."""

from dataclasses import dataclass

from mockflow.cluster.clock import MODES, Mode
from mockflow.core.base.suggest import did_you_mean
from mockflow.core.opensearch.security import User, users_by_name
from mockflow.core.plugin.versions import DEFAULT_VERSION, parse_version


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

    def __post_init__(self) -> None:
        parse_version(self.opensearch_version)
        users_by_name(self.users)
        if self.mode not in MODES:
            raise ValueError(f'unknown clock "{self.mode}"; {did_you_mean(self.mode, MODES)}')
        if self.max_polls < 1:
            raise ValueError(f"max_polls is at least 1, not {self.max_polls}")
        if self.epoch is not None and self.epoch < 0:
            raise ValueError(f"an epoch is in milliseconds since 1970, not {self.epoch}")
