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


@pytest.mark.parametrize(("name", "value"), [("ADDED_STUBS", 2), ("ADDED_STUB_BYTES", 120)])
async def test_added_stubs(owner: Owner, monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    monkeypatch.setattr(f"mockflow.server.control.handlers.stubs.{name}", value)
    stub = {"request": "GET /a", "respond": {"status": 200}}
    added = [await owner.post("/stubs", stub) for _ in range(2)]
    message = await owner.refused(409, "POST", "/stubs", stub)
    assert "no room for a stub beside 2 added ones" in message
    await owner.delete(f"/stubs/{added[0]['id']}")
    await owner.post("/stubs", stub)
    await owner.refused(409, "POST", "/stubs", stub)
    await owner.delete("/stubs")
    await owner.post("/stubs", stub)


# -- what clients store ------------------------------------------------------------------------------------


async def refusal(owner: Owner, method: str, target: str, body: object) -> tuple[int, str, str]:
    """Status, type and reason of an error."""
    answer = await owner.server.ask(target, method, json.dumps(body), TYPE)
    error = answer.json["error"]
    return answer.status, error["type"], error["reason"]


async def test_shards_of_indices(owner: Owner) -> None:
    """As OpenSearch's ShardLimitValidator, whose limit is a setting of the cluster. The plugins have three shards."""
    setting = {"persistent": {"cluster.max_shards_per_node": 7}}
    assert (await owner.server.ask("/_cluster/settings", "PUT", json.dumps(setting), TYPE)).status == 200
    assert (await owner.server.ask("/one", "PUT")).status == 200
    settings = {"settings": {"number_of_shards": 2, "number_of_replicas": 1}}
    reason = (
        "Validation Failed: 1: this action would add [4] total shards, but this cluster currently has [5]/[7] "
        "maximum shards open;"
    )
    assert await refusal(owner, "PUT", "/two", settings) == (400, "validation_exception", reason)
    assert (await owner.server.ask("/two", "PUT")).status == 200
    assert (await refusal(owner, "PUT", "/three/_doc/1", {"a": 1}))[:2] == (400, "validation_exception")
    assert (await owner.server.ask("/one", "DELETE")).status == 200
    assert (await owner.server.ask("/three/_doc/1", "PUT", '{"a": 1}', TYPE)).status == 201


async def test_settings_of_the_cluster(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.core.opensearch.settings.cluster_settings.CLUSTER_SETTINGS", 60)
    first, second = ({"persistent": {f"logger.{name}": "debug"}} for name in ("a" * 20, "b" * 30))
    assert (await owner.server.ask("/_cluster/settings", "PUT", json.dumps(first), TYPE)).status == 200
    status, _, reason = await refusal(owner, "PUT", "/_cluster/settings", second)
    assert (status, reason) == (400, "mockflow holds 60 characters of cluster settings at most")
    gone = {"persistent": {"logger.*": None}}
    assert (await owner.server.ask("/_cluster/settings", "PUT", json.dumps(gone), TYPE)).status == 200
    assert (await owner.server.ask("/_cluster/settings", "PUT", json.dumps(second), TYPE)).status == 200


async def test_hits_of_scrolls(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.server.endpoints.documents.searches.SCROLL_HITS", 3)
    for number in range(2):
        await owner.server.ask(f"/books/_doc/{number}", "PUT", '{"a": 1}', TYPE)
    opened = await owner.server.ask("/books/_search?scroll=1m&size=1", "POST")
    assert opened.status == 200
    answer = await owner.server.ask("/books/_search?scroll=1m&size=1", "POST")
    assert (answer.status, answer.json["error"]["type"]) == (429, "rejected_execution_exception")
    await owner.server.ask(f"/_search/scroll/{opened.json['_scroll_id']}", "DELETE")
    assert (await owner.server.ask("/books/_search?scroll=1m&size=1", "POST")).status == 200


async def test_wildcards_of_an_index_expression(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.core.opensearch.indices.listing.NAMES_COMPARED", 20)
    await owner.server.ask("/books", "PUT")
    assert (await owner.server.ask("/b*,-*x")).status == 200
    answer = await owner.server.ask("/" + "b*,-*x," * 20)
    assert (answer.status, answer.json["error"]["type"]) == (400, "invalid_index_name_exception")
    assert "so many wildcards that mockflow would compare" in answer.json["error"]["reason"]


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
