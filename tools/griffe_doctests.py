"""Shows the examples in docstrings as code: a paragraph that begins with ``>>>`` becomes a block."""

import re
from typing import Any

import griffe


class Doctests(griffe.Extension):  # type: ignore[misc]
    """An extension of griffe, by which mkdocstrings reads docstrings."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Changes the docstring of a class, a function or an attribute."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"^>>> .*(?:\n(?!$).*)*", lambda found: f"```pycon\n{found[0]}\n```", obj.docstring.value, flags=re.M
            )
