"""Loads scenarios from files, folders and texts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mockflow.core.rules import claims
from mockflow.core.scenario import Scenario
from mockflow.loading.problems import Place, Problem
from mockflow.loading.validation import validate
from mockflow.loading.yaml12 import read

SUFFIXES: Final = {".yaml", ".yml"}


@dataclass(frozen=True)
class Located:
    """A scenario and the place it came from."""

    scenario: Scenario
    place: Place
    keys: dict[str, Place] = field(default_factory=dict, compare=False)
    """Where its name, workflow_id and match stand."""


@dataclass
class Loading:
    """What came of loading: the scenarios without errors, and all problems."""

    scenarios: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]


def load_paths(paths: Iterable[str | Path]) -> Loading:
    """All scenarios of files and folders (their ``.yaml`` and ``.yml``, subfolders included)."""
    loading = Loading()
    for path in _files(paths, loading):
        try:
            text = path.read_bytes()
        except OSError as error:
            loading.problems.append(Problem(Place(str(path)), f"cannot be read: {error.strerror}"))
        else:
            _load_document(text, str(path), loading)
    _set_aside_claims(loading)
    return loading


def load_text(text: str | bytes, file: str) -> Loading:
    """All scenarios of one text; `file` is how problems name it."""
    loading = Loading()
    _load_document(text, file, loading)
    _set_aside_claims(loading)
    return loading


def _load_document(text: str | bytes, file: str, loading: Loading) -> None:
    documents, problems = read(text, file)
    if not documents and not problems:
        problems.append(Problem(Place(file), "no scenario in this file", "begin with scenario: <its name>"))
    for document in documents:
        scenario, found = validate(document)
        problems += found
        if scenario:
            keys = {key: document.place((key,)) for key in _CLAIMED}
            loading.scenarios.append(Located(scenario, document.place(()), keys))
    loading.problems += sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


# What only one scenario may have: how a problem tells it, and what would be right.
_CLAIMED: Final[dict[str, tuple[Callable[[Scenario], str], str]]] = {
    "scenario": (lambda scenario: f'named "{scenario.scenario}"', "rename one"),
    "workflow_id": (lambda scenario: f'for workflow "{scenario.workflow_id}"', "give one another workflow_id"),
    "match": (lambda _: "for the same workflows of clients", "let one of the two match less or more"),
}


def _set_aside_claims(loading: Loading) -> None:
    """Keeps the first of two scenarios that claim one name, workflow or match."""
    second = set()
    for later, earlier, key in claims(loaded.scenario for loaded in loading.scenarios):
        mine, other = loading.scenarios[later], loading.scenarios[earlier]
        tell, hint = _CLAIMED[key]
        message = f"two scenarios {tell(mine.scenario)}"
        loading.problems.append(Problem(mine.keys[key], message, hint, other=other.keys[key]))
        second.add(later)
    loading.scenarios = [loaded for number, loaded in enumerate(loading.scenarios) if number not in second]


def _files(paths: Iterable[str | Path], loading: Loading) -> Iterator[Path]:
    seen = set()
    for given in map(Path, paths):
        for path in _expanded(given, loading):
            if (resolved := path.resolve()) not in seen:
                seen.add(resolved)
                yield path


def _expanded(path: Path, loading: Loading) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            loading.problems.append(Problem(Place(str(path)), "no such file or folder"))
            return []
        return [path]
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix in SUFFIXES
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not found:
        place = Place(str(path))
        loading.problems.append(Problem(place, "no .yaml file in this folder", severity="warning"))
    return found
