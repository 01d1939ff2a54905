"""The event that began a run. With the script it determines the run's timeline, so another script can play the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mockflow.cluster.stored_template import StoredTemplate
from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.resources import Key, Made
from mockflow.core.plugin.status import Fields
from mockflow.core.script.plan import StepPlan

RunKind = Literal["look", "provision", "reprovision", "deprovision"]
"""The kind of event that began a run.

`look` is the first status read of a workflow that a scenario brings, or the loading of its scenario.
"""


class Resources(Protocol):
    """The resources of the cluster, by kind and id."""

    def find(self, key: Key) -> Made | None:
        """The resource, if it exists now."""

    def is_coming(self, key: Key) -> bool:
        """Whether a run under way makes it later."""


class There:
    """The resources that a run finds in the cluster. A lookup that is repeated gives the same result as before."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._found: dict[Key, Made | None] = {}
        self._indexes: dict[str, bool] = {}

    def find(self, key: Key) -> Made | None:
        """The resource, if it exists."""
        if key not in self._found:
            self._found[key] = self._resources.find(key)
        return self._found[key]

    def __contains__(self, name: object) -> bool:
        """Whether an index of this name exists, or a run under way is about to make it."""
        key = ("index", str(name))
        if key[1] not in self._indexes:
            self._indexes[key[1]] = self._resources.find(key) is not None or self._resources.is_coming(key)
        return self._indexes[key[1]]


@dataclass
class Cause:
    """The event that began a run, and the state of the cluster at that time. Times are epoch milliseconds."""

    kind: RunKind
    now: int
    stored: StoredTemplate | None
    before: Fields
    """The workflow's status until then."""
    attempt: int
    """The number of earlier runs of this kind; a run begun by a status read is the first provisioning."""
    runs: int
    """The number of earlier provisionings and reprovisionings."""
    there: There
    params: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence | None = None
    """Of a reprovisioning: the steps of the new template."""
    changes: Mapping[str, str] | None = None
    """Of a reprovisioning: what is done with each step."""
    planned: Mapping[str, StepPlan] | None = None
    """The steps of the control API's plan for the next run that this run took; None until its steps are played."""
