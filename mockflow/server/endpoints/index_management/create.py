"""PUT /{index} (docs/reference/documents.md, "Indices")."""

from collections.abc import Mapping
from typing import Any

from mockflow.cluster import client_indices
from mockflow.core.opensearch.documents.errors import DocumentError
from mockflow.core.opensearch.indices.create_index import IndexRequest
from mockflow.core.opensearch.settings.index_settings import normalized
from mockflow.server.endpoints.request_options import read_manager_timeout, read_wait_for_shards
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument

_PARTS = ("settings", "mappings", "aliases")


def create_index(call: Call) -> Action:
    """Makes an index. Its body may be missing."""
    name = call.path_value("index")
    read_manager_timeout(call.parameters)
    call.parameters.time("timeout")
    read_wait_for_shards(call.parameters)
    body = read_object(call) if call.request.body else {}
    request = _request(body)

    def act() -> Reply:
        client_indices.create(call.world, name, request)
        return Reply(200, {"acknowledged": True, "shards_acknowledged": True, "index": name})

    return act


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
