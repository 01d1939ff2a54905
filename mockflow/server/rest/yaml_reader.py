"""A YAML body as a value, as Jackson's YAMLParser reads it: scalars keep their text, and an alias is its name."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from mockflow.core.base.json_scanner import MAX_DEPTH
from mockflow.core.base.tokens import BROKEN, NOTHING, Written

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL: Final = re.compile(r"null|Null|NULL|~|")
_BOOLEAN: Final = re.compile(r"(true|True|TRUE|yes|Yes|YES|on|On|ON)|false|False|FALSE|no|No|NO|off|Off|OFF")
_INTEGER: Final = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?", re.ASCII)


def read_yaml(body: bytes) -> Any:
    """The first document's value; `BROKEN` stands in it where the text cannot be read on. Later ones are left."""
    root: list[Any] = []
    open_: list[tuple[Any, list[str]]] = [(root, [])]
    try:
        for event in _events(body):
            container, keys = open_[-1]
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                open_.pop()
                continue
            if isinstance(event, yaml.DocumentEndEvent):
                break
            if isinstance(container, dict) and not keys:
                if not isinstance(event, yaml.ScalarEvent) or event.value in container:
                    return _broken(root, container)
                keys.append(event.value)
                continue
            value = _value(event)
            if isinstance(container, dict):
                container[keys.pop()] = value
            else:
                container.append(value)
            if isinstance(value, (dict, list)):
                open_.append((value, []))
                if len(open_) > MAX_DEPTH:
                    return _broken(root, value)
    except (yaml.YAMLError, ValueError, OverflowError):
        return _broken(root, open_[-1][0])
    return root[0] if root else NOTHING


def _events(body: bytes) -> Iterator[Any]:
    for event in yaml.parse(body, Loader=_LOADER):
        if not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent)):
            yield event


def _value(event: Any) -> Any:
    if isinstance(event, yaml.MappingStartEvent):
        return {}
    if isinstance(event, yaml.SequenceStartEvent):
        return []
    if isinstance(event, yaml.AliasEvent):
        return event.anchor
    text = event.value
    return _plain(text) if event.style in (None, "") and event.implicit[0] else text


def _plain(text: str) -> Any:
    """What a scalar without quotes means by YAML 1.1, but times, which stay texts."""
    if _NULL.fullmatch(text):
        return None
    if found := _BOOLEAN.fullmatch(text):
        return Written(found[1] is not None, text)
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(text) and len(digits) <= _MAX_DIGITS:
        return Written(_integer(digits), text)
    if _FLOAT.fullmatch(text):
        return Written(float(digits), text)
    return text


def _integer(digits: str) -> int:
    sign, number = (-1, digits[1:]) if digits[0] == "-" else (1, digits.lstrip("+"))
    if number[:2] in ("0x", "0b"):
        return sign * int(number, 0)
    return sign * int(number)


_MAX_DIGITS: Final = 1000


def _broken(root: list[Any], container: Any) -> Any:
    if isinstance(container, dict):
        container[BROKEN] = BROKEN
    else:
        container.append(BROKEN)
    return root[0]
