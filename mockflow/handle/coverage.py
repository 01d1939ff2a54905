"""Which parts of the scripts clients have seen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """A keyframe, a step of a plan, an attempt that has neither, a fault, a stub or an outage; and whether it was seen.

    A keyframe is seen once a client was told it, a step once a run had it, an attempt once it has begun, a fault,
    stub or outage once it has acted.
    """

    scenario: str
    run: str
    """provision, reprovision or deprovision; faults, stubs or outages."""
    attempt: int
    """From 0; of faults, stubs and outages their place in the scenario."""
    keyframe: int | None
    """Its index in the timeline; None for what is no keyframe."""
    step: str | None
    """Its key in the plan: a node's id or a step's type; None for what is no step."""
    what: str
    """In people's words, such as ``2s PROVISIONING``."""
    seen: bool

    def __str__(self) -> str:
        is_run = self.run in ("provision", "reprovision", "deprovision")
        attempt = f" attempt {self.attempt + 1}" if is_run and self.attempt else ""
        return f"{self.scenario}: {self.run}{attempt}: {self.what}"


@dataclass(frozen=True)
class Coverage:
    """All parts of all loaded scripts, in their order.

    >>> deploy(cluster.url)
    'COMPLETED'
    >>> cluster.coverage().percent
    100.0
    """

    parts: tuple[Part, ...]

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Coverage":
        """What the owner's door tells."""
        return cls(tuple(Part(**part) for part in content["parts"]))

    @property
    def seen(self) -> tuple[Part, ...]:
        """The parts that clients have seen."""
        return tuple(part for part in self.parts if part.seen)

    @property
    def unseen(self) -> tuple[Part, ...]:
        """The parts that no client has seen."""
        return tuple(part for part in self.parts if not part.seen)

    @property
    def percent(self) -> float:
        """How much of it all was seen; 100.0 where nothing is scripted."""
        return 100.0 * len(self.seen) / len(self.parts) if self.parts else 100.0

    def assert_complete(self) -> None:
        """AssertionError where something scripted was never observed; it names each keyframe, step, fault and so on."""
        if self.unseen:
            listed = "\n".join(f"  {part}" for part in self.unseen)
            raise AssertionError(f"scripted, and never observed:\n{listed}")
