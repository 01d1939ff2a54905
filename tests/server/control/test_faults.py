"""Faults that the owner adds: /_mockflow/faults."""

from typing import Any, Final

import pytest

from tests.support.control import Owner
from tests.support.server import NOT_STARTED, Server, Servers

BAD: Final[list[tuple[Any, str]]] = [
    ({}, "on"),
    ([], "object"),
    ("on: get_status", "JSON"),
    ({"on": "get_status"}, "does nothing"),
    ({"on": "get_stauts", "respond": "unauthorized"}, "did you mean get_status?"),
    ({"on": "/a/{x}/{x}", "respond": "unauthorized"}, "the same name"),
    ({"on": "FETCH /a", "respond": "unauthorized"}, "no method FETCH"),
    ({"on": [], "respond": "unauthorized"}, "must be an operation"),
    ({"on": "get_status", "respond": "unauthorised"}, "did you mean unauthorized?"),
    ({"on": "get_status", "respond": {"status": 99}}, "200"),
    ({"on": "get_status", "respond": {"status": 204, "body": "a"}}, "204 has no body"),
    ({"on": "get_status", "respond": {"body": "{{wrkflow.id}}"}}, "did you mean workflow?"),
    ({"on": "get_status", "respond": {"headers": {"a": "b\r\nc: d"}}}, "line break"),
    ({"on": "get_status", "respond": {"headers": {"content-length": "1"}}}, "follows from the body"),
    ({"on": "get_status", "respond": "unauthorized", "calls": "4..2"}, "write 2..4"),
    ({"on": "get_status", "respond": "unauthorized", "call": 1, "calls": "1..2"}, "keep one of the two"),
    ({"on": "get_status", "respond": "unauthorized", "during": "2s..1s"}, "ends before it begins"),
    ({"on": "get_status", "respond": "unauthorized", "probability": 2}, "1"),
    ({"on": "get_status", "respond": "unauthorized", "while": {"state": ""}}, "state"),
    ({"on": "get_status", "delay": "soon"}, "is not a time"),
    ({"on": "get_status", "connection": "rest"}, "reset"),
    ({"on": "get_status", "connection": "reset", "respond": "unauthorized"}, "keep one of the two"),
    ({"on": "get_status", "delay": "1s", "performed": True}, "performed without respond"),
    ({"on": "get_status", "respond": "unauthorized", "times": 2}, 'write "calls": "1..2"'),
    (
        {"on": "get_status", "respond": "unauthorized", "while": {"stat": "FAILED"}},
        "while.stat: unknown; did you mean state?",
    ),
    ({"on": "get_status", "respond": "unauthorized", "while": "FAILED"}, "while: should be a JSON object with state"),
    ({"on": "get_status", "respond": "unauthorized", "whil": {}}, "whil: unknown; did you mean while?"),
    ({"on": "get_status", "delay": {"lognormal": {"x": 1}}}, "delay.lognormal.x: unknown; one of median, sigma"),
    ({"on": "get_status", "respond": "unauthorized", "workflow_id": 5}, "workflow_id"),
]


@pytest.mark.parametrize(("body", "told"), BAD, ids=[str(body)[:60] for body, _ in BAD])
async def test_what_cannot_be_meant_is_refused_and_adds_nothing(
    server: Server, owner: Owner, body: Any, told: str
) -> None:
    assert told in await owner.refused(400, "POST", "/faults", body)
    assert await owner.get("/faults") == []
    assert (await server.status()).json == NOT_STARTED


async def test_an_unknown_workflow_is_refused(owner: Owner) -> None:
    body = {"on": "get_status", "respond": "unauthorized", "workflow_id": "nope"}
    assert "nope" in await owner.refused(404, "POST", "/faults", body)


@pytest.mark.parametrize("number", ["0", "7", "-1", "x", "9" * 5000, "%D9%A1"])
async def test_a_fault_that_is_not_there_cannot_be_taken_away(owner: Owner, number: str) -> None:
    assert await owner.refused(404, "DELETE", f"/faults/{number}")


async def test_added_listed_counted_taken_away(server: Server, owner: Owner) -> None:
    added = await owner.post("/faults", {"on": "get_status", "calls": "2..3", "respond": "too_many_requests"})
    assert (added["id"], added["calls"], added["acted"], added["scenario"]) == (0, 0, 0, None)
    assert [(await server.status()).status for _ in range(4)] == [200, 429, 429, 200]
    (listed,) = await owner.get("/faults")
    assert (listed["calls"], listed["acted"]) == (4, 2)
    assert await owner.delete("/faults/0") == listed
    assert await owner.get("/faults") == []
    assert (await owner.post("/faults", {"on": "any", "connection": "reset"}))["id"] == 1, "numbers are not used again"
    assert len(await owner.delete("/faults")) == 1
    assert (await server.status()).status == 200


async def test_the_owners_door_is_never_faulty(server: Server, owner: Owner) -> None:
    await owner.post("/faults", {"on": "any", "connection": "reset"})
    await owner.post("/faults", {"on": ["/**", "/_mockflow/**"], "respond": "unauthorized"})
    with pytest.raises((ConnectionError, EOFError)):
        await server.status()
    assert len(await owner.get("/faults")) == 2


async def test_a_reset_takes_them_away(server: Server, owner: Owner) -> None:
    await owner.post("/faults", {"on": "get_status", "respond": "unauthorized"})
    await owner.post("/reset", {})
    assert (await server.status()).status == 200
    assert await owner.get("/faults") == []


async def test_of_one_workflow(server: Server, owner: Owner) -> None:
    await owner.post("/faults", {"on": "any", "respond": "forbidden", "workflow_id": "w"})
    assert (await server.status()).status == 403
    assert (await server.status("nope")).status == 404
    assert (await server.ask("/_cluster/health")).status == 200


COUNTED: Final[list[dict[str, Any]]] = [
    {"call": 2},
    {"calls": "2..3"},
    {"calls": "3.."},
    {"every": 2},
    {"every": 2, "calls": "3..5"},
    {"every": 2, "call": 3},
    {"during": "0s..1h"},
]


@pytest.mark.parametrize("script", COUNTED, ids=str)
async def test_the_next_call_is_the_one_on_which_it_acts_next(
    server: Server, owner: Owner, script: dict[str, Any]
) -> None:
    await owner.post("/faults", {"on": "get_status", "respond": "too_many_requests", **script})
    told, acted = [], []
    for number in range(1, 8):
        told.append((await owner.get("/faults?workflow_id=w"))[0]["next_call"])
        if (await server.status()).status == 429:
            acted.append(number)
    expected = [next((call for call in acted if call >= number), None) for number in range(1, 8)]
    if "during" in script:
        expected = [None] * 7
    if script.get("calls", "").endswith("..") or "calls" not in script:  # calls beyond those that were made
        told, expected = told[: max(acted)] if acted else told, expected[: max(acted)] if acted else expected
    assert told == expected


async def test_the_faults_about_a_workflow(serve: Servers) -> None:
    fault = "faults: [{on: get_status, call: 1, respond: too_many_requests}]"
    server = await serve(
        f"scenario: a\nworkflow_id: a\n{fault}",
        f"scenario: b\nworkflow_id: b\n{fault}",
        f"scenario: all\n{fault}",
    )
    owner = await Owner.of(server)
    await owner.post("/faults", {"on": "any", "delay": "1ms", "workflow_id": "b"})
    await owner.post("/faults", {"on": "any", "delay": "2ms"})
    found = {name: await owner.get(f"/faults?workflow_id={name}") for name in "ab"}
    assert [(one["scenario"], one["workflow_id"]) for one in found["a"]] == [(None, None), ("a", None), ("all", None)]
    assert [one["scenario"] for one in found["b"]] == [None, None, "b", "all"]
    assert [one["scenario"] for one in await owner.get("/faults?workflow_id=nope")] == [None, "all"]
