"""Count over the indices of clients and plugins (docs/reference/documents.md, "Search")."""

from collections.abc import Awaitable
from typing import Final

from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.java import as_double
from mockflow.core.opensearch.search.errors import not_supported
from mockflow.server.endpoints.documents.common import whole
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import checked, matched, read_query, rules_of
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.errors import illegal_argument
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.worker import in_thread


def count(call: Call) -> Action:
    """GET and POST of /_count and /{index}/_count."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    most = _read_count_parameters(call)
    query = read_query(call)
    expression = call.value("index")

    def act() -> Reply | Awaitable[Reply]:
        return checked(call, {} if query is None else {"query": query}, rules_of(call), answered)

    def answered() -> Reply | Awaitable[Reply]:
        searched = searched_indices(call, expression, options)

        if most and any(one.shards > 1 for one in searched):
            raise not_supported("[terminate_after] of an index of several shards", ("it for one shard",))

        def number() -> int:
            found = (len(documents) for _, documents in matched(call, searched, query))
            return sum(min(number, most) if most else number for number in found)

        def told(total: int) -> Reply:
            shards = sum(one.shards for one in searched)
            counts = {"total": shards, "successful": shards, "skipped": 0, "failed": 0}
            early = {"terminated_early": total >= most} if most else {}
            return Reply(200, {"count": total, **early, "_shards": counts})

        async def in_turn() -> Reply:
            return told(await in_thread(number))

        return in_turn() if is_large(searched, len(call.request.body)) else told(number())

    return act


def _read_count_parameters(call: Call) -> int:
    """``terminate_after``, the most documents that are counted in each shard; 0 for all of them (RestCountAction)."""
    for name in ("preference", "routing"):
        call.parameters.text(name)
    for name in _OF_QUERY_STRINGS:
        if call.parameters.text(name) is not None:
            raise not_supported(f"the parameter [{name}] of a count", ("a request body",))
    if _number(call.parameters, "min_score") > 0:
        raise not_supported("[min_score] of a count", ("[min_score=0]",))
    most = whole(call.parameters, "terminate_after") or 0
    if most < 0:
        raise illegal_argument("terminateAfter must be > 0")
    return most


def _number(parameters: Parameters, name: str) -> float:
    """A parameter that is a number; 0 if it is not there. 400 for any other text."""
    text = parameters.text(name) or "0"
    try:
        return as_double(text)
    except ValueError:
        cause = {"type": "number_format_exception", "reason": f'For input string: "{text}"'}
        raise illegal_argument(f"Failed to parse float parameter [{name}] with value [{text}]", cause) from None


_OF_QUERY_STRINGS: Final = ("q", "df", "analyzer", "analyze_wildcard", "default_operator", "lenient")
