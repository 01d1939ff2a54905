"""The exceptions of OpenSearch's core as responses."""

import json
import re
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, Final

from mockflow.core.opensearch.ids import opensearch_uuid
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search.errors import SearchError
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal


def translating(handler: Handler) -> Handler:
    """The handler, with the errors of the core as responses. They come while it reads, and while it acts."""

    def handle(call: Call) -> Action:
        try:
            action = handler(call)
        except (SearchError, RefusedError) as error:
            raise as_refusal(error, call) from None

        def act() -> Reply | Awaitable[Reply]:
            try:
                reply = action()
            except (SearchError, RefusedError) as error:
                raise as_refusal(error, call) from None
            return reply if isinstance(reply, Reply) else _awaited(reply, call)

        return act

    return handle


async def _awaited(reply: Awaitable[Reply], call: Call) -> Reply:
    try:
        return await reply
    except (SearchError, RefusedError) as error:
        raise as_refusal(error, call) from None


def as_refusal(error: SearchError | RefusedError, call: Call) -> Refusal:
    """The response to a request that failed. Where mockflow is why, it says how to script the response."""
    found = error if isinstance(error, SearchError) else as_exception(error)
    if not found.is_of_opensearch and _STUB not in found.reason:
        found.reason = f"{found.reason}{_STUB}{_stub(call)}"
    return Refusal(found.status, {"error": found.error(), "status": found.status})


def as_exception(error: RefusedError) -> SearchError:
    """The exception of a refusal, with what OpenSearch shows beside its reason."""
    refusal = error.refusal
    status = HTTPStatus[refusal.status].value
    kind = re.sub(r"(?<=.)([A-Z])", r"_\1", refusal.exception).lower()
    message = refusal.message
    meta: dict[str, Any] = {}
    cause: SearchError | None = None
    if refusal.exception == "InvalidIndexNameException" and (found := _NAMED.search(message)):
        meta = {"index": found[1], "index_uuid": "_na_"}
    elif refusal.exception == "ResourceAlreadyExistsException" and (found := _EXISTS.search(message)):
        meta = {"index": found[1], "index_uuid": opensearch_uuid("index", found[1])}
    elif refusal.exception == "AliasesNotFoundException" and (found := _ALIASES.search(message)):
        meta = {"resource.type": "aliases", "resource.id": found[1]}
    elif message.startswith(_MAPPING):
        cause = SearchError("mapper_parsing_exception", message.removeprefix(_MAPPING))
    return SearchError(kind, message, meta=meta, caused_by=cause, root=cause, status=status)


def _stub(call: Call) -> str:
    """A stub for this request, to paste into a scenario."""
    asked = json.dumps(f"{call.request.method} {call.path}", ensure_ascii=False)
    body: dict[str, Any] = {}
    if call.path.rstrip("/").endswith("_search"):
        body = {"took": 1, "timed_out": False, "hits": {"total": {"value": 0, "relation": "eq"}, "hits": []}}
    return f"stubs: [{{request: {asked}, respond: {{body: {json.dumps(body)}}}}}]"


_STUB: Final = "; a stub can give the response: "
_NAMED: Final = re.compile(r"Invalid index name \[(.*?)\]", re.DOTALL)
_EXISTS: Final = re.compile(r"index \[(.*?)/")
_ALIASES: Final = re.compile(r"aliases \[(.*?)\] missing")
_MAPPING: Final = "Failed to parse mapping [_doc]: "
