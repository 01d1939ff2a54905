"""Virtual environments that stay in build/ from run to run, so that only what has changed is installed again."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT
from tests.support.processes import environment

INSTALL_SECONDS: Final = 150
"""After which a package index is taken for one that cannot be reached."""

_FOLDER: Final = ROOT / "build" / "environments"
_STAMP: Final = "content"


class Environment:
    """The folder of a virtual environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp = folder / _STAMP

    def has(self, content: str) -> bool:
        """Whether this content was the last that was installed completely."""
        return self._stamp.exists() and self._stamp.read_text("utf-8") == content

    def create(self, *options: str) -> None:
        """Makes the environment, unless it is there."""
        self._stamp.unlink(missing_ok=True)
        if not self.python.exists():
            command = [sys.executable, "-m", "venv", *options, str(self.folder)]
            subprocess.run(command, env=environment(), check=True, capture_output=True, timeout=INSTALL_SECONDS)

    def install(self, command: list[str], folder: Path) -> None:
        """Runs a command of pip's there. Skips the test where no package can be had."""
        path = f"{self.scripts}:{environment()['PATH']}"
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                cwd=folder,
                env=bare({"PATH": path, "PIP_RETRIES": "1"}),
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"no package index has answered within {INSTALL_SECONDS} seconds")
        if done.returncode and any(words in done.stderr for words in _UNREACHABLE):
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, done.stderr

    def installed(self, content: str) -> None:
        """Notes that this content is installed completely."""
        self._stamp.write_text(content, "utf-8")

    @property
    def scripts(self) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def python(self) -> Path:
        return self.scripts / "python"


_UNREACHABLE: Final = ("Connection", "Temporary failure", "No matching distribution")


@contextmanager
def kept(name: str, *needs: str) -> Iterator[Environment]:
    """The environment of this name, for this Python and these needs; no other process has it meanwhile."""
    folder = _FOLDER / f"{name}-{digest([sys.version, sys.prefix, *needs])[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield Environment(folder)


def digest(parts: Iterable[str | bytes]) -> str:
    """A hash of these parts, in this order."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(b"%d:%s" % (len(data), data))
    return found.hexdigest()


def bare(variables: dict[str, str]) -> dict[str, str]:
    """The environment of a process in which neither this checkout nor this pytest is to be seen."""
    variables = environment(variables)
    return {name: value for name, value in variables.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
