"""With a pytest or pluggy that is too old, the plugin says so and does nothing. `make test-lower` runs old ones."""

import importlib.util
from types import ModuleType

import pytest

from mockflow import pytest_plugin


def loaded_again() -> ModuleType:
    """The plugin's module once more, under another name."""
    spec = importlib.util.spec_from_file_location("plugin_of_an_old_pytest", pytest_plugin.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_what_pytest_7_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(pytest, "StashKey")
    plugin = loaded_again()
    monkeypatch.undo()
    needs = f"the fixtures of mockflow need pytest 7.0 or newer; this is pytest {pytest.__version__}"
    assert plugin.pytest_report_header() == needs
    assert plugin.pytest_runtest_call is None


def test_without_what_pluggy_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def old(*, hookwrapper: bool = False, tryfirst: bool = False) -> None:
        """As before pluggy 1.2."""

    monkeypatch.setattr(pytest, "hookimpl", old)
    plugin = loaded_again()
    monkeypatch.undo()
    assert plugin.pytest_report_header() == "the fixtures of mockflow need pluggy 1.2 or newer: pip install -U pluggy"


def test_with_this_one() -> None:
    assert pytest_plugin.pytest_report_header() is None
