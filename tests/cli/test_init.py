"""`mockflow init`: what it writes works in a stranger's repository, and nothing there is touched."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from mockflow.core.scenario.json_schema import json_schema
from mockflow.loading.load import load_paths
from mockflow.loading.yaml12 import read
from tests.support.processes import run_pytest

FILES: Final = (
    "tests/scenarios/first.yaml",
    "tests/scenarios/schema.json",
    "tests/test_first_scenario.py",
    "compose.mockflow.yaml",
)


def init(folder: Path | str) -> Any:
    return CliRunner().invoke(main, ["init", str(folder)], prog_name="mockflow")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    done = init(tmp_path)
    assert done.exit_code == 0, done.output
    return tmp_path


def test_it_says_what_it_wrote(tmp_path: Path) -> None:
    done = init(tmp_path / "new" / "repository")
    assert done.exit_code == 0
    assert [line.split(":")[0] for line in done.output.splitlines()] == [
        f"wrote {tmp_path / 'new' / 'repository' / name}" for name in FILES
    ]
    written = {str(path.relative_to(tmp_path / "new" / "repository")) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(FILES)


@pytest.mark.parametrize("arguments", [[], ["tests"]])
def test_its_tests_pass(repository: Path, arguments: list[str]) -> None:
    done = run_pytest(repository, "-q", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_its_scenario_is_good(repository: Path) -> None:
    loading = load_paths([repository / "tests" / "scenarios"])
    assert loading.problems == []
    assert [located.scenario.scenario for located in loading.scenarios] == ["first"]


def test_its_compose_file_serves_the_scenario(repository: Path) -> None:
    [document], problems = read((repository / "compose.mockflow.yaml").read_bytes(), "compose")
    assert problems == []
    service = document.value["services"]["opensearch"]
    assert service["volumes"] == ["./tests/scenarios:/scenarios:ro"]
    assert service["ports"] == ["9200:9200"]
    main.load("wait").make_context("wait", service["healthcheck"]["test"][3:], **main.context_settings)
    known = {f"MOCKFLOW_{parameter.name}".upper() for parameter in main.load("serve").params}
    assert service["environment"].keys() <= known


def test_what_is_there_stays(tmp_path: Path) -> None:
    mine = tmp_path / "tests" / "test_first_scenario.py"
    mine.parent.mkdir()
    mine.write_text("mine")
    (tmp_path / "compose.mockflow.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    done = init(tmp_path)
    assert done.exit_code == 0
    assert done.output.splitlines()[2:] == [
        f"kept {mine}: it exists already",
        f"kept {tmp_path / 'compose.mockflow.yaml'}: it exists already",
    ]
    assert mine.read_text() == "mine"
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_twice_changes_nothing(repository: Path) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    assert init(repository).output.count("kept ") == 4
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before


def test_its_scenarios_have_their_schema(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["init", str(tmp_path), "--with", "overloaded", "--with", "@instant"])
    assert done.exit_code == 0
    folder = tmp_path / "tests" / "scenarios"
    assert json.loads((folder / "schema.json").read_text()) == json_schema()
    for name in ("first", "overloaded", "instant"):
        first = (folder / f"{name}.yaml").read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=./schema.json"
    assert load_paths([folder]).problems == []


def test_where_it_cannot_write(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = init(file)
    assert done.exit_code == 2
    assert "is a file" in done.output
    (tmp_path / "tests").write_text("a file")
    done = init(tmp_path)
    assert done.exit_code == 1
    assert "cannot be written: " in done.output


def test_it_writes_here_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["init"])
    assert done.exit_code == 0
    assert (tmp_path / FILES[0]).is_file()
