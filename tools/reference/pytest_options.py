"""Fixtures, marker and options of the pytest plugin, from its module."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mockflow import pytest_plugin
from tools.reference.markdown import code, document, table

_INTRODUCTION = """\
[Run it in pytest](../start/pytest.md) and [Test with pytest](../howto/pytest.md) show them in use.
"""
_MARKER = """\
`@pytest.mark.mockflow(*scenarios, **settings)` sets up the fixture `mockflow` of a test, a class or a module.
Scenarios are files or folders, relative to the file of the test, then to the rootdir; shipped ones such as
`"@overloaded"`; YAML text; or a `Scenario` that is built in Python. Each setting is a keyword of the marker, and with
the prefix `mockflow_` an option of pytest's configuration file. Of several markers the nearest wins; a marker wins
over the file.
"""


def page() -> str:
    settings = (
        (code(name), code(f"mockflow_{name}"), kind.__name__ if kind is not str.split else "list", purpose)
        for name, (kind, purpose) in pytest_plugin.SETTINGS.items()
    )
    parser = _Parser()
    pytest_plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    return document(
        "Pytest plugin",
        "`mockflow/pytest_plugin.py`",
        _INTRODUCTION,
        "## Fixtures",
        table(("fixture", "scope", "value"), _fixtures()),
        "## Marker and configuration",
        _MARKER,
        table(("keyword", "option of the file", "type", "meaning"), settings),
        "`mockflow_scenarios` of the file lists scenarios for every test, relative to the rootdir.",
        "## Options of the command line",
        table(("option", "meaning"), parser.options),
    )


class _Parser:
    """Takes the options of the command line as pytest's own parser does."""

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []

    def getgroup(self, name: str) -> "_Parser":
        return self

    def addoption(self, name: str, **attributes: Any) -> None:
        self.options.append((code(name), attributes["help"]))

    def addini(self, *_: Any, **__: Any) -> None:
        pass


def _fixtures() -> Iterator[tuple[str, str, str]]:
    """Name, scope and docstring of each function with the decorator `pytest.fixture`."""
    for function in ast.parse(Path(pytest_plugin.__file__).read_text("utf-8")).body:
        if isinstance(function, ast.FunctionDef):
            for decorator in map(ast.unparse, function.decorator_list):
                if decorator.startswith("pytest.fixture"):
                    scope = next((name for name in ("module", "session") if f"'{name}'" in decorator), "function")
                    yield code(function.name), scope, " ".join((ast.get_docstring(function) or "").split())
