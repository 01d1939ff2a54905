"""The scenarios that come with mockflow: in commands, in Python and in the marker."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockflow import ClusterHandle, MockFlow, Scenario, ScenarioError
from mockflow.cli import main
from mockflow.loading import shipped
from tests.support.paths import SCENARIOS
from tests.support.processes import run as run_process


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_the_list_has_each_with_a_line() -> None:
    lines = run("scenarios").output.splitlines()
    assert [line.split()[0] for line in lines] == [f"@{path.stem}" for path in sorted(SCENARIOS.glob("*.yaml"))]
    assert all(len(line.split(maxsplit=1)[1]) > 10 for line in lines)


@pytest.mark.parametrize("name", ["overloaded", "@overloaded"])
def test_one_is_printed_as_it_is(name: str) -> None:
    assert run("scenarios", "show", name).output == (SCENARIOS / "overloaded.yaml").read_text("utf-8")


def test_names_that_are_none() -> None:
    assert run("scenarios", "show", "overlaoded").output == (
        "Error: no shipped scenario @overlaoded; did you mean @overloaded?\n"
    )
    assert "name one of them" in run("scenarios", "show", "@all").output
    assert run("check", "@zzz").output.splitlines()[0] == (
        "@zzz: no shipped scenario @zzz; mockflow scenarios lists them"
    )
    assert run("init", "--with", "overlaoded", "x").exit_code == 1
    with pytest.raises(ScenarioError, match="did you mean @overloaded"):
        MockFlow("@overlaoded")
    with pytest.raises(ScenarioError, match="did you mean @overloaded"):
        Scenario("@overlaoded")
    with pytest.raises(ScenarioError, match="name one of them"):
        Scenario("@all")


def test_all_of_them_are_good() -> None:
    assert run("check", "@all").output == f"{len(shipped.files())} good scenarios, 0 errors, 0 warnings\n"


def test_a_path_of_such_a_name_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("@overloaded").write_text("scenario: mine\n")
    assert "the scenario applies to no workflow" in run("check", "@overloaded").output


def test_in_python() -> None:
    with MockFlow("@instant", Scenario("@docs-example", description="mine").fault("any", delay="1ms")) as cluster:
        assert sorted(cluster.scenarios()) == ["docs-example", "instant"]
        cluster.load("@overloaded")
        assert "overloaded" in cluster.scenarios()


@pytest.mark.mockflow("@instant")
def test_in_the_marker(mockflow: ClusterHandle) -> None:
    assert mockflow.scenarios() == ["instant"]


def test_a_wheel_has_them_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "mine.yaml").write_text("scenario: mine\n")
    monkeypatch.setattr(shipped, "_FOLDERS", (tmp_path / "shipped", SCENARIOS))
    assert list(shipped.files()) == ["mine"]


@pytest.mark.parametrize(
    ("line", "number", "offered"),
    [
        ("mockflow serve @over", "2", {"plain,@overloaded"}),
        ("mockflow check @al", "2", {"plain,@all"}),
        ("mockflow scenarios show over", "3", {"plain,overloaded"}),
        ("mockflow init --with fla", "3", {"plain,flaky-network", "plain,flapping-state"}),
        ("mockflow presets circ", "2", {"plain,circuit_breaker"}),
        ("mockflow sc", "1", {"plain,scenarios", "plain,schema"}),
    ],
)
def test_their_names_complete(line: str, number: str, offered: set[str]) -> None:
    done = run_process(env={"_MOCKFLOW_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": number})
    assert offered == set(done.stdout.splitlines())
