"""From one YAML document to a scenario, with every problem at once and in people's words."""

import copy
from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mockflow.core import rules
from mockflow.core.findings import Finding, Path
from mockflow.core.scenario import Scenario
from mockflow.core.suggest import did_you_mean
from mockflow.loading.problems import Problem
from mockflow.loading.yaml12 import Document

_ROUNDS: Final = 4  # of setting aside what is wrong; each goes one level up at the most


def validate(document: Document) -> tuple[Scenario | None, list[Problem]]:
    """The scenario that `document` holds (None when it has errors) and what is wrong with it.

    What is wrong in itself is set aside, so that the rules can speak about the rest.
    """
    if not isinstance(document.value, dict):
        problem = Problem(document.place(()), "a scenario is a mapping of keys", "begin with scenario: <its name>")
        return None, [problem]
    details, scenario = _validated(document.value)
    problems = [_problem(document, error) for error in details]
    wrong = [tuple(error["loc"]) for error in details]
    found = rules.check(scenario) if scenario else []
    problems += [_located(document, f) for f in found if not any(_overlap(f.path, path) for path in wrong)]
    has_errors = any(problem.severity == "error" for problem in problems)
    return (None if has_errors else scenario), problems


def _validated(value: dict[str, Any]) -> tuple[list[ErrorDetails], Scenario | None]:
    """All errors of the models, and the scenario made of what is right (None where too little is)."""
    errors: list[ErrorDetails] = []
    for _ in range(_ROUNDS):
        try:
            return errors, Scenario.model_validate(value)
        except ValidationError as error:
            known = {tuple(e["loc"]) for e in errors}
            new = [e for e in error.errors(include_url=False) if not _within(tuple(e["loc"]), known)]
            errors += new
            value = _without(value, error.errors(include_url=False))
    return errors, None


def _within(path: Path, known: Iterable[Path]) -> bool:
    return any(_overlap(path, other) for other in known)


def _overlap(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _without(value: dict[str, Any], errors: list[ErrorDetails]) -> dict[str, Any]:
    """A copy with what is wrong taken out: of what lacks a key, the whole."""
    value = copy.deepcopy(value)
    wrong: set[Path] = set()
    for error in errors:
        path: Path = tuple(error["loc"])
        if error["type"] != "missing":
            wrong.add(path)
        elif len(path) > 1:
            wrong.add(path[:-1])
        else:
            value[str(path[0])] = "?"  # the rules can do without the name
    # Later list elements first, so that the indexes stay right.
    for path in sorted(wrong, key=lambda path: [str(part).zfill(9) for part in path], reverse=True):
        if any(path[:length] in wrong for length in range(len(path))):
            continue  # goes with what holds it
        holder: Any = value
        for part in path[:-1]:
            holder = holder[part]
        if path[-2:-1] in (("timeline",), ("attempts",)):
            holder[path[-1]] = {}  # keeps the place of those after it
        else:
            del holder[path[-1]]
    return value


def _located(document: Document, finding: Finding) -> Problem:
    return Problem(
        document.place(finding.path, key=True),
        finding.message,
        finding.hint,
        finding.severity,
        document.place(finding.other, key=True) if finding.other else None,
    )


def _problem(document: Document, error: ErrorDetails) -> Problem:
    path: Path = tuple(error["loc"])
    is_key = error["type"] in _ABOUT_THE_KEY
    describe = _MESSAGES.get(error["type"], _plain_message)
    message, hint = describe(document, path, error)
    return Problem(document.place(path, key=is_key), message, hint)


_Message = tuple[str, str]


def _plain_message(_: Document, path: Path, error: ErrorDetails) -> _Message:
    what, _sep, right = error["msg"].partition("; ")
    return f"{_name(path)}: {what}", right


def _unknown_key(_: Document, path: Path, __: ErrorDetails) -> _Message:
    keys = [field.alias or name for name, field in _model_at(path[:-1]).model_fields.items()]
    return f'unknown key "{path[-1]}"', did_you_mean(str(path[-1]), keys)


def _missing(_: Document, path: Path, __: ErrorDetails) -> _Message:
    return f"{path[-1]} is missing", _description(path)


def _wants_text(document: Document, path: Path, error: ErrorDetails) -> _Message:
    value = error["input"]
    if isinstance(value, (bool, int, float)):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        text = document.texts.get(path, str(value))
        return f"{_name(path)} wants text, and {text} is {kind}", f'quote it: "{text}"'
    return f"{_name(path)} wants text, not {_kind(value)}", _description(path)


def _wants(what: str) -> Callable[[Document, Path, ErrorDetails], _Message]:
    def describe(_: Document, path: Path, error: ErrorDetails) -> _Message:
        return f"{_name(path)} wants {what}, not {_kind(error['input'])}", _description(path)

    return describe


def _wants_boolean(_: Document, path: Path, error: ErrorDetails) -> _Message:
    value = error["input"]
    return f"{_name(path)} wants true or false, not {_kind(value)}", "YAML 1.2 knows no yes, no, on or off"


def _wants_one_of(_: Document, path: Path, error: ErrorDetails) -> _Message:
    field = _model_at(path[:-1]).model_fields[str(path[-1])]
    return f'unknown {path[-1]} "{error["input"]}"', did_you_mean(str(error["input"]), get_args(field.annotation))


def _empty(_: Document, path: Path, __: ErrorDetails) -> _Message:
    return f"{_name(path)} is empty", _description(path)


_ABOUT_THE_KEY: Final = {"extra_forbidden"}
_MESSAGES: Final[dict[str, Callable[[Document, Path, ErrorDetails], _Message]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_type": _wants_text,
    "string_too_short": _empty,
    "too_short": _empty,
    "int_type": _wants("a whole number"),
    "bool_type": _wants_boolean,
    "dict_type": _wants("a mapping"),
    "model_type": _wants("a mapping"),
    "tuple_type": _wants("a list"),
    "list_type": _wants("a list"),
    "literal_error": _wants_one_of,
}


def _name(path: Path) -> str:
    """What a reader looks for in the file: the last key of `path`."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "the document")
    return f"an entry of {key}" if path and isinstance(path[-1], int) else key


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value), f'"{value}"' if isinstance(value, str) else str(value))


def _description(path: Path) -> str:
    """The first sentence of the key's description in the models."""
    field = _model_at(path[:-1]).model_fields.get(str(path[-1]))
    text = (field.description or "") if field else ""
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence[:1].lower() + sentence[1:]


def _model_at(path: Path) -> type[BaseModel]:
    """The model that describes the mapping at `path`."""
    model: type[BaseModel] = Scenario
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
