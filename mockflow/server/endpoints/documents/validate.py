"""Whether a query is valid, without its explanation (RestValidateQueryAction, TransportValidateQueryAction)."""

from collections.abc import Awaitable
from typing import Any, Final

from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.search.errors import SearchError, not_supported
from mockflow.core.opensearch.search.request import check_request
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import explained, matched, read_query, rules_of, text_of
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.worker import in_thread


def validate_query(call: Call) -> Action:
    """GET and POST of /_validate/query and /{index}/_validate/query. A query that cannot be read is told with 200."""
    options, parameters = read_indices_options(call.parameters, OPEN_INDICES), call.parameters
    explains, rewrites = (parameters.boolean(name) for name in ("explain", "rewrite"))
    parameters.boolean("all_shards")
    for name in _OF_QUERY_STRINGS:
        if parameters.text(name) is not None:
            raise not_supported(f"the parameter [{name}] of a validation", ("a request body",))
    expression = call.value("index")
    try:
        query = read_query(call)
        request = {} if query is None else {"query": query}
        explained(text_of(call), request, lambda: check_request(request, rules_of(call)))
    except (SearchError, Refusal) as error:
        return _invalid(error, explains=explains)
    if explains or rewrites:
        raise not_supported("[explain] and [rewrite] of a valid query", ("[valid]",))

    def act() -> Reply | Awaitable[Reply]:
        searched = searched_indices(call, expression, options)

        def is_valid() -> bool:
            try:
                matched(call, searched, query)
            except SearchError as error:
                if not error.is_of_a_shard:
                    raise
                return False
            return True

        def told(valid: bool) -> Reply:
            asked = len(searched)  # one shard of each index
            return Reply(200, {"_shards": {"total": asked, "successful": asked, "failed": 0}, "valid": valid})

        async def in_turn() -> Reply:
            return told(await in_thread(is_valid))

        return in_turn() if is_large(searched, len(call.request.body)) else told(is_valid())

    return act


def _invalid(error: SearchError | Refusal, *, explains: bool) -> Action:
    if isinstance(error, SearchError) and not error.is_of_opensearch:
        raise error
    shown: Any = error.body["error"] if isinstance(error, Refusal) else error.error()
    told = {"error": shown["reason"]} if explains else {}
    return lambda: Reply(200, {"valid": False, **told})


_OF_QUERY_STRINGS: Final = ("q", "df", "analyzer", "analyze_wildcard", "default_operator", "lenient")
