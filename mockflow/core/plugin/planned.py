"""What is planned for the steps of a run before it is simulated: duration and failure, and what a reprovision does."""

from dataclasses import dataclass
from typing import Final

# The effects of a reprovisioning on a node.
CREATE: Final = "create"
UPDATE: Final = "update"
KEEP: Final = "keep"


@dataclass(frozen=True)
class PlannedFailure:
    """A planned failure. If `message` or `exception` is None, the default of the step is used."""

    status: str = "INTERNAL_SERVER_ERROR"
    message: str | None = None
    exception: str | None = None
    is_timeout: bool = False
    """Whether the step fails by its time-out, which has its own status and message."""


@dataclass(frozen=True)
class PlannedStep:
    """The plan of a step: its duration in ms (None: not planned) and its failure."""

    takes: int | None = None
    fails: PlannedFailure | None = None
