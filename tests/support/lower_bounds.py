"""Prints pip constraints: the lowest version that pyproject.toml allows, for every package that it names.

Run as ``python -m tests.support.lower_bounds``, for ``make test-lower``.
"""

import sys
from collections.abc import Iterator
from typing import Any

from packaging.requirements import Requirement

from tests.support.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]


def lower_bounds(project: dict[str, Any]) -> Iterator[str]:
    """``name==version`` for each requirement that has a lower bound."""
    extras = project["optional-dependencies"].values()
    for text in sorted({*project["dependencies"], *(each for extra in extras for each in extra)}):
        requirement = Requirement(text)
        for bound in requirement.specifier:
            if bound.operator == ">=":
                yield f"{requirement.name}=={bound.version}"


if __name__ == "__main__":
    print(*lower_bounds(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]), sep="\n")
