"""What grows with use is bounded, and what happens at the bound is as docs/reference/limits.md says."""

import json
import logging
import re
from typing import Any, Final

import pytest

from mockflow.core.base import bounds
from mockflow.core.base.bounds import JOURNAL_BODY, JOURNAL_SMALL
from tests.support.control import Owner
from tests.support.paths import ROOT
from tests.support.server import OWNER, STORY, WORKFLOW, Servers, Wire, request

TYPE: Final = {"Content-Type": "application/json"}
INDEX: Final = json.dumps(
    {
        "name": "n",
        "workflows": {
            "provision": {
                "nodes": [
                    {"id": "a", "type": "create_index", "user_inputs": {"index_name": "NAME", "configurations": "{}"}}
                ]
            }
        },
    }
)


@pytest.fixture
async def owner(serve: Servers) -> Owner:
    return await Owner.of(await serve(STORY, mode="auto"))


def test_the_page_has_each_bound_and_its_value() -> None:
    page = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| ([0-9,]+) \|", page, re.MULTILINE))
    constants = {name: f"{value:,}" for name, value in vars(bounds).items() if name.isupper()}
    assert listed == constants


# -- the journal -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "numbers", "following"),
    [
        ("limit=2", [4, 5], None),
        ("limit=0", [], None),
        ("limit=99", [1, 2, 3, 4, 5], None),
        ("after=0&limit=2", [1, 2], 2),
        ("after=2&limit=2", [3, 4], 4),
        ("after=4&limit=2", [5], None),
        ("after=3&limit=2", [4, 5], None),
        ("after=1&since=3&limit=1", [4], 4),
        ("after=1&limit=0", [], 1),
        ("after=3", [4, 5], None),
        ("after=0&limit=1&operation=info", [2], 2),
        ("after=2&limit=1&operation=info", [4], None),
    ],
)
async def test_pages_of_the_journal(owner: Owner, query: str, numbers: list[int], following: int | None) -> None:
    for target in (f"{WORKFLOW}/w/_status", "/", "/_nope/x", "/", f"{WORKFLOW}/w/_status"):
        await owner.server.ask(target)
    page = await owner.get(f"/journal?{query}")
    assert ([one["number"] for one in page["exchanges"]], page["next"]) == (numbers, following)
    assert page["counted"] == 5


async def test_a_large_journal_is_sent_in_parts_and_as_a_whole(owner: Owner) -> None:
    body = json.dumps({"name": "é" * 12_000}, ensure_ascii=False)
    for _ in range(30):
        await owner.server.ask(f"{WORKFLOW}?validation=none", "POST", body, TYPE)
    paged: list[Any] = []
    while page := (await owner.get(f"/journal?after={len(paged)}&limit=7"))["exchanges"]:
        paged += page
    wire = await Wire.open(owner.server.url)
    await wire.send(request(f"{OWNER}/journal"))
    head = await wire.answer(without_body=True)
    whole = json.loads(await wire.rest())
    await wire.close()
    assert (head.status, head.header("content-length"), head.header("connection")) == (200, None, "close")
    assert whole == {"counted": 30, "stuck": None, "next": None, "waiting": [], "exchanges": paged}
    assert len(paged) == 30
    assert (await owner.server.ask(f"{OWNER}/journal", "HEAD")).status == 200


async def test_headers_and_targets_count_and_the_oldest_are_cut_short(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner.server.cluster.world.journal, "_room", 50_000)
    for number in range(5):
        headers = {"X-First": "a", "X-Large": f"{number}" * 12_000, "X-Last": "z"}
        await owner.server.ask(f"/_cat/health?h={'x' * 3000}", headers=headers)
    entries = (await owner.get("/journal"))["exchanges"]
    assert [one["cut"] for one in entries] == [True, True, False, False, False]
    for one in entries:
        size = len(one["target"]) + sum(len(value) for value in one["request"]["headers"].values())
        assert size > 15_000 if not one["cut"] else size < JOURNAL_SMALL
        assert one["request"]["headers"]["X-First"] == "a"


async def test_a_body_that_is_cut_says_so(owner: Owner) -> None:
    for size in (JOURNAL_BODY - 100, JOURNAL_BODY + 100):
        await owner.server.ask(f"{WORKFLOW}?validation=none", "POST", json.dumps({"name": "x" * size}), TYPE)
    assert [one["cut"] for one in (await owner.get("/journal"))["exchanges"]] == [False, True]


# -- what the owner adds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [("ADDED_FAULTS", 2), ("ADDED_FAULT_BYTES", 130)])
async def test_added_faults(owner: Owner, monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    monkeypatch.setattr(f"mockflow.server.control.handlers.faults.{name}", value)
    fault = {"on": "get_status", "respond": "too_many_requests"}
    added = [await owner.post("/faults", fault) for _ in range(2)]
    message = await owner.refused(409, "POST", "/faults", fault)
    assert "no room for a fault beside 2 added ones" in message
    await owner.delete(f"/faults/{added[0]['id']}")
    await owner.post("/faults", fault)
    await owner.refused(409, "POST", "/faults", fault)
    await owner.delete("/faults")
    await owner.post("/faults", fault)


async def test_planned_steps(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.server.control.handlers.workflows.PLANNED_STEPS", 2)
    await owner.post("/next_run", {"steps": {"create_index": {"takes": "1s"}, "noop": {"takes": "1s"}}})
    await owner.post("/next_run", {"steps": {"noop": {"takes": "2s"}}})
    message = await owner.refused(409, "POST", "/next_run", {"steps": {"reindex": {"takes": "1s"}}})
    assert message.startswith("2 steps can be planned")
    await owner.post("/reset")
    await owner.post("/next_run", {"steps": {"reindex": {"takes": "1s"}}})


# -- what deleted workflows leave --------------------------------------------------------------------------


async def test_resources_of_deleted_workflows(
    owner: Owner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("mockflow.cluster.registry.RESOURCES_LEFT", 3)
    for number in range(6):
        body = INDEX.replace("NAME", f"i{number}")
        created = await owner.server.ask(f"{WORKFLOW}?provision=true", "POST", body, TYPE)
        workflow_id = created.json["workflow_id"]
        for _ in range(3):
            state = (await owner.server.status(workflow_id)).json["state"]
        assert state == "COMPLETED"
        await owner.server.ask(f"{WORKFLOW}/{workflow_id}?clear_status=true", "DELETE")
    found = [(await owner.server.ask(f"/i{number}")).status for number in range(6)]
    assert found == [404, 404, 404, 200, 200, 200]
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert told == [
        "more than 3 resources remain of deleted workflows; the oldest are forgotten from now on, "
        "so requests do not find them"
    ]
