"""The files that scenarios come from, as the control API may read and write them; whoever serves them provides this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mockflow.cluster import Cluster, LoadedScenario
from mockflow.loading.load import Loading


@dataclass(frozen=True)
class FileText:
    """A scenario's document in its file."""

    file: str
    text: str
    line: int
    """The line of the file on which it begins, from 1."""
    version: str
    """The version of the whole file."""
    refusal: str
    """Why it cannot be written, and what would permit it; empty if it can."""


class ScenarioTexts(Protocol):
    """The scenario files of one server. All methods raise ControlError."""

    def text_of(self, name: str) -> FileText | None:
        """The document of a scenario; None for a scenario that is in no file."""

    def parse(self, name: str, text: bytes) -> Loading | None:
        """A new text of a scenario, with the body files beside its file; None if its file cannot be written."""

    def write(self, name: str, text: bytes, version: str) -> tuple[Sequence[LoadedScenario], Loading]:
        """Writes a scenario's document into its file, which has this version, and loads the file as it is then.

        Returns the file's scenarios, and what was parsed. A text with errors is not written.
        """


def texts_of(cluster: Cluster) -> ScenarioTexts | None:
    """The scenario files of a cluster's server; None where scenarios come from no file."""
    texts: ScenarioTexts | None = cluster.texts
    return texts
