"""Search over the indices of clients and plugins (docs/reference/documents.md, "Search").

What mockflow does not compute, such as a k-NN query or an aggregation, is refused with a 400 that says how to script
the response.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from mockflow.cluster import World
from mockflow.cluster.client_documents import new_id
from mockflow.cluster.stores import MAX_SCROLLS, Scroll
from mockflow.core.base.bounds import SCROLL_HITS
from mockflow.core.base.tokens import NOTHING
from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.search import SearchError, empty_answer, too_deep
from mockflow.core.opensearch.search.errors import parsing
from mockflow.core.opensearch.search.request import (
    Results,
    Rules,
    Searched,
    check_request,
    matching,
    page_of,
    results_of,
)
from mockflow.server.endpoints.documents.common import written
from mockflow.server.endpoints.documents.points_in_time import read_pit, searched_in
from mockflow.server.endpoints.documents.search_parameters import with_parameters
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.request_options import check_keep_alive, read_indices_options
from mockflow.server.rest.body import EXPECTED, read_value, unexpected_start
from mockflow.server.rest.call import Action, Call, Reply
from mockflow.server.rest.source_parameter import sent_content
from mockflow.server.rest.worker import LARGE, in_thread

Found = TypeVar("Found")


def search(call: Call) -> Action:
    """GET and POST of /_search and /{index}/_search."""
    options = read_indices_options(call.parameters, OPEN_INDICES)
    keep_alive = read_keep_alive(call)
    as_int = call.parameters.boolean("rest_total_hits_as_int")
    body = read_body(call)
    expression = call.value("index")
    pit = read_pit(call, body, is_scroll=keep_alive is not None) if "pit" in body else None
    request = with_parameters(call.parameters, body)
    rules = rules_of(call, is_scroll=keep_alive is not None)

    def act() -> Reply | Awaitable[Reply]:
        return checked(call, request, rules, answered)

    def answered() -> Reply | Awaitable[Reply]:
        world = call.world
        searched = searched_in(world, *pit) if pit else searched_indices(call, expression, options)
        note_pipeline(call, searched)

        def find() -> tuple[Results, dict[str, Any]]:
            results = explained(text_of(call), request, lambda: results_of(searched, request, rules))
            page = results.page(*page_of(request)) if searched else empty_answer()
            return results, with_total(page, as_int=as_int)

        def told(results: Results, page: dict[str, Any]) -> dict[str, Any]:
            if pit:
                return {"pit_id": pit[0], **page}
            if keep_alive is None or not searched:
                return page
            return {"_scroll_id": _open_scroll(world, results, *page_of(request), keep_alive), **page}

        async def in_turn() -> Reply:
            page = told(*await in_thread(find))
            return Reply(200, await in_thread(written, page))

        return in_turn() if is_large(searched, len(call.request.body)) else Reply(200, told(*find()))

    return act


def rules_of(call: Call, *, is_scroll: bool = False) -> Rules:
    """How the release searches."""
    behaviour = call.world.version.behaviour
    return Rules(
        refuses_same_entry=behaviour.refuses_same_entry,
        scores_keywords=behaviour.scores_keywords,
        shows_versions=False,
        is_scroll=is_scroll,
    )


def checked(call: Call, request: Any, rules: Rules, act: Action) -> Reply | Awaitable[Reply]:
    """What `act` answers to a request that can be read; SearchError for others, whether or not its indices exist."""

    def check() -> None:
        explained(text_of(call), request, lambda: check_request(request, rules))

    async def in_turn() -> Reply:
        await in_thread(check)
        reply = act()
        return reply if isinstance(reply, Reply) else await reply

    if len(call.request.body) > LARGE:
        return in_turn()
    check()
    return act()


def note_pipeline(call: Call, searched: list[Searched]) -> None:
    """Tells once of each search pipeline that OpenSearch would apply by default: all indices have to name it."""
    names = {one.default_pipeline for one in searched}
    if len(names) == 1 and (name := names.pop()) not in (None, "_none"):
        text = f"mockflow does not apply the search pipeline {name[:_LONGEST_NAME]}: hits are those of the query alone"
        call.world.not_computed.tell(text, call.request.note)


def matched(call: Call, searched: list[Searched], query: Any) -> list[tuple[str, list[Any]]]:
    """The documents of each index that match a query; all of them without a query."""
    if query is None:
        query = {"match_all": {}}
    scores = call.world.version.behaviour.scores_keywords
    return explained(
        text_of(call),
        {"query": query},
        lambda: [(one.index, matching(one, query, scores_keywords=scores)) for one in searched],
    )


def text_of(call: Call) -> str:
    """The body as text."""
    return call.request.body.decode("utf-8", "replace")


def explained(text: str, request: Any, find: Callable[[], Found]) -> Found:
    """What `find` finds. Its errors get their place in the text of the request."""
    try:
        return find()
    except SearchError as error:
        if text:
            error.locate(text, request)
        raise
    except RecursionError:
        raise too_deep() from None


def read_body(call: Call) -> dict[str, Any]:
    """The body of a search, which may be missing."""
    request = sent_content(call)
    if request is None:
        return {}
    value = read_value(request, call.world.version)
    if value is NOTHING:
        raise unexpected_start(request, None, EXPECTED)
    if not isinstance(value, dict):
        raise parsing("Expected [START_OBJECT] but found an array or a value")
    return value


def read_query(call: Call) -> Any:
    """The query of a body that has nothing else; None without one."""
    body = read_body(call)
    for key in body:
        if key != "query":
            raise parsing(f"request does not support [{key}]")
    return body.get("query")


def read_keep_alive(call: Call) -> int | None:
    """``scroll``: how long a scroll is kept after it was read, in ms."""
    keep_alive = call.parameters.time("scroll")
    check_keep_alive(keep_alive, call.parameters.text("scroll"), "search.max_keep_alive")
    return keep_alive


def _open_scroll(world: World, results: Results, start: int, size: int, keep_alive: int) -> str:
    if start:
        raise SearchError("action_request_validation_exception", _NO_FROM)
    if not size:
        raise SearchError("action_request_validation_exception", _NO_SIZE)
    scrolls = world.stores.scrolls
    for id in [id for id, scroll in scrolls.items() if scroll.ends < world.now()]:
        del scrolls[id]
    hits = len(results.rows) + sum(len(scroll.results.rows) for scroll in scrolls.values())
    if len(scrolls) >= MAX_SCROLLS or hits > SCROLL_HITS:
        reason = (
            f"Trying to create too many scroll contexts. Must be less than or equal to: [{MAX_SCROLLS}]. This limit "
            "can be set by changing the [search.max_open_scroll_context] setting."
        )
        raise SearchError("rejected_execution_exception", reason, status=429)
    id = new_id(world, "scroll")
    scrolls[id] = Scroll(results, size, world.now() + keep_alive, size)
    return id


def with_total(page: dict[str, Any], *, as_int: bool) -> dict[str, Any]:
    """The page with its total as a number, where the client wants the older form."""
    if as_int and "total" in page["hits"]:
        page["hits"]["total"] = page["hits"]["total"]["value"]
    return page


_LONGEST_NAME: Final = 200
_NO_FROM: Final = "Validation Failed: 1: using [from] is not allowed in a scroll context;"
_NO_SIZE: Final = "Validation Failed: 1: [size] cannot be [0] in a scroll context;"
