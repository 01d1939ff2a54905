"""The mapping that OpenSearch infers for a field that is new (DocumentParser, DynamicTemplate)."""

import re
from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.base.careful_regex import matches_whole
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.dates import NoDateError, parse_date

Node = Mapping[str, Any]
_SLASHES: Final = "yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis"
_DYNAMIC_FORMATS: Final = ("strict_date_optional_time", _SLASHES)
_MAY_BE_DATE: Final = re.compile(r"\d{4}[-/].{1,40}", re.ASCII)
_TEXT: Final[Node] = {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}


def inferred_field(name: str, path: str, value: Any, root: Node) -> dict[str, Any]:
    """The mapping of the new field `path`, which ends with `name`, by its first value; `root` is the whole mapping."""
    kind, node = _of_value(value, root)
    for template in root.get("dynamic_templates") or ():
        (parameters,) = template.values()
        if _applies(parameters, name, path, kind):
            return _filled(parameters["mapping"], name, kind, node)
    return dict(node)


def _of_value(value: Any, root: Node) -> tuple[str, Node]:
    """The value's type among those of ``match_mapping_type``, and the mapping without templates."""
    if isinstance(value, bool):
        return "boolean", {"type": "boolean"}
    if isinstance(value, int):
        return "long", {"type": "long"}
    if isinstance(value, float):
        return "double", {"type": "float"}
    if isinstance(value, Mapping):
        return "object", {"type": "object"}
    if root.get("numeric_detection") in (True, "true"):
        if re.fullmatch(r"[-+]?\d{1,18}", value, re.ASCII):
            return "long", {"type": "long"}
        if re.fullmatch(r"[-+]?\d+\.\d+([eE][-+]?\d{1,3})?", value, re.ASCII):
            return "double", {"type": "float"}
    if root.get("date_detection", True) not in (False, "false") and (date := _as_date(value, root)):
        return "date", date
    return "string", _TEXT


def _as_date(text: str, root: Node) -> Node | None:
    formats = root.get("dynamic_date_formats")
    if formats is None and not _MAY_BE_DATE.fullmatch(text):
        return None
    for format in _DYNAMIC_FORMATS if formats is None else formats:
        try:
            if isinstance(parse_date(text, format), str):
                continue  # a format that mockflow does not know
        except NoDateError:
            continue
        return {"type": "date"} if format == _DYNAMIC_FORMATS[0] else {"type": "date", "format": format}
    return None


def _applies(parameters: Node, name: str, path: str, kind: str) -> bool:
    if parameters.get("match_mapping_type", "*") not in ("*", kind):
        return False
    is_regex = parameters.get("match_pattern", "simple") == "regex"
    for key, text in (("match", name), ("path_match", path)):
        if key in parameters and not _fits(parameters[key], text, is_regex):
            return False
    return not any(
        key in parameters and _fits(parameters[key], text, is_regex)
        for key, text in (("unmatch", name), ("path_unmatch", path))
    )


def _fits(pattern: Any, text: str, is_regex: bool) -> bool:
    if is_regex:
        return matches_whole(str(pattern), text) is True
    return matches(str(pattern), text)


def _filled(mapping: Any, name: str, kind: str, default: Node) -> dict[str, Any]:
    """The template's mapping with ``{name}`` and ``{dynamic_type}`` filled in."""

    def fill(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {fill(key): fill(part) for key, part in value.items()}
        if isinstance(value, list):
            return [fill(part) for part in value]
        if isinstance(value, str):
            own = "text" if kind == "string" else str(default["type"])
            return value.replace("{name}", name).replace("{dynamic_type}", own).replace("{dynamicType}", own)
        return value

    filled = fill(mapping)
    return filled if "type" in filled else {"type": default["type"], **filled}
