"""Loads scenarios from files, folders and texts."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Final

from mockflow.core.findings import Path, quoted
from mockflow.core.rules import claims
from mockflow.core.scenario import Scenario
from mockflow.loading.body_files import body_files, with_body_files
from mockflow.loading.problems import Place, Problem
from mockflow.loading.validation import validate
from mockflow.loading.yaml12 import MAX_BYTES, read

SUFFIXES: Final = {".yaml", ".yml"}


@dataclass(frozen=True)
class Located:
    """A scenario and the place it came from."""

    scenario: Scenario
    place: Place
    keys: dict[str, Place] = field(default_factory=dict, compare=False)
    """Where its name, workflow_id and match stand."""
    files: dict[Path, Place] = field(default_factory=dict, compare=False)
    """Where it names files with bodies."""


@dataclass
class Loading:
    """What came of loading: the scenarios without errors, and all problems."""

    scenarios: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        return _errors(self.problems)

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity == "warning"]


def load_paths(paths: Iterable[str | FilePath]) -> Loading:
    """All scenarios of files and folders (their ``.yaml`` and ``.yml``, subfolders included)."""
    found = _Found()
    for path in _files(paths, found):
        try:
            with path.open("rb") as stream:
                text = stream.read(MAX_BYTES + 1)  # one more tells that it is too large
        except FileNotFoundError:
            found.add(Problem(Place(str(path)), "no such file or folder"))
        except OSError as error:
            found.add(Problem(Place(str(path)), f"cannot be read: {error.strerror}"))
        else:
            _load_documents(text, str(path), found, path.parent)
    return found.loading()


def load_text(text: str | bytes, file: str) -> Loading:
    """All scenarios of one text; `file` is how problems name it."""
    found = _Found()
    _load_documents(text, file, found)
    return found.loading()


def _load_documents(text: str | bytes, file: str, found: "_Found", folder: FilePath | None = None) -> None:
    parse = _parsed if len(text) <= _REMEMBERED else _parsed.__wrapped__
    scenarios, problems = parse(text, file)
    found.add(*problems)
    for located, is_good in scenarios:
        complete, wrong = _with_body_files(located, folder) if located.files else (located, [])
        found.add(*wrong)
        found.scenarios.append((complete, is_good and not wrong))


def _with_body_files(located: Located, folder: FilePath | None) -> tuple[Located, list[Problem]]:
    problems: list[Problem] = []

    def refuse(path: Path, message: str, hint: str) -> None:
        problems.append(Problem(located.files[path], message, hint))

    scenario = with_body_files(located.scenario, folder, refuse)
    return replace(located, scenario=scenario), problems


@lru_cache(maxsize=128)  # one test after another loads the same file
def _parsed(text: str | bytes, file: str) -> tuple[list[tuple[Located, bool]], list[Problem]]:
    """The scenarios of a text with whether they are good, and its problems but those between scenarios."""
    scenarios = []
    documents, problems = read(text, file)
    if not documents and not problems:
        problems = [Problem(Place(file), "no scenario in this file", "begin with scenario: <its name>")]
    for document in documents:
        scenario, wrong = validate(document)
        problems = [*problems, *wrong]
        if scenario:
            good = not _errors(wrong)
            # What is wrong or missing has been taken out of a broken one, and claims nothing.
            claimed = [key for key in _CLAIMED if good or document.value.get(key) == getattr(scenario, key)]
            keys = {key: document.place((key,)) for key in claimed}
            files = {path: document.place(path) for path in body_files(scenario)}
            scenarios.append((Located(scenario, document.place(()), keys, files), good))
    return scenarios, problems


_REMEMBERED: Final = 64 * 1024  # of longer texts nothing is kept


# What only one scenario may have: how a problem tells it, and what would be right.
_CLAIMED: Final[dict[str, tuple[Callable[[Scenario], str], str]]] = {
    "scenario": (lambda scenario: f"named {quoted(scenario.scenario)}", "rename one"),
    "workflow_id": (lambda scenario: f"for workflow {quoted(scenario.workflow_id)}", "give one another workflow_id"),
    "match": (lambda _: "for the same workflows of clients", "let one of the two match less or more"),
}


@dataclass
class _Found:
    """What the files hold, in their order: problems of each file, and scenarios with whether they are good."""

    problems: dict[str, list[Problem]] = field(default_factory=dict)
    scenarios: list[tuple[Located, bool]] = field(default_factory=list)

    def add(self, *problems: Problem) -> None:
        for problem in problems:
            self.problems.setdefault(problem.place.file, []).append(problem)

    def loading(self) -> Loading:
        """The good scenarios, of two that claim the same the first, and every problem in order of place."""
        self._check_claims()
        good = [located for located, is_good in self.scenarios if is_good]
        second = {later for later, _, _ in claims(located.scenario for located in good)}
        return Loading(
            [located for number, located in enumerate(good) if number not in second],
            [
                problem
                for problems in self.problems.values()
                for problem in sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))
            ],
        )

    def _check_claims(self) -> None:
        for later, earlier, key in claims(located.scenario for located, _ in self.scenarios):
            mine, other = self.scenarios[later][0], self.scenarios[earlier][0]
            if key in mine.keys and key in other.keys:
                tell, hint = _CLAIMED[key]
                self.add(Problem(mine.keys[key], f"two scenarios {tell(mine.scenario)}", hint, other=other.keys[key]))


def _errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _files(paths: Iterable[str | FilePath], found: _Found) -> Iterator[FilePath]:
    seen = set()
    for given in map(FilePath, paths):
        for path in _expanded(given, found):
            if (real := os.path.realpath(path)) not in seen:
                seen.add(real)
                found.problems.setdefault(str(path), [])  # so that problems stand in the order of the files
                yield path


def _expanded(path: FilePath, found: _Found) -> list[FilePath]:
    try:
        if not path.is_dir():
            return [path]
    except OSError:
        return [path]  # reading it will say why
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix in SUFFIXES
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not files:
        found.add(Problem(Place(str(path)), "no .yaml file in this folder", severity="warning"))
    return files
