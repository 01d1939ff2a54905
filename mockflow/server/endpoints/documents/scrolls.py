"""Scrolls: the next page, and their end (docs/reference/documents.md, "Scrolls")."""

from collections.abc import Awaitable
from typing import Any

from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.search import SearchError
from mockflow.core.opensearch.values import BadValueError, time_value
from mockflow.core.plugin.status import Document
from mockflow.server.endpoints.documents.common import written
from mockflow.server.endpoints.documents.searches import read_keep_alive, with_total
from mockflow.server.rest.body import read_value
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import bad_value
from mockflow.server.rest.source_parameter import sent_content
from mockflow.server.rest.worker import in_thread

_MANY = 500  # hits from which on a page is made in another thread


def scroll(call: Call) -> Action:
    """GET and POST of /_search/scroll: the next page of a scroll."""
    keep_alive = read_keep_alive(call)
    as_int = call.parameters.boolean("rest_total_hits_as_int")
    body = _body(call)
    id = call.path_value("scroll_id") or call.parameters.text("scroll_id")
    id = str(body.get("scroll_id", id or ""))
    if "scroll" in body:
        try:
            keep_alive = time_value("scroll", str(body["scroll"]))
        except BadValueError as error:
            raise bad_value(error) from None
    if not id:
        raise invalid_request("scrollId is missing")

    def act() -> Reply | Awaitable[Reply]:
        world = call.world
        found = world.stores.scrolls.get(id)
        if found is None or found.ends < world.now():
            world.stores.end_scrolls([id])
            raise _no_context(id)
        found.ends = world.now() + keep_alive if keep_alive is not None else found.ends
        start, found.next = found.next, found.next + found.size

        def page() -> Document:
            made = {"_scroll_id": id, **found.results.page(start, found.size)}
            return written(with_total(made, as_int=as_int))

        async def in_turn() -> Reply:
            return Reply(200, await in_thread(page))

        return in_turn() if found.size > _MANY else Reply(200, page())

    return act


def clear_scroll(call: Call) -> Action:
    """DELETE /_search/scroll: ends scrolls, all of them for ``_all``."""
    body = _body(call)
    given: Any = body.get("scroll_id", call.path_value("scroll_id") or call.parameters.text("scroll_id") or [])
    ids = given if isinstance(given, list) else str(given).split(",")
    if not ids:
        raise invalid_request("no scroll ids specified")

    def act() -> Reply:
        stores = call.world.stores
        ended = stores.end_scrolls(list(stores.scrolls) if "_all" in ids else map(str, ids))
        succeeded = ended > 0 or "_all" in ids
        return Reply(200 if succeeded else 404, {"succeeded": True, "num_freed": ended})

    return act


def _body(call: Call) -> dict[str, Any]:
    sent = sent_content(call)
    value = {} if sent is None else read_value(sent, call.world.version)
    body: dict[str, Any] = value if isinstance(value, dict) else {}
    for key in body:
        if key not in ("scroll", "scroll_id"):
            raise SearchError(
                "illegal_argument_exception",
                f"Unknown parameter [{key}] in request body or parameter is of the wrong type[VALUE_STRING] ",
            )
    return body


def _no_context(id: str) -> SearchError:
    cause = SearchError("search_context_missing_exception", f"No search context found for id [{id}]")
    meta = {"phase": "query", "grouped": True, "failed_shards": []}
    return SearchError(
        "search_phase_execution_exception", "all shards failed", meta=meta, caused_by=cause, root=cause, status=404
    )
