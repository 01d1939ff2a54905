"""Loads scenarios from files, folders and texts."""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path as FilePath
from typing import Final

from mockflow.core.base.collection import without_collection
from mockflow.core.base.findings import Path, quoted
from mockflow.core.scenario.model import Scenario
from mockflow.core.scenario.rules import claims
from mockflow.loading.body_files import Folders, body_files, with_body_files
from mockflow.loading.problems import Place, Problem
from mockflow.loading.regular_files import read_regular
from mockflow.loading.shipped import find, is_shipped
from mockflow.loading.validation import validate
from mockflow.loading.yaml12 import MAX_BYTES, read

SUFFIXES: Final = {".yaml", ".yml", ".json"}
"""The files of a folder that may have scenarios. A .json file has one if its top object has the key ``scenario``."""
NO_SCENARIO: Final = "no scenario in this folder"


@dataclass(frozen=True)
class Located:
    """A scenario and its place in a file."""

    scenario: Scenario
    place: Place
    keys: dict[str, Place] = field(default_factory=dict, compare=False)
    """The places of its name, workflow_id and match."""
    files: dict[Path, Place] = field(default_factory=dict, compare=False)
    """The places of `body_file`."""


@dataclass
class Loading:
    """The result of loading: the scenarios without errors, and all problems."""

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
    """The content of a file: its documents, each with whether it is free of errors, and the file's problems.

    A folder without scenario files is a version with one problem.
    """

    documents: tuple[tuple[Located, bool], ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: bytes = b""
    """The digest of the text; empty if there is none."""


Versions = Mapping[str, FileVersion]
"""File versions by path, in order."""


def load_paths(paths: Iterable[str | FilePath], body_folders: Folders = ()) -> Loading:
    """Loads the scenarios of files and folders (subfolders included), and shipped ones such as ``@overloaded``.

    A `body_file` lies below the folder of its scenario's file, or below one of `body_folders`.
    """
    with without_collection():
        return together(read_versions(paths, body_folders=body_folders))


def load_text(text: str | bytes, file: str) -> Loading:
    """Loads the scenarios of one text. Problems name it `file`."""
    return together({file: version_of(text, file)})


def read_versions(
    paths: Iterable[str | FilePath], known: Versions | None = None, *, body_folders: Folders = ()
) -> Versions:
    """Reads each file. A file that is unchanged since `known` is not parsed again."""
    found: dict[str, FileVersion] = {}
    for path, problem in files_in(paths):
        file = str(path)
        before = (known or {}).get(file)
        found[file] = FileVersion(problems=(problem,)) if problem else _read(path, before, body_folders)
    return found


def version_of(text: str | bytes, file: str, folder: FilePath | None = None, body_folders: Folders = ()) -> FileVersion:
    """Parses a text. Problems name it `file`; `folder` and `body_folders` are those of its body files."""
    parse = _parsed if len(text) <= _REMEMBERED else _parsed.__wrapped__
    documents, problems = parse(text, file)
    if any(located.files for located, _ in documents):
        problems = list(problems)
        documents = [
            _with_body_files(located, is_good, folder, body_folders, problems) for located, is_good in documents
        ]
        return FileVersion(tuple(documents), tuple(problems))  # no digest: the body files may change without the text
    return FileVersion(tuple(documents), tuple(problems), _digest(text) if isinstance(text, bytes) else b"")


def _with_body_files(
    located: Located, is_good: bool, folder: FilePath | None, body_folders: Folders, problems: list[Problem]
) -> tuple[Located, bool]:
    found: list[Problem] = []

    def refuse(path: Path, message: str, hint: str) -> None:
        found.append(Problem(located.files[path], message, hint))

    scenario = with_body_files(located.scenario, folder, refuse, body_folders)
    problems += found
    return replace(located, scenario=scenario), is_good and not found


def together(versions: Versions) -> Loading:
    """The scenarios without errors (of two that conflict, the first), and every problem in order of place."""
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
    """The problem of two scenarios that have the same value of `key`, which must be unique."""
    describe, hint = _CLAIMED[key]
    return Problem(mine.keys[key], f"two scenarios {describe(mine.scenario)}", hint, other=other.keys[key])


def _read(path: FilePath, known: FileVersion | None, body_folders: Folders) -> FileVersion:
    try:
        text = read_regular(path, MAX_BYTES + 1)  # one byte more shows that the file is too large
    except FileNotFoundError:
        return FileVersion(problems=(Problem(Place(str(path)), "no such file or folder"),))
    except OSError as error:
        return FileVersion(problems=(Problem(Place(str(path)), f"cannot be read: {error.strerror}"),))
    return known if known and known.digest == _digest(text) else version_of(text, str(path), path.parent, body_folders)


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


@lru_cache(maxsize=128)  # tests load the same files again and again
def _parsed(text: str | bytes, file: str) -> tuple[list[tuple[Located, bool]], list[Problem]]:
    """The scenarios of a text, each with whether it is free of errors, and the problems within single documents."""
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
            # A wrong key was removed from a broken scenario, so it claims nothing.
            claimed = [key for key in _CLAIMED if good or document.value.get(key) == getattr(scenario, key)]
            keys = {key: document.place((key,)) for key in claimed}
            files = {path: document.place(path) for path in body_files(scenario)}
            scenarios.append((Located(scenario, document.place(()), keys, files), good))
    return scenarios, problems


_REMEMBERED: Final = 64 * 1024  # longer texts are not cached


# Keys whose values are unique: the description of a conflict, and what would be right.
_CLAIMED: Final[dict[str, tuple[Callable[[Scenario], str], str]]] = {
    "scenario": (lambda scenario: f"named {quoted(scenario.scenario)}", "rename one"),
    "workflow_id": (lambda scenario: f"for workflow {quoted(scenario.workflow_id)}", "give one another workflow_id"),
    "match": (lambda _: "for the same workflows of clients", "let one of the two match less or more"),
}


def _errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def files_in(paths: Iterable[str | FilePath]) -> Iterator[tuple[FilePath, Problem | None]]:
    """Each file once, and each folder that is empty or cannot be read, with its problem."""
    seen, folders = set(), _RealFolders()
    for given in map(FilePath, paths):
        for path, problem in _expanded(given):
            if problem:
                yield path, problem
            elif (real := folders.real(path)) not in seen:
                seen.add(real)
                yield path, None


class _RealFolders(dict[str, str]):
    """The real path of each folder of many files, found out once."""

    def __missing__(self, folder: str) -> str:
        self[folder] = os.path.realpath(folder)
        return self[folder]

    def real(self, path: FilePath) -> str:
        """The path without links."""
        folder, name = os.path.split(path)
        return os.path.realpath(path) if os.path.islink(path) else os.path.join(self[folder], name)  # noqa: PTH114, PTH118


def _expanded(path: FilePath) -> list[tuple[FilePath, Problem | None]]:
    if is_shipped(path):
        try:
            path = find(str(path))
        except LookupError as error:
            message, _, hint = str(error).partition("; ")
            return [(path, Problem(Place(str(path)), message, hint))]
    try:
        if not path.is_dir():
            return [(path, None)]
    except OSError:
        return [(path, None)]  # reading the file will give the reason
    try:
        depth = len(path.parts)
        files = [
            file
            for file in sorted(path.rglob("*"))
            if file.suffix in SUFFIXES
            and not any(part.startswith(".") for part in file.parts[depth:])
            and (file.is_file() or (file.exists() and not file.is_dir()))  # what is no file is refused as it is read
            and (file.suffix != ".json" or (file.is_file() and _is_scenario(file)))
        ]
    except OSError as error:
        return [(path, Problem(Place(str(path)), f"the folder cannot be read: {error.strerror}"))]
    if not files:
        return [(path, Problem(Place(str(path)), NO_SCENARIO, severity="warning"))]
    return [(file, None) for file in files]


def _is_scenario(file: FilePath) -> bool:
    try:
        with file.open("rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except OSError:
        return False
    return json_has_scenario(text)


def json_has_scenario(text: bytes) -> bool:
    """Whether the text of a .json file has a scenario. Of one that cannot be parsed, its first key decides."""
    if b'"scenario"' not in text:
        return False
    try:
        content = json.loads(text)
    except ValueError:
        return re.match(rb'(\xef\xbb\xbf)?\s*\{\s*"scenario"', text) is not None
    return isinstance(content, dict) and "scenario" in content
