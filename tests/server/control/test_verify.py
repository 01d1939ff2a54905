"""Expectations of what clients asked, for programs in every language: 200, or 422 with the story."""

from typing import Any

import pytest

from mockflow.cluster.journal import Journal
from tests.support.control import Owner
from tests.support.server import STORY, Servers


@pytest.fixture
async def owner(serve: Servers) -> Owner:
    """The owner of a frozen cluster whose workflow w was polled at 0s, 2s, 6s and 6s."""
    owner = await Owner.of(await serve(STORY))
    for step in ("2s", "4s", "0"):
        await owner.server.status()
        await owner.clock(advance=step)
    await owner.server.status()
    return owner


async def test_what_holds(owner: Owner) -> None:
    both = {"called": {"operation": "get_status", "times": 4}, "polling": {"stops_after_terminal": False}}
    assert await owner.post("/verify", both) == {"calls": 4, "polls": 4}
    assert await owner.post("/verify", {"called": {"operation": "get_status"}}) == {"calls": 4, "polls": None}
    named = {"operation": "get_status", "workflow_id": "w", "status": 200, "times": 4}
    assert await owner.post("/verify", {"called": named}) == {"calls": 4, "polls": None}
    assert await owner.post("/verify", {"called": {"operation": "create", "times": 0}}) == {"calls": 0, "polls": None}
    bounds = {"workflow_id": "w", "min_interval": "0", "max_interval": "4s", "stops_after_terminal": False}
    assert await owner.post("/verify", {"polling": bounds}) == {"calls": None, "polls": 4}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"called": {"operation": "get_status", "times": 3}},
            "expected get_status to be called 3 times, but it was called 4 times",
        ),
        (
            {"called": {"operation": "get_status", "status": 503}, "polling": {"stops_after_terminal": False}},
            "expected get_status to be called answered with 503 at least once, but it was called 0 times",
        ),
        (
            {"called": {"operation": "create", "workflow_id": "x"}},
            "expected create to be called for workflow x at least once, but it was called 0 times",
        ),
        ({"polling": {}}, "1 poll after the end of the workflow"),
        (
            {"polling": {"min_interval": "3s", "stops_after_terminal": False}},
            "poll 2 came 2s after the one before it (virtual clock), faster than 3s",
        ),
        (
            {"polling": {"max_interval": "3s"}},
            "poll 3 came 4s after the one before it (virtual clock), slower than 3s",
        ),
        ({"polling": {"workflow_id": "x"}}, "no status call was answered for workflow x"),
    ],
)
async def test_what_does_not_hold_tells_the_story(owner: Owner, body: Any, message: str) -> None:
    answer = await owner.answer("POST", "/verify", body)
    error = answer.json["error"]
    assert (answer.status, error["message"], error["problems"]) == (422, message, [])
    assert error["story"].startswith("mockflow received 4 requests, clock frozen:\n")
    assert "6s  COMPLETED, 2 resources  [seen by 2 polls]" in error["story"]
    assert error["story"] == (await owner.get("/story"))["story"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "send at least one of called, polling"),
        ({"called": {"operation": "get_statuss"}}, 'no operation "get_statuss"; did you mean get_status?'),
        ({"called": {}}, "called.operation: is missing"),
        ({"called": {"operation": "create", "times": -1}}, "called.times: should be greater than or equal to 0"),
        ({"polling": {"min_intervall": "1s"}}, "polling.min_intervall: unknown; did you mean min_interval?"),
        ({"polling": {"clock": "real"}}, "polling.clock: should be 'virtual' or 'wall'"),
    ],
)
async def test_what_is_no_expectation(owner: Owner, body: Any, message: str) -> None:
    assert (await owner.refused(400, "POST", "/verify", body)).startswith(message)


async def test_the_story_since_a_request(owner: Owner) -> None:
    story = (await owner.get("/story?since=3"))["story"]
    assert story.startswith("mockflow received 1 request, clock frozen:\n")
    assert "COMPLETED, 2 resources  [seen by 2 polls]" in story
    assert (await owner.get("/story?since=4"))["story"] == "mockflow received no requests, clock frozen"
    assert "not a whole number" in await owner.refused(400, "GET", "/story?since=x")


async def test_a_number_that_the_journal_cannot_know_is_not_confirmed(serve: Servers) -> None:
    owner = await Owner.of(await serve(STORY))
    owner.server.cluster.world.journal = Journal(bound=2)
    for _ in range(3):
        await owner.server.status()
    called = {"operation": "get_status"}
    assert (await owner.post("/verify", {"called": called}))["calls"] == 2
    told = await owner.refused(409, "POST", "/verify", {"called": {**called, "times": 2}})
    assert "the journal has dropped 1 earlier requests and keeps the last 2" in told
    assert (await owner.answer("POST", "/verify", {"called": {**called, "times": 1}})).status == 422
    await owner.delete("/journal")
    await owner.server.status()
    assert (await owner.post("/verify", {"called": {**called, "times": 1}}))["calls"] == 1


async def test_the_story_says_which_workflow_was_meant(serve: Servers) -> None:
    owner = await Owner.of(await serve(STORY.replace("workflow_id: w", "workflow_id: my-flow")))
    for wrong in ("my-flw", "entirely-different"):
        assert (await owner.server.status(wrong)).status == 404
    story = (await owner.get("/story"))["story"]
    assert "\n\nhint: there is no workflow entirely-different; there is my-flow\n" in story
    assert story.endswith("\nhint: there is no workflow my-flw; did you mean my-flow?")


async def test_the_story_says_that_nobody_moves_a_frozen_clock(serve: Servers) -> None:
    server = await serve(STORY)
    owner = await Owner.of(server)
    for _ in range(2):
        await server.status()
    assert "hint" not in (await owner.get("/story"))["story"], "two equal polls are a test of it, perhaps"
    await server.status()
    assert "hint: the clock is frozen and was not moved during 3 polls; " in (await owner.get("/story"))["story"]
    await server.advance("1s")
    await server.status()
    assert "hint" not in (await owner.get("/story"))["story"]


async def test_the_story_has_no_hint_about_a_workflow_that_was_deleted(serve: Servers) -> None:
    owner = await Owner.of(await serve(STORY))
    await owner.server.status()
    await owner.clock(advance="1m")
    await owner.server.ask("/_plugins/_flow_framework/workflow/w?clear_status=true", "DELETE")
    assert (await owner.server.status()).status == 404
    assert "hint" not in (await owner.get("/story"))["story"]
