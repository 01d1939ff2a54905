"""What began a run: with the script, all that its timeline follows from. So a run can be played by another script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.resources import Key, Made
from mockflow.core.plugin.status import Fields
from mockflow.core.script.plan import StepPlan

if TYPE_CHECKING:
    from mockflow.cluster.registry import Registry
    from mockflow.cluster.workflow import StoredTemplate

RunKind = Literal["look", "provision", "reprovision", "deprovision"]
"""What began a run; `look`: only the first status call of a workflow that a scenario brings, or its loading."""


class There:
    """What is in the cluster when a run begins; what was asked once is told the same whenever it is asked again."""

    def __init__(self, resources: "Registry") -> None:
        self._resources = resources
        self._found: dict[Key, Made | None] = {}
        self._indexes: dict[str, bool] = {}

    def find(self, key: Key) -> Made | None:
        """What exists."""
        if key not in self._found:
            self._found[key] = self._resources.find(key)
        return self._found[key]

    def __contains__(self, name: object) -> bool:
        """Whether an index of this name is there, or a run under way is about to make it."""
        key = ("index", str(name))
        if key[1] not in self._indexes:
            self._indexes[key[1]] = self._resources.find(key) is not None or self._resources.is_coming(key)
        return self._indexes[key[1]]


@dataclass
class Cause:
    """The event that began a run, and what it met. Times are epoch milliseconds."""

    kind: RunKind
    now: int
    stored: "StoredTemplate | None"
    before: Fields
    """The status until then."""
    attempt: int
    """How many runs of this kind there were before; a look is the first provisioning."""
    runs: int
    """How many provisionings and reprovisionings there were before."""
    there: There
    params: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence | None = None
    """Of a reprovisioning: the steps of the new template, and what is done with each."""
    changes: Mapping[str, str] | None = None
    planned: Mapping[str, StepPlan] | None = None
    """What the owner had said of the next run, once a plan has asked for it."""
