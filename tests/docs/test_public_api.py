"""The page of what is public names what the modules export, and nothing else."""

import re
from importlib import import_module
from typing import Final

import mockflow
from mockflow import handle
from tests.support.paths import ROOT

PAGE: Final = (ROOT / "docs/reference/public-api.md").read_text("utf-8")


def documented() -> dict[str, set[str]]:
    """Each module of the table, and its names."""
    rows = re.findall(r"^\| `(mockflow[\w.]*)`[^|]* \| (.+) \|$", PAGE, re.MULTILINE)
    return {module: set(re.findall(r"`(\w+)`", names)) for module, names in rows}


def test_the_names_are_those_that_are_exported() -> None:
    exported = {module: set(import_module(module).__all__) for module in documented()}
    exported["mockflow.handle"] -= exported["mockflow"]
    assert documented() == exported
    assert exported.keys() == {"mockflow", "mockflow.handle", "mockflow.strategies"}


def test_each_name_is_there() -> None:
    assert all(getattr(import_module(module), name, None) for module, names in documented().items() for name in names)
    assert set(mockflow.__all__) <= set(handle.__all__)
