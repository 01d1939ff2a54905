"""Which parts of the scripts clients have seen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """A keyframe, a step of a plan, or an attempt of a scenario that has neither; and whether a client has seen it.

    A keyframe is seen once a client was told it, a step once a run had it, an attempt once it has begun.
    """

    scenario: str
    run: str
    """provision, reprovision or deprovision."""
    attempt: int
    """From 0."""
    keyframe: int | None
    """Its index in the timeline; None for what is no keyframe."""
    step: str | None
    """Its key in the plan: a node's id or a step's type; None for what is no step."""
    what: str
    """In people's words, such as ``2s PROVISIONING``."""
    seen: bool

    def __str__(self) -> str:
        attempt = f" attempt {self.attempt + 1}" if self.attempt else ""
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
        """AssertionError where a scripted keyframe, step or attempt was never observed; it names each."""
        if self.unseen:
            listed = "\n".join(f"  {part}" for part in self.unseen)
            raise AssertionError(f"scripted, and never observed:\n{listed}")
