"""Several searches in one request (docs/reference/documents.md, "Several searches at once")."""

import asyncio
from functools import partial
from time import perf_counter
from typing import Any, Final

from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.core.opensearch.search.msearch_request import SearchLine, read_msearch
from mockflow.core.opensearch.search.request import Rules, Searched, check_request, empty_answer, page_of, results_of
from mockflow.server.endpoints.core_errors import as_refusal
from mockflow.server.endpoints.documents.common import whole, written
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import explained, note_pipeline, rules_of, with_total
from mockflow.server.endpoints.request_options import read_indices_options, with_options
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import Refusal, illegal_argument
from mockflow.server.rest.source_parameter import required_content
from mockflow.server.rest.worker import LARGE, in_thread


def msearch(call: Call) -> Action:
    """GET and POST of /_msearch and /{index}/_msearch. Each search has its own result or error."""
    parameters = call.parameters
    for name in _IGNORED_TEXTS:
        parameters.text(name)
    for name in ("typed_keys", "ccs_minimize_roundtrips"):
        parameters.boolean(name)
    most = whole(parameters, "max_concurrent_searches")
    if most is not None and most < 1:
        raise illegal_argument("maxConcurrentSearchRequests must be positive")
    as_int = parameters.boolean("rest_total_hits_as_int")
    options, expression = read_indices_options(parameters, OPEN_INDICES), call.value("index")
    body, rules = required_content(call).body, rules_of(call)
    read = partial(_read, body, rules, jackson=call.world.version.behaviour.jackson)

    def found(line: SearchLine, searched: list[Searched]) -> dict[str, Any]:
        results = explained(line.text, line.request, lambda: results_of(searched, line.request, rules))
        page = results.page(*page_of(line.request)) if searched else empty_answer()
        return {**with_total(page, as_int=as_int), "status": 200}

    async def response(line: SearchLine) -> dict[str, Any]:
        try:
            where = expression if line.index is None else line.index
            searched = searched_indices(call, where, with_options(options, line.options))
            note_pipeline(call, searched)
            if is_large(searched, len(line.text)):
                return await in_thread(found, line, searched)
            return found(line, searched)
        except SearchError as error:
            return dict(as_refusal(error, call).body)
        except Refusal as refusal:
            return dict(refusal.body)

    async def act() -> Reply:
        lines = await in_thread(read) if len(body) > LARGE or body.count(b"\n") > _MANY else read()
        responses: list[dict[str, Any]] = []
        began = perf_counter()
        for line in lines:
            if perf_counter() - began > _TURN:
                await asyncio.sleep(0)
                began = perf_counter()
            responses.append(await response(line))
        told = {"took": 1, "responses": responses}
        return Reply(200, await in_thread(written, told) if len(lines) > _MANY else told)

    return act


def _read(body: bytes, rules: Rules, *, jackson: int) -> list[SearchLine]:
    """The searches of the body. A search that cannot be read at all refuses the request as a whole."""
    lines = read_msearch(body, jackson=jackson)
    for line in lines:
        explained(line.text, line.request, partial(check_request, line.request, rules))
    return lines


_TURN: Final = 0.01  # seconds that a request may hold the loop
_MANY: Final = 100  # searches or lines, which are read and written in another thread
_IGNORED_TEXTS: Final = (
    *("search_type", "pre_filter_shard_size", "max_concurrent_shard_requests", "cancel_after_time_interval"),
    "routing",
)
