"""Names and descriptions that ML Commons takes: letters, numbers, spaces and some punctuation.

Releases from 3.1 on check them; from 3.7 on the plugin does so already when a template with models or model groups is
created, provisioned or reprovisioned (docs/reference/plugin.md, "Graph checks").
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.template import Node
from mockflow.core.plugin.versions import Version

NAMES_SINCE: Final = (3, 1)
_IN_TEMPLATES_SINCE: Final = (3, 7)
_NAMED: Final = {"register_remote_model": "Model", "register_model_group": "Model group"}
"""The step types whose names are checked with the template -> what they register."""
_PUNCTUATION: Final = frozenset(" \t\n\v\f\r.,!?():@-_/'\"")
_ALLOWED: Final = "can only contain letters, numbers, spaces, and basic punctuation (.,!?():@-_'/\")"
_LACKING: Final = "is required and cannot be null or blank"


@dataclass(frozen=True)
class Described:
    """A name or a description, and whether it has to be there."""

    text: Any
    is_required: bool = False

    @property
    def problem(self) -> str | None:
        text = self.text
        if text is None or (isinstance(text, str) and not text.strip()):
            return _LACKING if self.is_required else None
        if isinstance(text, str) and not all(_is_allowed(character) for character in text):
            return _ALLOWED
        return None


def check_names(nodes: Iterable[Node], version: Version) -> None:
    """Raises FlowFrameworkError where the plugin refuses a template because of the names of these nodes."""
    if problems := problems_in_template(nodes, version):
        raise FlowFrameworkError(problems)


def problems_in_template(nodes: Iterable[Node], version: Version) -> str | None:
    """What is wrong with the names of these nodes, as the plugin refuses a template (400); None where nothing is."""
    if version.minor < _IN_TEMPLATES_SINCE:
        return None
    fields = {}
    for node in nodes:
        if (what := _NAMED.get(node.type)) and "name" not in node.previous_node_inputs.values():
            fields[f"{what} name [node {node.id}]"] = Described(node.user_inputs.get("name"), is_required=True)
            fields[f"{what} description [node {node.id}]"] = Described(node.user_inputs.get("description"))
    return problems_of_names(fields)


def about_name(problems: str) -> str:
    """The input that the first of these problems is about."""
    return "description" if " description " in problems.partition(";")[0] else "name"


def problems_of_names(fields: Mapping[str, Described]) -> str | None:
    """``Validation Failed: 1: ..;2: ..;`` for fields by their names; None where all are right."""
    problems = [f"{name} {fields[name].problem}" for name in hash_map_order(fields) if fields[name].problem]
    if not problems:
        return None
    return "Validation Failed: " + "".join(f"{number}: {text};" for number, text in enumerate(problems, 1))


def _is_allowed(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in "LN"
