"""Whether the steps ``update_index`` and ``reindex`` can do their work, and the step's error where they cannot.

UpdateIndexStep of the plugin changes settings only: it sends those of ``configurations`` that differ from the index's
own. ReindexStep reads its optional inputs before it sends anything (docs/reference/plugin.md, "What steps check").

Not checked: documents that cannot be copied, and remote sources.
"""

import re
from collections.abc import Container, Mapping
from typing import Any, Final

from mockflow.core.opensearch.indices.create_index import (
    STEP_EXCEPTION,
    IndexEnvironment,
    parse_json_object,
    step_refusal,
)
from mockflow.core.opensearch.java import failed_cast, java_text
from mockflow.core.opensearch.refusal import Refusal, RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text, as_text
from mockflow.core.opensearch.settings.index_settings import PREFIX, check_update, index_settings_table, normalized
from mockflow.core.opensearch.values import BadValueError, boolean

_INTERNAL: Final = "INTERNAL_SERVER_ERROR"


def refusal_of_update_settings(
    name: str, configurations: str, current: Mapping[str, Any] | None, uuid: str, environment: IndexEnvironment
) -> Refusal | None:
    """The error of an update_index step; None where the settings are changed.

    `current` are the settings of the index as GET /{index}/_settings has them, nested or dotted; None where there is
    no such index.
    """
    failed = f"Failed to update index settings for index {name}"
    if not configurations:
        return Refusal(f"{failed}, index configuration is not given", STEP_EXCEPTION)
    try:
        body = parse_json_object(configurations)
    except ValueError:
        return Refusal("Failed to parse content to map", STEP_EXCEPTION)
    if "settings" not in body:
        return Refusal(f"{failed}, settings are not found in the index configuration", STEP_EXCEPTION)
    settings = body["settings"]
    if not isinstance(settings, dict):
        message = _NULL_SETTINGS if settings is None else failed_cast(settings)
        return Refusal(message, STEP_EXCEPTION, _INTERNAL)
    if current is None:
        return Refusal(f"Failed to retrieve the index settings for index {name}", STEP_EXCEPTION, _INTERNAL)
    return _refusal_of_changes(name, settings, normalized(current), uuid, environment)


def refusal_of_reindex(
    inputs: Mapping[str, Any], indexes: Container[str], aliases: Container[str] = ()
) -> Refusal | None:
    """The error of a reindex step with these inputs; None where it copies."""
    try:
        for name, check in _OPTIONS.items():
            if name in inputs:
                check(java_text(inputs[name]))
            elif name == "requests_per_second":
                return Refusal(_NO_RATE, "NullPointerException", _INTERNAL)
    except ValueError as error:
        reason = error.reason if isinstance(error, BadValueError) else str(error)
        return Refusal(f"Failed to reindex {reason}", STEP_EXCEPTION)
    return _refusal_of_copy(inputs, indexes, aliases)


def _refusal_of_changes(
    name: str, settings: Mapping[str, Any], current: Mapping[str, Text | None], uuid: str, environment: IndexEnvironment
) -> Refusal | None:
    try:
        asked = normalized(settings)
    except ValueError:
        return Refusal(f"Failed to retrieve the index settings for index {name}", STEP_EXCEPTION, _INTERNAL)
    if None in asked.values():  # the step takes the text of every value before it sends anything
        return Refusal(f"Failed to retrieve the index settings for index {name}", STEP_EXCEPTION, _INTERNAL)
    changes = {key: value for key, value in asked.items() if value is not None and not _is_set(current, key, value)}
    if not changes:
        message = f"Failed to update index settings for index {name}, no settings have been updated"
        return Refusal(message, STEP_EXCEPTION)
    try:
        check_update(name, uuid, changes, index_settings_table(environment.minor, environment.plugins))
    except RefusedError as error:
        return step_refusal(error.refusal, f"Failed to update the index settings for index {name}", environment)
    return None


def _is_set(current: Mapping[str, Text | None], key: str, value: Text) -> bool:
    held = current.get(key if key.startswith(PREFIX) else PREFIX + key)
    return held is not None and as_text(held) == as_text(value)


def _refusal_of_copy(inputs: Mapping[str, Any], indexes: Container[str], aliases: Container[str]) -> Refusal | None:
    source, destination = str(inputs.get("source_index", "")), str(inputs.get("destination_index", ""))
    failed = f"Failed to reindex from source {source} to {destination}"
    sources = [name for name in source.split(",") if name]
    if java_text(inputs.get("require_alias", False)) == "true" and destination not in aliases:
        return Refusal(failed, STEP_EXCEPTION, "NOT_FOUND")
    if any("*" not in name and name not in indexes and name not in aliases for name in sources):
        return Refusal(failed, STEP_EXCEPTION, "NOT_FOUND")
    return Refusal(failed, STEP_EXCEPTION) if destination in sources else None


def _rate(text: str) -> None:
    """Float.parseFloat; any negative number is no limit."""
    if not re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?[fFdD]?\s*|[-+]?(Infinity|NaN)", text, re.ASCII):
        raise ValueError(f'For input string: "{text}"' if text.strip() else "empty String")
    if float(text.strip().rstrip("fFdD") if text.strip()[-1:] in "fFdD" else text) == 0:
        raise ValueError("[requests_per_second] must be greater than 0. Use -1 to disable throttling.")


def _slices(text: str) -> None:
    if _whole(text) < 0:
        raise ValueError(f"[slices] must be at least 0 but was [{text}]")


def _max_docs(text: str) -> None:
    if _whole(text) < 0:
        raise ValueError(f"[max_docs] parameter cannot be negative, found [{text}]")


def _whole(text: str) -> int:
    if not re.fullmatch(r"[-+]?\d{1,10}", text, re.ASCII) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(f'For input string: "{text}"')
    return int(text)


# The optional inputs in the order in which the step reads them.
_OPTIONS: Final = {
    "refresh": boolean,
    "requests_per_second": _rate,
    "require_alias": boolean,
    "slices": _slices,
    "max_docs": _max_docs,
}
_NO_RATE: Final = 'Cannot invoke "java.lang.Float.floatValue()" because "<local14>" is null'
_NULL_SETTINGS: Final = 'Cannot invoke "java.util.Map.containsKey(Object)" because "updatedSettings" is null'
