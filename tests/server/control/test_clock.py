"""The owner's clock and reset (control API)."""

import asyncio
import json
from typing import Any, Final

import pytest

from mockflow.core.plugin.versions import NEWEST
from tests.support.control import Owner
from tests.support.server import EPOCH, NOT_STARTED, STORY, Servers, request

RIGHT = 'write a whole number with a unit (ms, s, m, h or d), such as "500ms" or "2s"'

POLLS: Final = """
scenario: polls
workflow_id: p
provision:
  timeline:
    - {at: 0s, state: NOT_STARTED}
    - {at: 1s, state: PROVISIONING}
    - {at_poll: 3, tenant_id: seen}
    - {at: 5s, state: COMPLETED}
    - {at_poll: 9, state: FAILED}
"""
WAITS: Final = "{scenario: s, workflow_id: i, starts: provision, provision: {timeline: [{at: 1s, state: COMPLETED}]}}"


async def owner_of(serve: Servers, *scenarios: str, mode: Any = "frozen") -> Owner:
    return await Owner.of(await serve(*scenarios, mode=mode))


async def state(owner: Owner, workflow_id: str = "w") -> str:
    found = (await owner.get(f"/workflows/{workflow_id}"))["state"]
    assert isinstance(found, str)
    return found


# -- reading -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["frozen", "auto"])
async def test_a_clock_that_has_not_moved(serve: Servers, mode: str) -> None:
    owner = await owner_of(serve, mode=mode)
    assert await owner.get("/clock") == {"now": EPOCH, "elapsed_ms": 0, "mode": mode, "speed": 1.0}


async def test_a_real_clock_runs(serve: Servers) -> None:
    owner = await owner_of(serve, mode="real")
    first, second = await owner.get("/clock"), await owner.get("/clock")
    assert first["mode"] == "real"
    assert second["now"] >= first["now"] > EPOCH
    assert second["now"] - first["now"] == second["elapsed_ms"] - first["elapsed_ms"]


# -- moving --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("advance", "milliseconds"),
    [
        ("0s", 0),
        ("0", 0),
        ("1ms", 1),
        ("250ms", 250),
        ("3s", 3000),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("1d", 86_400_000),
    ],
)
@pytest.mark.parametrize("mode", ["frozen", "auto"])
async def test_advance(serve: Servers, mode: str, advance: str, milliseconds: int) -> None:
    owner = await owner_of(serve, mode=mode)
    clock = await owner.clock(advance=advance)
    assert clock == {"now": EPOCH + milliseconds, "elapsed_ms": milliseconds, "mode": mode, "speed": 1.0}
    assert await owner.get("/clock") == clock


async def test_advance_in_real_time(serve: Servers) -> None:
    owner = await owner_of(serve, mode="real")
    before = await owner.get("/clock")
    assert (await owner.clock(advance="1h"))["now"] >= before["now"] + 3_600_000


async def test_advance_moves_what_is_seen(owner: Owner) -> None:
    await owner.server.status()
    assert [await state(owner), (await owner.clock(advance="2s"))["elapsed_ms"], await state(owner)] == [
        "NOT_STARTED",
        2000,
        "PROVISIONING",
    ]


async def test_until_a_state(owner: Owner) -> None:
    assert (await owner.clock(until={"workflow_id": "w", "state": "COMPLETED"}))["elapsed_ms"] == 6000
    assert (await owner.server.status()).json["state"] == "COMPLETED"


async def test_until_the_state_that_holds_moves_nothing(owner: Owner) -> None:
    assert (await owner.clock(until={"workflow_id": "w", "state": "NOT_STARTED"}))["elapsed_ms"] == 0
    await owner.clock(advance="3s")
    assert (await owner.clock(until={"workflow_id": "w", "state": "PROVISIONING"}))["elapsed_ms"] == 3000


async def test_until_counts_from_where_the_run_is(owner: Owner) -> None:
    await owner.clock(advance="1m")
    await owner.server.status()
    await owner.clock(advance="500ms")
    assert (await owner.clock(until={"workflow_id": "w", "state": "PROVISIONING"}))["elapsed_ms"] == 62_000


async def test_next_goes_through_every_moment(owner: Owner) -> None:
    seen = [((await owner.clock(next="w"))["elapsed_ms"], await state(owner)) for _ in range(2)]
    assert seen == [(2000, "PROVISIONING"), (6000, "COMPLETED")]
    assert await owner.refused(409, "POST", "/clock", {"next": "w"}) == (
        'workflow "w" has no next moment: its timeline is at its end'
    )


async def test_next_counts_as_the_polls_that_are_waited_for(serve: Servers) -> None:
    owner = await owner_of(serve, POLLS)
    seen = []
    for _ in range(4):
        clock = await owner.clock(next="p")
        workflow = await owner.get("/workflows/p")
        seen.append((clock["elapsed_ms"], workflow["state"], workflow["polls"], workflow["next"]))
    assert seen == [
        (1000, "PROVISIONING", 0, {"at_ms": None, "at_poll": 3}),
        (1000, "PROVISIONING", 3, {"at_ms": 6000, "at_poll": None}),
        (6000, "COMPLETED", 3, {"at_ms": None, "at_poll": 9}),
        (6000, "FAILED", 9, None),
    ]
    assert (await owner.server.status("p", "?all")).json["tenant_id"] == "seen"


async def test_the_owners_looks_are_no_polls(serve: Servers) -> None:
    owner = await owner_of(serve, POLLS)
    for path in ("/workflows", "/workflows/p", "/workflows/p/status", "/workflows/p/status?at=1h", "/scenarios", ""):
        for _ in range(4):
            await owner.get(path)
    workflow = await owner.get("/workflows/p")
    assert (workflow["polls"], workflow["begun"]) == (0, False)


# -- 409: what never comes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "workflow_id", "wanted", "why"),
    [
        (STORY, "w", "FAILED", "its timeline has no such state; one of NOT_STARTED, PROVISIONING, COMPLETED"),
        (STORY, "w", "COMPLETE", "its timeline has no such state; did you mean COMPLETED?"),
        (STORY, "w", "completed", "its timeline has no such state; did you mean COMPLETED?"),
        (POLLS, "p", "COMPLETED", "its timeline waits for poll 3"),
        ("{scenario: s, workflow_id: i}", "i", "COMPLETED", "its timeline has no such state; one of NOT_STARTED"),
    ],
)
async def test_a_state_that_never_comes(serve: Servers, script: str, workflow_id: str, wanted: str, why: str) -> None:
    owner = await owner_of(serve, script)
    message = await owner.refused(409, "POST", "/clock", {"until": {"workflow_id": workflow_id, "state": wanted}})
    assert message == f'workflow "{workflow_id}" never comes to {wanted} from here: {why}'


async def test_a_state_that_is_past(owner: Owner) -> None:
    await owner.clock(until={"workflow_id": "w", "state": "COMPLETED"})
    message = await owner.refused(409, "POST", "/clock", {"until": {"workflow_id": "w", "state": "PROVISIONING"}})
    assert message == 'workflow "w" never comes to PROVISIONING from here: its timeline has no such moment ahead'


@pytest.mark.parametrize("move", [{"next": "i"}, {"until": {"workflow_id": "i", "state": "COMPLETED"}}])
async def test_a_run_that_waits_for_its_provisioning(serve: Servers, move: dict[str, Any]) -> None:
    owner = await owner_of(serve, WAITS)
    assert await owner.refused(409, "POST", "/clock", move) == (
        'the run of workflow "i" begins when a client provisions it'
    )


async def test_a_refused_move_changes_nothing(owner: Owner) -> None:
    before = await owner.get("/workflows/w"), await owner.get("/clock")
    for move in (
        {"until": {"workflow_id": "w", "state": "FAILED"}},
        {"next": "nope"},
        {"advance": "3"},
        {"advance": "3s", "speed": 2},
    ):
        assert (await owner.answer("POST", "/clock", move)).status >= 400
    assert (await owner.get("/workflows/w"), await owner.get("/clock")) == before


# -- modes and speed -----------------------------------------------------------------------------------


async def test_modes_follow_each_other_without_a_jump(owner: Owner) -> None:
    await owner.clock(advance="2s")
    assert await owner.clock(mode="auto") == {"now": EPOCH + 2000, "elapsed_ms": 2000, "mode": "auto", "speed": 1.0}
    real = await owner.clock(mode="real")
    assert 2000 <= real["elapsed_ms"] < 600_000
    frozen = await owner.clock(mode="frozen")
    assert frozen["elapsed_ms"] >= real["elapsed_ms"]
    assert (await owner.get("/clock"))["now"] == frozen["now"]


async def test_auto_begins_where_frozen_ended(owner: Owner) -> None:
    await owner.server.status()
    await owner.clock(advance="3s")
    await owner.clock(mode="auto")
    assert [(await owner.server.status()).json["state"] for _ in range(3)] == [
        "PROVISIONING",
        "COMPLETED",
        "COMPLETED",
    ]
    assert (await owner.get("/clock"))["elapsed_ms"] == 6000


async def test_in_auto_the_next_poll_skips_from_where_the_owner_went(serve: Servers) -> None:
    owner = await owner_of(serve, STORY, mode="auto")
    await owner.clock(advance="5s")
    await owner.server.status()
    await owner.clock(advance="3s")
    assert (await owner.server.status()).json["state"] == "PROVISIONING"
    assert (await owner.server.status()).json["state"] == "COMPLETED"


@pytest.mark.slow
async def test_speed(serve: Servers) -> None:
    owner = await owner_of(serve, STORY, mode="real")
    assert (await owner.clock(speed=10))["speed"] == 10
    assert (await owner.clock(speed=0.5))["speed"] == 0.5
    await owner.server.status()
    await owner.clock(speed=1_000_000)
    seen = [await state(owner) for _ in range(100)]
    assert seen[-1] == "COMPLETED"
    assert (await owner.clock(mode="frozen"))["speed"] == 1_000_000


# -- what the clock does not take ----------------------------------------------------------------------

ONE_OF: Final = "send exactly one of mode, advance, speed, until, next"
BAD: Final[list[tuple[object, str]]] = [
    ({}, ONE_OF),
    ({"advance": None}, ONE_OF),
    ({"mode": "real", "speed": 2}, ONE_OF),
    ({"advance": "3s", "next": "w"}, ONE_OF),
    ({"advanse": "3s"}, "advanse: unknown; did you mean advance?"),
    ({"zzz": 1}, "zzz: unknown; one of mode, advance, speed, until, next"),
    ({"advance": 3}, 'advance: "3" is not a time; it needs a unit: "3s" or "3ms"'),
    ({"advance": 1.5}, f'advance: "1.5" is not a time; {RIGHT}'),
    ({"advance": "3"}, 'advance: "3" is not a time; it needs a unit: "3s" or "3ms"'),
    ({"advance": "-3s"}, 'advance: "-3s" is not a time; times are not negative'),
    ({"advance": "1.5s"}, 'advance: "1.5s" is not a time; write "1500ms"'),
    ({"advance": "+2s"}, 'advance: "+2s" is not a time; leave out the +'),
    (
        {"advance": "soon"},
        f'advance: "soon" is not a time; {RIGHT}',
    ),
    ({"advance": True}, 'advance: a time is a whole number with a unit (ms, s, m, h or d), such as "500ms" or "2s"'),
    ({"advance": "36501d"}, 'advance: "36501d" is longer than a century; a time is at most 36500d'),
    ({"mode": "fast"}, "mode: should be 'real', 'auto', 'frozen' or 'driven'"),
    ({"mode": "REAL"}, "mode: should be 'real', 'auto', 'frozen' or 'driven'"),
    ({"speed": 0}, "speed: should be greater than 0"),
    ({"speed": -1}, "speed: should be greater than 0"),
    ({"speed": 1e9}, "speed: should be less than or equal to 1000000"),
    ({"speed": "10"}, "speed: should be a valid number"),
    ({"speed": True}, "speed: should be a valid number"),
    ('{"speed": NaN}', "the body is not JSON: NaN is no number in JSON"),
    ('{"speed": Infinity}', "the body is not JSON: Infinity is no number in JSON"),
    ({"until": "COMPLETED"}, "until: should be a JSON object with workflow_id, state"),
    ({"until": {"workflow_id": "w"}}, "until.state: is missing"),
    ({"until": {"workflow": "w", "state": "FAILED"}}, "until.workflow_id: is missing; "),
    ({"until": {"workflow_id": "w", "state": 1}}, "until.state: should be a valid string"),
    ({"next": 5}, "next: should be a valid string"),
    ("[]", "should be a JSON object with mode, advance, speed, until, next"),
    ("3", "should be a JSON object with mode, advance, speed, until, next"),
    ("null", "should be a JSON object with mode, advance, speed, until, next"),
    ("{", "the body is not JSON: "),
    ("advance: 3s", "the body is not JSON: "),
    (b"\xff\xfe{", "the body is not JSON: "),
    ("[" * 100_000, "the body is not JSON: "),
    ("9" * 10_000, "the body is not JSON: "),
]


@pytest.mark.parametrize(("body", "message"), BAD, ids=lambda value: str(value)[:40])
async def test_bad_changes(owner: Owner, body: object, message: str) -> None:
    told = await owner.refused(400, "POST", "/clock", body)
    assert told.startswith(message) if message.endswith((" ", ": ")) else told == message
    assert (await owner.get("/clock"))["elapsed_ms"] == 0


async def test_an_empty_body_asks_for_nothing(owner: Owner) -> None:
    assert await owner.refused(400, "POST", "/clock") == ONE_OF


async def test_every_problem_is_told_with_its_field(owner: Owner) -> None:
    answer = await owner.answer("POST", "/clock", {"speed": -1, "advance": "x", "until": {"state": 1}, "foo": 0})
    assert answer.status == 400
    assert [problem["field"] for problem in answer.json["error"]["problems"]] == [
        "advance",
        "speed",
        "until.workflow_id",
        "until.state",
        "foo",
    ]
    for problem in answer.json["error"]["problems"]:
        assert f"{problem['field']}: {problem['message']}" in answer.json["error"]["message"]


@pytest.mark.parametrize("move", [{"next": "nope"}, {"until": {"workflow_id": "nope", "state": "COMPLETED"}}])
async def test_a_workflow_that_is_not_there(owner: Owner, move: dict[str, Any]) -> None:
    message = await owner.refused(404, "POST", "/clock", move)
    assert message == 'no workflow "nope"; GET /_mockflow/workflows lists them'


async def test_the_content_type_does_not_matter_here(owner: Owner) -> None:
    """`curl -d` sends a form's type; the control API reads JSON all the same."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    data = request("/_mockflow/clock", "POST", b'{"advance": "1s"}', headers)
    assert (await owner.server.send(data)).json["elapsed_ms"] == 1000


# -- reset ---------------------------------------------------------------------------------------------

OTHER: Final = "{scenario: other, workflow_id: o, starts: load, provision: {timeline: [{at: 1s, state: PROVISIONING}]}}"


async def names(owner: Owner) -> list[str]:
    return [scenario["scenario"] for scenario in (await owner.get("/scenarios"))["scenarios"]]


async def test_reset_begins_anew(owner: Owner) -> None:
    await owner.server.status()
    await owner.clock(advance="6s")
    await owner.put("/scenarios", OTHER)
    await owner.delete("/scenarios/story")
    assert await owner.post("/reset") == {"now": EPOCH, "elapsed_ms": 0, "mode": "frozen", "speed": 1.0}
    assert await names(owner) == ["story"]
    workflow = await owner.get("/workflows/w")
    assert (workflow["begun"], workflow["polls"], workflow["state"]) == (False, 0, "NOT_STARTED")
    assert (await owner.server.status()).json == NOT_STARTED


async def test_reset_may_keep_the_scenarios(owner: Owner) -> None:
    await owner.put("/scenarios", OTHER)
    await owner.delete("/scenarios/story")
    await owner.clock(advance="1s")
    assert (await owner.get("/workflows/o"))["state"] == "PROVISIONING"
    await owner.post("/reset", {"keep": ["scenarios"]})
    assert await names(owner) == ["other"]
    workflow = await owner.get("/workflows/o")
    assert (workflow["state"], workflow["begun"], workflow["elapsed_ms"]) == ("NOT_STARTED", True, 0)
    await owner.post("/reset", {"keep": []})
    assert await names(owner) == ["story"]


async def test_reset_settings_hold_until_the_next_reset(owner: Owner) -> None:
    clock = await owner.post("/reset", {"mode": "auto", "speed": 3, "opensearch_version": "2.13.0", "seed": 7})
    assert (clock["mode"], clock["speed"]) == ("auto", 3)
    answer = await owner.server.status("nope")
    assert (answer.error, answer.header("X-OpenSearch-Version")) == ("Fail to find workflow nope", None)
    other_seed = (await owner.server.ask("/")).json["cluster_uuid"]
    await owner.post("/reset")
    assert (await owner.get("/clock"))["mode"] == "frozen"
    assert (await owner.server.ask("/")).json["version"]["number"] == "3.2.0"
    assert (await owner.server.ask("/")).json["cluster_uuid"] != other_seed


async def test_reset_sets_when_time_begins(owner: Owner) -> None:
    assert (await owner.post("/reset", {"epoch": 5_000}))["now"] == 5_000
    assert (await owner.post("/reset"))["now"] == EPOCH


async def test_reset_says_after_how_many_polls_a_client_is_cut_off(owner: Owner) -> None:
    await owner.post("/reset", {"max_polls": 3})
    for _ in range(3):
        await owner.server.status()
    assert (await owner.get("/journal"))["stuck"] is None
    with pytest.raises(asyncio.IncompleteReadError) as caught:
        await owner.server.status()
    assert caught.value.partial == b""
    told = await owner.get("/journal")
    assert told["stuck"].startswith("workflow w: the same answer 3 times; the clock is frozen, ")
    await owner.post("/reset")
    assert (await owner.get("/journal"))["stuck"] is None
    for _ in range(5):
        assert (await owner.server.status()).json == NOT_STARTED


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"keep": ["x"]}, "keep.0: should be 'scenarios'"),
        ({"keep": "scenarios"}, "keep: should be a valid list"),
        ({"mode": "fast"}, "mode: should be 'real', 'auto', 'frozen' or 'driven'"),
        ({"speed": 0}, "speed: should be greater than 0"),
        (
            {"opensearch_version": "1.3.0"},
            f"opensearch_version: OpenSearch 1.3.0 is not supported; supported are 2.12 to 2.19 and 3.0 to {NEWEST}",
        ),
        (
            {"opensearch_version": "3.2"},
            'opensearch_version: "3.2" is not an OpenSearch version; write one such as 3.2.0',
        ),
        ({"opensearch_version": 3}, "opensearch_version: should be a valid string"),
        ({"seed": "a"}, "seed: should be a valid integer"),
        ({"seed": 1.5}, "seed: should be a valid integer"),
        ({"step_time": 5}, 'step_time: "5" is not a time; it needs a unit: "5s" or "5ms"'),
        ({"epoch": "1"}, "epoch: should be a valid integer"),
        ({"epoch": -1}, "epoch: should be greater than or equal to 0"),
        ({"max_polls": 0}, "max_polls: should be greater than or equal to 1"),
        ({"port": 1}, "port: unknown; one of mode, speed, "),
        ([], "should be a JSON object with mode, "),
        ("{", "the body is not JSON: "),
    ],
    ids=str,
)
async def test_bad_resets_reset_nothing(owner: Owner, body: object, message: str) -> None:
    await owner.clock(advance="1s")
    told = await owner.refused(400, "POST", "/reset", body)
    assert told.startswith(message) if message.endswith((" ", ": ")) else told == message
    assert (await owner.get("/clock"))["elapsed_ms"] == 1000


async def test_a_body_that_is_sent_with_a_get_does_not_matter(owner: Owner) -> None:
    assert json.loads((await owner.server.ask("/_mockflow/clock", body="x")).body)["elapsed_ms"] == 0
