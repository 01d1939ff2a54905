"""Coverage: which parts of the scripts clients have seen."""

from dataclasses import dataclass
from typing import Any

from mockflow.core.base.plain_text import plain


@dataclass(frozen=True)
class Part:
    """A keyframe, a step of a plan, an attempt without either, a fault, a stub, an outage, or a step of `fail_step`.

    A keyframe is seen once a response showed it, a step once a run executed it, an attempt once it began, and a fault,
    stub or outage once it acted.
    """

    scenario: str
    """``(added)`` for what `fail`, `fail_step` or the control API added."""
    run: str
    """provision, reprovision or deprovision; faults, stubs, outages or models; plans for a step of `fail_step`."""
    attempt: int
    """Counted from 0. For faults, stubs, outages and models, the index in the scenario."""
    keyframe: int | None
    """The index in the timeline; None unless this is a keyframe."""
    step: str | None
    """The key in the plan, a node's id or a step's type; None unless this is a step."""
    what: str
    """A description, such as ``2s PROVISIONING``."""
    seen: bool
    """Whether clients have seen it."""
    optional: bool = False
    """Whether it need not be seen: a fault or stub with ``optional: true``, or a fault with a probability."""

    def __str__(self) -> str:
        from mockflow.server.control.views import PartView  # on first use

        return PartView(**vars(self)).text()


@dataclass(frozen=True)
class NotServed:
    """A kind of request that OpenSearch has and mockflow does not serve."""

    request: str
    """Method and path, such as ``POST /{index}/_close``."""
    operation: str
    """Its name in the API specification."""
    calls: int
    stub: str
    """YAML for a scenario, which answers it."""

    def __str__(self) -> str:
        return plain(f"{self.request} ({self.operation})")


@dataclass(frozen=True)
class Coverage:
    """All parts of all loaded scripts, in order.

    >>> deploy(cluster.url)
    'COMPLETED'
    >>> cluster.coverage().unseen
    ()
    """

    parts: tuple[Part, ...]
    """The parts, scenario by scenario."""
    input_problems: tuple[str, ...] = ()
    """The errors of steps whose inputs a real cluster would refuse, although the timeline of their workflow goes on."""
    not_served: tuple[NotServed, ...] = ()
    """The requests that OpenSearch has and mockflow does not serve."""

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Coverage":
        """From the response of `GET /_mockflow/coverage`."""
        return cls(
            tuple(Part(**part) for part in content["parts"]),
            tuple(content["input_problems"]),
            tuple(NotServed(**kind) for kind in content["not_served"]),
        )

    @property
    def seen(self) -> tuple[Part, ...]:
        """The parts that clients have seen."""
        return tuple(part for part in self.parts if part.seen)

    @property
    def unseen(self) -> tuple[Part, ...]:
        """The parts that no client has seen."""
        return tuple(part for part in self.parts if not part.seen)

    def assert_complete(self) -> None:
        """Raises AssertionError if a part that is not optional was never observed. The message lists each of them."""
        if missed := [part for part in self.unseen if not part.optional]:
            listed = "\n".join(f"  {part}" for part in missed)
            raise AssertionError(f"scripted but never observed:\n{listed}")
