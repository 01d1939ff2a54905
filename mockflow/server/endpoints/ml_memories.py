"""ML Commons: memories of conversations and their messages, under /_plugins/_ml/memory.

Source: docs/reference/opensearch.md, "ML Commons".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from mockflow.cluster import memories
from mockflow.cluster.memories import MEMORY, MESSAGE
from mockflow.cluster.system_indices import ML_INDICES, ml_kinds
from mockflow.core.opensearch.refusal import RefusedError
from mockflow.core.opensearch.search import Stored
from mockflow.core.plugin.resources import Made
from mockflow.server.endpoints import ml_tenants
from mockflow.server.endpoints.indices import no_such_index
from mockflow.server.endpoints.search import search_handler
from mockflow.server.rest.body import read_object
from mockflow.server.rest.call import Action, Call, Handler, Reply
from mockflow.server.rest.errors import Refusal, object_error, refused

_WORDS: Final = {MEMORY: "conversation", MESSAGE: "interaction"}
"""What the errors call them."""
_DEFAULT_RESULTS: Final = 10


def create_memory(call: Call) -> Action:
    """A new memory. The body may be missing."""
    body = read_object(call) if call.request.body else {}

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        made = _refusing(lambda: memories.create(call.world, body, _user(call), call.request.caller.tenant_id))
        return Reply(200, {"memory_id": made.id})

    return act


def get_memory(call: Call) -> Action:
    return _reading(call, MEMORY, _memory)


def get_message(call: Call) -> Action:
    return _reading(call, MESSAGE, _message)


def update_memory(call: Call) -> Action:
    return _changing(call, MEMORY)


def update_message(call: Call) -> Action:
    return _changing(call, MESSAGE)


def delete_memory(call: Call) -> Action:
    """Deletes a memory with its messages; before there was any memory, there is nothing to refuse."""
    memory_id = call.path_value("id")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        if MEMORY in ml_kinds(call.world):
            memories.delete(call.world, _found(call, MEMORY, memory_id))
        return Reply(200, {"success": True})

    return act


def get_memories(call: Call) -> Action:
    """The memories of the caller, in pages."""
    page = _page(call, "Can't list 0 or negative conversations")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        return Reply(200, page("memories", memories.memories(call.world, _user(call)), _memory))

    return act


def create_message(call: Call) -> Action:
    """A new message in a memory."""
    memory_id = call.path_value("id")
    body = read_object(call)

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        world = call.world
        if MEMORY in ml_kinds(world):
            _found(call, MEMORY, memory_id)
        made = _refusing(lambda: memories.add_message(world, memory_id, body, call.request.caller.tenant_id))
        return Reply(200, {"message_id": made.id})

    return act


def get_messages(call: Call) -> Action:
    """The messages of a memory, in pages."""
    memory_id = call.path_value("id")
    page = _page(call, "The number of interactions to retrieve must be positive")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        found: Sequence[Made] = ()
        if MESSAGE in ml_kinds(call.world):
            found = list(memories.messages(call.world, _found(call, MEMORY, memory_id).id))
        return Reply(200, page("messages", found, _message))

    return act


def get_traces(call: Call) -> Action:
    """The traces of a message, in pages."""
    message_id = call.path_value("id")
    page = _page(call, "The number of traces to retrieve must be positive")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        return Reply(200, page("traces", memories.traces(call.world, message_id), _message))

    return act


def _search(kind: str, documents: Callable[[Call], Iterable[Stored]]) -> Handler:
    search = search_handler(ML_INDICES[kind], documents, lambda _, __: None)

    def handle(call: Call) -> Action:
        memory_id = call.path_value("id")
        ml_tenants.check_tenant(call)
        action = search(call)

        def act() -> Any:
            if kind not in ml_kinds(call.world):
                raise no_such_index(ML_INDICES[kind])
            if memory_id:
                _found(call, MEMORY, memory_id)
            return action()

        return act

    return handle


def _memory_documents(call: Call) -> Iterable[Stored]:
    return [Stored(made.id, memories.memory_document(made)) for made in memories.memories(call.world, _user(call))]


def _message_documents(call: Call) -> Iterable[Stored]:
    found = memories.messages(call.world, call.path_value("id"))
    return [Stored(made.id, memories.message_document(made)) for made in found]


search_memories = _search(MEMORY, _memory_documents)
search_messages = _search(MESSAGE, _message_documents)


def _memory(made: Made) -> dict[str, Any]:
    document = memories.memory_document(made)
    document.pop("application_type", None)
    return {"memory_id": made.id, **document}


def _message(made: Made) -> dict[str, Any]:
    document = memories.message_document(made)
    return {"memory_id": document.pop("memory_id"), "message_id": made.id, **document}


def _reading(call: Call, kind: str, document: Callable[[Made], Mapping[str, Any]]) -> Action:
    resource_id = call.path_value("id")

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        if kind not in ml_kinds(call.world):
            raise _no_index(kind, "get")
        return Reply(200, document(_found(call, kind, resource_id)))

    return act


def _changing(call: Call, kind: str) -> Action:
    resource_id = call.path_value("id")
    body = read_object(call)

    def act() -> Reply:
        ml_tenants.check_tenant(call)
        world = call.world
        if kind not in ml_kinds(world):
            raise _no_index(kind, "update")
        made = world.resources.find((kind, resource_id))
        if made is None:
            raise object_error(404, "document_missing_exception", f"[{resource_id}]: document missing")
        memories.change(world, made, body)
        return Reply(
            200,
            {
                "_index": ML_INDICES[kind],
                "_id": resource_id,
                "_version": 2,
                "result": "updated",
                "_shards": {"total": 1, "successful": 1, "failed": 0},
                "_seq_no": world.next_sequence_number(),
                "_primary_term": 1,
            },
        )

    return act


def _found(call: Call, kind: str, resource_id: str) -> Made:
    """The memory or message; 404 where there is none, 500 for one of another user."""
    made = call.world.resources.find((kind, resource_id))
    if made is None:
        reason = f"{_WORDS[kind].capitalize()} [{resource_id}] not found"
        raise object_error(404, "resource_not_found_exception", reason)
    ml_tenants.check_access(call, made.key)
    memory = made if kind == MEMORY else call.world.resources.find((MEMORY, made.inputs["memory_id"]))
    user = _user(call)
    if memory and user is not None and memory.inputs.get("user") != user:
        reason = f"User [{user}] does not have access to conversation {memory.id}"
        raise object_error(500, "security_exception", reason)
    return made


def _page(
    call: Call, too_few: str
) -> Callable[[str, Sequence[Made], Callable[[Made], Mapping[str, Any]]], dict[str, Any]]:
    """Reads which part of a list is wanted; returns the function that shows it."""
    size = _number(call, "max_results", _DEFAULT_RESULTS)
    start = _number(call, "next_token", 0)
    call.ignore_body()
    problems = [too_few] if size <= 0 else []
    problems += ["The starting position must be nonnegative"] if start < 0 else []
    if problems:
        listed = "".join(f"{number}: {problem};" for number, problem in enumerate(problems, start=1))
        raise refused(RefusedError(f"Validation Failed: {listed}", "ActionRequestValidationException"))

    def show(name: str, found: Sequence[Made], document: Callable[[Made], Mapping[str, Any]]) -> dict[str, Any]:
        part = [document(made) for made in found[start : start + size]]
        return {name: part, **({"next_token": start + size} if len(part) == size else {})}

    return show


def _number(call: Call, name: str, default: int) -> int:
    text = call.parameters.text(name)
    try:
        return default if text is None else int(text)
    except ValueError:
        raise refused(RefusedError(f'For input string: "{text}"', "NumberFormatException")) from None


def _user(call: Call) -> str | None:
    """The name of the caller; None where there are no users."""
    user = call.request.caller.user
    return user.name if user else None


def _refusing(act: Callable[[], Made]) -> Made:
    try:
        return act()
    except RefusedError as error:
        raise refused(error) from None


def _no_index(kind: str, what: str) -> Refusal:
    words = f"{_WORDS[kind]}s" if kind == MESSAGE else _WORDS[kind]
    reason = f"cannot {what} {_WORDS[kind]} since the {words} index does not exist"
    return object_error(404, "index_not_found_exception", reason, index=ML_INDICES[kind], index_uuid="_na_")
