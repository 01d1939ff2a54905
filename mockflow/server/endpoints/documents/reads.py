"""Reads of documents by id (docs/reference/documents.md, "Documents")."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

from mockflow.cluster import World, index_listing
from mockflow.cluster.client_documents import no_such_index
from mockflow.core.opensearch.documents.errors import check_blocks, invalid_request, version_conflict
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.fields import Stored
from mockflow.core.opensearch.search.source import SourceFilter, parse_source
from mockflow.server.endpoints.documents.common import read_source_filter, whole, written
from mockflow.server.endpoints.documents.searched import documents_of, names_of
from mockflow.server.endpoints.resource_reads import read_resource
from mockflow.server.rest.body import read_value
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import Refusal, illegal_argument, object_error
from mockflow.server.rest.source_parameter import required_content
from mockflow.server.rest.worker import in_thread


def get_document(call: Call) -> Action:
    """GET and HEAD /{index}/_doc/{id}."""
    shown = _read_options(call)
    expression, id = call.path_value("index"), call.path_value("id")
    version = whole(call.parameters, "version")
    call.parameters.text("version_type")

    def act() -> Reply:
        name = _single_index(call, expression)
        document = _find(call, name, id)
        if document is not None and version is not None and document.version != version:
            reason = f"current version [{document.version}] is different than the one provided [{version}]"
            raise version_conflict(name, id, reason)
        return Reply(200 if document else 404, _shown(name, id, document, shown))

    return act


def get_source(call: Call) -> Action:
    """GET and HEAD /{index}/_source/{id}."""
    shown = _read_options(call)
    expression, id = call.path_value("index"), call.path_value("id")

    def act() -> Reply:
        document = _find(call, _single_index(call, expression), id)
        if document is None:
            reason = f"Document not found [{expression}]/[{id}]"
            raise object_error(404, "resource_not_found_exception", reason)
        return Reply(200, shown.part_of()(document.source))

    return act


def get_many(call: Call) -> Action:
    """GET and POST of /_mget and /{index}/_mget."""
    default = _read_options(call)
    expression, sent = call.value("index"), read_value(required_content(call), call.world.version)
    body = sent if isinstance(sent, dict) else {}
    wanted = _wanted(body, expression, default)

    async def in_turns() -> Reply:
        docs: list[dict[str, Any]] = []
        while len(docs) < len(wanted):
            docs += _found(call, wanted[len(docs) : len(docs) + _AT_ONCE])
            await asyncio.sleep(0)
        return Reply(200, await in_thread(written, {"docs": docs}))

    def act() -> Reply | Awaitable[Reply]:
        return in_turns() if len(wanted) > _AT_ONCE else Reply(200, {"docs": _found(call, wanted)})

    return act


_AT_ONCE: Final = 1_000  # documents that are read before others have their turn


def _found(call: Call, wanted: list[tuple[str, str, SourceFilter]]) -> list[dict[str, Any]]:
    names: dict[str, str | SearchError | Refusal] = {}
    docs = []
    for index, id, shown in wanted:
        if index not in names:
            try:
                names[index] = _single_index(call, index)
            except (SearchError, Refusal) as error:
                names[index] = error
        name = names[index]
        if isinstance(name, str):
            docs.append(_shown(name, id, _find(call, name, id), shown))
        else:
            told = name.body["error"] if isinstance(name, Refusal) else name.error()
            docs.append({"_index": index, "_id": id, "error": told})
    return docs


def _wanted(body: dict[str, Any], expression: str, default: SourceFilter) -> list[tuple[str, str, SourceFilter]]:
    """Index, id and source filter of each document that a mget asks for."""
    found = []
    for key, items in body.items():
        if key not in ("docs", "ids"):
            raise SearchError("parse_exception", f"unknown key [{key}] for a START_ARRAY, expected [docs] or [ids]")
        if not isinstance(items, list):
            raise SearchError("parse_exception", f"unexpected token, expected [START_ARRAY] for [{key}]")
        for item in items:
            entry = {"_id": item} if key == "ids" else item
            if not isinstance(entry, dict):
                raise illegal_argument("docs array element should include an object")
            for name in entry:
                if name not in _OF_A_DOC:
                    reason = f"failed to parse multi get request. unknown field [{name}]"
                    raise SearchError("parse_exception", reason)
            shown = parse_source(entry["_source"]) if "_source" in entry else default
            id = entry.get("_id")
            found.append((str(entry.get("_index", expression)), "" if id is None else str(id), shown))
    problems = ["index is missing" for index, _, _ in found if not index]
    problems += ["id is missing" for _, id, _ in found if not id]
    if problems or not found:
        numbered = [f"{problem} for doc {number}" for number, problem in enumerate(problems)]
        raise invalid_request(*(numbered or ["no documents to get"]))
    return found


_OF_A_DOC: Final = frozenset(
    {
        *("_index", "_id", "routing", "_routing", "stored_fields", "_source"),
        *("version", "_version", "version_type", "_version_type"),
    }
)


def _read_options(call: Call) -> SourceFilter:
    for name in ("preference", "routing", "stored_fields"):
        call.parameters.text(name)
    for name in ("realtime", "refresh"):
        call.parameters.boolean(name)
    return read_source_filter(call.parameters) or SourceFilter()


def _single_index(call: Call, expression: str) -> str:
    """The one index that an expression means; 404 for a missing one, 400 for an alias of several."""
    read_resource(call.cluster, "index", expression)
    names = names_of(call.world, expression)
    if not names:
        raise no_such_index(expression)
    if len(names) > 1:
        listed = ", ".join(names)
        raise illegal_argument(
            f"alias [{expression}] has more than one index associated with it [{listed}], can't execute a "
            "single index op"
        )
    check_blocks(names[0], index_listing.body(call.world, names[0])["settings"], "read")
    return names[0]


def _find(call: Call, name: str, id: str) -> Stored | None:
    world: World = call.world
    return next(documents_of(call, world, name, id), None)


def _shown(name: str, id: str, document: Stored | None, shown: SourceFilter) -> dict[str, Any]:
    if document is None:
        return {"_index": name, "_id": id, "found": False}
    body: dict[str, Any] = {
        "_index": name,
        "_id": id,
        "_version": document.version,
        "_seq_no": document.seq_no,
        "_primary_term": document.primary_term,
    }
    if document.routing is not None:
        body["_routing"] = document.routing
    body["found"] = True
    if shown.fetch:
        body["_source"] = shown.part_of()(document.source)
    return body
