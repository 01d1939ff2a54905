"""Shell completion: the script, and what it gets for half a line."""

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockflow.cli import main
from tests.support.processes import run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_MOCKFLOW_COMPLETE={shell}_complete" in done.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_it(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")
    script = tmp_path / "script"
    script.write_text(CliRunner().invoke(main, ["completion", shell]).output)
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "number", "offered"),
    [
        ("mockflow sh", "1", {"plain,show"}),
        ("mockflow show --", "2", {"plain,--live", "plain,--template"}),
        ("mockflow show sce", "2", {"file,sce"}),
        ("mockflow plot x.yaml -o ti", "4", {"file,ti"}),
        ("mockflow draft tem", "2", {"file,tem"}),
        ("mockflow check sce", "2", {"file,sce"}),
        ("mockflow serve sce", "2", {"file,sce"}),
        ("mockflow init fol", "2", {"dir,fol"}),
        ("mockflow completion z", "2", {"plain,zsh"}),
    ],
)
def test_half_a_line(line: str, number: str, offered: set[str]) -> None:
    done = run(env={"_MOCKFLOW_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": number})
    assert done.returncode == 0
    assert offered <= set(done.stdout.splitlines())


def test_an_unknown_shell() -> None:
    done = CliRunner().invoke(main, ["completion", "tcsh"])
    assert done.exit_code == 2
    assert "'tcsh' is not one of" in done.output
