"""Stubs that the owner adds: /_mockflow/stubs."""

from typing import Any, Final

import pytest

from tests.support.control import Owner
from tests.support.server import Server, Servers

MODEL: Final = "/_plugins/_ml/models/m1"
ADDED: Final = {"request": "GET /_plugins/_ml/models/{id}", "respond": {"body": {"from": "{{path.id}}"}}}
SCRIPTED: Final = """
scenario: stubbed
workflow_id: w
stubs:
  - {request: "GET /_plugins/_ml/models/{id}", respond: {body: scripted}}
"""
BAD: Final[list[tuple[Any, str]]] = [
    ({}, "request"),
    ({"request": "GET /a"}, "respond"),
    ({"request": "GET a", "respond": {"status": 200}}, "not a request"),
    ({"request": "GET /a", "respond": []}, "respond"),
    ({"request": "GET /a", "respond": {"body": "{{wrkflow.id}}"}}, "did you mean workflow?"),
    ({"request": "GET /a", "respond": {"body_file": "/etc/passwd"}}, "body_file needs a scenario file"),
    ({"request": "GET /a", "respond": {"status": 200}, "on": "any"}, "on"),
]


@pytest.mark.parametrize(("body", "told"), BAD, ids=[str(body)[:60] for body, _ in BAD])
async def test_what_cannot_be_meant_is_refused_and_adds_nothing(owner: Owner, body: Any, told: str) -> None:
    assert told in await owner.refused(400, "POST", "/stubs", body)
    assert await owner.get("/stubs") == []


async def test_a_fault_has_no_body_file_either(owner: Owner) -> None:
    body = {"on": "any", "respond": {"body_file": "/etc/passwd"}}
    assert "body_file needs a scenario file" in await owner.refused(400, "POST", "/faults", body)


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 50])
async def test_a_stub_that_is_not_there_cannot_be_taken_away(owner: Owner, number: str) -> None:
    assert await owner.refused(404, "DELETE", f"/stubs/{number}")


async def test_added_before_those_of_scenarios_and_taken_away(serve: Servers) -> None:
    server: Server = await serve(SCRIPTED)
    owner = await Owner.of(server)
    added = await owner.post("/stubs", ADDED)
    assert (added["id"], added["scenario"], added["answered"]) == (0, None, 0)
    assert (await server.ask(MODEL)).json == {"from": "m1"}
    listed = await owner.get("/stubs")
    assert [(one["id"], one["scenario"], one["answered"]) for one in listed] == [(0, None, 1), (None, "stubbed", 0)]
    assert (await owner.delete("/stubs/0"))["answered"] == 1
    assert (await server.ask(MODEL)).body == b"scripted"
    parts = (await owner.get("/coverage"))["parts"]
    assert [(part["scenario"], part["seen"]) for part in parts if part["run"] == "stubs"] == [
        ("stubbed", True),
        ("(added)", True),
    ]


async def test_a_window_counts_and_ends_with_the_stub(server: Server, owner: Owner) -> None:
    """Also after a fault for every request was added and removed."""
    await owner.post("/stubs", {**ADDED, "when": {"during": "1s..2s"}})
    await owner.post("/faults", {"on": "provision", "during": "1s..3s", "respond": "unauthorized"})
    await owner.delete("/faults")
    answers = []
    for _ in range(3):
        answers.append((await server.ask(MODEL)).status)
        await server.advance("1s")
    assert answers == [404, 200, 404]
    assert [one["stub"] for one in await owner.delete("/stubs")] == ["GET /_plugins/_ml/models/{id}"]
    assert await owner.get("/stubs") == []
