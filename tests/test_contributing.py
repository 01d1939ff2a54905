"""The paths in CONTRIBUTING.md exist, and it names every module that the import contracts put into layers."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.project import PYPROJECT

ROOT: Final = Path(__file__).parents[1]
TEXT: Final = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FOLDERS: Final = "mockflow|tests|scenarios|docs|examples|benchmarks|checks|deploy|tools"
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


def test_each_command_of_the_makefile_is_listed() -> None:
    [phony] = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"^\| `make ([\w-]+)", TEXT, re.MULTILINE)) == set(phony.replace("\\\n", " ").split())


def folders() -> Iterator[str]:
    """The folders of the repository, of the tests, and those of the package that have Python in them."""
    made = {"build", "dist", "node_modules", "__pycache__"}
    for folder in (*ROOT.iterdir(), *(ROOT / "tests").iterdir()):
        if folder.is_dir() and folder.name not in made and not folder.name.startswith("."):
            yield f"{folder.relative_to(ROOT).as_posix()}/"
    for package in (ROOT / "mockflow").rglob("__init__.py"):
        yield f"{package.parent.relative_to(ROOT).as_posix()}/"


# Parts of a folder that is named: how one of its modules is built, and data.
WITHIN: Final = {
    f"mockflow/{name}/"
    for name in (
        "core/opensearch/data",
        "core/plugin/data",
        "server/control/handlers",
        "server/endpoints/flow_framework",
    )
}


def test_each_folder_is_named() -> None:
    found = set(folders())
    assert found - WITHIN - set(PATHS) == set()
    assert found >= {"mockflow/", "tests/", "tests/docs/", "mockflow/core/plugin/"}


@pytest.mark.parametrize("module", sorted(set(layers())))
def test_a_module_of_the_import_contracts_is_named(module: str) -> None:
    assert {f"{module}/", f"{module}.py"} & set(PATHS)
