"""A handler for search endpoints, over documents that the endpoint supplies.

Sources: docs/reference/opensearch.md, "Search"; docs/reference/plugin.md, "Search".
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final, NamedTuple

from mockflow.cluster import Cluster
from mockflow.core.base.steps import Steps, at_once
from mockflow.core.base.tokens import NOTHING
from mockflow.core.opensearch.search import (
    Rules,
    SearchError,
    SourceFilter,
    Stored,
    search,
    too_deep,
)
from mockflow.server.http.messages import CONTENT_TYPE
from mockflow.server.rest.body import EXPECTED, read_value, unexpected_start
from mockflow.server.rest.call import Action, Call, Handler, Reply, body_format
from mockflow.server.rest.errors import Refusal
from mockflow.server.rest.pauses import with_pauses
from mockflow.server.rest.source_parameter import required_content
from mockflow.server.rest.worker import in_thread

Documents = Callable[[Call], Iterable[Stored]]
SourceRule = Callable[[Call, SourceFilter | None], SourceFilter]


@dataclass(frozen=True)
class SearchRules:
    """What the search action of a plugin makes of a request and of its failures."""

    source: SourceRule = lambda _, requested: requested or SourceFilter()
    """Decides on the source filter of hits."""
    failed: Callable[[SearchError], SearchError] = lambda error: error
    """The error that the response shows."""
    fails_on_aggregations: bool = False
    """Whether the action cannot write the result of aggregations."""


ANY: SearchRules = SearchRules()


def search_handler(
    index: str, documents: Documents, on_hit: Callable[[Cluster, str], object], rules: SearchRules = ANY
) -> Handler:
    """A search over `documents`; `on_hit` is called with the id of each hit, which is a status read."""

    def handle(call: Call) -> Action:
        request = _request(call)
        behaviour = call.world.version.behaviour

        def found(documents: tuple[Stored, ...]) -> dict[str, Any]:
            try:
                return search(
                    index,
                    documents,
                    request.value,
                    Rules(
                        partial(rules.source, call),
                        behaviour.refuses_same_entry,
                        behaviour.scores_keywords,
                        behaviour.aggregation_failure if rules.fails_on_aggregations else None,
                    ),
                )
            except SearchError as error:
                if request.text is not None:
                    error.locate(request.text, request.value)
                raise refused(rules.failed(error)) from None
            except RecursionError:
                raise refused(too_deep()) from None

        def told(answer: dict[str, Any]) -> Steps[Reply]:
            for hit in answer["hits"]["hits"]:
                on_hit(call.cluster, hit["_id"])
                yield
            return Reply(200, answer)

        async def in_turn(searched: list[Stored], more: Iterator[Stored]) -> Reply:
            await with_pauses(_added(searched, more))
            return await with_pauses(told(await in_thread(found, tuple(searched))))

        def act() -> Reply | Awaitable[Reply]:
            more = iter(documents(call))
            searched = list(islice(more, _MANY))
            selects = isinstance(request.value, dict) and isinstance(request.value.get("_source"), (list, dict))
            if selects or len(searched) == _MANY or request.size * max(1, len(searched)) > _LARGE:
                return in_turn(searched, more)
            return at_once(told(found(tuple(searched))))

        return act

    return handle


def _added(documents: list[Stored], more: Iterator[Stored]) -> Steps[None]:
    for document in more:
        documents.append(document)
        yield


_MANY: Final = 200
"""Documents from which on they are made, searched and noted with pauses."""
_LARGE: Final = 16 * 1024
"""The bytes of a request times the documents, from which on the search may take long."""


def refused(error: SearchError) -> Refusal:
    """The response to a search that failed."""
    return Refusal(error.status, {"error": error.error(), "status": error.status})


class _Request(NamedTuple):
    value: Any
    text: str | None
    """The text that the value was read from, if it was JSON."""
    size: int
    """Its bytes."""


def _request(call: Call) -> _Request:
    """The search's body, or the parameters that replace it."""
    request = required_content(call)
    value = read_value(request, call.world.version)
    if value is NOTHING:
        raise unexpected_start(request, None, EXPECTED)
    is_json = body_format(request.headers.get(CONTENT_TYPE)) == "json"
    text = request.body.decode("utf-8", "replace") if is_json else None
    return _Request(value, text, len(request.body))
