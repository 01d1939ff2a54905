"""The document of a scenario that is built in Python: how one begins, and what is written into it."""

import copy
from collections.abc import Mapping
from typing import Any

from mockflow.handle.errors import ScenarioError
from mockflow.loading import shipped
from mockflow.loading.yaml12 import read


def begun(name: str) -> dict[str, Any]:
    """A document with this name; for ``@name`` that of a shipped scenario. Raises ScenarioError if there is none."""
    if not name.startswith(shipped.MARK):
        return {"scenario": name}
    try:
        file = shipped.find(name)
        if not file.is_file():
            raise LookupError(f"{name} is more than one scenario; name one of them")
    except LookupError as error:
        raise ScenarioError(str(error)) from None
    [document], _ = read(file.read_bytes(), name)
    return dict(document.value)


def written(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of those keys that have a value; None stands for a key that is not written."""
    return {key: copied(value) for key, value in keys.items() if value is not None}


def copied(value: Any) -> Any:
    """A deep copy; for the dicts and lists of a document much faster than that of `copy`."""
    if type(value) is dict:
        return {key: copied(each) for key, each in value.items()}
    if type(value) is list:
        return [copied(each) for each in value]
    return value if isinstance(value, (str, int, float, type(None))) else copy.deepcopy(value)


def times_created(keyframes: list[dict[str, Any]], step_name: str) -> int:
    """How many resources of steps with this name the keyframes create."""
    return sum(
        entry["workflow_step_name"] == step_name for keyframe in keyframes for entry in keyframe.get("created", ())
    )
