"""Reads workflow templates with the place of each value, and finds what is wrong with them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.core.base.findings import Finding
from mockflow.core.plugin.lint import lint
from mockflow.core.plugin.template import Template
from mockflow.core.plugin.versions import Version
from mockflow.loading.problems import Place, Problem
from mockflow.loading.yaml12 import Document, read

_NO_PARAMS: Final[Mapping[str, str]] = {}


def read_templates(text: bytes, file: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a file in JSON or YAML, and the problems of its syntax."""
    if not text.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return _read(text, file)
    try:
        json.loads(text.decode("utf-8-sig"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if file.endswith((".yaml", ".yml")):  # in YAML's flow style
            return _read(text, file)
        place = Place(file, error.lineno, error.colno)
        return [], [Problem(place, f"this is not JSON: {error.msg}")]
    except UnicodeDecodeError:
        return _read(text, file)
    except (ValueError, RecursionError) as error:
        return [], [Problem(Place(file), f"this is not JSON: {error}")]
    return _read(text.replace(b"\t", b" "), file)  # YAML does not indent with tabs, and JSON has no others


def is_template(document: Document) -> bool:
    """Whether the document is a workflow template, not a scenario."""
    return isinstance(document.value, dict) and "workflows" in document.value and "scenario" not in document.value


@dataclass(frozen=True)
class CheckedTemplate:
    """A template, None where it cannot be read, and its problems."""

    template: Template | None
    refusals: list[Problem]
    """Problems of the file, and what the plugin refuses."""
    others: list[Problem]
    """Steps that would fail, and warnings."""


def check_template(document: Document, version: Version, params: Mapping[str, str] = _NO_PARAMS) -> CheckedTemplate:
    """Checks a template. `params` are those of a provision."""
    if document.problems:
        return CheckedTemplate(None, document.problems, [])
    found = lint(document.value, version, params)
    refusals, others = ([_problem(document, one) for one in some] for some in (found.refusals, found.others))
    return CheckedTemplate(found.template, refusals, others)


def _problem(document: Document, finding: Finding) -> Problem:
    place = document.place(finding.path, key=_is_key(finding.path))
    return Problem(place, finding.message, finding.hint, finding.severity)


def _is_key(path: tuple[str | int, ...]) -> bool:
    return bool(path) and isinstance(path[-1], str)


def _read(text: bytes, file: str) -> tuple[list[Document], list[Problem]]:
    documents, problems = read(text, file)
    return documents, list(problems)


def _no_constant(name: str) -> Any:
    raise ValueError(f"it has {name}")
