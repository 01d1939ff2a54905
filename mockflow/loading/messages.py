"""Error messages for pydantic's errors: what is wrong, and what would be right."""

from collections.abc import Callable
from typing import Final

from pydantic_core import ErrorDetails

from mockflow.core.base.durations import parse_moment
from mockflow.core.base.findings import Path, quoted
from mockflow.core.base.suggest import closest, did_you_mean
from mockflow.loading.model_keys import description_of, home_of, is_around, keys_of, literals, model_at
from mockflow.loading.yaml12 import Document

Message = tuple[str, str]
"""What is wrong, and what would be right."""


def message_of(document: Document, error: ErrorDetails) -> Message:
    """The message and the hint for one error of the models."""
    describe = _DESCRIPTIONS.get(error["type"], _plain_message)
    return describe(document, path_of(error), error)


def path_of(error: ErrorDetails) -> Path:
    """The path of the value in the document. pydantic appends "[key]" to the path of a wrong key."""
    return tuple(error["loc"])[:-1] if is_empty_key(error) else tuple(error["loc"])


def is_empty_key(error: ErrorDetails) -> bool:
    """Whether a key that the user chose is empty. Such keys are strings with at least one character."""
    return error["type"] == "string_too_short" and error["loc"][-1] == "[key]"


def meant_key(document: Document, path: Path) -> str | None:
    """The valid key, not yet used in the mapping, that the unknown key at `path` resembles most."""
    free = [key for key in keys_of(model_at(path[:-1])) if (*path[:-1], key) not in document.keys]
    return closest(str(path[-1]), free)


def _plain_message(_: Document, path: Path, error: ErrorDetails) -> Message:
    what, _sep, right = error["msg"].partition("; ")
    name = _name(path)
    return (what if "key" in error.get("ctx", {}) or what.startswith(f"{name} ") else f"{name}: {what}"), right


def _unknown_key(document: Document, path: Path, __: ErrorDetails) -> Message:
    key = str(path[-1])
    meant, home = meant_key(document, path), home_of(key)
    # A key that was written too high or too deep is at the wrong place, whatever it resembles there.
    is_misplaced = home and (not meant or is_around(key, path[:-1]))
    hint = f"{key} belongs {home}" if is_misplaced else f"did you mean {meant}?" if meant else ""
    return f"unknown key {quoted(key)}", hint or did_you_mean("", keys_of(model_at(path[:-1])))


def _missing(_: Document, path: Path, __: ErrorDetails) -> Message:
    return f"{path[-1]} is missing", description_of(path)


def _wants_text(document: Document, path: Path, error: ErrorDetails) -> Message:
    value = error["input"]
    if isinstance(value, (bool, int, float)):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        text = _shown(document, path, value)
        return f"{_name(path)} must be text, and {text} is {kind}", f'quote it: "{text}"'
    return _wants("text")(document, path, error)


def _wants(what: str) -> Callable[[Document, Path, ErrorDetails], Message]:
    def describe(document: Document, path: Path, error: ErrorDetails) -> Message:
        return f"{_name(path)} must be {what}, not {_shown(document, path, error['input'])}", description_of(path)

    return describe


def _wants_integer(document: Document, path: Path, error: ErrorDetails) -> Message:
    message, hint = _wants("a whole number")(document, path, error)
    value = error["input"]
    return message, ("take away the quotes" if isinstance(value, str) and value.isdecimal() else hint)


def _wants_list(document: Document, path: Path, error: ErrorDetails) -> Message:
    message, hint = _wants("a list")(document, path, error)
    return message, ('begin each entry with "- "' if isinstance(error["input"], dict) else hint)


def _wants_mapping(document: Document, path: Path, error: ErrorDetails) -> Message:
    message, hint = _wants("a mapping")(document, path, error)
    keys = keys_of(model_at(path))
    if isinstance(error["input"], str) and len(keys) == 1:
        return message, f"write {{{keys[0]}: {error['input']}}}"
    return message, hint or f"its keys are {', '.join(keys[:5])}{', …' if len(keys) > 5 else ''}"


def _wants_time(document: Document, path: Path, error: ErrorDetails) -> Message:
    """The core's message; a number is shown as the text in the file."""
    if text := document.texts.get(path):
        try:
            parse_moment(text)
        except ValueError as wrong:
            error = {**error, "msg": str(wrong)}
    return _plain_message(document, path, error)


def _wants_boolean(document: Document, path: Path, error: ErrorDetails) -> Message:
    value = error["input"]
    word = value.lower() if isinstance(value, str) else value
    if word in ("true", "false"):
        hint = f"take away the quotes: {word}"
    elif word in ("yes", "on", "y", "no", "off", "n"):
        hint = f"write {'true' if word in ('yes', 'on', 'y') else 'false'}; YAML 1.2 has no yes, no, on or off"
    else:
        hint = "write true, or leave it out"
    return _wants("true or false")(document, path, error)[0], hint


def _wants_more(_: Document, path: Path, error: ErrorDetails) -> Message:
    least = _number(error["ctx"]["ge"])
    return f"{_name(path)} must be at least {least}, not {error['input']}", description_of(path)


def _wants_above(_: Document, path: Path, error: ErrorDetails) -> Message:
    bound, given = _number(error["ctx"]["gt"]), _number(error["input"])
    return f"{_name(path)} must be above {bound}, not {given}", description_of(path)


def _wants_less(_: Document, path: Path, error: ErrorDetails) -> Message:
    most = _number(error["ctx"]["le"])
    return f"{_name(path)} must be at most {most}, not {error['input']}", description_of(path)


def _number(value: float) -> str:
    """``1.0`` -> ``1``."""
    return str(int(value) if value == int(value) else value)


def _wants_one_of(document: Document, path: Path, error: ErrorDetails) -> Message:
    value = error["input"]
    choices = [_as_yaml(choice) for choice in literals(model_at(path[:-1]).model_fields[str(path[-1])].annotation)]
    if len(choices) == 1:
        return f"{path[-1]} must be {choices[0]}, not {_shown(document, path, value)}", description_of(path)
    if not isinstance(value, str):
        return f"{path[-1]} must be a word, not {_shown(document, path, value)}", did_you_mean("", choices)
    return f"unknown {path[-1]} {quoted(value)}", did_you_mean(value, choices)


def _empty(_: Document, path: Path, error: ErrorDetails) -> Message:
    if is_empty_key(error):
        return f"a key of {_name(path[:-1])} is empty", description_of(path[:-1])
    return f"{_name(path)} is empty", description_of(path)


_DESCRIPTIONS: Final[dict[str, Callable[[Document, Path, ErrorDetails], Message]]] = {
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
    """The name of the value in a message: the last key of `path`."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "document")
    if path and isinstance(path[-1], int):
        return f"an entry of {key}"
    return key if key.isidentifier() else quoted(key)


def _shown(document: Document, path: Path, value: object) -> str:
    """`value` as written in the file, or its kind."""
    names = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return names.get(type(value)) or document.texts.get(path) or quoted(value)


def _as_yaml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
