"""Programs of Node in this suite: installs what a folder's package.json names, and runs one."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

_INSTALL: Final = ("install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")


def install(folder: Path) -> str:
    """Installs once for this checkout. Returns why it is not there, or nothing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return "node and npm are not on this machine"
    if all(_version(folder, name) == wanted for name, wanted in _dependencies(folder).items()):
        return ""
    try:
        subprocess.run([npm, *_INSTALL], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        return f"npm could not install the client: {getattr(error, 'stderr', '') or error}"
    return ""


def told_by(folder: Path, program: str, url: str, given: object = None) -> Any:
    """The JSON that a program prints, which gets `url` and, as JSON, what is `given`. Skips where it cannot run."""
    if reason := install(folder):
        pytest.skip(reason)
    done = subprocess.run(
        ["node", program, url],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _dependencies(folder: Path) -> dict[str, str]:
    dependencies: dict[str, str] = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"]
    return dependencies


def _version(folder: Path, package: str) -> str | None:
    """The version of a package that is installed there; None for none."""
    file = folder / "node_modules" / package / "package.json"
    return str(json.loads(file.read_text("utf-8"))["version"]) if file.exists() else None
