"""The difference between the scenarios that files held before and those that they hold now."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mockflow.core.scenario.model import Scenario


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and its source, such as ``story.yaml:1:1``."""

    scenario: Scenario
    source: str = ""
    text: str | None = field(default=None, compare=False, repr=False)
    """Its document, if it was loaded through the control API."""
    version: str | None = field(default=None, compare=False)
    """The version of its file, if `text` is an edit of that file's document."""

    @property
    def name(self) -> str:
        return self.scenario.scenario


@dataclass(frozen=True)
class Changes:
    """The scenarios, compared by name, that are new, changed, gone, or only at another place in the files."""

    after: tuple[LoadedScenario, ...]
    """All scenarios now, in their order."""
    new: tuple[LoadedScenario, ...] = ()
    changed: tuple[LoadedScenario, ...] = ()
    gone: tuple[LoadedScenario, ...] = ()
    """The former scenarios."""
    moved: tuple[tuple[LoadedScenario, LoadedScenario], ...] = ()
    """The former and the present one; they differ in their source alone."""


def changes(before: Iterable[LoadedScenario], after: Iterable[LoadedScenario]) -> Changes:
    """The difference between the scenarios `before` and `after`, in each of which names are unique."""
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
