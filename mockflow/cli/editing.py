"""`mockflow serve --edit`: the page reads scenarios from their files, and writes them back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mockflow.cli.reload import ScenarioFiles
from mockflow.cluster import Cluster, LoadedScenario, TooManyError, scenarios
from mockflow.loading import documents, replacing
from mockflow.loading.load import FileVersion, Loading, json_has_scenario, together, version_of
from mockflow.loading.problems import Problem
from mockflow.loading.regular_files import read_regular
from mockflow.loading.shipped import is_shipped
from mockflow.loading.yaml12 import MAX_BYTES
from mockflow.server.control.errors import ControlError
from mockflow.server.control.files import FileText


class EditedFiles:
    """The scenario files of a cluster, as a `ScenarioTexts`. Only with `writes` they are written."""

    def __init__(self, cluster: Cluster, files: ScenarioFiles, *, writes: bool) -> None:
        self._cluster = cluster
        self._files = files
        self._writes = writes

    def text_of(self, name: str) -> FileText | None:
        file = self._file_of(name)
        if file is None:
            return None
        content = _content(file)
        text = _decoded(file, content)
        part = _part(file, text, name)
        return FileText(file, part.text, part.line, replacing.version_of_bytes(content), self._refusal(file))

    def parse(self, name: str, text: bytes) -> Loading | None:
        file = self._file_of(name)
        if file is None or self._refusal(file):
            return None
        return together({file: self._version(text, file)})

    def write(self, name: str, text: bytes, version: str) -> tuple[Sequence[LoadedScenario], Loading]:
        file = self._file_of(name)
        refusal = f'scenario "{name}" comes from no file of this server' if file is None else self._refusal(file)
        if file is None or refusal:
            raise ControlError(403, refusal)
        loading = together({file: self._version(text, file)})
        _refuse(loading.errors)
        content = _content(file)
        if replacing.version_of_bytes(content) != version:
            raise _changed(file)
        old = _decoded(file, content)
        new = documents.put(old, _part(file, old, name), _decoded(file, text)).encode()
        if content.startswith(_BOM):
            new = _BOM + new
        if file.endswith(".json") and not json_has_scenario(new):
            raise ControlError(400, f"{file} is a file of JSON; as YAML it would be passed over at the next start")
        whole = self._version(new, file)
        plan = self._files.plan({**self._files.files.versions, file: whole}, self._cluster.world.scenarios)
        _refuse([one for one in plan.files.problems if one.severity == "error" and file in _files_of(one)])
        if plan.files.in_force[file] != tuple(together({file: whole}).scenarios):
            raise ControlError(409, f"{file} would not be in force; nothing was written")
        self._refuse_too_many(len(whole.documents))
        try:
            replacing.replace(Path(file), new, version)
        except replacing.ChangedError:
            raise _changed(file) from None
        except OSError as error:
            raise ControlError(403, f"{file} cannot be written: {error.strerror}") from None
        self._files.apply(self._cluster, plan)
        return self._in_force(file), loading

    def _in_force(self, file: str) -> list[LoadedScenario]:
        """The file's scenarios, loaded also where the control API had replaced one of them by another."""
        world = self._cluster.world
        mine = {located.scenario.scenario for located in self._files.files.in_force[file]}
        own = [loaded for loaded in self._files.loaded if loaded.name in mine]
        replaced = [one for one in own if (now := world.scenarios.get(one.name)) != one or now.text is not None]
        scenarios.load(world, replaced)
        return own

    def _version(self, text: bytes, file: str) -> FileVersion:
        return version_of(text, file, Path(file).parent, self._files.body_folders)

    def _refuse_too_many(self, more: int) -> None:
        if len(self._cluster.world.scenarios) + more > scenarios.MAX_SCENARIOS:
            raise ControlError(409, str(TooManyError(f"mockflow holds {scenarios.MAX_SCENARIOS} scenarios")))

    def _file_of(self, name: str) -> str | None:
        for file, those in self._files.files.in_force.items():
            if any(located.scenario.scenario == name for located in those):
                return file
        return None

    def _refusal(self, file: str) -> str:
        """Why a file must not be written; empty if it may."""
        if not self._writes:
            return "nothing is written to files: serve with --edit to permit it"
        root = _root(Path(file), self._files.paths)
        if root is None:
            return "it is a scenario that mockflow ships: copy it into a file of yours (mockflow scenarios show NAME)"
        path = Path(file)
        if path.resolve() != root.resolve() / path.relative_to(root):
            return f"{file} is a symbolic link, or below one: nothing is written through links"
        return ""


_BOM: Final = b"\xef\xbb\xbf"


def _root(file: Path, paths: Sequence[str]) -> Path | None:
    """The folder that was given to the server, or the folder of the file that was; None for a shipped file."""
    for path in map(Path, paths):
        if path == file:
            return path.parent
        if not is_shipped(path) and file.is_relative_to(path):
            return path
    return None


def _content(file: str) -> bytes:
    try:
        return read_regular(file, MAX_BYTES + 1)
    except OSError as error:
        raise ControlError(409, f"{file} cannot be read: {error.strerror}") from None


def _decoded(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ControlError(409, f"{file} is not UTF-8 text; save it as UTF-8") from None


def _part(file: str, text: str, name: str) -> documents.Part:
    part = documents.part_of(text, name)
    if part is None:
        raise ControlError(
            409,
            f'{file} has no document with scenario "{name}" that can be told apart from the others; the file has '
            "changed since it was read, or has YAML directives",
        )
    return part


def _files_of(problem: Problem) -> tuple[str, ...]:
    return (problem.place.file, *((problem.other.file,) if problem.other else ()))


def _changed(file: str) -> ControlError:
    return ControlError(
        409, f"{file} has changed on disk since it was read here; nothing was written. Open the scenario again"
    )


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ControlError(400, "\n".join(map(str, problems)), [problem.as_json() for problem in problems])
