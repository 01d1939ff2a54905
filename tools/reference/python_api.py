"""The Python API: what is public, with a directive of mkdocstrings for each name."""

import inspect
from typing import Any

import mockflow
from mockflow import handle, strategies
from mockflow.handle.patching import PatchedSleep
from tools.reference.markdown import anchor, code, docstring, document, table

_INTRODUCTION = """\
Public is what this page lists: the names of `mockflow`, the objects that they return, and `mockflow.strategies`. The
site of the documentation has their signatures and docstrings below; where it is not built, `help(mockflow.MockFlow)`
prints the same.
"""


def page() -> str:
    returned = [name for name in handle.__all__ if name not in mockflow.__all__]
    groups = {
        "mockflow": [(name, getattr(mockflow, name), f"mockflow.handle.{name}") for name in mockflow.__all__],
        "What they return": [
            *((name, getattr(handle, name), f"mockflow.handle.{name}") for name in returned),
            ("PatchedSleep", PatchedSleep, "mockflow.handle.patching.PatchedSleep"),
        ],
        "mockflow.strategies": [
            (name, getattr(strategies, name), f"mockflow.strategies.{name}")
            for name in strategies.__all__
            if inspect.isfunction(getattr(strategies, name))
        ],
    }
    parts = []
    for title, members in groups.items():
        rows = ((f"[{code(name)}](#{anchor(name)})", _summary(value)) for name, value, _ in members)
        parts += [f"## {title}", table(("name", ""), rows)]
        parts += [f"### {name}\n\n::: {path}" for name, _, path in members]
    return document("Python API", "`__all__` of `mockflow`", _INTRODUCTION, *parts)


def _summary(value: Any) -> str:
    first, *_ = docstring(inspect.getdoc(value) or "").partition("\n\n")
    return " ".join(first.split())
