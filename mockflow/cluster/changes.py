"""What differs between the scenarios that files held and those that they hold now."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockflow.core.scenario.model import Scenario


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and where it came from, in people's words."""

    scenario: Scenario
    source: str = ""

    @property
    def name(self) -> str:
        return self.scenario.scenario


@dataclass(frozen=True)
class Changes:
    """The scenarios, by name, that are new, whose script has changed, that are gone, or that only stand elsewhere."""

    after: tuple[LoadedScenario, ...]
    """All that there are now, in their order."""
    new: tuple[LoadedScenario, ...] = ()
    changed: tuple[LoadedScenario, ...] = ()
    gone: tuple[LoadedScenario, ...] = ()
    """As they were."""
    moved: tuple[tuple[LoadedScenario, LoadedScenario], ...] = ()
    """As they were, and as they are."""


def changes(before: Iterable[LoadedScenario], after: Iterable[LoadedScenario]) -> Changes:
    """What leads from the scenarios `before` to those `after`; no two of either have one name."""
    after = tuple(after)
    old = {loaded.name: loaded for loaded in before}
    pairs = [(old.pop(loaded.name, None), loaded) for loaded in after]
    known = [(was, loaded) for was, loaded in pairs if was]
    return Changes(
        after=after,
        new=tuple(loaded for was, loaded in pairs if was is None),
        changed=tuple(loaded for was, loaded in known if was.scenario != loaded.scenario),
        gone=tuple(old.values()),
        moved=tuple(
            (was, loaded) for was, loaded in known if was.scenario == loaded.scenario and was.source != loaded.source
        ),
    )
