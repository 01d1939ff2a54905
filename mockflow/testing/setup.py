"""The settings of a test's cluster: markers, and the ini file."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mockflow.handle.builder import Scenario
from mockflow.handle.cluster import Source
from mockflow.loading.shipped import MARK, is_shipped

Known = Mapping[str, tuple[Callable[[Any], Any], str]]
"""The settings of markers and the ini file: name -> type and help text."""


@dataclass(frozen=True)
class Setup:
    """The settings of one world: scenarios, and keyword arguments of `MockFlow`."""

    sources: tuple[Source, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    strict: bool = False
    is_shared: bool = False
    """Whether it is that of a module or session."""


def setup_of(request: pytest.FixtureRequest, known: Known, *, is_shared: bool) -> Setup:
    """The settings of ini options and of the markers of the test or module; a session has none.

    The nearest marker wins; scenarios of all are loaded.
    """
    config = request.config
    settings = _defaults(config, known)
    sources: list[Source] = [
        path if is_shipped(path) else str(config.rootpath / path) for path in config.getini("mockflow_scenarios")
    ]
    for marker in reversed(list(request.node.iter_markers("mockflow"))):
        if unknown := sorted(marker.kwargs.keys() - known.keys()):
            raise ValueError(f"unknown keyword {', '.join(unknown)}; the marker takes {', '.join(known)}")
        settings |= marker.kwargs
        sources += [_located(source, request) for source in marker.args]
    strict = bool(settings.pop("strict", False))
    settings["body_files"] = [config.rootpath / folder for folder in settings.get("body_files", ())]
    return Setup(tuple(sources), settings, strict, is_shared)


def _defaults(config: pytest.Config, known: Known) -> dict[str, Any]:
    """The settings of the ini file."""
    settings: dict[str, Any] = {}
    for name, (kind, _) in known.items():
        value = config.getini(f"mockflow_{name}")
        if value not in (None, "", []):  # pytest 7 gives a list for an option that is not set
            try:
                settings[name] = kind(value)
            except ValueError:
                raise ValueError(f"ini option mockflow_{name} should be a number, not {value!r}") from None
    return settings


def _located(source: Source, request: pytest.FixtureRequest) -> Source:
    """A path is relative to the test file, then to the rootdir; anything else is unchanged."""
    if isinstance(source, Scenario) or (isinstance(source, str) and "\n" in source):
        return source
    if not isinstance(source, str | os.PathLike):
        raise TypeError(f"the marker takes paths, YAML text and built scenarios, not {source!r}")
    tried = [request.path.parent / source, request.config.rootpath / source]
    for path in tried:
        if path.exists():
            return path
    if str(source).startswith(MARK):
        return source
    listed = ", ".join(map(str, dict.fromkeys(tried)))
    raise ValueError(f'no scenario "{source}"; looked for {listed}')
