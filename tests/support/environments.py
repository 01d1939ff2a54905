"""Virtual environments that have only the packages that are named, linked from the environment of the tests.

Nothing is downloaded, copied or compiled again, so an environment takes milliseconds and needs no package index. The
package itself is never linked: a test installs it with pip, which checks that what it requires is there.
"""

import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.processes import environment

OWN: Final = "mockflow-opensearch"
PIP: Final = ("--no-index", "--no-compile", "--disable-pip-version-check")
"""Options of ``pip install``: nothing is fetched, and nothing compiled that may never be imported."""


class Environment:
    """A virtual environment in a new folder, with these requirements and what they require."""

    def __init__(self, folder: Path, *requirements: str) -> None:
        self.folder = folder
        venv.create(folder, symlinks=sys.platform != "win32", with_pip=False)
        self.scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = self.scripts / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        link(folder / ("Lib" if sys.platform == "win32" else f"lib/{version}") / "site-packages", *requirements)


def link(folder: Path, *requirements: str) -> None:
    """Links the packages of these requirements, and of what they require, into a folder."""
    for package in _required(requirements):
        for part in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            target = folder / part
            if not target.exists():
                target.symlink_to(Path(str(package.locate_file(part))).resolve())


def bare(variables: dict[str, str]) -> dict[str, str]:
    """The environment of a process in which neither this checkout nor this pytest is to be seen."""
    kept = {name: value for name, value in environment().items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    return {**kept, **variables}


def _required(requirements: Iterable[str]) -> list[Distribution]:
    """All that these require, themselves included, but not the project's own package."""
    wanted = [Requirement(text) for text in requirements]
    found: dict[tuple[str, frozenset[str]], Distribution] = {}
    while wanted:
        requirement = wanted.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in found:
            continue
        found[key] = distribution(requirement.name)
        needed = map(Requirement, found[key].requires or ())
        extras = ("", *requirement.extras)
        wanted += [it for it in needed if not it.marker or any(it.marker.evaluate({"extra": one}) for one in extras)]
    return [package for (name, _), package in found.items() if name != OWN]
