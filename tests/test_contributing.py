"""The paths in CONTRIBUTING.md exist, and it names every module that the import contracts put into layers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.project import PYPROJECT

ROOT: Final = Path(__file__).parents[1]
TEXT: Final = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FOLDERS: Final = "mockflow|tests|scenarios|docs|examples|benchmarks|tools"
PATHS: Final = sorted({path.rstrip(".") for path in re.findall(rf"(?<![\w./-])(?:{FOLDERS})/[\w./-]*", TEXT)})


def layers() -> Iterator[str]:
    """The path of each module in a layer, without suffix, such as ``mockflow/core/base``."""
    contracts: list[dict[str, Any]] = PYPROJECT["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        for container in contract.get("containers", [""]):
            for layer in contract.get("layers", ()):
                for module in re.split(r"[|:]", layer):
                    yield ".".join(filter(None, (container, module.strip(" ()")))).replace(".", "/")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path: str) -> None:
    found = ROOT / path
    assert found.is_dir() if path.endswith("/") else found.is_file()


def test_there_are_paths_of_the_package_and_of_its_tests() -> None:
    assert {path.partition("/")[0] for path in PATHS} >= {"mockflow", "tests"}


@pytest.mark.parametrize("module", sorted(set(layers())))
def test_a_module_of_the_import_contracts_is_named(module: str) -> None:
    assert {f"{module}/", f"{module}.py"} & set(PATHS)
