"""Delete by query and update by query, without scripts (docs/reference/documents.md, "By query")."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from mockflow.core.opensearch.documents.document_store import Conditions
from mockflow.core.opensearch.documents.errors import invalid_request
from mockflow.core.opensearch.documents.write import Kind, Write
from mockflow.core.opensearch.indices.listing import OPEN_INDICES
from mockflow.core.opensearch.search.errors import not_supported, parsing
from mockflow.core.opensearch.search.fields import Stored
from mockflow.server.endpoints.documents.by_scroll import answered, carry_out, read_options
from mockflow.server.endpoints.documents.searched import is_large, searched_indices
from mockflow.server.endpoints.documents.searches import checked, matched, read_body, rules_of
from mockflow.server.endpoints.request_options import read_indices_options
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.parameters import Parameters
from mockflow.server.rest.worker import in_thread


def _by_query(kind: Kind, *counted: str) -> Handler:
    def handle(call: Call) -> Action:
        indices = read_indices_options(call.parameters, OPEN_INDICES)
        _read_parameters(call.parameters)
        body = _read_body(call)
        options = read_options(call, body)
        query, pipeline = body.get("query"), call.parameters.text("pipeline")
        if query is None and kind == "delete":
            raise invalid_request("query is missing")
        expression = call.path_value("index")
        kind_of_request = "delete_by_query" if kind == "delete" else "update_by_query"

        def write_of(index: str, document: Stored) -> Write:
            # A version conflict tells that another request has changed the document meanwhile.
            unchanged = Conditions(if_seq_no=document.seq_no, if_primary_term=document.primary_term)
            source = document.source if kind == "index" else None
            return Write(kind, index, document.id, source, None, unchanged, document.routing, pipeline)

        async def work() -> Reply:
            searched = searched_indices(call, expression, indices)
            find = partial(matched, call, searched, query)
            found = await in_thread(find) if is_large(searched, len(call.request.body)) else find()
            pairs = [(index, document) for index, documents in found for document in documents]
            return await carry_out(call, pairs, write_of, options, counted)

        def act() -> Reply | Awaitable[Reply]:
            request = {} if query is None else {"query": query}
            description = f"{kind_of_request.replace('_', '-')} [{expression}]"
            return checked(
                call, request, rules_of(call), lambda: answered(call, kind_of_request, description, options, work)
            )

        return act

    return handle


def _read_parameters(parameters: Parameters) -> None:
    for name in ("routing", "preference", "search_type", "stats", "scroll_size"):
        parameters.text(name)
    for name in ("scroll", "search_timeout"):
        parameters.time(name)
    for name in ("request_cache", "version"):
        parameters.boolean(name)
    for name in ("q", "sort", "terminate_after", "from", "size"):
        if parameters.text(name) is not None:
            raise not_supported(f"the parameter [{name}] by query", ("[max_docs]",))


def _read_body(call: Call) -> dict[str, Any]:
    body = read_body(call)
    for key in body:
        if key in ("script", "slice", "sort", "size"):
            raise not_supported(f"[{key}] by query", ("[query]", "[max_docs]", "[conflicts]"))
        if key not in ("query", "conflicts", "max_docs"):
            raise parsing(f"Unknown key for a VALUE in [{key}].")
    return body


delete_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("delete", "deleted")
update_by_query: Callable[[Call], Callable[[], Reply | Awaitable[Reply]]] = _by_query("index", "updated", "deleted")
