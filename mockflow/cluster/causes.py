"""The event that began a run. With the script it determines the run's timeline, so another script can play the run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mockflow.cluster.stored_template import StoredTemplate
from mockflow.core.plugin.graph import Sequence
from mockflow.core.plugin.resources import Key, Made
from mockflow.core.plugin.status import Fields
from mockflow.core.plugin.step_checks.model_urls import ModelUrls
from mockflow.core.script.plan import StepPlan

RunKind = Literal["look", "provision", "reprovision", "deprovision"]
"""The kind of event that began a run.

`look` is the first status read of a workflow that a scenario brings, or the loading of its scenario.
"""


class Resources(Protocol):
    """The resources of the cluster, by kind and id. No lookup writes anything."""

    def peek(self, key: Key) -> Made | None:
        """The resource, if it exists now."""

    def is_coming(self, key: Key) -> bool:
        """Whether a run under way makes it later."""

    def group_named(self, name: str) -> str | None:
        """The id of the model group with this name."""

    def has_alias(self, name: str) -> bool:
        """Whether an index has this alias."""

    def has_had(self, kind: str) -> bool:
        """Whether there ever was a resource of this kind."""


class There:
    """What a run finds in the cluster. A lookup that is repeated gives the same result as before.

    A lookup changes nothing in the cluster, because a run may be rehearsed only.
    """

    def __init__(
        self,
        resources: Resources,
        trusted_endpoints: tuple[str, ...],
        *,
        model_access_control: bool,
        model_urls: ModelUrls,
    ) -> None:
        self.trusted_endpoints = trusted_endpoints
        self.model_access_control = model_access_control
        self.model_urls = model_urls
        self._found = Remembered(resources.peek)
        self.coming = Remembered(resources.is_coming)
        self.groups = Remembered(resources.group_named)
        self.aliases = Remembered(resources.has_alias)
        self.kinds = Remembered(resources.has_had)
        found = self._found  # not self, which would be a cycle for each run
        self.deployed = Remembered(lambda model_id: (made := found.get(("model", model_id))) and made.ready)
        self.index_settings = Remembered(lambda name: (made := found.get(("index", name))) and made.body["settings"])

    def find(self, key: Key) -> Made | None:
        """The resource, if it exists."""
        made: Made | None = self._found.get(key)
        return made

    def __contains__(self, key: object) -> bool:
        """Whether the resource of this kind and id exists."""
        return key in self._found


class Remembered:
    """A lookup that is made once for each item. An item is contained if something was found."""

    def __init__(self, look_up: Callable[[Any], Any]) -> None:
        self._look_up = look_up
        self._found: dict[Any, Any] = {}

    def get(self, item: Any) -> Any:
        if item not in self._found:
            self._found[item] = self._look_up(item)
        return self._found[item]

    def __contains__(self, item: object) -> bool:
        return bool(self.get(item))


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
