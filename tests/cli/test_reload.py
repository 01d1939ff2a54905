"""Scenario files that change while a cluster serves them: read again and applied, without anybody watching."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mockflow.cli.reload import ScenarioFiles
from mockflow.cluster import Cluster, LoadedScenario, Settings, polling, scenarios
from mockflow.core.scenario.model import Scenario
from mockflow.loading.yaml12 import MAX_BYTES

SCRIPT: Final = """\
scenario: {name}
workflow_id: {name}
provision:
  timeline:
    - at: 0s
      state: PROVISIONING
    - at: {end}
      state: COMPLETED
"""


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "mockflow")
    return caplog


class Folder:
    """A folder of scenario files, and a frozen cluster that serves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("a", "2s")
        self.write("b", "2s")
        self.files = ScenarioFiles([str(path)])
        self.cluster = Cluster(Settings(mode="frozen"), self.files.loaded)

    def write(self, name: str, end: str, file: str | None = None) -> Path:
        path = self.path / (file or f"{name}.yaml")
        path.write_text(SCRIPT.format(name=name, end=end), "utf-8")
        return path

    def reload(self) -> None:
        assert self.files.apply(self.cluster, self.files.plan(self.files.read(), self.cluster.world.scenarios))

    def state(self, workflow_id: str) -> Any:
        return polling.poll(self.cluster.world, workflow_id).value["state"]

    @property
    def problems(self) -> list[tuple[object, ...]]:
        keys = ("file", "line", "column", "message")
        return [(Path(str(problem["file"])).name, *map(problem.get, keys[1:])) for problem in self.cluster.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "scenarios").mkdir()
    return Folder(tmp_path / "scenarios")


# -- good edits ----------------------------------------------------------------------------------------


def test_an_edit_changes_a_running_workflow(folder: Folder, log: pytest.LogCaptureFixture) -> None:
    assert [folder.state(name) for name in "ab"] == ["PROVISIONING", "PROVISIONING"]
    folder.cluster.world.clock.advance(3000)
    folder.write("a", "4s")
    folder.reload()
    assert [folder.state(name) for name in "ab"] == ["PROVISIONING", "COMPLETED"]
    assert log.messages == ["reloaded: 1 changed (a)"]


def test_nothing_new_says_nothing(folder: Folder, log: pytest.LogCaptureFixture) -> None:
    folder.reload()
    folder.write("a", "2s")
    folder.reload()
    assert log.messages == []


def test_new_changed_and_gone_at_once(folder: Folder, log: pytest.LogCaptureFixture) -> None:
    folder.write("c", "2s")
    folder.write("b", "3s")
    (folder.path / "a.yaml").unlink()
    folder.reload()
    assert list(folder.cluster.world.workflows) == ["b", "c"]
    assert log.messages == ["reloaded: 1 new (c), 1 changed (b), 1 gone (a)"]


def test_many_are_told_by_their_number(folder: Folder, log: pytest.LogCaptureFixture) -> None:
    for number in range(9):
        folder.write(f"n{number}", "2s")
    folder.reload()
    assert log.messages == ["reloaded: 9 new (n0, n1, n2, n3, n4 and 4 others)"]


def test_a_renamed_file_is_the_same_workflow(folder: Folder, log: pytest.LogCaptureFixture) -> None:
    folder.state("a")
    folder.cluster.world.clock.advance(3000)
    (folder.path / "a.yaml").rename(folder.path / "z.yml")
    folder.reload()
    assert folder.state("a") == "COMPLETED"
    assert folder.cluster.world.scenarios["a"].source == f"{folder.path / 'z.yml'}:1:1"
    assert log.messages == []


def test_a_file_that_is_put_in_the_place_of_another(folder: Folder) -> None:
    folder.state("a")
    folder.cluster.world.clock.advance(3000)
    folder.write("a", "4s", ".a.yaml.tmp").replace(folder.path / "a.yaml")
    folder.reload()
    assert folder.state("a") == "PROVISIONING"


def test_a_scenario_that_moves_from_one_file_into_another(folder: Folder) -> None:
    folder.state("a")
    folder.cluster.world.clock.advance(3000)
    text = (folder.path / "a.yaml").read_text()
    with (folder.path / "b.yaml").open("a") as stream:
        stream.write(f"---\n{text}")
    (folder.path / "a.yaml").unlink()
    folder.reload()
    assert folder.state("a") == "COMPLETED"


@pytest.mark.skipif(os.name == "nt", reason="needs the right to make links")
def test_a_link_that_is_turned_to_another_folder(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "a.yaml").write_text(SCRIPT.format(name="a", end=f"{number}s"))
    current = tmp_path / "current"
    current.symlink_to("v1")
    files = ScenarioFiles([str(current)])
    cluster = Cluster(Settings(mode="frozen"), files.loaded)
    polling.poll(cluster.world, "a")
    cluster.world.clock.advance(1000)
    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").replace(current)
    files.apply(cluster, files.plan(files.read(), cluster.world.scenarios))
    assert polling.poll(cluster.world, "a").value["state"] == "PROVISIONING"


STUB: Final = """\
scenario: stub
stubs:
  - request: GET /thing
    respond: {status: 200, body_file: thing.json}
"""


def test_a_body_in_a_file_of_its_own(folder: Folder) -> None:
    def body() -> Any:
        return folder.cluster.world.scenarios["stub"].scenario.stubs[0].respond[0].content

    (folder.path / "stub.yaml").write_text(STUB)
    (folder.path / "thing.json").write_text("{}")
    folder.reload()
    assert body() == {}
    (folder.path / "thing.json").write_text('{"a": 1}')
    folder.reload()
    assert body() == {"a": 1}
    (folder.path / "thing.json").write_text("{")
    folder.reload()
    assert (body(), [problem[:2] for problem in folder.problems]) == ({"a": 1}, [("stub.yaml", 4)])


# -- broken edits --------------------------------------------------------------------------------------


def test_a_broken_edit_keeps_the_last_good_version_until_it_is_mended(
    folder: Folder, log: pytest.LogCaptureFixture
) -> None:
    folder.state("a")
    folder.cluster.world.clock.advance(3000)
    path = folder.write("a", "soon")
    folder.reload()
    folder.reload()
    assert folder.state("a") == "COMPLETED"
    ((file, line, column, message),) = folder.problems
    assert (file, line, column) == ("a.yaml", 7, 11)
    assert log.messages[0].startswith(f"{path}:7:11: {message}")
    assert len(log.messages) == 1  # told once
    folder.write("a", "4s")
    folder.reload()
    assert (folder.state("a"), folder.problems) == ("PROVISIONING", [])
    assert log.messages[1:] == ["reloaded: 1 changed (a)", "no problems any more"]


def test_a_problem_is_as_the_command_check_tells_it(folder: Folder) -> None:
    folder.write("a", "soon")
    folder.reload()
    (problem,) = folder.cluster.problems
    assert list(problem) == ["file", "line", "column", "severity", "message", "hint", "other"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a: [",
        b"- " * 10_000,
        b"{" * 10_000,
        b"&a [*a, *a]",
        b"!!python/object:os.system x",
        b"x: " + b"y" * 1_000_000,
        b"#" * (MAX_BYTES + 10),
        b"\x00" * 100,
        b"scenario: b\nworkflow_id: b\n",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_whatever_a_file_holds_the_cluster_goes_on(folder: Folder, content: bytes) -> None:
    folder.state("a")
    (folder.path / "a.yaml").write_bytes(content)
    folder.reload()
    assert folder.problems
    assert [folder.state(name) for name in "ab"] == ["PROVISIONING", "PROVISIONING"]
    folder.write("b", "9s")
    folder.reload()
    folder.cluster.world.clock.advance(3000)
    assert [folder.state(name) for name in "ab"] == ["COMPLETED", "PROVISIONING"]


@pytest.fixture
def forbidden(folder: Folder) -> Iterator[Folder]:
    if os.name == "nt" or os.geteuid() == 0:
        pytest.skip("whoever runs this may read everything")
    yield folder
    folder.path.chmod(0o755)


def test_a_file_that_may_not_be_read(forbidden: Folder) -> None:
    forbidden.state("a")
    path = forbidden.path / "a.yaml"
    path.chmod(0)
    forbidden.reload()
    assert forbidden.problems == [("a.yaml", 0, 0, "cannot be read: Permission denied")]
    assert forbidden.state("a") == "PROVISIONING"
    path.chmod(0o644)
    forbidden.reload()
    assert forbidden.problems == []


@pytest.mark.parametrize("mode", [0, 0o444])
def test_a_folder_that_may_not_be_looked_into(forbidden: Folder, mode: int) -> None:
    forbidden.path.chmod(mode)
    forbidden.reload()
    assert forbidden.problems
    forbidden.path.chmod(0o755)
    forbidden.reload()
    assert (forbidden.problems, forbidden.state("a")) == ([], "PROVISIONING")


def test_a_folder_that_is_gone_and_there_again(folder: Folder) -> None:
    for file in folder.path.iterdir():
        file.unlink()
    folder.reload()
    assert (folder.problems[0][3], list(folder.cluster.world.workflows)) == ("no scenario in this folder", [])
    folder.path.rmdir()
    folder.reload()
    assert folder.problems[0][3] == "no such file or folder"
    folder.path.mkdir()
    folder.write("a", "2s")
    folder.reload()
    assert (folder.problems, folder.state("a")) == ([], "PROVISIONING")


def test_a_folder_in_the_place_of_a_file(folder: Folder) -> None:
    (folder.path / "a.yaml").unlink()
    (folder.path / "a.yaml").mkdir()
    folder.write("a", "2s", "a.yaml/inner.yaml")
    folder.reload()
    assert (folder.problems, folder.state("a")) == ([], "PROVISIONING")


def test_two_files_for_one_workflow(folder: Folder) -> None:
    folder.write("a", "9s", "c.yaml")
    folder.reload()
    assert {message for _, _, _, message in folder.problems} == {
        'two scenarios named "a"',
        'two scenarios for workflow "a"',
    }
    folder.state("a")
    folder.cluster.world.clock.advance(2000)
    assert folder.state("a") == "COMPLETED"
    (folder.path / "a.yaml").unlink()
    folder.reload()
    assert (folder.problems, folder.state("a")) == ([], "PROVISIONING")


def test_what_the_owner_has_loaded_is_not_touched(folder: Folder) -> None:
    owners = LoadedScenario(Scenario(scenario="mine", workflow_id="c"), "request:1:1")
    scenarios.load(folder.cluster.world, [owners])
    folder.write("c", "2s")
    folder.write("a", "9s")
    folder.reload()
    assert [problem[0] for problem in folder.problems] == ["c.yaml"]
    assert list(folder.cluster.world.scenarios) == ["a", "b", "mine"]
    scenarios.remove(folder.cluster.world, "mine")
    folder.reload()
    assert (folder.problems, list(folder.cluster.world.scenarios)) == ([], ["a", "b", "c"])


def test_what_the_owner_loads_between_plan_and_step_is_not_run_over(folder: Folder) -> None:
    folder.write("c", "2s")
    folder.write("a", "9s")
    plan = folder.files.plan(folder.files.read(), folder.cluster.world.scenarios)
    scenarios.load(folder.cluster.world, [LoadedScenario(Scenario(scenario="mine", workflow_id="c"), "request:1:1")])
    assert not folder.files.apply(folder.cluster, plan)
    assert list(folder.cluster.world.scenarios) == ["a", "b", "mine"]
    folder.reload()
    assert [problem[0] for problem in folder.problems] == ["c.yaml"]


# -- in the middle of saving ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [("", True), (None, True), (SCRIPT.format(name="a", end="9s"), False), ("scenario: a\nworkflow_id: a\n", True)],
    ids=["truncated", "gone", "good", "a document less"],
)
def test_what_an_editor_may_not_have_finished_is_doubtful(folder: Folder, text: str | None, doubtful: bool) -> None:
    path = folder.path / "a.yaml"
    path.write_text(SCRIPT.format(name="a", end="1s") + "---\n" + SCRIPT.format(name="c", end="1s"))
    folder.reload()
    if text is None:
        path.unlink()
    else:
        path.write_text(text + ("" if doubtful else "---\n" + SCRIPT.format(name="c", end="1s")))
    assert folder.files.is_doubtful(folder.files.read()) == doubtful
    folder.reload()
    assert not folder.files.is_doubtful(folder.files.read())
