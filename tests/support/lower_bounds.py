"""Prints requirements for pip: the lowest version that pyproject.toml allows, for every package that quick tests need.

Run as ``python -m tests.support.lower_bounds``, for ``make test-lower``.
"""

import importlib
import sys
from collections.abc import Iterator
from typing import Any, Final

from packaging.requirements import Requirement

from tests.support.paths import ROOT

TOOLS: Final = {
    "hatchling",
    "import-linter",
    "mkdocs-material",
    "mkdocstrings",
    "mypy",
    "playwright",
    "ruff",
    "schemathesis",
}
"""What no quick test imports. Some of these need newer versions of what the package needs."""


def lower_bounds(project: dict[str, Any]) -> Iterator[str]:
    """``name==version`` for the package's requirements, its extras' and those of its tests."""
    extras = project["optional-dependencies"].values()
    for text in sorted({*project["dependencies"], *(each for extra in extras for each in extra)}):
        requirement = Requirement(text)
        for bound in requirement.specifier:
            if bound.operator == ">=" and requirement.name not in TOOLS:
                extra = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
                yield f"{requirement.name}{extra}=={bound.version}"


if __name__ == "__main__":
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")  # mypy and pytest bring tomli
    print(*lower_bounds(toml.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]), sep="\n")
