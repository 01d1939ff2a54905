"""Delete by query and update by query, without scripts (docs/reference/documents.md, "By query")."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Final

from mockflow.cluster.client_documents import Writer
from mockflow.core.opensearch.documents.document_store import Conditions
from mockflow.core.opensearch.documents.errors import DocumentError, invalid_request, item_error
from mockflow.core.opensearch.documents.write import Kind, Write
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search.errors import not_supported, parsing
from mockflow.core.opensearch.search.fields import Stored
from mockflow.server.endpoints.core_errors import as_exception
from mockflow.server.endpoints.documents.common import read_refresh, unsupported, whole
from mockflow.server.endpoints.documents.pipelines import pipelines_for
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import matched, read_body
from mockflow.server.endpoints.request_options import read_indices_options, read_wait_for_shards
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.worker import in_thread, keep_out_of_collection

_TURN: Final = 0.01  # seconds that a request may hold the loop
_BATCH: Final = 1000
_MANY: Final = 1_000  # documents whose objects would make garbage collection hold the loop


@dataclass(frozen=True)
class _Request:
    """What a request asks for, besides the indices."""

    query: Any
    pipeline: str | None
    most: int | None
    """The most documents that are written."""
    proceeds: bool
    """Whether it goes on after a version conflict."""


def _by_query(kind: Kind, result: str) -> Handler:
    def handle(call: Call) -> Action:
        options = read_indices_options(call.parameters)
        request = _read(call, needs_query=kind == "delete")
        expression = call.path_value("index")

        async def act() -> Reply:
            world = call.world
            searched = searched_indices(call, expression, options)
            find = partial(matched, call, searched, request.query)
            found = await in_thread(find) if is_large(searched, len(call.request.body)) else find()
            pairs = [(index, document) for index, documents in found for document in documents][: request.most]
            failures: list[dict[str, Any]] = []
            conflicts = done = counted = 0
            began, writer = perf_counter(), Writer(world, pipelines_for(world, call.request))
            while done < len(pairs):
                if perf_counter() - began > _TURN:
                    if len(pairs) > _MANY:
                        keep_out_of_collection()
                    await asyncio.sleep(0)
                    began, writer = perf_counter(), Writer(world, pipelines_for(world, call.request))
                index, document = pairs[done]
                done += 1
                error = _error(writer, kind, index, document, request.pipeline)
                if error is None:
                    counted += 1
                else:
                    conflicts += error.kind == _CONFLICT
                    if error.kind != _CONFLICT or not request.proceeds:
                        cause = item_error(error)
                        failures.append({"index": index, "id": document.id, "cause": cause, "status": error.status})
                if failures and done % _BATCH == 0:
                    break
            status = max([200, *(failure["status"] for failure in failures)])
            counts = {"total": len(pairs), result: counted, "batches": -(-done // _BATCH)}
            return Reply(status, _told({**counts, "version_conflicts": conflicts}, failures))

        return act

    return handle


def _error(writer: Writer, kind: Kind, index: str, document: Stored, pipeline: str | None) -> DocumentError | None:
    """Writes one document. The error is a version conflict if another request has changed it meanwhile."""
    unchanged = Conditions(if_seq_no=document.seq_no, if_primary_term=document.primary_term)
    source = document.source if kind == "index" else None
    try:
        writer.write(Write(kind, index, document.id, source, None, unchanged, document.routing, pipeline))
    except (DocumentError, RefusedError) as error:
        return error if isinstance(error, DocumentError) else as_exception(error)
    return None


_CONFLICT: Final = "version_conflict_engine_exception"


def _told(counts: dict[str, int], failures: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "took": 1,
        "timed_out": False,
        **counts,
        "noops": 0,
        "retries": {"bulk": 0, "search": 0},
        "throttled_millis": 0,
        "requests_per_second": -1.0,
        "throttled_until_millis": 0,
        "failures": failures,
    }


def _read(call: Call, *, needs_query: bool) -> _Request:
    """The parameters and the body, each of which may have `conflicts` and `max_docs`."""
    parameters = call.parameters
    for name in ("routing", "preference", "search_type", "slices", "requests_per_second", "stats", "scroll_size"):
        parameters.text(name)
    for name in ("timeout", "scroll", "search_timeout"):
        parameters.time(name)
    for name in ("request_cache", "version"):
        parameters.boolean(name)
    read_wait_for_shards(parameters)
    read_refresh(parameters)
    if not parameters.boolean("wait_for_completion", True):
        raise not_supported("[wait_for_completion=false] by query", ("[wait_for_completion=true]",))
    for name in ("q", "sort", "terminate_after", "from", "size"):
        if parameters.text(name) is not None:
            raise not_supported(f"the parameter [{name}] by query", ("[max_docs]",))
    body = _read_body(call)
    conflicts = parameters.text("conflicts") or body.get("conflicts", "abort")
    if conflicts not in ("proceed", "abort"):
        raise unsupported('this value of [conflicts]; it may only be "proceed" or "abort"')
    most = _most(whole(parameters, "max_docs"), body.get("max_docs"))
    if needs_query and body.get("query") is None:
        raise invalid_request("query is missing")
    return _Request(body.get("query"), parameters.text("pipeline"), most, conflicts == "proceed")


def _read_body(call: Call) -> dict[str, Any]:
    body = read_body(call)
    for key in body:
        if key in ("script", "slice", "sort", "size"):
            raise not_supported(f"[{key}] by query", ("[query]", "[max_docs]", "[conflicts]"))
        if key not in ("query", "conflicts", "max_docs"):
            raise parsing(f"Unknown key for a VALUE in [{key}].")
    return body


def _most(of_line: int | None, of_body: Any) -> int | None:
    """The most documents that are written (AbstractBulkByScrollRequest.setMaxDocs and validate)."""
    if of_body is not None and (isinstance(of_body, bool) or not isinstance(of_body, int)):
        raise parsing("[max_docs] of the body has to be a whole number")
    if None not in (of_line, of_body) and of_line != of_body:
        raise illegal_argument(f"[max_docs] set to two different values [{of_body}] and [{of_line}]")
    most: int | None = of_body if of_line is None else of_line
    if most is not None and most < 0:
        raise illegal_argument(f"[max_docs] parameter cannot be negative, found [{most}]")
    if most == 0:
        raise invalid_request(
            "maxDocs should be greater than 0 if the request is limited to some number of documents or -1 if it isn't "
            "but it was [0]"
        )
    return most


delete_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("delete", "deleted")
update_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("index", "updated")
