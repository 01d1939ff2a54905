"""Whether the step ``create_index`` can make its index, and the step's error where it cannot.

CreateIndexStep of the plugin reads ``configurations`` as the body of PUT /{index}: ``settings``, ``mappings`` without
a type, ``aliases``. What it cannot read fails with one text about ``_doc``, whatever was wrong, but the request goes
out all the same with what was read before, so that an index may be left behind. Then TransportCreateIndexAction checks
settings, name, analysis, mapping and aliases, in this order, and the step fails with the first refusal
(docs/reference/plugin.md, "What steps check"; docs/reference/opensearch.md, "Indices").

Not checked: ``context``, templates and data streams of the cluster, filters of aliases, comments in the JSON (which
OpenSearch allows), block and shard limits of the cluster, and what the modules of the parts name.
"""

import json
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mockflow.core.base.java_hash import hash_map_order
from mockflow.core.base.large_texts import LARGE_TEXTS
from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.index_names import check_alias_name, check_index_name
from mockflow.core.opensearch.mappings.analysis import check_analysis
from mockflow.core.opensearch.mappings.check_mapping import check_mapping
from mockflow.core.opensearch.refusal import Refusal, RefusedError
from mockflow.core.opensearch.settings.cluster_settings import Text
from mockflow.core.opensearch.settings.index_settings import (
    Minor,
    check_explicit,
    check_new,
    index_settings_table,
    normalized,
)

STEP_EXCEPTION: Final = "WorkflowStepException"


@dataclass(frozen=True)
class IndexEnvironment:
    """What the checks need to know of the cluster: its release, its plugins, which indexes and aliases exist."""

    minor: Minor
    plugins: Collection[str] | None = None
    """The names of installed plugins; None is every plugin that the tables have."""
    indexes: Container[str] = ()
    aliases: Container[str] = ()
    passes_on_reasons: bool = True
    """Whether the step's error has the reason of every failure; else only of IllegalArgumentException and the like."""


@dataclass(frozen=True)
class IndexRequest:
    """What the step read of its input. `is_misread`: it could not read all of it."""

    settings: Mapping[str, Text | None] = field(default_factory=dict)
    """Normalized."""
    mapping: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, Any] = field(default_factory=dict)
    is_misread: bool = False


def refusal_of_create(name: str, configurations: str, environment: IndexEnvironment) -> Refusal | None:
    """The error of a create_index step with these inputs; None where the index is made."""
    minor, plugins = environment.minor, environment.plugins
    key = "create_index", name, minor, None if plugins is None else frozenset(plugins)
    checked = LARGE_TEXTS.result(
        configurations, key, lambda: _checked(name, read_configurations(configurations), minor, plugins)
    )
    refusal = _refusal_of_request(name, checked, environment)
    if checked.is_misread:
        message = f"Failed to create the index {name}, _doc is not permitted in mapping"
        return Refusal(message, STEP_EXCEPTION, leaves_index=refusal is None)
    return refusal and step_refusal(refusal, f"Failed to create the index {name}", environment)


@dataclass(frozen=True)
class _Checked:
    """What follows from the request itself: a refusal before, and one after the names of the cluster are compared."""

    is_misread: bool
    aliases: Mapping[str, Any]
    first: Refusal | None
    later: Refusal | None


def _checked(name: str, request: IndexRequest, minor: Minor, plugins: Collection[str] | None) -> _Checked:
    settings = request.settings
    table = index_settings_table(minor, plugins)

    def check_first() -> None:
        check_new(settings, table)
        check_index_name(name)

    def check_later() -> None:
        check_explicit(name, settings, table)
        check_mapping(request.mapping, settings, check_analysis(settings, plugins), minor, plugins)

    first = _refusal_of(check_first)
    return _Checked(request.is_misread, request.aliases, first, None if first else _refusal_of(check_later))


def _refusal_of(check: Callable[[], None]) -> Refusal | None:
    try:
        check()
    except RefusedError as error:
        return error.refusal
    return None


def read_configurations(configurations: str) -> IndexRequest:
    """The body as the step reads it: an empty text is no body, what follows the JSON object is ignored."""
    return LARGE_TEXTS.result(configurations, "index", lambda: _read(configurations))


def _read(configurations: str) -> IndexRequest:
    if not configurations:
        return IndexRequest()
    try:
        body = parse_json_object(configurations)
    except ValueError:
        return IndexRequest(is_misread=True)
    mapping = body.get("mappings")
    if isinstance(mapping, dict) and list(mapping) == ["_doc"]:
        return IndexRequest(is_misread=True)
    return read_body(body)


def parse_json_object(text: str) -> dict[str, Any]:
    """The object at the start of the text. Raises ValueError where there is none or where it has a key twice."""
    decoder = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    try:
        value, _ = decoder.raw_decode(text.lstrip(" \t\r\n"))
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def step_refusal(refusal: Refusal, plain_message: str, environment: IndexEnvironment) -> Refusal:
    """OpenSearch's refusal as the step passes it on; `plain_message` where the plugin does not show the reason."""
    if environment.passes_on_reasons or refusal.exception in _ALWAYS_PASSED_ON:
        return replace(refusal, exception=STEP_EXCEPTION, cause=refusal.exception)
    return Refusal(plain_message, STEP_EXCEPTION, "INTERNAL_SERVER_ERROR", cause=refusal.exception)


def read_body(body: Mapping[str, Any]) -> IndexRequest:
    """CreateIndexRequest.source: key by key, up to the first that it cannot read."""
    request = IndexRequest()
    for key in hash_map_order(body):
        try:
            request = _with_part(request, key, body[key])
        except ValueError:
            return replace(request, is_misread=True)
    return request


def _with_part(request: IndexRequest, key: str, value: Any) -> IndexRequest:
    """With one part of the body added. Raises ValueError for what cannot be read."""
    if not isinstance(value, dict):
        raise ValueError(f"{key} is no object")
    if key == "settings":
        return replace(request, settings=normalized(value))
    if key == "mappings":
        return replace(request, mapping=value)
    if key == "aliases" and all(isinstance(options, dict) for options in value.values()):
        return replace(request, aliases=value)
    if key == "context":
        return request
    raise ValueError(f"unknown key [{key}] for create index")


def check_request(name: str, request: IndexRequest, environment: IndexEnvironment) -> None:
    """Raises RefusedError for an index that cannot be made. Settings come first, then name, mapping and aliases."""
    checked = _checked(name, request, environment.minor, environment.plugins)
    if refusal := _refusal_of_request(name, checked, environment):
        raise RefusedError(refusal.message, refusal.exception, refusal.status)


def _refusal_of_request(name: str, checked: _Checked, environment: IndexEnvironment) -> Refusal | None:
    if checked.first:
        return checked.first
    if name in environment.indexes:
        message = f"index [{name}/{opensearch_uuid('index', name)}] already exists"
        return Refusal(message, "ResourceAlreadyExistsException")
    if name in environment.aliases:
        return Refusal(f"Invalid index name [{name}], already exists as alias", "InvalidIndexNameException")
    return checked.later or _refusal_of(lambda: _check_aliases(checked.aliases, name, environment))


def _check_aliases(aliases: Mapping[str, Any], index: str, environment: IndexEnvironment) -> None:
    for alias, options in aliases.items():
        check_alias(alias, options, index, environment)


def check_alias(alias: str, options: Mapping[str, Any], index: str, environment: IndexEnvironment) -> None:
    """Raises RefusedError for an alias that the index cannot have."""
    check_alias_name(alias)
    routing = options.get("index_routing", options.get("routing"))
    if isinstance(routing, str) and "," in routing:
        raise RefusedError(f"alias [{alias}] has several index routing values associated with it")
    if alias in environment.indexes:
        reason = "an index exists with the same name as the alias"
        raise RefusedError(f"Invalid alias name [{alias}], {reason}", "InvalidAliasNameException")
    if alias == index:
        # "index, alias, and data stream names need to be unique", which the plugin does not show
        raise RefusedError(f"Failed to create the index {index}", "IllegalStateException", "INTERNAL_SERVER_ERROR")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("duplicate field")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity


# WorkflowStepException.getSafeException before it let every exception of OpenSearch through.
_ALWAYS_PASSED_ON: Final = frozenset(
    {"IllegalArgumentException", "OpenSearchParseException", "OpenSearchStatusException"}
)
