"""Every example in the docstrings of the Python API is run, and gives what it says.

An example begins with what the names of `NAMES` stand for: a cluster that runs, and a program that deploys.
"""

import doctest
import importlib
import pkgutil
import sys
import types
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from mockflow import MockFlow, Scenario, handle
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
