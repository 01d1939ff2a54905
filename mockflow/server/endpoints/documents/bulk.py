"""The bulk API (docs/reference/documents.md, "Bulk").

The body is read in another thread if it is large, and its items are written some at a time, so that others have
their turn in between.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Final

from mockflow.cluster import World
from mockflow.cluster.client_documents import NO_ID, Writer, new_id
from mockflow.core.opensearch.documents.bulk_request import BulkDefaults, read_bulk
from mockflow.core.opensearch.documents.errors import item_error
from mockflow.core.opensearch.documents.write import Write
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.server.endpoints.core_errors import as_exception
from mockflow.server.endpoints.documents.common import (
    read_large,
    read_refresh,
    read_source_filter,
    shown_update,
    shown_write,
    status_of,
    written,
)
from mockflow.server.endpoints.documents.pipelines import pipelines_for
from mockflow.server.endpoints.request_options import read_wait_for_shards
from mockflow.server.http.messages import Request
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import object_error
from mockflow.server.rest.worker import LARGE, in_thread, keep_out_of_collection

_MANY: Final = 1_000  # items whose objects would make garbage collection hold the loop
_TURN: Final = 0.01  # seconds that a request may hold the loop


def bulk(call: Call) -> Action:
    """POST and PUT of /_bulk and /{index}/_bulk."""
    parameters = call.parameters
    parameters.time("timeout")
    read_wait_for_shards(parameters)
    is_refreshed = read_refresh(parameters)
    parameters.text("batch_size")
    defaults = BulkDefaults(
        call.value("index") or None,
        parameters.text("routing"),
        parameters.text("pipeline"),
        parameters.boolean("require_alias"),
        read_source_filter(parameters),
    )
    call.ignore_body()
    body = call.request.body
    if not body:
        raise object_error(400, "parse_exception", "request body is required")
    read = partial(read_bulk, body, defaults, jackson=call.world.version.behaviour.jackson)

    def act() -> Reply | Awaitable[Reply]:
        if len(body) > LARGE:
            return _in_turns(call, read, is_refreshed)
        writes = read()
        writer = _writer(call.world, call.request)
        return Reply(200, _told([_item(call.world, writer, write, is_refreshed) for write in writes]))

    return act


async def _in_turns(call: Call, read: "partial[list[Write]]", is_refreshed: bool) -> Reply:
    writes = await in_thread(read)
    world = call.world
    items: list[dict[str, Any]] = []
    while len(items) < len(writes):
        began = perf_counter()
        writer = _writer(world, call.request)
        while len(items) < len(writes) and perf_counter() - began < _TURN:
            write = writes[len(items)]
            if write.size > LARGE and write.ahead is None:
                writes[len(items)] = await read_large(writer, write)
                break  # what the writer remembers may have changed meanwhile
            items.append(_item(world, writer, write, is_refreshed))
        if len(writes) > _MANY:
            keep_out_of_collection()
        await asyncio.sleep(0)
    return Reply(200, await in_thread(lambda: written(_told(items))))


def _writer(world: World, request: Request) -> Writer:
    return Writer(world, pipelines_for(world, request))


def _item(world: World, writer: Writer, write: Write, is_refreshed: bool) -> dict[str, Any]:
    """The result of one item, or its error."""
    has_id = write.id is not None
    if not has_id:
        write = replace(write, id=new_id(world, "document"))
    try:
        done = writer.write(write)
    except (SearchError, RefusedError) as failed:
        error = failed if isinstance(failed, SearchError) else as_exception(failed)
        shown = {"_index": write.index, "_id": write.id, "status": error.status, "error": item_error(error)}
        return {write.kind: shown}
    shown = shown_update(done, write.update.source if write.update else None)
    told = shown_write(done, is_refreshed=is_refreshed)
    if done.is_dropped and not has_id:
        told["_id"] = NO_ID
    return {write.kind: {**told, **shown, "status": status_of(done)}}


def _told(items: list[dict[str, Any]]) -> dict[str, Any]:
    failed = any("error" in result for item in items for result in item.values())
    return {"took": 1, "errors": failed, "items": items}
