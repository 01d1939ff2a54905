"""The owner's journal, coverage, and plans of the next run, for programs in any language."""

import asyncio
import json
from typing import Any, Final

import pytest

from mockflow.cluster import Mode
from mockflow.cluster.journal import Journal
from mockflow.core.base.bounds import JOURNAL_BODY
from tests.support.control import Owner
from tests.support.server import EPOCH, OWNER, STORY, WORKFLOW, Servers, cluster_of, until_waiting

JSON_BODY: Final = {"Content-Type": "application/json"}


async def journal(owner: Owner, query: str = "") -> list[dict[str, Any]]:
    found = await owner.get(f"/journal{query}")
    exchanges = found["exchanges"]
    assert isinstance(exchanges, list)
    return exchanges


async def create(owner: Owner, query: str = "use_case=semantic_search&provision=true", index: str = "i") -> str:
    body = json.dumps({"create_ingest_pipeline.model_id": "m", "create_index.name": index})
    answer = await owner.server.ask(f"{WORKFLOW}?{query}", "POST", body, JSON_BODY)
    return str(answer.json["workflow_id"])


# -- the journal ---------------------------------------------------------------------------------------


async def test_an_exchange(owner: Owner) -> None:
    await owner.clock(advance="3s")
    await owner.server.ask(f"{WORKFLOW}/w/_status?pretty", headers={"X-Opaque-Id": "me"})
    [exchange] = await journal(owner)
    assert exchange.pop("wall") > EPOCH / 1000
    assert exchange.pop("took_ms") >= 0
    assert exchange == {
        "number": 1,
        "operation": "get_status",
        "workflow_id": "w",
        "method": "GET",
        "target": f"{WORKFLOW}/w/_status?pretty",
        "status": 200,
        "mode": "frozen",
        "now": EPOCH + 3000,
        "elapsed_ms": 3000,
        "fault": None,
        "stub": None,
        "connection": None,
        "near_misses": [],
        "notes": [],
        "is_poll": True,
        "served": True,
        "cut": False,
        "request": {"headers": {"Host": "mockflow", "X-Opaque-Id": "me"}, "body": None},
        "response": {"workflow_id": "w", "state": "NOT_STARTED"},
    }


async def test_refused_and_unknown_requests_are_in_it(owner: Owner) -> None:
    ask = owner.server.ask
    await ask(f"{WORKFLOW}/nobody/_status")
    await ask("/no/such/path?x=1")
    await ask(f"{WORKFLOW}/w/_status", "DELETE")
    await ask(f"{WORKFLOW}/w/_status?nonsense=1")
    await ask(WORKFLOW, "POST", "{", JSON_BODY)
    await ask("/_cat/%zz")
    await ask(f"{WORKFLOW}/a%2Fb%20c/_status")
    told = [(one["operation"], one["workflow_id"], one["status"]) for one in await journal(owner)]
    assert told == [
        ("get_status", "nobody", 404),
        (None, None, 400),
        (None, None, 405),
        ("get_status", "w", 400),
        ("create", None, 400),
        (None, None, 400),
        ("get_status", "a/b c", 404),
    ]
    assert (await journal(owner))[4]["request"]["body"] == "{"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("?operation=get_status", [1, 2, 4]),
        ("?operation=create", [3]),
        ("?operation=nonsense", []),
        ("?workflow_id=w", [1, 4]),
        ("?status=404", [2]),
        ("?status=0", []),
        ("?since=2", [3, 4]),
        ("?since=99", []),
        ("?operation=get_status&workflow_id=w&status=200&since=1", [4]),
    ],
)
async def test_filters(owner: Owner, query: str, numbers: list[int]) -> None:
    await owner.server.status()
    await owner.server.status("nobody")
    await create(owner)
    await owner.server.status()
    assert [one["number"] for one in await journal(owner, query)] == numbers


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("?status=ok", 'status: "ok" is not a whole number'),
        ("?since=-1", 'since: "-1" is not a whole number'),
        ("?since=1e3", 'since: "1e3" is not a whole number'),
        ("?since=", 'since: "" is not a whole number'),
        (f"?since={'9' * 40}", "is not a whole number"),
        ("?workflow=w", "unknown parameter workflow; known here: operation, workflow_id, status, since, limit, after"),
    ],
)
async def test_filters_that_cannot_be(owner: Owner, query: str, why: str) -> None:
    assert why in await owner.refused(400, "GET", f"/journal{query}")


async def test_of_a_create_the_workflow_that_it_made(owner: Owner) -> None:
    created = await create(owner)
    assert [one["workflow_id"] for one in await journal(owner)] == [created]
    assert len(await journal(owner, f"?workflow_id={created}")) == 1


async def test_to_forget(owner: Owner) -> None:
    await owner.server.status()
    nothing: dict[str, Any] = {"stuck": None, "waiting": [], "next": None, "exchanges": []}
    assert await owner.delete("/journal") == {"counted": 1, **nothing}
    await owner.server.status()
    assert [one["number"] for one in await journal(owner)] == [2]
    await owner.post("/reset")
    assert await owner.get("/journal") == {"counted": 0, **nothing}


async def test_the_owners_own_requests_are_not_in_it(owner: Owner) -> None:
    for path in ("/clock", "/workflows", "/nonsense"):
        await owner.answer("GET", path)
    assert await journal(owner) == []


async def test_a_client_that_goes_away_while_it_waits(serve: Servers) -> None:
    owner = await Owner.of(await serve(mode="frozen"))
    waits = asyncio.ensure_future(
        create(owner, "use_case=semantic_search&provision=true&wait_for_completion_timeout=1h")
    )
    await until_waiting(owner.server.cluster)
    waits.cancel()
    await until_waiting(owner.server.cluster, 0)
    [exchange] = await journal(owner, "?status=0")
    assert (exchange["operation"], exchange["status"], exchange["response"]) == ("create", 0, None)


@pytest.mark.slow
async def test_big_bodies_are_clipped(owner: Owner) -> None:
    text = json.dumps({"name": "x" * 100_000})
    await owner.server.ask(f"{WORKFLOW}?validation=none", "POST", text, JSON_BODY)
    [exchange] = await journal(owner)
    assert exchange["request"]["body"] == text[:JOURNAL_BODY]
    assert len(json.dumps(exchange)) < 2 * JOURNAL_BODY


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"credential": {"key": "s3cret"}}, {"credential": {"key": "(hidden)"}}),
        (
            {"a": [{"create_connector.credential.key": "s3cret"}]},
            {"a": [{"create_connector.credential.key": "(hidden)"}]},
        ),
        ("credential: s3cret", "(hidden): it may have credentials"),
        ({"credential": "s3cret" * 20_000}, "(hidden): it may have credentials"),
        ({"password": "s3cret", "a": "x" * 100_000}, "(hidden): it may have credentials"),
        ({"Api-Key": "s3cret", "a": "x" * 100_000}, "(hidden): it may have credentials"),
    ],
)
async def test_credentials_in_bodies_are_hidden(owner: Owner, body: Any, shown: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    await owner.server.ask(WORKFLOW, "POST", text, {"Content-Type": "application/json"})
    [exchange] = await journal(owner)
    assert exchange["request"]["body"] == shown
    assert "s3cret" not in json.dumps(exchange)


@pytest.mark.parametrize(
    "name", ["Authorization", "authorization", "Cookie", "Proxy-Authorization", "X-Amz-Security-Token"]
)
async def test_secrets_in_headers_are_hidden(owner: Owner, name: str) -> None:
    await owner.server.ask("/", headers={name: "s3cret"})
    [exchange] = await journal(owner)
    assert list(exchange["request"]["headers"].values()) == ["mockflow", "(hidden)"]


async def test_a_body_that_is_nested_deep_does_not_grow_when_it_is_shown(owner: Owner) -> None:
    body = "[" * 900 + "1," * 20_000 + "1" + "]" * 900
    await owner.server.ask(WORKFLOW, "POST", body, JSON_BODY)
    [exchange] = await journal(owner)
    assert exchange["request"]["body"] == body
    assert len((await owner.server.ask(f"{OWNER}/journal")).body) < 2 * JOURNAL_BODY


async def test_secrets_in_queries_are_hidden(owner: Owner) -> None:
    await owner.server.ask("/_cat/health?v&api_key=s3cret&token=s3cret&h=status")
    [exchange] = await journal(owner)
    assert exchange["target"] == "/_cat/health?v&api_key=(hidden)&token=(hidden)&h=status"


async def test_texts_that_are_no_unicode(owner: Owner) -> None:
    await owner.server.ask(WORKFLOW, "POST", b'{"name": "\xff\xfe"}', JSON_BODY)
    assert (await journal(owner))[0]["request"]["body"] == '{"name": "\ufffd\ufffd"}'


async def test_why_a_client_was_cut_off(serve: Servers) -> None:
    owner = await Owner.of(await serve(STORY, mode="frozen"))
    await owner.post("/reset", {"max_polls": 2, "mode": "frozen"})
    for _ in range(2):
        await owner.server.status()
    with pytest.raises((OSError, AssertionError, EOFError, asyncio.IncompleteReadError)):
        await owner.server.status()
    assert "the same answer 2 times; the clock is frozen" in (await owner.get("/journal"))["stuck"]
    assert [one["status"] for one in await journal(owner)] == [200, 200, 0]


def test_it_is_bounded() -> None:
    journal = Journal(bound=3)
    for number in range(10):
        journal.add("get_status", "w", "GET", f"/{number}", {}, b"", 200, b"", "auto", number, 0.0, 0.0)
    assert [(one.number, one.target) for one in journal] == [(8, "/7"), (9, "/8"), (10, "/9")]
    assert (len(journal), journal.counted) == (3, 10)
    assert [one.number for one in journal.select(since=8)] == [9, 10]
    assert [one and one.target for one in map(journal.get, (0, 7, 8, 10, 11))] == [None, None, "/7", "/9", None]


# -- the driven clock ----------------------------------------------------------------------------------


async def test_under_a_driven_clock_a_request_that_waits_moves_it(serve: Servers) -> None:
    owner = await Owner.of(await serve(mode="driven"))
    await create(owner, "use_case=semantic_search&provision=true&wait_for_completion_timeout=1h")
    assert await owner.get("/clock") == {"now": EPOCH + 2000, "elapsed_ms": 2000, "mode": "driven", "speed": 1.0}
    await create(owner, "use_case=semantic_search&provision=true&wait_for_completion_timeout=1s", "j")
    assert (await owner.get("/clock"))["elapsed_ms"] == 3000
    await owner.server.status(await create(owner, index="k"))
    assert (await owner.get("/clock"))["elapsed_ms"] == 3000
    assert (await owner.clock(advance="1m"))["elapsed_ms"] == 63_000


@pytest.mark.parametrize("mode", ["frozen", "driven"])
async def test_equal_answers_count_from_the_last_move_of_the_clock(serve: Servers, mode: Mode) -> None:
    owner = await Owner.of(await serve(STORY))
    await owner.post("/reset", {"max_polls": 2, "mode": mode})
    for _ in range(3):  # at 0s, 500ms, 1s: the status is the same
        for _ in range(2):
            assert (await owner.server.status()).status == 200
        await owner.clock(advance="500ms")
    for _ in range(2):
        await owner.server.status()
    with pytest.raises(asyncio.IncompleteReadError):
        await owner.server.status()
    assert "workflow w: the same answer 2 times" in (await owner.get("/journal"))["stuck"]


async def test_polling_a_driven_clock_is_not_taken_for_endless(serve: Servers) -> None:
    cluster = cluster_of(STORY, mode="driven", max_polls=3)
    owner = await Owner.of(await serve.of(cluster))
    for _ in range(10):
        await owner.server.status()
    assert cluster.world.stuck is None


# -- coverage and the next run -------------------------------------------------------------------------


async def test_coverage(owner: Owner) -> None:
    await owner.server.status()
    parts = (await owner.get("/coverage"))["parts"]
    assert parts[0] == {
        "scenario": "story",
        "run": "provision",
        "attempt": 0,
        "keyframe": 0,
        "step": None,
        "what": "0s NOT_STARTED",
        "seen": True,
        "optional": False,
    }
    assert [(part["what"], part["seen"]) for part in parts[1:]] == [
        ("2s PROVISIONING 1 created", False),
        ("6s COMPLETED 1 created", False),
    ]


async def test_how_the_next_run_goes(owner: Owner) -> None:
    planned = {"steps": {"create_index": {"fails": {"message": "no"}}, "other": {"takes": "1s", "fails": "timeout"}}}
    await owner.post("/next_run", planned)
    answer = await owner.post("/next_run", {"steps": {"other": {"takes": "2s"}}})
    assert answer["steps"]["other"] == {"takes": "2s", "fails": None}
    created = await create(owner)
    assert sorted((await owner.post("/next_run", {"steps": {}}))["steps"]) == ["other"]
    await owner.clock(until={"workflow_id": created, "state": "FAILED"})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "steps: is missing"),
        ({"step": {}}, "step: unknown; did you mean steps?"),
        ({"steps": {"a": {"fails": {"status": "TEAPOT"}}}}, 'unknown status "TEAPOT"'),
        ({"steps": {"a": {"takes": "3"}}}, "it needs a unit"),
        ({"steps": {"a": {"fails": "never"}}}, 'unknown word "never"; write timeout, or a mapping'),
        ({"steps": {"a": {"fial": 1}}}, "steps.a.fial: unknown; did you mean fails?"),
        ({"steps": []}, "steps: should be a valid dictionary"),
        (
            {"steps": {"create_indx": {}}},
            'no step "create_indx" in OpenSearch 3.2.0 or in the template of a workflow; ',
        ),
        ({"steps": {"noop": {}, "reindx": {}}}, "did you mean reindex?"),
        ({"steps": {"update_indexes": {}, "delete_indx": {}}}, 'no step "delete_indx"'),
    ],
)
async def test_runs_that_cannot_go_so(owner: Owner, body: Any, why: str) -> None:
    assert why in await owner.refused(400, "POST", "/next_run", body)
