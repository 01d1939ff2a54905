"""The plugin's use cases: ready templates with defaults and required parameters.

Source: docs/reference/plugin.md, "Use cases".
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.base.json_reader import read_json
from mockflow.core.base.tokens import ContentError, NoTextError, Tokens
from mockflow.core.opensearch.rest_status import FlowFrameworkError
from mockflow.core.plugin.maps import text_or_map
from mockflow.core.plugin.substitution import MAX_FILLED, escaped, too_much
from mockflow.core.plugin.versions import NEWEST, Version


@lru_cache
def use_cases(minor: tuple[int, int] | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Name -> `required` parameters, `defaults` (flat strings) and `template` with placeholders.

    Those of the release `minor`, such as (3, 2); without it, those of the newest.
    """
    text = (files("mockflow.core.plugin") / "data" / "use_cases.json").read_text("utf-8")
    release = minor or _minor(NEWEST)
    return {name: _at(case, release) for name, case in json.loads(text).items() if _since(case) <= release}


Own = Mapping[str, Mapping[str, Any]]
"""Use cases that are not the plugin's: name -> `template`, `defaults`, `required`, or some of these."""


def expand(
    name: str, content: Any, *, has_body: bool = True, version: Version | None = None, own: Own | None = None
) -> Any:
    """The template of use case `name` with the values of `content` put in, as content to parse.

    `content` is the decoded request body; `version` is the release that reads it, by default the newest. A use case of
    `own` with a template replaces the plugin's of this name; one without changes its defaults. Raises
    FlowFrameworkError as the plugin does: for an unknown name before anything else.
    """
    case = _with_own(use_cases(version.minor if version else None).get(name), (own or {}).get(name))
    if case is None:
        raise FlowFrameworkError(f"Unable to find substitution ready file for use case: {name}")
    given = _values(content) if has_body else {}
    missing = [key for key in case["required"] if key not in given]
    if missing:
        raise FlowFrameworkError(
            f"Missing the following required parameters for use case [{name}] : [{', '.join(missing)}]"
        )
    text = json.dumps(case["template"], ensure_ascii=False)
    values = {key: given.get(key, default) for key, default in case["defaults"].items()}
    for key in hash_map_order(values):  # one after the other: a value may hold the placeholder of a later one
        text = _put_in(text, key, values[key])
    return read_json(text)


def _with_own(case: Mapping[str, Any] | None, own: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if own is None or (case is None and "template" not in own):
        return case
    base: Mapping[str, Any] = {"required": (), "defaults": {}} if case is None or "template" in own else case
    case = {**base, **own}
    return {**case, "defaults": {**dict.fromkeys(case["required"], ""), **base["defaults"], **own.get("defaults", {})}}


def _put_in(text: str, key: str, value: str) -> str:
    """The plugin puts values into the template's text."""
    written = escaped(value)
    pattern = re.compile(rf"\$\{{\{{\s*{re.escape(key)}\s*\}}\}}", re.ASCII)
    if len(written) * len(pattern.findall(text)) > MAX_FILLED:
        raise too_much()
    return pattern.sub(lambda _: written, text)


def _values(content: Any) -> Mapping[str, str]:
    """The body's values as the texts that go into the template."""
    tokens = Tokens(content)
    try:
        tokens.next()
        return {name: _text(text_or_map(tokens)) for name in tokens.fields()}
    except ContentError as error:
        raise FlowFrameworkError(
            "failure parsing request body when a use case is given, make sure to provide a map with values that are "
            "either Strings, Arrays, or Map of Strings to Strings",
            "INTERNAL_SERVER_ERROR" if isinstance(error, NoTextError) else "BAD_REQUEST",
        ) from None


def _text(value: str | Mapping[str, str]) -> str:
    """Of a map, what Java's `HashMap.toString` gives, such as ``{a=5}``."""
    if isinstance(value, str):
        return value
    return f"{{{', '.join(f'{name}={text}' for name, text in value.items())}}}"


def _since(case: Mapping[str, Any]) -> tuple[int, int]:
    return _minor(case.get("since", "0.0"))


def _at(case: Mapping[str, Any], release: tuple[int, int]) -> Mapping[str, Any]:
    """The use case with the defaults that it had before later releases changed them."""
    defaults = dict(case["defaults"])
    for change in case.get("earlier", ()):
        if release < _minor(change["before"]):
            defaults |= change["defaults"]
    return {**case, "defaults": defaults}


def _minor(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)
