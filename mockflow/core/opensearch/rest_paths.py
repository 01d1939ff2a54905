"""The REST paths of OpenSearch and its plugins, whether mockflow serves them or not.

Source: the public OpenSearch API Specification (`data/rest_paths.txt`). It lacks some paths, those of the security
plugin's newer releases among them.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from mockflow.core.base.suggest import closest
from mockflow.core.opensearch.operations import ACTIONS

Release = tuple[int, int]

_NO_RELEASE: Final = "-"


@dataclass(frozen=True)
class RestPath:
    """A path such as ``/{index}/_bulk`` with one of its methods. `since` is the first release that has it."""

    method: str
    path: str
    operation: str
    since: Release


@lru_cache
def rest_paths() -> tuple[RestPath, ...]:
    """All of them. The file is read at the first call."""
    text = (files("mockflow.core.opensearch.data") / "rest_paths.txt").read_text("utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        RestPath(method, path, operation, _release(since))
        for path, operation, since, methods in lines
        for method in methods.split(",")
    )


def problem_of_operation(name: str) -> str | None:
    """What is wrong with this name of an operation; None for one that OpenSearch has."""
    if name in ACTIONS or any(path.operation == name for path in rest_paths()):
        return None
    advice = closest(name, ACTIONS)
    return f'no operation "{name}"' + (f"; did you mean {advice}?" if advice else "")


def _release(text: str) -> Release:
    if text == _NO_RELEASE:
        return (0, 0)
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
