"""The wheel and the sdist are good for a package index, and are run as users do: by pipx, by uvx, by pip."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

import pytest

from mockflow import __version__
from tests.support.paths import ROOT

TOOLS: Final = ("pipx", "twine", "uv")
SECONDS: Final = 600


def run(*command: str | Path, **variables: str) -> str:
    """The output of a command that has to succeed, in an environment without this checkout."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        cwd=ROOT.parent,
        env={**kept, **variables},
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the commands of `TOOLS`, which come from a package index."""
    folder = tmp_path_factory.mktemp("tools")
    venv.create(folder, with_pip=True)
    try:
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *TOOLS)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the tools cannot be installed: {error}")
    return folder / "bin"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=SECONDS)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    [file] = dist.glob("*.whl")
    return file


def test_the_index_would_take_them(tools: Path, dist: Path) -> None:
    files = sorted(dist.iterdir())
    assert len(files) == 2
    printed = run(tools / "twine", "check", "--strict", *files, NO_COLOR="1", TERM="dumb")
    assert printed.count("PASSED") == 2


def test_pipx_runs_it(tools: Path, wheel: Path, tmp_path: Path) -> None:
    own = {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    printed = run(tools / "pipx", "run", "--spec", wheel, "mockflow", "check", "@all", **own)
    assert " 0 errors" in printed


def test_uvx_runs_it_with_an_extra(tools: Path, wheel: Path, tmp_path: Path) -> None:
    own = {"UV_CACHE_DIR": str(tmp_path / "cache"), "UV_PYTHON_DOWNLOADS": "never"}
    spec = f"mockflow-opensearch[record] @ {wheel.as_uri()}"
    uvx = (tools / "uvx", "--python", sys.executable, "--from", spec, "mockflow")
    assert run(*uvx, "--version", **own) == f"mockflow, version {__version__}\n"
    assert "Usage: mockflow record" in run(*uvx, "record", "--help", **own)


def test_the_sdist_installs_with_what_builds_it_from_the_index(tools: Path, dist: Path, tmp_path: Path) -> None:
    [sdist] = dist.glob("*.tar.gz")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", sdist)
    assert run(python, "-m", "mockflow", "--version") == f"mockflow, version {__version__}\n"
