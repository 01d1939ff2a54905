"""PUT /{index} (docs/reference/documents.md, "Indices")."""

from collections.abc import Awaitable, Mapping
from typing import Any

from mockflow.cluster import client_indices, index_listing
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.core.opensearch.indices.create_index import IndexRequest, check_request
from mockflow.core.opensearch.settings.index_settings import normalized
from mockflow.server.endpoints.request_options import read_manager_timeout, read_wait_for_shards
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.worker import LARGE, in_thread

_PARTS = ("settings", "mappings", "aliases")


def create_index(call: Call) -> Action:
    """Makes an index. Its body may be missing."""
    given = call.path_value("index")
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")
    read_wait_for_shards(call.parameters)
    body = read_object(call) if call.request.body else {}
    request = _request(body)

    def created() -> Reply:
        name = index_listing.dated(call.world, given)
        client_indices.create(call.world, name, request)
        return Reply(200, _told(name))

    async def created_from_large() -> Reply:
        name = index_listing.dated(call.world, given)
        await in_thread(check_request, name, request, client_indices.environment(call.world))
        if index_listing.exists(call.world, name):  # another request was faster
            return created()
        client_indices.check_shards(call.world, request)
        client_indices.add(call.world, name, request)
        return Reply(200, _told(name))

    def act() -> Reply | Awaitable[Reply]:
        return created_from_large() if len(call.request.body) > LARGE else created()

    return act


def _told(name: str) -> dict[str, Any]:
    return {"acknowledged": True, "shards_acknowledged": True, "index": name}


def _request(body: Mapping[str, Any]) -> IndexRequest:
    """The body by CreateIndexRequest.source."""
    for key, value in body.items():
        if key not in (*_PARTS, "context"):
            raise DocumentError("parse_exception", f"unknown key [{key}] for create index")
        if value is not None and not isinstance(value, dict):
            raise DocumentError("parse_exception", f"key [{key}] must be an object")
    mapping = body.get("mappings") or {}
    if list(mapping) == ["_doc"]:
        raise illegal_argument("The mapping definition cannot be nested under a type")
    try:
        settings = normalized(body.get("settings") or {})
    except ValueError as error:
        raise DocumentError("settings_exception", str(error)) from None
    aliases = body.get("aliases") or {}
    for alias, options in aliases.items():
        if not isinstance(options, dict):
            raise DocumentError("parse_exception", f"alias [{alias}] must be an object")
    return IndexRequest(settings, mapping, aliases)
