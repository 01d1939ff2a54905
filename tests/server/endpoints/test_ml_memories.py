"""ML Commons over HTTP: memories of conversations and their messages."""

from base64 import b64encode
from typing import Any, Final

import pytest

from mockflow.cluster import Cluster
from mockflow.cluster.settings import Settings
from mockflow.core.opensearch.security import parse_user
from tests.server.endpoints.test_ml_changes import ask, good, remote_model
from tests.support.server import Server, Servers

MESSAGE: Final[dict[str, Any]] = {
    "input": "How many?",
    "prompt_template": "Answer:",
    "response": "Three.",
    "origin": "helper",
    "additional_info": {"index": "books"},
}


async def memory(server: Server, name: str = "talk") -> str:
    return str((await good(server, "POST", "memory/", {"name": name}))["memory_id"])


async def message(server: Server, memory_id: str, **changes: Any) -> str:
    return str((await good(server, "POST", f"memory/{memory_id}/messages", {**MESSAGE, **changes}))["message_id"])


async def test_the_life_of_a_memory(server: Server) -> None:
    memory_id = await memory(server)
    await server.advance("1500ms")
    updated = await good(server, "PUT", f"memory/{memory_id}", {"name": "new", "user": "passed over"})
    assert (updated["_index"], updated["result"]) == (".plugins-ml-memory-meta", "updated")
    assert await good(server, "GET", f"memory/{memory_id}") == {
        "memory_id": memory_id,
        "create_time": "2026-01-01T00:00:00Z",
        "updated_time": "2026-01-01T00:00:01.500Z",
        "name": "new",
    }
    assert await good(server, "DELETE", f"memory/{memory_id}") == {"success": True}
    gone = await ask(server, "GET", f"memory/{memory_id}")
    assert (gone.status, gone.reason) == (404, f"Conversation [{memory_id}] not found")


async def test_the_messages_of_a_memory(server: Server) -> None:
    memory_id, other = await memory(server), await memory(server)
    first = await message(server, memory_id)
    second = await message(server, memory_id, input="Which?")
    await message(server, other)
    trace = await message(server, memory_id, parent_message_id=first, trace_number=1)
    listed = await good(server, "GET", f"memory/{memory_id}/messages")
    assert [one["message_id"] for one in listed["messages"]] == [first, second]
    assert [one["message_id"] for one in (await good(server, "GET", f"memory/message/{first}/traces"))["traces"]] == [
        trace
    ]
    assert await good(server, "GET", f"memory/message/{first}") == {
        "memory_id": memory_id,
        "message_id": first,
        "create_time": "2026-01-01T00:00:00Z",
        **MESSAGE,
    }
    await good(server, "PUT", f"memory/message/{first}", {"additional_info": {"good": "yes"}, "input": "passed over"})
    changed = await good(server, "GET", f"memory/message/{first}")
    assert (changed["input"], changed["additional_info"]) == ("How many?", {"index": "books", "good": "yes"})
    found = await good(server, "POST", f"memory/{memory_id}/_search", {"query": {"match": {"input": "which"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [second]
    await good(server, "DELETE", f"memory/{memory_id}")
    assert (await ask(server, "GET", f"memory/message/{first}")).status == 404
    assert (await good(server, "GET", f"memory/{other}/messages"))["messages"]


async def test_lists_come_in_pages(server: Server) -> None:
    ids = [await memory(server, name) for name in ("a", "b", "c")]
    first = await good(server, "GET", "memory?max_results=2")
    assert ([one["memory_id"] for one in first["memories"]], first["next_token"]) == ([ids[2], ids[1]], 2)
    last = await good(server, "GET", f"memory?max_results=2&next_token={first['next_token']}")
    assert ([one["memory_id"] for one in last["memories"]], "next_token" in last) == ([ids[0]], False)
    found = await good(server, "POST", "memory/_search", {"query": {"term": {"name": "b"}}})
    assert [hit["_id"] for hit in found["hits"]["hits"]] == [ids[1]]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind", "reason"),
    [
        ("GET", "memory/x", None, 404, "resource_not_found_exception", "Conversation [x] not found"),
        ("DELETE", "memory/x", None, 404, "resource_not_found_exception", "Conversation [x] not found"),
        ("POST", "memory/x/messages", MESSAGE, 404, "resource_not_found_exception", "Conversation [x] not found"),
        ("PUT", "memory/x", {"name": "n"}, 404, "document_missing_exception", "[x]: document missing"),
        ("GET", "memory/message/x", None, 404, "resource_not_found_exception", "Interaction [x] not found"),
        ("GET", "memory?max_results=x", None, 400, "number_format_exception", 'For input string: "x"'),
        (
            "GET",
            "memory?max_results=0",
            None,
            400,
            "action_request_validation_exception",
            "Validation Failed: 1: Can't list 0 or negative conversations;",
        ),
        (
            "POST",
            "memory/{id}/messages",
            {"question": "q"},
            400,
            "illegal_argument_exception",
            "Invalid field [question] found in request body",
        ),
        (
            "POST",
            "memory/{id}/messages",
            {"input": " "},
            400,
            "illegal_argument_exception",
            "At least one of the following parameters must be non-empty: input, prompt_template, response, origin, "
            "additional_info",
        ),
    ],
)
async def test_what_is_refused(
    server: Server, method: str, path: str, body: Any, status: int, kind: str, reason: str
) -> None:
    memory_id = await memory(server)
    await message(server, memory_id)
    answer = await ask(server, method, path.format(id=memory_id), body)
    assert (answer.status, answer.error["type"], answer.reason) == (status, kind, reason)


async def test_before_there_was_a_memory(server: Server) -> None:
    answer = await ask(server, "GET", "memory/x")
    assert (answer.status, answer.error["type"]) == (404, "index_not_found_exception")
    assert answer.reason == "cannot get conversation since the conversation index does not exist"
    assert await good(server, "GET", "memory") == {"memories": []}
    assert await good(server, "DELETE", "memory/x") == {"success": True}
    assert (await ask(server, "POST", "memory/_search", {"query": {"match_all": {}}})).status == 404


async def test_a_memory_belongs_to_its_user(serve: Servers) -> None:
    users = tuple(parse_user(f"{name}:pw:all_access") for name in ("ann", "bob"))
    server = await serve.of(Cluster(Settings(mode="frozen", users=users)))

    async def as_user(name: str, method: str, path: str, body: Any = None) -> Any:
        token = b64encode(f"{name}:pw".encode()).decode()
        return await ask(server, method, path, body, Authorization=f"Basic {token}")

    memory_id = (await as_user("ann", "POST", "memory", {"name": "n"})).json["memory_id"]
    assert (await as_user("ann", "GET", f"memory/{memory_id}")).json["user"] == "ann"
    assert (await as_user("bob", "GET", "memory")).json == {"memories": []}
    refused = await as_user("bob", "GET", f"memory/{memory_id}")
    assert (refused.status, refused.reason) == (500, f"User [bob] does not have access to conversation {memory_id}")


async def test_an_agent_keeps_what_it_was_asked(serve: Servers) -> None:
    server = await serve("scenario: talk\nmodels: [{agent: helper, answers: [Three., Four.]}]")
    body = {
        "name": "helper",
        "type": "conversational",
        "memory": {"type": "conversation_index"},
        "llm": {"model_id": await remote_model(server)},
    }
    agent = f"agents/{(await good(server, 'POST', 'agents/_register', body))['agent_id']}/_execute"

    async def asked(**parameters: str) -> list[Any]:
        [result] = (await good(server, "POST", agent, {"parameters": parameters}))["inference_results"]
        return list(result["output"])

    memory_of, message_of, response = await asked(question="How many?")
    assert (memory_of["name"], message_of["name"], response["name"]) == (
        "memory_id",
        "parent_interaction_id",
        "response",
    )
    assert response["dataAsMap"] == {"response": "Three.", "additional_info": {}}
    memory_id = memory_of["result"]
    assert (await good(server, "GET", f"memory/{memory_id}"))["name"] == "How many?"
    assert (await asked(question="And now?", memory_id=memory_id))[0]["result"] == memory_id
    kept = (await good(server, "GET", f"memory/{memory_id}/messages"))["messages"]
    assert [(one["input"], one["response"]) for one in kept] == [("How many?", "Three."), ("And now?", "Four.")]
    assert kept[0]["message_id"] == message_of["result"]
    refused = await ask(server, "POST", agent, {"parameters": {"question": "q", "memory_id": "nope"}})
    assert (refused.status, refused.reason) == (404, "Conversation [nope] not found")
