"""Turns one YAML document into a scenario, and reports every problem at once."""

import copy
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mockflow.core.base.findings import Finding, Path
from mockflow.core.scenario import rules
from mockflow.core.scenario.model import LANGUAGE_VERSION, Scenario
from mockflow.loading.messages import is_empty_key, meant_key, message_of, path_of
from mockflow.loading.problems import Problem
from mockflow.loading.yaml12 import Document

_MAX_TOLD: Final = 500
"""The most wrong keys and values of one document that are told; finding what was meant takes long."""
_ROUNDS: Final = 4  # of removing wrong values; each round goes up one level at most


def validate(document: Document) -> tuple[Scenario | None, list[Problem]]:
    """The scenario in `document` and all its problems.

    Wrong values are removed, so that the rules can check the rest. A scenario that is returned with errors is this
    rest; it is None if too little is left.
    """
    problems = list(document.problems)
    if not isinstance(document.value, dict):
        if not problems:
            hint = "begin with scenario: <its name>"
            problems.append(Problem(document.place(()), "a scenario is a mapping of keys", hint))
        return None, problems
    if unknown := _unknown_version(document):
        return None, [unknown]
    details, scenario = _validated(document.value)
    found = rules.check(scenario) if scenario else []
    if not (details or found or problems or document.unread):
        return scenario, []
    wrong = _Paths({*document.unread, *(path_of(error) for error in details)})
    details, left_out = details[:_MAX_TOLD], details[_MAX_TOLD:]
    misspelled = set(_misspelled(document, details))
    unread = _Paths(document.unread)
    problems += [
        _problem(document, error)
        for error in details
        if not unread.touch(path_of(error)) and path_of(error) not in misspelled
    ]
    if left_out:
        place = document.place(path_of(left_out[0]), key=True)
        problems.append(Problem(place, f"from here on {len(left_out)} more wrong keys and values", "mend those before"))
    wrong.add(misspelled)
    found = [f for f in found if not any(map(wrong.touch, f.about or (f.path, f.other or f.path)))]
    if problems or any(finding.severity == "error" for finding in found):
        found = [finding for finding in found if finding.severity == "error"]  # warnings about the rest could be wrong
    problems += [_located(document, finding) for finding in found]
    return scenario, list(dict.fromkeys(problems))  # a problem that an alias repeats is reported once


def _unknown_version(document: Document) -> Problem | None:
    """The only problem of a document of another version: nobody here knows what its keys mean."""
    version = document.value.get("version", LANGUAGE_VERSION)
    known = type(version) is int and version == LANGUAGE_VERSION  # true and 1.0 are equal to 1
    if known or not isinstance(version, int | float):  # what is no number is the model's to refuse
        return None
    hint = f"this mockflow reads version {LANGUAGE_VERSION}; a newer one may read this file"
    return Problem(
        document.place(("version",)), f"unknown version {json.dumps(version)} of the scenario language", hint
    )


class _Paths:
    """Places in a document. `touch` says whether another place is one of them, within one, or around one."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._around = {path[:length] for path in self._paths for length in range(len(path))}

    def add(self, paths: Iterable[Path]) -> None:
        """Adds further places."""
        for path in paths:
            self._paths.add(path)
            self._around.update(path[:length] for length in range(len(path)))

    def touch(self, path: Path) -> bool:
        return path in self._around or any(path[:length] in self._paths for length in range(len(path) + 1))


def _validated(value: dict[str, Any]) -> tuple[list[ErrorDetails], Scenario | None]:
    """All errors of the models, and the scenario of the remaining values (None if too few remain)."""
    errors: list[ErrorDetails] = []
    for _ in range(_ROUNDS):
        try:
            return errors, Scenario.model_validate(value)
        except ValidationError as error:
            known = _Paths(path_of(e) for e in errors)
            new = [_written(value, e) for e in error.errors(include_url=False) if not _is_echo(e)]
            errors += [e for e in new if not known.touch(path_of(e))]
            value = _without(value, new)
    return errors, None


def _written(value: Any, error: ErrorDetails) -> ErrorDetails:
    """The error with its place in the document, where a single value may be written instead of a list of one."""
    place: list[int | str] = []
    for part in error["loc"]:
        if not (isinstance(part, int) and not isinstance(value, list)):
            place.append(part)
            value = value.get(part) if isinstance(value, dict) else value[part] if isinstance(part, int) else None
    return {**error, "loc": tuple(place)}


def _is_echo(error: ErrorDetails) -> bool:
    """Whether pydantic reports a list as too short only because it does not count the wrong entries."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _without(value: dict[str, Any], errors: list[ErrorDetails]) -> dict[str, Any]:
    """A copy without the wrong values. A mapping that lacks a key is removed as a whole."""
    value = copy.deepcopy(value)
    wrong: dict[Path, None] = {}
    for error in errors:
        path: Path = path_of(error)
        if error["type"] != "missing":
            wrong[path] = None
        elif len(path) > 1:
            wrong[path[:-1]] = None
        else:
            value[str(path[0])] = "?"  # the rules do not need the name
    # Keys first, then list elements, later ones first, so that the indexes stay right. There may be very many keys.
    elements = [path for path in wrong if path and isinstance(path[-1], int)]
    elements.sort(key=lambda path: "\0".join(str(part).zfill(9) for part in path), reverse=True)
    for path in [*(path for path in wrong if not (path and isinstance(path[-1], int))), *elements]:
        if any(path[:length] in wrong for length in range(len(path))):
            continue  # removed with the value around it
        holder: Any = value
        for part in path[:-1]:
            holder = holder[part]
        if path[-1:] != () and isinstance(path[-1], int) and path[-2] in _STAND_INS:
            holder[path[-1]] = _STAND_INS[path[-2]]
        else:
            del holder[path[-1]]
    return value


# Replacements for wrong entries of lists, so that the entries after them keep their index.
_STAND_INS: Final[dict[str | int, dict[str, Any]]] = {
    "timeline": {},
    "attempts": {},
    "faults": {"on": "any", "delay": 0},
    "outages": {"at": 0},
    "phases": {"phase": "yellow", "takes": "1s"},
    "stubs": {"request": "/", "respond": {"status": 200}},
}


def _located(document: Document, finding: Finding) -> Problem:
    return Problem(
        document.place(finding.path, key=True),
        finding.message,
        finding.hint,
        finding.severity,
        document.place(finding.other, key=True) if finding.other else None,
    )


def _problem(document: Document, error: ErrorDetails) -> Problem:
    path = path_of(error)
    message, hint = message_of(document, error)
    if key := error.get("ctx", {}).get("key"):  # the error belongs to this key of a mapping
        return Problem(document.place((*path, key), key=True), message, hint)
    about_key = error["type"] in _ABOUT_THE_KEY or is_empty_key(error)
    return Problem(document.place(path, key=about_key), message, hint)


_ABOUT_THE_KEY: Final = {"extra_forbidden", "literal_error"}


def _misspelled(document: Document, errors: Iterable[ErrorDetails]) -> Iterator[Path]:
    """The places of keys that are not missing but misspelled."""
    for error in errors:
        path: Path = path_of(error)
        if error["type"] == "extra_forbidden" and (meant := meant_key(document, path)):
            yield (*path[:-1], meant)
