"""Whether the step ``update_index`` can do its work, and the step's error where it cannot.

UpdateIndexStep of the plugin changes settings only: it sends those of ``configurations`` that differ from the index's
own (docs/reference/plugin.md, "What steps check").
"""

from collections.abc import Mapping
from typing import Any, Final

from mockflow.core.opensearch.indices.create_index import (
    STEP_EXCEPTION,
    IndexEnvironment,
    parse_json_object,
    step_refusal,
)
from mockflow.core.opensearch.java import failed_cast
from mockflow.core.opensearch.refusal import Refusal, RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text, as_text
from mockflow.core.opensearch.settings.index_settings import PREFIX, check_update, index_settings_table, normalized

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
        return _not_retrieved(name)
    return _refusal_of_changes(name, settings, normalized(current), uuid, environment)


def _refusal_of_changes(
    name: str, settings: Mapping[str, Any], current: Mapping[str, Text | None], uuid: str, environment: IndexEnvironment
) -> Refusal | None:
    try:
        asked = normalized(settings)
    except ValueError:
        return _not_retrieved(name)
    if None in asked.values():  # the step takes the text of every value before it sends anything
        return _not_retrieved(name)
    changes = {key: value for key, value in asked.items() if value is not None and not _is_set(current, key, value)}
    if not changes:
        message = f"Failed to update index settings for index {name}, no settings have been updated"
        return Refusal(message, STEP_EXCEPTION)
    try:
        check_update(name, uuid, changes, index_settings_table(environment.minor, environment.plugins))
    except RefusedError as error:
        return step_refusal(error.refusal, f"Failed to update the index settings for index {name}", environment)
    return None


def _not_retrieved(name: str) -> Refusal:
    return Refusal(f"Failed to retrieve the index settings for index {name}", STEP_EXCEPTION, _INTERNAL)


def _is_set(current: Mapping[str, Text | None], key: str, value: Text) -> bool:
    held = current.get(key if key.startswith(PREFIX) else PREFIX + key)
    return held is not None and as_text(held) == as_text(value)


_NULL_SETTINGS: Final = 'Cannot invoke "java.util.Map.containsKey(Object)" because "<local17>" is null'
