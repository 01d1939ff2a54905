"""The scenarios that come with mockflow. Where a path is wanted, ``@overloaded`` names one and ``@all`` all of them.

A checkout has them in its folder `scenarios/`. A wheel has a copy of that folder in the package.
"""

from pathlib import Path
from typing import Final

from mockflow.core.base.suggest import did_you_mean

MARK: Final = "@"
ALL: Final = "@all"
_PACKAGE: Final = Path(__file__).parent.parent
_FOLDERS: Final = (_PACKAGE / "shipped", _PACKAGE.parent / "scenarios")


def folder() -> Path:
    """The folder of the shipped scenarios."""
    return next((path for path in _FOLDERS if path.is_dir()), _FOLDERS[0])


def files() -> dict[str, Path]:
    """The scenario files by name, without the mark, in alphabetical order."""
    return {path.stem: path for path in sorted(folder().glob("*.yaml"))}


def is_shipped(path: str | Path) -> bool:
    """Whether a path is a name such as ``@overloaded``. A file or folder that is really called so wins."""
    return str(path).startswith(MARK) and not Path(path).exists()


def find(name: str) -> Path:
    """The file of ``@overloaded``, or the folder for ``@all``. Raises LookupError with what would be right."""
    if name == ALL:
        return folder()
    known = files()
    found = known.get(name.removeprefix(MARK))
    if found is None:
        advice = did_you_mean(name, [ALL, *(f"{MARK}{each}" for each in known)])
        if not advice.startswith("did"):
            advice = "mockflow scenarios lists them"
        raise LookupError(f"no shipped scenario {name}; {advice}")
    return found
