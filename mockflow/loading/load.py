"""Loads scenarios from files, folders and texts."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path as FilePath
from typing import Final

from mockflow.core.base.findings import Path, quoted
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import claims
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


@dataclass(frozen=True)
class FileVersion:
    """What a file, or a folder without any, holds: its documents with whether each is good, and its problems."""

    documents: tuple[tuple[Located, bool], ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: bytes = b""
    """Of its text; empty where there is none."""


Versions = Mapping[str, FileVersion]
"""By path, in their order."""


def load_paths(paths: Iterable[str | FilePath]) -> Loading:
    """All scenarios of files and folders (their ``.yaml`` and ``.yml``, subfolders included)."""
    return together(read_versions(paths))


def load_text(text: str | bytes, file: str) -> Loading:
    """All scenarios of one text; `file` is how problems name it."""
    return together({file: version_of(text, file)})


def read_versions(paths: Iterable[str | FilePath], known: Versions | None = None) -> Versions:
    """Each file as it is now; one that is as in `known` is not parsed again."""
    found: dict[str, FileVersion] = {}
    for path, problem in _files(paths):
        file = str(path)
        found[file] = FileVersion(problems=(problem,)) if problem else _read(path, (known or {}).get(file))
    return found


def version_of(text: str | bytes, file: str, folder: FilePath | None = None) -> FileVersion:
    """What a text holds; `file` is how problems name it, `folder` where the files are that it names."""
    parse = _parsed if len(text) <= _REMEMBERED else _parsed.__wrapped__
    documents, problems = parse(text, file)
    if any(located.files for located, _ in documents):
        problems = list(problems)
        documents = [_with_body_files(located, is_good, folder, problems) for located, is_good in documents]
        return FileVersion(tuple(documents), tuple(problems))  # read anew each time: those files may have changed
    return FileVersion(tuple(documents), tuple(problems), _digest(text) if isinstance(text, bytes) else b"")


def _with_body_files(
    located: Located, is_good: bool, folder: FilePath | None, problems: list[Problem]
) -> tuple[Located, bool]:
    found: list[Problem] = []

    def refuse(path: Path, message: str, hint: str) -> None:
        found.append(Problem(located.files[path], message, hint))

    scenario = with_body_files(located.scenario, folder, refuse)
    problems += found
    return replace(located, scenario=scenario), is_good and not found


def together(versions: Versions) -> Loading:
    """The good scenarios, of two that claim the same the first, and every problem in order of place."""
    problems = {file: list(version.problems) for file, version in versions.items()}
    documents = [document for version in versions.values() for document in version.documents]
    for later, earlier, key in claims(located.scenario for located, _ in documents):
        mine, other = documents[later][0], documents[earlier][0]
        if key in mine.keys and key in other.keys:
            problems[mine.keys[key].file].append(clash(mine, other, key))
    good = [located for located, is_good in documents if is_good]
    second = {later for later, _, _ in claims(located.scenario for located in good)}
    return Loading(
        [located for number, located in enumerate(good) if number not in second],
        [
            problem
            for of_file in problems.values()
            for problem in sorted(of_file, key=lambda problem: (problem.place.line, problem.place.column))
        ],
    )


def clash(mine: Located, other: Located, key: str) -> Problem:
    """Both claim the same; `key` is what of each says so."""
    tell, hint = _CLAIMED[key]
    return Problem(mine.keys[key], f"two scenarios {tell(mine.scenario)}", hint, other=other.keys[key])


def _read(path: FilePath, known: FileVersion | None) -> FileVersion:
    try:
        with path.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)  # one more tells that it is too large
    except FileNotFoundError:
        return FileVersion(problems=(Problem(Place(str(path)), "no such file or folder"),))
    except OSError as error:
        return FileVersion(problems=(Problem(Place(str(path)), f"cannot be read: {error.strerror}"),))
    return known if known and known.digest == _digest(text) else version_of(text, str(path), path.parent)


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


@lru_cache(maxsize=128)  # one test after another loads the same file
def _parsed(text: str | bytes, file: str) -> tuple[list[tuple[Located, bool]], list[Problem]]:
    """The scenarios of a text with whether they are good, and its problems but those between scenarios."""
    scenarios = []
    documents, problems = read(text, file)
    if not documents and not problems:
        problems = [Problem(Place(file), "no scenario in this file", "begin with scenario: <its name>")]
    problems = list(problems)
    for document in documents:
        scenario, wrong = validate(document)
        problems += wrong
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


def _errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _files(paths: Iterable[str | FilePath]) -> Iterator[tuple[FilePath, Problem | None]]:
    """Each file once; and each folder that has none, or cannot be looked into, with its problem."""
    seen = set()
    for given in map(FilePath, paths):
        for path, problem in _expanded(given):
            if problem:
                yield path, problem
            elif (real := os.path.realpath(path)) not in seen:
                seen.add(real)
                yield path, None


def _expanded(path: FilePath) -> list[tuple[FilePath, Problem | None]]:
    try:
        if not path.is_dir():
            return [(path, None)]
    except OSError:
        return [(path, None)]  # reading it will say why
    try:
        files = [
            file
            for file in sorted(path.rglob("*"))
            if file.suffix in SUFFIXES
            and not any(part.startswith(".") for part in file.relative_to(path).parts)
            and file.is_file()
        ]
    except OSError as error:
        return [(path, Problem(Place(str(path)), f"cannot be looked into: {error.strerror}"))]
    if not files:
        return [(path, Problem(Place(str(path)), "no .yaml file in this folder", severity="warning"))]
    return [(file, None) for file in files]
