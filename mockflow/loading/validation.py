"""From one YAML document to a scenario, with every problem at once and in people's words."""

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from mockflow.core.base.durations import parse_moment
from mockflow.core.base.findings import Finding, Path, quoted
from mockflow.core.base.suggest import closest, did_you_mean
from mockflow.core.scenario import rules
from mockflow.core.scenario.model import Scenario
from mockflow.loading.problems import Problem
from mockflow.loading.yaml12 import Document

_ROUNDS: Final = 4  # of setting aside what is wrong; each goes one level up at the most


def validate(document: Document) -> tuple[Scenario | None, list[Problem]]:
    """The scenario that `document` holds, and what is wrong with it.

    What is wrong in itself is set aside, so that the rules can speak about the rest. So a scenario beside errors
    is what is left of it; None where that is too little.
    """
    problems = list(document.problems)
    if not isinstance(document.value, dict):
        if not problems:
            hint = "begin with scenario: <its name>"
            problems.append(Problem(document.place(()), "a scenario is a mapping of keys", hint))
        return None, problems
    details, scenario = _validated(document.value)
    misspelled = set(_misspelled(document, details))
    unread = _Paths(document.unread)
    problems += [
        _problem(document, error)
        for error in details
        if not unread.touch(_path(error)) and _path(error) not in misspelled
    ]
    wrong = _Paths({*document.unread, *misspelled, *(_path(error) for error in details)})
    found = rules.check(scenario) if scenario else []
    found = [f for f in found if not any(map(wrong.touch, f.about or (f.path, f.other or f.path)))]
    if problems or any(finding.severity == "error" for finding in found):
        found = [finding for finding in found if finding.severity == "error"]  # what is left may seem odd and is not
    problems += [_located(document, finding) for finding in found]
    return scenario, list(dict.fromkeys(problems))  # what an alias repeats is told once


class _Paths:
    """Some places in a document; `touch` asks whether another is one of them, within one, or around one."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = set(paths)
        self._around = {path[:length] for path in self._paths for length in range(len(path))}

    def touch(self, path: Path) -> bool:
        return path in self._around or any(path[:length] in self._paths for length in range(len(path) + 1))


def _validated(value: dict[str, Any]) -> tuple[list[ErrorDetails], Scenario | None]:
    """All errors of the models, and the scenario made of what is right (None where too little is)."""
    errors: list[ErrorDetails] = []
    for _ in range(_ROUNDS):
        try:
            return errors, Scenario.model_validate(value)
        except ValidationError as error:
            known = _Paths(_path(e) for e in errors)
            new = [_written(value, e) for e in error.errors(include_url=False) if not _is_echo(e)]
            errors += [e for e in new if not known.touch(_path(e))]
            value = _without(value, new)
    return errors, None


def _written(value: Any, error: ErrorDetails) -> ErrorDetails:
    """The error with its place as it stands in the document, where one thing may stand for a list of one."""
    place: list[int | str] = []
    for part in error["loc"]:
        if not (isinstance(part, int) and not isinstance(value, list)):
            place.append(part)
            value = value.get(part) if isinstance(value, dict) else value[part] if isinstance(part, int) else None
    return {**error, "loc": tuple(place)}


def _path(error: ErrorDetails) -> Path:
    return tuple(error["loc"])[:-1] if _is_empty_key(error) else tuple(error["loc"])


def _is_empty_key(error: ErrorDetails) -> bool:
    """Whether a key of the user's choice is wrong, which pydantic marks so; they are texts, of which none is empty."""
    return error["type"] == "string_too_short" and error["loc"][-1] == "[key]"


def _is_echo(error: ErrorDetails) -> bool:
    """Whether pydantic finds a list too short only because it counts the good entries alone."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _without(value: dict[str, Any], errors: list[ErrorDetails]) -> dict[str, Any]:
    """A copy with what is wrong taken out: of what lacks a key, the whole."""
    value = copy.deepcopy(value)
    wrong: set[Path] = set()
    for error in errors:
        path: Path = _path(error)
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
        if path[-1:] != () and isinstance(path[-1], int) and path[-2] in _STAND_INS:
            holder[path[-1]] = _STAND_INS[path[-2]]
        else:
            del holder[path[-1]]
    return value


# What takes the place of a broken entry of a list, so that those after it keep theirs.
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
    path: Path = _path(error)
    describe = _MESSAGES.get(error["type"], _plain_message)
    message, hint = describe(document, path, error)
    if key := error.get("ctx", {}).get("key"):  # what is wrong with a mapping is seen at this key of it
        return Problem(document.place((*path, key), key=True), message, hint)
    about_key = error["type"] in _ABOUT_THE_KEY or _is_empty_key(error)
    return Problem(document.place(path, key=about_key), message, hint)


_Message = tuple[str, str]


def _plain_message(_: Document, path: Path, error: ErrorDetails) -> _Message:
    what, _sep, right = error["msg"].partition("; ")
    name = _name(path)
    return (what if "key" in error.get("ctx", {}) or what.startswith(f"{name} ") else f"{name}: {what}"), right


def _unknown_key(document: Document, path: Path, __: ErrorDetails) -> _Message:
    key = str(path[-1])
    meant, home = _meant_key(document, path), _home_of(key)
    hints = [f"did you mean {meant}?"] if meant else []
    hints += [f"{key} belongs {home}"] if home else []
    return f"unknown key {quoted(key)}", " ".join(hints) or did_you_mean("", _keys(_model_at(path[:-1])))


def _meant_key(document: Document, path: Path) -> str | None:
    """Which key of the mapping, not yet there, the unknown one at `path` was meant to be."""
    free = [key for key in _keys(_model_at(path[:-1])) if (*path[:-1], key) not in document.keys]
    return closest(str(path[-1]), free)


def _misspelled(document: Document, errors: Iterable[ErrorDetails]) -> Iterator[Path]:
    """Where keys are missed that are there, only misspelled."""
    for error in errors:
        path: Path = _path(error)
        if error["type"] == "extra_forbidden" and (meant := _meant_key(document, path)):
            yield (*path[:-1], meant)


def _missing(_: Document, path: Path, __: ErrorDetails) -> _Message:
    return f"{path[-1]} is missing", _description(path)


def _wants_text(document: Document, path: Path, error: ErrorDetails) -> _Message:
    value = error["input"]
    if isinstance(value, (bool, int, float)):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        text = _told(document, path, value)
        return f"{_name(path)} wants text, and {text} is {kind}", f'quote it: "{text}"'
    return _wants("text")(document, path, error)


def _wants(what: str) -> Callable[[Document, Path, ErrorDetails], _Message]:
    def describe(document: Document, path: Path, error: ErrorDetails) -> _Message:
        return f"{_name(path)} wants {what}, not {_told(document, path, error['input'])}", _description(path)

    return describe


def _wants_integer(document: Document, path: Path, error: ErrorDetails) -> _Message:
    message, hint = _wants("a whole number")(document, path, error)
    value = error["input"]
    return message, ("take away the quotes" if isinstance(value, str) and value.isdecimal() else hint)


def _wants_list(document: Document, path: Path, error: ErrorDetails) -> _Message:
    message, hint = _wants("a list")(document, path, error)
    return message, ('begin each entry with "- "' if isinstance(error["input"], dict) else hint)


def _wants_mapping(document: Document, path: Path, error: ErrorDetails) -> _Message:
    message, hint = _wants("a mapping")(document, path, error)
    keys = _keys(_model_at(path))
    if isinstance(error["input"], str) and len(keys) == 1:
        return message, f"write {{{keys[0]}: {error['input']}}}"
    return message, hint or f"its keys are {', '.join(keys[:5])}{', …' if len(keys) > 5 else ''}"


def _wants_time(document: Document, path: Path, error: ErrorDetails) -> _Message:
    """As the core says it, but of a number with the text that stands in the file."""
    if text := document.texts.get(path):
        try:
            parse_moment(text)
        except ValueError as told:
            error = {**error, "msg": str(told)}
    return _plain_message(document, path, error)


def _wants_boolean(document: Document, path: Path, error: ErrorDetails) -> _Message:
    value = error["input"]
    word = value.lower() if isinstance(value, str) else value
    if word in ("true", "false"):
        hint = f"take away the quotes: {word}"
    elif word in ("yes", "on", "y", "no", "off", "n"):
        hint = f"write {'true' if word in ('yes', 'on', 'y') else 'false'}; YAML 1.2 knows no yes, no, on or off"
    else:
        hint = "write true, or leave it out"
    return _wants("true or false")(document, path, error)[0], hint


def _wants_more(_: Document, path: Path, error: ErrorDetails) -> _Message:
    return f"{_name(path)} wants a number from {_number(error['ctx']['ge'])} on, not {error['input']}", _description(
        path
    )


def _wants_above(_: Document, path: Path, error: ErrorDetails) -> _Message:
    return (
        f"{_name(path)} wants a number above {_number(error['ctx']['gt'])}, not {_number(error['input'])}",
        _description(path),
    )


def _wants_less(_: Document, path: Path, error: ErrorDetails) -> _Message:
    return f"{_name(path)} wants a number up to {_number(error['ctx']['le'])}, not {error['input']}", _description(path)


def _number(value: float) -> str:
    """``1.0`` -> ``1``."""
    return str(int(value) if value == int(value) else value)


def _wants_one_of(document: Document, path: Path, error: ErrorDetails) -> _Message:
    value = error["input"]
    choices = [_as_yaml(choice) for choice in _literals(_model_at(path[:-1]).model_fields[str(path[-1])].annotation)]
    if len(choices) == 1:
        return f"{path[-1]} wants {choices[0]}, not {_told(document, path, value)}", _description(path)
    if not isinstance(value, str):
        return f"{path[-1]} wants a word, not {_told(document, path, value)}", did_you_mean("", choices)
    return f"unknown {path[-1]} {quoted(value)}", did_you_mean(value, choices)


def _empty(_: Document, path: Path, error: ErrorDetails) -> _Message:
    if _is_empty_key(error):
        return f"a key of {_name(path[:-1])} is empty", _description(path[:-1])
    return f"{_name(path)} is empty", _description(path)


_ABOUT_THE_KEY: Final = {"extra_forbidden", "literal_error"}
_MESSAGES: Final[dict[str, Callable[[Document, Path, ErrorDetails], _Message]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "string_type": _wants_text,
    "string_too_short": _empty,
    "too_short": _empty,
    "int_type": _wants_integer,
    "float_type": _wants("a number"),
    "greater_than_equal": _wants_more,
    "greater_than": _wants_above,
    "less_than_equal": _wants_less,
    "bool_type": _wants_boolean,
    "dict_type": _wants_mapping,
    "model_type": _wants_mapping,
    "tuple_type": _wants_list,
    "list_type": _wants_list,
    "time": _wants_time,
    "literal_error": _wants_one_of,
}


def _name(path: Path) -> str:
    """What a reader looks for in the file: the last key of `path`."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "document")
    if path and isinstance(path[-1], int):
        return f"an entry of {key}"
    return key if key.isidentifier() else quoted(key)


def _told(document: Document, path: Path, value: object) -> str:
    """`value` as it stands in the file, or its kind."""
    names = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value)) or document.texts.get(path) or quoted(value)


def _description(path: Path) -> str:
    """The first sentence of the key's description in the models."""
    field = _field(_model_at(path[:-1]), str(path[-1]))
    text = (field.description or "") if field else ""
    sentence = text.partition(". ")[0].rstrip(".")
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    """The field that stands under `key` in a file."""
    return next((field for name, field in model.model_fields.items() if (field.alias or name) == key), None)


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _home_of(key: str) -> str | None:
    """Where in a scenario `key` would be right; None where it is known nowhere."""
    if key in _keys(Scenario):
        return "at the top, beside scenario"
    return next((f"under {holder}" for holder, model in _models_within(Scenario) if key in _keys(model)), None)


def _models_within(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models of the keys within `model`, and the key that each stands under."""
    for name, field in model.model_fields.items():
        if inner := _model_in(field.annotation):
            yield field.alias or name, inner
            yield from _models_within(inner)


def _model_at(path: Path) -> type[BaseModel]:
    """The model that describes the mapping at `path`."""
    model: type[BaseModel] = Scenario
    parts = iter(path)
    for part in parts:
        field = _field(model, part) if isinstance(part, str) else None
        if field and (inner := _model_in(field.annotation)):
            model = inner
            if get_origin(field.annotation) is dict:
                next(parts, None)  # a key that the user chose, such as a step's id
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _literals(annotation: Any) -> list[Any]:
    """The words of every Literal within a field's type."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [word for part in get_args(annotation) for word in _literals(part)]


def _as_yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
