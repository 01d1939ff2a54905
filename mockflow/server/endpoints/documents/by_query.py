"""Delete by query and update by query, without scripts (docs/reference/documents.md, "By query")."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import Any, Final

from mockflow.cluster.client_documents import Writer
from mockflow.core.opensearch.documents.document_store import Conditions
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request
from mockflow.core.opensearch.documents.write import Kind, Write
from mockflow.core.opensearch.search.errors import not_supported, parsing
from mockflow.core.opensearch.search.fields import Stored
from mockflow.server.endpoints.documents.common import read_refresh, unsupported, whole
from mockflow.server.endpoints.documents.pipelines import pipelines_for
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import matched, read_body
from mockflow.server.endpoints.request_options import read_indices_options, read_wait_for_shards
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.worker import in_thread

_TURN: Final = 0.02  # seconds that a request may hold the loop
_BATCH: Final = 1000


def _by_query(kind: Kind, result: str) -> Handler:
    def handle(call: Call) -> Action:
        options = read_indices_options(call.parameters)
        pipeline, most = _read_parameters(call)
        query = _read_query(call, needs_query=kind == "delete")
        expression = call.path_value("index")

        async def act() -> Reply:
            world = call.world
            searched = searched_indices(call, expression, options)
            find = partial(matched, call, searched, query)
            found = await in_thread(find) if is_large(searched, len(call.request.body)) else find()
            pairs = [(index, document) for index, documents in found for document in documents][:most]
            counts = {"total": len(pairs), result: 0, "batches": -(-len(pairs) // _BATCH), "version_conflicts": 0}
            done = 0
            while done < len(pairs):
                began = perf_counter()
                writer = Writer(world, pipelines_for(world, call.request))
                while done < len(pairs) and perf_counter() - began < _TURN:
                    index, document = pairs[done]
                    done += 1
                    counts[result] += _written(writer, kind, index, document, pipeline)
                await asyncio.sleep(0)
            return Reply(200, _told({**counts, "version_conflicts": len(pairs) - counts[result]}))

        return act

    return handle


def _written(writer: Writer, kind: Kind, index: str, document: Stored, pipeline: str | None) -> bool:
    """Writes one document, unless another request has changed it meanwhile."""
    unchanged = Conditions(if_seq_no=document.seq_no, if_primary_term=document.primary_term)
    source = document.source if kind == "index" else None
    write = Write(kind, index, document.id, source, None, unchanged, document.routing, pipeline)
    try:
        writer.write(write)
    except DocumentError as error:
        if error.kind != "version_conflict_engine_exception":
            raise
        return False
    return True


def _told(counts: dict[str, int]) -> dict[str, Any]:
    return {
        "took": 1,
        "timed_out": False,
        **counts,
        "noops": 0,
        "retries": {"bulk": 0, "search": 0},
        "throttled_millis": 0,
        "requests_per_second": -1.0,
        "throttled_until_millis": 0,
        "failures": [],
    }


def _read_parameters(call: Call) -> tuple[str | None, int | None]:
    """The pipeline, and the most documents that are written."""
    parameters = call.parameters
    for name in ("routing", "preference", "search_type", "slices", "requests_per_second", "stats", "scroll_size"):
        parameters.text(name)
    for name in ("timeout", "scroll", "search_timeout"):
        parameters.time(name)
    for name in ("request_cache", "version"):
        parameters.boolean(name)
    read_wait_for_shards(parameters)
    read_refresh(parameters)
    if parameters.text("conflicts") not in (None, "proceed", "abort"):
        raise unsupported('this value of [conflicts]; it may only be "proceed" or "abort"')
    if not parameters.boolean("wait_for_completion", True):
        raise not_supported("[wait_for_completion=false] by query", ("[wait_for_completion=true]",))
    for name in ("q", "sort", "terminate_after", "from", "size"):
        if parameters.text(name) is not None:
            raise not_supported(f"the parameter [{name}] by query", ("[max_docs]",))
    return parameters.text("pipeline"), whole(parameters, "max_docs")


def _read_query(call: Call, *, needs_query: bool) -> Any:
    body = read_body(call)
    for key in body:
        if key in ("script", "slice", "sort", "size"):
            raise not_supported(f"[{key}] by query", ("[query]", "[max_docs]", "[conflicts]"))
        if key not in ("query", "conflicts", "max_docs"):
            raise parsing(f"Unknown key for a VALUE in [{key}].")
    if needs_query and body.get("query") is None:
        raise invalid_request("query is missing")
    return body.get("query")


delete_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("delete", "deleted")
update_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("index", "updated")
