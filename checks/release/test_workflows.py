"""actionlint reads the workflows: a program in the PATH, or built by Go."""

import shutil
import subprocess
from typing import Final

import pytest

from tests.support.paths import ROOT

MODULE: Final = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def test_actionlint_finds_nothing() -> None:
    files = sorted(map(str, (ROOT / ".github/workflows").glob("*.yml")))
    assert files
    command = _actionlint()
    done = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def _actionlint() -> list[str]:
    if program := shutil.which("actionlint"):
        return [program]
    if not shutil.which("go"):
        pytest.skip("neither actionlint nor Go is installed")
    made = subprocess.run(["go", "run", MODULE, "-version"], capture_output=True, text=True, check=False, timeout=300)
    if made.returncode != 0:
        pytest.skip(f"Go cannot build actionlint: {made.stderr[-300:]}")
    return ["go", "run", MODULE]
