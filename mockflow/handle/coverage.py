"""Which parts of the scripts clients have seen."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """A keyframe or an attempt of a scenario, and whether a client has seen it."""

    scenario: str
    run: str
    """provision, reprovision or deprovision."""
    attempt: int
    """From 0."""
    keyframe: int | None
    """Its index in the timeline; None for the attempt as a whole."""
    what: str
    """In people's words, such as ``2s PROVISIONING``."""
    seen: bool

    def __str__(self) -> str:
        attempt = f" attempt {self.attempt + 1}" if self.attempt else ""
        return f"{self.scenario}: {self.run}{attempt}: {self.what}"


@dataclass(frozen=True)
class Coverage:
    """All parts of all loaded scripts, in their order."""

    parts: tuple[Part, ...]

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Coverage":
        return cls(tuple(Part(**part) for part in content["parts"]))

    @property
    def seen(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.seen)

    @property
    def unseen(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.seen)

    @property
    def percent(self) -> float:
        """100.0 where nothing is scripted."""
        return 100.0 * len(self.seen) / len(self.parts) if self.parts else 100.0

    def assert_complete(self) -> None:
        """Fails where a scripted keyframe or attempt was never observed, and names each."""
        if self.unseen:
            listed = "\n".join(f"  {part}" for part in self.unseen)
            raise AssertionError(f"scripted, and never observed:\n{listed}")
