"""Reloads scenario files into a running cluster, in one step between two requests."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mockflow.cli.logs import level_of
from mockflow.cli.options import counted
from mockflow.cluster import ClaimedError, Cluster, LoadedScenario, TooManyError
from mockflow.cluster.changes import Changes, changes
from mockflow.loading.body_files import Folders
from mockflow.loading.edits import Files, begun, edited
from mockflow.loading.load import Located, Versions, read_versions
from mockflow.loading.problems import Problem

log: Final = logging.getLogger("mockflow")


class ScenarioFiles:
    """The files and folders that a cluster serves."""

    def __init__(self, paths: Sequence[str], body_folders: Folders = ()) -> None:
        self.paths = paths
        self.body_folders = body_folders
        self.files: Files = begun(read_versions(paths, body_folders=body_folders))

    @property
    def loaded(self) -> tuple[LoadedScenario, ...]:
        """The scenarios in force."""
        return tuple(map(_loaded, self.files.scenarios))

    def read(self) -> Versions:
        """Reads and parses the files. It may run in another thread."""
        return read_versions(self.paths, self.files.versions, body_folders=self.body_folders)

    def is_doubtful(self, versions: Versions) -> bool:
        """Whether a file is missing or newly broken, because an editor may be saving it just now."""
        return any(
            file not in versions
            or len(versions[file].documents) < len(version.documents)
            or (bool(versions[file].problems) and versions[file] != version)
            for file, version in self.files.versions.items()
        ) or any(version.problems for file, version in versions.items() if file not in self.files.versions)

    def plan(self, versions: Versions, loaded: Mapping[str, LoadedScenario]) -> "Plan":
        """The changes to make. `loaded` are the cluster's scenarios. It may run in another thread."""
        before = self.loaded
        mine = {one.name: one for one in before}
        others = {name: (one.scenario, one.source) for name, one in loaded.items() if one != mine.get(name)}
        files = edited(self.files, versions, others)
        return Plan(files, changes(before, map(_loaded, files.scenarios)))

    def apply(self, cluster: Cluster, plan: "Plan") -> bool:
        """Applies the changes and logs them. A broken edit changes only the list of problems.

        Returns False if a scenario that was loaded through the control API since `plan` conflicts.
        """
        try:
            cluster.reload(plan.changes)
        except ClaimedError:
            return False
        except TooManyError as error:
            log.error("nothing is reloaded: %s", error)
            return True
        before, self.files = set(self.files.problems), plan.files
        cluster.problems = problems_of(self.files.problems)
        for problem in self.files.problems:
            if problem not in before:
                log.log(level_of(problem), "%s", problem.text)
        if summary := _summary(plan.changes):
            log.info("reloaded: %s", summary)
        if before and not self.files.problems:
            log.info("no problems any more")
        return True


@dataclass(frozen=True)
class Plan:
    """The files after a reload, and the changes of scenarios."""

    files: Files
    changes: Changes


def problems_of(problems: Iterable[Problem]) -> tuple[dict[str, object], ...]:
    """The form in the control API."""
    return tuple(problem.as_json() for problem in problems)


def _loaded(located: Located) -> LoadedScenario:
    return LoadedScenario(located.scenario, str(located.place))


def _summary(found: Changes) -> str:
    """``1 new (a), 2 changed (b, c)``."""
    parts = {"new": found.new, "changed": found.changed, "gone": found.gone}
    return ", ".join(f"{len(those)} {what} ({_names(those)})" for what, those in parts.items() if those)


def _names(those: Sequence[LoadedScenario]) -> str:
    names = [loaded.name for loaded in those[:_MOST_NAMES]]
    more = len(those) - len(names)
    return ", ".join(names) + (f" and {counted(more, 'other')}" if more else "")


_MOST_NAMES: Final = 5
