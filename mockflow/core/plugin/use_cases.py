"""The plugin's use cases: templates with defaults and required parameters (docs/reference/plugin.md, "Use cases")."""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.substitution import substitute


@lru_cache
def use_cases() -> Mapping[str, Mapping[str, Any]]:
    """Name -> `required` parameters, `defaults` (flat strings), and `template` with placeholders."""
    text = (files("mockflow.core.plugin") / "data" / "use_cases.json").read_text("utf-8")
    table: dict[str, Mapping[str, Any]] = json.loads(text)
    return table


def expand(name: str, content: Any) -> Any:
    """The template of the use case `name` with the values of `content` filled in, as content to parse.

    `content` is the decoded request body, an empty map if there is none. Raises FlowFrameworkError as the plugin does,
    first of all for an unknown name.
    """
    case = use_cases().get(name)
    if case is None:
        raise FlowFrameworkError(f"Unable to find substitution ready file for use case: {name}")
    given = _mapping(content)
    missing = [key for key in case["required"] if key not in given]
    if missing:
        raise FlowFrameworkError(
            f"Missing the following required parameters for use case [{name}] : [{', '.join(missing)}]"
        )
    values = {key: _text(value) for key, value in given.items()}
    return substitute(case["template"], {key: values.get(key, default) for key, default in case["defaults"].items()})


def _unusable_body() -> FlowFrameworkError:
    return FlowFrameworkError(
        "failure parsing request body when a use case is given, make sure to provide a map with values that are "
        "either Strings, Arrays, or Map of Strings to Strings"
    )


def _mapping(content: Any) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise _unusable_body()
    return content


def _text(value: Any) -> str:
    """The text of a value in the template. Null and nested maps are refused."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values())):
        raise _unusable_body()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
