"""The owner's view of workflows, and a status at any elapsed time (control API)."""

from typing import Any, Final

import pytest

from tests.support.control import Owner
from tests.support.server import CONNECTOR, EPOCH, MODEL, STORY, Servers

RIGHT = 'write a whole number with a unit (ms, s, m, h or d), such as "500ms" or "2s"'

POLLS: Final = (
    "{scenario: polls, workflow_id: p, provision: {timeline: [{at: 1s, state: PROVISIONING},"
    "{at_poll: 2, tenant_id: t}, {at: 500ms, state: COMPLETED}]}}"
)
POLLED: Final = "{scenario: polled, workflow_id: w, provision: {timeline: [{at_poll: 2, state: FAILED}]}}"


# -- list and detail -----------------------------------------------------------------------------------


async def test_list(owner: Owner) -> None:
    assert await owner.get("/workflows") == [
        {
            "workflow_id": "w",
            "scenario": "story",
            "run": None,
            "starts": "first_status",
            "begun": False,
            "upcoming": "look",
            "elapsed_ms": 0,
            "polls": 0,
            "state": "NOT_STARTED",
            "provisioning_progress": "NOT_STARTED",
            "next": {"at_ms": 2000, "at_poll": None},
        }
    ]


async def test_list_of_none(serve: Servers) -> None:
    assert await (await Owner.of(await serve())).get("/workflows") == []


async def test_a_workflow_as_time_goes_on(owner: Owner) -> None:
    views = []
    for step in ("0s", "2500ms", "1h"):
        await owner.clock(advance=step)
        await owner.server.status()
        view = await owner.get("/workflows/w")
        views.append({key: view[key] for key in ("begun", "elapsed_ms", "polls", "state", "next")})
    assert views == [
        {"begun": True, "elapsed_ms": 0, "polls": 1, "state": "NOT_STARTED", "next": {"at_ms": 2000, "at_poll": None}},
        {
            "begun": True,
            "elapsed_ms": 2500,
            "polls": 2,
            "state": "PROVISIONING",
            "next": {"at_ms": 6000, "at_poll": None},
        },
        {"begun": True, "elapsed_ms": 3_602_500, "polls": 3, "state": "COMPLETED", "next": None},
    ]


async def test_the_whole_timeline(owner: Owner) -> None:
    timeline = (await owner.get("/workflows/w"))["timeline"]
    assert [(moment["keyframe"], moment["at_ms"], moment["at_poll"]) for moment in timeline] == [
        (0, 0, None),
        (1, 2000, None),
        (2, 6000, None),
    ]
    assert timeline[0]["status"] == {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}
    assert timeline[2]["status"]["resources_created"] == [CONNECTOR, MODEL]


async def test_a_timeline_that_waits_for_polls(serve: Servers) -> None:
    owner = await Owner.of(await serve(POLLS))

    async def moments() -> list[tuple[Any, ...]]:
        timeline = (await owner.get("/workflows/p"))["timeline"]
        keys = ("keyframe", "at_ms", "at_poll", "after_poll_ms")
        return [tuple(moment[key] for key in keys) for moment in timeline]

    assert await moments() == [(None, 0, None, None), (0, 1000, None, None), (1, None, 2, 0), (2, None, 2, 500)]
    await owner.server.status("p")
    await owner.clock(advance="3s")
    await owner.server.status("p")
    assert await moments() == [(None, 0, None, None), (0, 1000, None, None), (1, 3000, 2, 0), (2, 3500, 2, 500)]


async def test_a_workflow_that_is_not_there(owner: Owner) -> None:
    told = 'no workflow "no/pe"; GET /_mockflow/workflows lists them'
    for method, path in (("GET", ""), ("GET", "/status"), ("GET", "/status?at=1s"), ("POST", "/restart")):
        assert await owner.refused(404, method, f"/workflows/no%2Fpe{path}") == told


async def test_an_id_of_any_letters(serve: Servers) -> None:
    owner = await Owner.of(await serve("{scenario: s, workflow_id: 'ü/1 %'}"))
    assert (await owner.get("/workflows/%C3%BC%2F1%20%25"))["workflow_id"] == "ü/1 %"


# -- the status at any time ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("0s", {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}),
        ("0", {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}),
        ("1999ms", {"state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}),
        (
            "2500ms",
            {
                "state": "PROVISIONING",
                "provisioning_progress": "IN_PROGRESS",
                "provision_start_time": EPOCH + 2000,
                "resources_created": [CONNECTOR],
            },
        ),
        (
            "365d",
            {
                "state": "COMPLETED",
                "provisioning_progress": "DONE",
                "provision_start_time": EPOCH + 2000,
                "provision_end_time": EPOCH + 6000,
                "resources_created": [CONNECTOR, MODEL],
            },
        ),
    ],
)
async def test_past_and_to_come(owner: Owner, at: str, expected: dict[str, Any]) -> None:
    async def look() -> list[tuple[str, Any]]:
        return list((await owner.get(f"/workflows/w/status?at={at}")).items())

    wanted = [("workflow_id", "w"), *expected.items()]
    assert await look() == wanted
    await owner.server.status()
    await owner.clock(advance="3s")
    assert await look() == wanted
    assert (await owner.get("/workflows/w"))["polls"] == 1


async def test_now(owner: Owner) -> None:
    await owner.server.status()
    await owner.clock(advance="2s")
    assert await owner.get("/workflows/w/status") == (await owner.server.status(query="?all=true")).json


async def test_times_of_a_run_that_has_not_begun_are_as_if_it_began_now(owner: Owner) -> None:
    for hours in (1, 2):
        await owner.clock(advance="1h")
        seen = await owner.get("/workflows/w/status?at=2s")
        assert seen["provision_start_time"] == EPOCH + hours * 3_600_000 + 2000


async def test_looking_ahead_assumes_no_poll(serve: Servers) -> None:
    owner = await Owner.of(await serve(POLLS))
    assert (await owner.get("/workflows/p/status?at=1h"))["state"] == "PROVISIONING"
    await owner.server.status("p")
    await owner.clock(advance="2s")
    await owner.server.status("p")
    assert (await owner.get("/workflows/p/status?at=1h"))["state"] == "COMPLETED"
    assert (await owner.get("/workflows/p/status?at=1500ms"))["state"] == "PROVISIONING"
    assert "tenant_id" not in await owner.get("/workflows/p/status?at=1999ms")


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("2", 'at: "2" is not a time; it needs a unit: "2s" or "2ms"'),
        ("", f'at: "" is not a time; {RIGHT}'),
        ("-1s", 'at: "-1s" is not a time; times are not negative'),
        ("1.5s", 'at: "1.5s" is not a time; write "1500ms"'),
        ("%2B2s", 'at: "+2s" is not a time; leave out the +'),
        ("now", f'at: "now" is not a time; {RIGHT}'),
    ],
)
async def test_what_is_no_time(owner: Owner, at: str, message: str) -> None:
    assert await owner.refused(400, "GET", f"/workflows/w/status?at={at}") == message


# -- restart -------------------------------------------------------------------------------------------


async def test_restart(owner: Owner) -> None:
    await owner.server.status()
    await owner.clock(advance="6s")
    await owner.server.status()
    view = await owner.post("/workflows/w/restart")
    assert (view["begun"], view["elapsed_ms"], view["polls"], view["state"]) == (True, 0, 0, "NOT_STARTED")
    await owner.clock(advance="2s")
    seen = (await owner.server.status(query="?all")).json
    assert (seen["state"], seen["provision_start_time"]) == ("PROVISIONING", EPOCH + 8000)


async def test_restart_begins_a_run_that_has_not_begun(owner: Owner) -> None:
    assert (await owner.post("/workflows/w/restart"))["begun"] is True
    await owner.clock(advance="2s")
    assert (await owner.server.status()).json["state"] == "PROVISIONING"


async def test_a_run_that_waits_for_its_provisioning_cannot_be_restarted(serve: Servers) -> None:
    owner = await Owner.of(await serve("{scenario: s, workflow_id: p, starts: provision}"))
    assert await owner.refused(409, "POST", "/workflows/p/restart") == (
        'the run of workflow "p" begins when a client provisions it'
    )


async def test_restart_in_auto_shows_all_of_it_again(serve: Servers) -> None:
    owner = await Owner.of(await serve(STORY, mode="auto"))
    for _ in range(2):
        states = [(await owner.server.status()).json["state"] for _ in range(4)]
        assert states == ["NOT_STARTED", "PROVISIONING", "COMPLETED", "COMPLETED"]
        await owner.post("/workflows/w/restart")


async def test_restart_counts_polls_anew(serve: Servers) -> None:
    owner = await Owner.of(await serve(POLLED))
    for _ in range(2):
        assert [(await owner.server.status()).json["state"] for _ in range(2)] == ["NOT_STARTED", "FAILED"]
        await owner.post("/workflows/w/restart")


# -- what is not there ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nope", 404, "no call /_mockflow/nope; GET /_mockflow/openapi.json describes all calls"),
        ("GET", "/workflows/w/nope", 404, "no call /_mockflow/workflows/w/nope; "),
        ("DELETE", "/workflows", 405, "/_mockflow/workflows takes GET, not DELETE"),
        ("PUT", "/clock", 405, "/_mockflow/clock takes GET, POST, not PUT"),
        ("PATCH", "/scenarios", 405, "/_mockflow/scenarios takes GET, PUT, not PATCH"),
        ("GET", "/workflows?foo&bar", 400, "unknown parameter bar, foo; known here: none"),
        ("GET", "/workflows/w/status?att=2s", 400, "unknown parameter att; known here: at"),
        ("GET", "/workflows?pretty", 400, "unknown parameter pretty; known here: none"),
        ("GET", "/workflows?a=%zz", 400, "invalid escape sequence `%zz' at index 0 of: %zz"),
        ("GET", "/workflows/%zz", 400, "invalid escape sequence `%zz' at index 0 of: %zz"),
    ],
)
async def test_what_is_not_there(owner: Owner, method: str, path: str, status: int, message: str) -> None:
    told = await owner.refused(status, method, path)
    assert told.startswith(message) if message.endswith(" ") else told == message


async def test_a_slash_at_the_end_does_not_count(owner: Owner) -> None:
    assert await owner.get("/workflows/") == await owner.get("/workflows")
