"""What pyproject.toml says."""

import sys
from typing import Any, Final

import pytest

from tests.support.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: Final[dict[str, Any]] = PYPROJECT["project"]
REPOSITORY: Final[str] = PROJECT["urls"]["Repository"]
"""Where the project is kept, as a URL."""
