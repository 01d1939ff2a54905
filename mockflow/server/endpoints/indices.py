"""Indices, whoever made them: read, exists, delete (docs/reference/opensearch.md, "Indices").

What changes them is in `index_management`.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from mockflow.cluster import World, index_listing
from mockflow.core.base.wildcards import matches
from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.indices.index_body import default_settings, shown_settings
from mockflow.core.opensearch.indices.listing import (
    DEFAULT_OPTIONS,
    OPEN_AND_CLOSED,
    IndicesOptions,
    InvalidIndexNameError,
    NoSuchIndexError,
    resolved,
)
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.server.endpoints.request_options import read_indices_options, read_manager_timeout
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.call import Action, ApiRoute, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, illegal_argument, object_error

Bodies = dict[str, dict[str, Any]]


def _get(*parts: str) -> Handler:
    """A handler for GET and HEAD of indices; `parts` are what the response has of each."""

    def handle(call: Call) -> Action:
        find, show = _read_expression(call), _read_form(call, *parts) if "settings" in parts else dict
        call.parameters.boolean("local")
        if len(parts) > 1 and "aliases" in parts:
            call.ignore_body()

        def act() -> Reply:
            shown = {name: show(body) for name, body in find().items()}
            return Reply(
                200, {name: {part: body[part] for part in body if part in parts} for name, body in shown.items()}
            )

        return act

    return handle


def delete_index(call: Call) -> Action:
    """Deletes indices, also those of the plugins with their workflows or resources."""
    find = _read_expression(call, OPEN_AND_CLOSED, with_aliases=False)
    call.ignore_body()
    call.parameters.time("timeout")

    def act() -> Reply:
        found = find()
        for name, body in found.items():
            _check_may_delete(name, body["settings"])
        for name in found:
            index_listing.delete(call.world, name)
        return Reply(200, {"acknowledged": True})

    return act


def _check_may_delete(name: str, settings: Mapping[str, Any]) -> None:
    """403 for an index with a block."""
    if any(key.startswith("index.blocks.") for key in settings):
        from mockflow.core.opensearch.documents.errors import check_blocks

        try:
            check_blocks(name, settings, "delete_index")
        except SearchError as error:
            raise Refusal(error.status, {"error": error.error(), "status": error.status}) from None


def _read_expression(
    call: Call, defaults: IndicesOptions = DEFAULT_OPTIONS, *, with_aliases: bool = True
) -> Callable[[], Bodies]:
    """A function that finds the indices of the path when the action runs."""
    options = read_indices_options(call.parameters, defaults)
    read_manager_timeout(call.parameters)
    expression = call.value("index")

    def find() -> Bodies:
        try:
            existing = found_indices(call.world, expression, options, with_aliases=with_aliases)
            return {name: index_listing.body(call.world, name) for name in existing}
        finally:
            for part in expression.split(","):
                read_resource(call.cluster, "index", part)

    return find


def _read_form(call: Call, *parts: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function that makes a body as the parameters want its settings."""
    human, flat, with_defaults = (
        call.parameters.boolean(name) for name in ("human", "flat_settings", "include_defaults")
    )
    release, wanted = call.world.version.number, "" if "aliases" in parts else call.value("name")
    patterns = [] if wanted in ("", "_all", "*") else wanted.split(",")

    def show(body: dict[str, Any]) -> dict[str, Any]:
        settings = body["settings"]
        if patterns:
            chosen = {key: value for key, value in settings.items() if any(matches(one, key) for one in patterns)}
            return {**body, "settings": shown_settings(chosen, flat=flat)}
        shown = {**body, "settings": shown_settings(settings, flat=flat, human=human, release=release)}
        return {**shown, "defaults": shown_settings(default_settings(settings), flat=flat)} if with_defaults else shown

    return show


def found_indices(
    world: World, expression: str, options: IndicesOptions = DEFAULT_OPTIONS, *, with_aliases: bool = True
) -> list[str]:
    """The indices that an expression means; an alias stands for its indices. The errors of `resolve_indices`.

    Without `with_aliases`, 400 for the name of an alias. 400 for a closed index where `options` forbid it.
    """
    try:
        expression = index_listing.dated(world, expression)
    except SearchError as error:
        raise Refusal(error.status, {"error": error.error(), "status": error.status}) from None
    aliases = index_listing.indices_by_alias(world)
    names = index_listing.names(world)
    closed = index_listing.closed(world)
    if not with_aliases:
        for part in expression.split(","):
            if part in aliases:
                raise illegal_argument(
                    f"The provided expression [{part}] matches an alias, specify the corresponding concrete indices "
                    "instead."
                )
        aliases = {}
    chosen = resolve_indices(expression, names, options, closed, aliases)
    return [name for name in chosen if _is_admitted(name, options, closed)]


def _is_admitted(name: str, options: IndicesOptions, closed: frozenset[str]) -> bool:
    """Whether an index may take part. 400 for a closed one that may not, unless it is skipped."""
    if name not in closed or not options.forbids_closed:
        return True
    if options.ignore_unavailable:
        return False
    raise object_error(400, "index_closed_exception", "closed", index=name, index_uuid=opensearch_uuid("index", name))


def resolve_indices(
    expression: str,
    names: Iterable[str],
    options: IndicesOptions = DEFAULT_OPTIONS,
    closed: frozenset[str] = frozenset(),
    aliases: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> list[str]:
    """The names that an index expression selects; 404 for a missing index, 400 for an invalid name."""
    try:
        return resolved(expression, names, options, closed, aliases)
    except NoSuchIndexError as error:
        raise no_such_index(str(error)) from None
    except InvalidIndexNameError as error:
        name, reason = error.args
        kind, message = "invalid_index_name_exception", f"Invalid index name [{name}], {reason}"
        raise object_error(400, kind, message, index=name, index_uuid="_na_") from None


def no_such_index(name: str) -> Refusal:
    """404 for a missing index."""
    meta: dict[str, Any] = {
        "index": name,
        "resource.id": name,
        "resource.type": "index_or_alias",
        "index_uuid": "_na_",
    }
    return object_error(404, "index_not_found_exception", f"no such index [{name}]", **meta)


_WHOLE: Final = _get("aliases", "mappings", "settings", "defaults")
_MAPPINGS: Final = _get("mappings")
_SETTINGS: Final = _get("settings", "defaults")

ROUTES: Final = (
    ApiRoute("GET", "/{index}", "indices.get", _WHOLE),
    ApiRoute("HEAD", "/{index}", "indices.exists", _WHOLE),
    ApiRoute("DELETE", "/{index}", "indices.delete", delete_index),
    ApiRoute("GET", "/{index}/_mapping", "indices.get_mapping", _MAPPINGS),
    ApiRoute("GET", "/{index}/_mappings", "indices.get_mapping", _MAPPINGS),
    ApiRoute("GET", "/_mapping", "indices.get_mapping", _MAPPINGS),
    ApiRoute("GET", "/_mappings", "indices.get_mapping", _MAPPINGS),
    ApiRoute("GET", "/{index}/_settings", "indices.get_settings", _SETTINGS),
    ApiRoute("GET", "/{index}/_settings/{name}", "indices.get_settings", _SETTINGS),
    ApiRoute("GET", "/_settings", "indices.get_settings", _SETTINGS),
    ApiRoute("GET", "/_settings/{name}", "indices.get_settings", _SETTINGS),
)
