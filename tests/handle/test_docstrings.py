"""Every example in the docstrings of the Python API is run, and gives what it says.

An example begins with what the names of `NAMES` stand for: a cluster that runs, and a program that deploys.
"""

import ast
import doctest
import importlib
import inspect
import itertools
import pkgutil
import sys
import textwrap
import types
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from mockflow import MockFlow, Scenario, handle, pytest_plugin
from mockflow.pytest_plugin import SETTINGS
from tests.support.paths import ROOT
from tests.support.python_api import poll

EXAMPLE_ID: Final = "8xL8bowB8y25Tqfenm50"


def deploy(url: str) -> str:
    """Polls until the end, as a program under test would."""
    while (state := poll(url, EXAMPLE_ID)) not in ("COMPLETED", "FAILED"):
        pass
    return state


def examples() -> list[doctest.DocTest]:
    names = [module.name for module in pkgutil.iter_modules(handle.__path__, "mockflow.handle.")]
    modules = [importlib.import_module(name) for name in names]
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for module in modules for test in finder.find(module, module.__name__)]
    return sorted((test for test in found if test.examples), key=lambda test: test.name)


EXAMPLES: Final = examples()
DEPLOYER: Final = """
import time

def deploy(url):
    while (state := poll(url, EXAMPLE_ID)) not in ("COMPLETED", "FAILED"):
        time.sleep(5)
    return state
"""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What an example has at hand."""
    monkeypatch.chdir(ROOT)
    deployer = types.ModuleType("deployer")
    vars(deployer).update(poll=poll, EXAMPLE_ID=EXAMPLE_ID)
    exec(DEPLOYER, vars(deployer))
    monkeypatch.setitem(sys.modules, "deployer", deployer)
    with MockFlow("scenarios/docs-example.yaml") as cluster:
        yield {
            "MockFlow": MockFlow,
            "Scenario": Scenario,
            "cluster": cluster,
            "deploy": deploy,
            "deployer": deployer,
            "timedelta": timedelta,
        }


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example(example: doctest.DocTest, names: dict[str, Any]) -> None:
    example.globs = names
    told: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(example, out=told.append)
    assert not results.failed, "".join(told)


def test_what_has_an_example() -> None:
    named = {example.name.removeprefix("mockflow.handle.") for example in EXAMPLES}
    assert named >= {
        "builder.Scenario",
        "clock.ClockHandle",
        "clock.ClockHandle.advance_to",
        "cluster.ClusterHandle.fail_step",
        "cluster.ClusterHandle.load",
        "cluster.ClusterHandle.patch_sleep",
        "coverage.Coverage",
        "journal.JournalHandle",
        "mockflow.MockFlow",
        "workflow.WorkflowHandle",
    }


def test_everything_public_has_a_docstring() -> None:
    missing = [
        f"{thing.__name__}.{name}"
        for thing in (getattr(handle, name) for name in handle.__all__)
        for name, value in vars(thing).items()
        if not name.startswith("_")
        and isinstance(value, (types.FunctionType, property, classmethod))
        and not getattr(value, "__doc__", None)
    ]
    assert missing == []


def test_every_attribute_has_a_docstring_too() -> None:
    """Fields of dataclasses and attributes that ``__init__`` sets: a string follows each one."""
    missing = [
        f"{thing.__name__}.{name}"
        for thing in (getattr(handle, name) for name in handle.__all__)
        for name in undocumented(ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0])
    ]
    assert missing == []


def undocumented(definition: ast.stmt) -> Iterator[str]:
    assert isinstance(definition, ast.ClassDef)
    bodies: list[tuple[type[ast.expr], list[ast.stmt]]] = [(ast.Name, definition.body)]
    bodies += [
        (ast.Attribute, one.body)
        for one in definition.body
        if isinstance(one, ast.FunctionDef) and one.name == "__init__"
    ]
    for kind, body in bodies:
        for statement, following in itertools.zip_longest(body, body[1:]):
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            for target in targets:
                name = getattr(target, "id", getattr(target, "attr", "_")) if isinstance(target, kind) else "_"
                is_told = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
                if not name.startswith("_") and not is_told:
                    yield name


@pytest.mark.parametrize("name", SETTINGS)
def test_every_marker_and_ini_option_is_described(name: str) -> None:
    kind, purpose = SETTINGS[name]
    assert callable(kind)
    assert len(purpose) > 10
    assert f"{name}=" in pytest_plugin._MARKER
