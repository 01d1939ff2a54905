"""Ingest and search pipelines, checked as OpenSearch does when they are put.

Both functions return what is wrong first, or None. A pipeline is put only where every processor type is known on all
nodes (docs/reference/opensearch.md, "Pipelines").
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mockflow.core.opensearch.java import class_name, failed_cast
from mockflow.core.opensearch.pipelines.configuration import (
    CLASS_CAST,
    ILLEGAL_ARGUMENT,
    WRAPPED,
    Configuration,
    ConfigurationError,
    property_error,
    required,
)
from mockflow.core.opensearch.pipelines.ingest_processors import INGEST_PROCESSORS
from mockflow.core.opensearch.pipelines.processors import Processors, Release, available
from mockflow.core.opensearch.pipelines.search_processors import (
    PHASE_RESULTS_PROCESSORS,
    REQUEST_PROCESSORS,
    RESPONSE_PROCESSORS,
)
from mockflow.core.opensearch.plugins import PLUGINS

INSTALLED: Final = frozenset(plugin.name for plugin in PLUGINS)

_SEARCH: Final = {
    "request_processors": REQUEST_PROCESSORS,
    "response_processors": RESPONSE_PROCESSORS,
    "phase_results_processors": PHASE_RESULTS_PROCESSORS,
}
_JAVA_CLASSES: Final = {
    ILLEGAL_ARGUMENT: "java.lang.IllegalArgumentException",
    CLASS_CAST: "java.lang.ClassCastException",
}


def check_ingest_pipeline(
    pipeline_id: str, body: Mapping[str, Any], release: Release, plugins: Iterable[str] = INSTALLED
) -> ConfigurationError | None:
    """What is wrong with the body of ``PUT /_ingest/pipeline/{id}``."""
    known = available(INGEST_PROCESSORS, release, plugins)
    configuration = Configuration(body)
    try:
        configuration.take_string("description")
        configuration.take_integer("version")
        _read_ingest(required(configuration.take_list("processors"), "processors"), known, release)
        on_failure = configuration.take_list("on_failure")
        _read_ingest(on_failure or [], known, release)
        _check_left(pipeline_id, configuration)
        if on_failure is not None and not on_failure:
            raise ConfigurationError(f"pipeline [{pipeline_id}] cannot have an empty on_failure option defined")
    except ConfigurationError as error:
        return error
    return None


def check_search_pipeline(
    pipeline_id: str, body: Mapping[str, Any], release: Release, plugins: Iterable[str] = INSTALLED
) -> ConfigurationError | None:
    """What is wrong with the body of ``PUT /_search/pipeline/{id}``."""
    configuration = Configuration(body)
    installed = set(plugins)
    try:
        configuration.take_string("description")
        configuration.take_integer("version")
        for name, table in _SEARCH.items():
            _read_search(configuration.take_list(name) or [], available(table, release, installed), release)
        _check_left(pipeline_id, configuration)
    except ConfigurationError as error:
        return error
    return None


def _check_left(pipeline_id: str, configuration: Configuration) -> None:
    if left := configuration.left():
        raise ConfigurationError(
            f"pipeline [{pipeline_id}] doesn't support one or more provided configuration parameters {left}"
        )


def _read_ingest(processors: list[Any], known: Processors, release: Release) -> None:
    for entry in processors:
        for type, content in _object(entry).items():
            try:
                _read_ingest_processor(type, content, known, release)
            except ConfigurationError as error:
                error.processor_type = error.processor_type or type
                raise


def _read_ingest_processor(type: str, content: Any, known: Processors, release: Release) -> None:
    if isinstance(content, str) and type == "script":
        content = {"source": content}
    if content is None:
        raise ConfigurationError("null", "null_pointer_exception")
    if not isinstance(content, dict):
        raise ConfigurationError(f"property isn't a map, but of type [{class_name(content)}]")
    configuration = Configuration(content)
    configuration.take_string("tag")
    configuration.take_string("description")
    configuration.take_boolean("ignore_failure")
    _check_condition(configuration.take("if"))
    if type not in known:
        raise ConfigurationError(f"No processor type exists with name [{type}]")
    on_failure = configuration.take_list("on_failure")
    _read_ingest(on_failure or [], known, release)
    if on_failure is not None and not on_failure:
        raise property_error("on_failure", "processors list cannot be empty")
    try:
        known[type].read(configuration, release)
        if type == "foreach":
            ((inner, inner_content),) = content["processor"].items()
            _read_ingest_processor(inner, inner_content, known, release)
    except ConfigurationError as error:
        if error.type in _JAVA_CLASSES:  # OpenSearch puts its own exception around it
            raise ConfigurationError(f"{_JAVA_CLASSES[error.type]}: {error.reason}", WRAPPED) from error
        raise
    if left := configuration.left():
        raise ConfigurationError(
            f"processor [{type}] doesn't support one or more provided configuration parameters {left}"
        )


def _check_condition(condition: Any) -> None:
    if condition is not None and not isinstance(condition, (str, dict)):
        raise property_error("script", f"property isn't a map, but of type [{class_name(condition)}]")


def _read_search(processors: list[Any], known: Processors, release: Release) -> None:
    for entry in processors:
        for type, content in _object(entry).items():
            if type not in known:
                raise ConfigurationError(f"Invalid processor type {type}", ILLEGAL_ARGUMENT)
            configuration = Configuration(_object(content))
            tag = configuration.take_string("tag")
            configuration.take_boolean("ignore_failure")
            configuration.take_string("description")
            known[type].read(configuration, release)
            if left := configuration.left():
                name = type if tag is None else f"{type}:{tag}"
                raise ConfigurationError(
                    f"processor [{name}] doesn't support one or more provided configuration parameters: {left}"
                )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(failed_cast(value, "java.util.Map"), CLASS_CAST)
    return value
