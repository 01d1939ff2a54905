"""A handler for search endpoints, over documents that the endpoint supplies.

Sources: docs/reference/opensearch.md, "Search"; docs/reference/plugin.md, "Search".
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from mockflow.cluster import Cluster
from mockflow.core.opensearch.search import PARAMETERS, SearchError, SourceFilter, Stored, from_parameters, search
from mockflow.server.http.messages import Request
from mockflow.server.rest.body import read_value
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal

Documents = Callable[[Call], Iterable[Stored]]
SourceRule = Callable[[Call, SourceFilter | None], SourceFilter]


def search_handler(
    index: str,
    documents: Documents,
    on_hit: Callable[[Cluster, str], object],
    source: SourceRule = lambda _, requested: requested or SourceFilter(),
) -> Handler:
    """A search over `documents`; `on_hit` is called with the id of each hit, which is a status read."""

    def handle(call: Call) -> Action:
        request = _request(call)

        def act() -> Reply:
            try:
                answer = search(index, documents(call), request, source=partial(source, call))
            except SearchError as error:
                raise _refused(error) from None
            for hit in answer["hits"]["hits"]:
                on_hit(call.cluster, hit["_id"])
            return Reply(200, answer)

        return act

    return handle


def _request(call: Call) -> Any:
    """The search's body, or the parameters that replace it."""
    call.ignore_body()
    given = {} if call.request.body else {name: call.parameters.text(name) for name in PARAMETERS}
    try:
        sent = from_parameters(
            {name: value for name, value in given.items() if value is not None}, has_body=bool(call.request.body)
        )
    except SearchError as error:
        raise _refused(error) from None
    if sent is None:
        return read_value(call.request)
    text, media_type = sent
    return read_value(Request(call.request.method, call.request.target, {"Content-Type": media_type}, text.encode()))


def _refused(error: SearchError) -> Refusal:
    return Refusal(error.status, {"error": error.error(), "status": error.status})
