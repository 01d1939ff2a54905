"""Outages: what the cluster says in each phase, whatever the clock; a port that closes and opens again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import pytest

from mockflow.cluster import moving, runs, scenarios
from mockflow.cluster.changes import changes
from mockflow.cluster.phases import active_phases
from mockflow.server.serving import Serving
from tests.support.processes import serving
from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers, Wire, cluster_of, until_waiting

pytestmark = pytest.mark.slow

PHASES: Final = (
    ("security_not_initialized", (503, 503, 503), "OpenSearch Security not initialized."),
    ("no_cluster_manager", (200, 503, 503), "cluster_manager_not_discovered_exception"),
    ("not_recovered", (200, 503, 503), "state not recovered"),
    ("red", (200, 200, 200), '"status":"red"'),
    ("yellow", (200, 200, 200), '"status":"yellow"'),
)
"""Each phase, what GET /, a status and the health are answered with in it, and what the health says."""
LISTED: Final = ", ".join(f"{{phase: {phase}, takes: 1s}}" for phase, *_ in PHASES)
RESTART: Final = f"outages: [{{at: 1s, phases: [{LISTED}]}}]"
"""From second 1 of the run to second 6."""


CLOSED_FOR_LONG: Final = "outages: [{at: 1s, phases: [{phase: port_closed, takes: 1h}]}]"


async def look(server: Server) -> tuple[tuple[int, int, int], str]:
    """GET /, a status and the health; the statuses, and the health's body."""
    info, status, health = await server.ask("/"), await server.status(), await server.ask("/_cluster/health")
    return (info.status, status.status, health.status), health.body.decode()


async def test_each_phase_by_a_frozen_clock(serve: Servers) -> None:
    server = await serve(STORY + RESTART)
    assert (await look(server))[0] == (200, 200, 200)
    await server.advance("999ms")
    assert '"status":"green"' in (await look(server))[1]
    await server.advance("1ms")
    for _, statuses, health in PHASES:
        for step in ("999ms", "1ms"):
            seen = await look(server)
            assert seen[0] == statuses
            assert health in seen[1]
            await server.advance(step)
    assert '"status":"green"' in (await look(server))[1]
    assert (await server.status()).json["state"] == "COMPLETED"


async def test_every_other_call_is_refused_and_does_nothing(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: not_recovered, takes: 1s}]}]")
    await server.status()
    for method, target in (
        ("POST", WORKFLOW),
        ("GET", f"{WORKFLOW}/_search"),
        ("POST", f"{WORKFLOW}/w/_provision"),
        ("DELETE", f"{WORKFLOW}/w"),
        ("GET", "/_cat/health"),
        ("GET", "/no/such/path"),
    ):
        answer = await server.ask(target, method, '{"name":"n"}', {"Content-Type": "application/json"})
        assert answer.status == 503, target
    assert (await server.ask("/", "HEAD")).status == 200
    await server.advance("1s")
    assert (await server.ask(f"{WORKFLOW}/w")).status == 200
    assert len(server.cluster.world.workflows) == 1


async def test_health_waits_for_the_end_of_yellow(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: yellow, takes: 2s}]}]", mode="auto")
    await server.status()
    assert (await server.ask("/_cluster/health?wait_for_status=yellow")).json["timed_out"] is False
    reached = await server.ask("/_cluster/health?wait_for_status=green&timeout=1m")
    assert (reached.status, reached.json["status"]) == (200, "green")


async def test_health_that_does_not_come_in_time(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: red, takes: 1h}]}]")
    await server.status()
    waiting = asyncio.create_task(server.ask("/_cluster/health?wait_for_status=green&timeout=5s"))
    await until_waiting(server.cluster)
    await server.advance("5s")
    answer = await waiting
    assert (answer.status, answer.json["status"], answer.json["timed_out"]) == (408, "red", True)


async def test_in_auto_a_loop_on_the_health_sees_each_phase(serve: Servers) -> None:
    server = await serve(STORY + RESTART, mode="auto")
    states = [(await server.status()).json["state"]]
    health: list[str] = []
    while "green" not in health:
        answer = await server.ask("/_cluster/health")
        health.append(answer.json["status"] if answer.status == 200 else answer.body.decode())
    assert len(health) == len(PHASES) + 1
    assert all(told in seen for (_, _, told), seen in zip(PHASES[:3], health, strict=False))
    assert health[3:] == ["red", "yellow", "green"]
    while states[-1] != "COMPLETED":
        states.append((await server.status()).json["state"])
    assert states == ["NOT_STARTED", "COMPLETED"], "the outage has hidden what was between"
    faults = [one["fault"] for one in (await server.ask(f"{OWNER}/journal")).json["exchanges"] if one["fault"]]
    assert list(dict.fromkeys(faults)) == [f"outage: {phase}" for phase, *_ in PHASES]
    parts = (await server.ask(f"{OWNER}/coverage")).json["parts"]
    assert [part["seen"] for part in parts if part["run"] == "outages"] == [True]


async def test_it_comes_again_after_a_restart_and_a_reset(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: not_recovered, takes: 1s}]}]")
    for again in (f"{OWNER}/workflows/w/restart", f"{OWNER}/reset"):
        assert (await server.status()).status == 503
        await server.advance("1s")
        assert (await server.status()).status == 200
        assert (await server.ask(again, "POST")).status == 200


async def test_one_that_nobody_feels_is_not_covered(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: yellow, takes: 1h}]}]")
    await server.status()
    parts = (await server.ask(f"{OWNER}/coverage")).json["parts"]
    assert [part["seen"] for part in parts if part["run"] == "outages"] == [False]


# -- the port ----------------------------------------------------------------------------------------

CLOSED: Final = "outages: [{at: 1s, phases: [{phase: port_closed, takes: 250ms}, {phase: not_recovered, takes: 1s}]}]"


async def until(condition: Callable[[], Any]) -> Any:
    """What the condition gives once it holds."""
    for _ in range(2000):
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError("it never came")


async def is_refused(server: Server) -> bool:
    try:
        await (await Wire.open(server.url)).close()
    except ConnectionError:  # refused, or closed just as it was taken
        return True
    return False


async def is_open(server: Server) -> bool:
    return not await is_refused(server)


@pytest.fixture
async def closing(serve: Servers) -> AsyncIterator[Server]:
    server = await serve(STORY + CLOSED)
    await server.status()
    yield server
    await until(lambda: is_open(server))


async def test_connections_are_refused_and_the_port_comes_back_by_itself(closing: Server) -> None:
    """The clock is frozen: nobody could ask for its end."""
    await closing.advance("1s")
    await until(lambda: is_refused(closing))
    await until(lambda: is_open(closing))
    assert (await closing.status()).status == 200, "over before its time, and the next phase is not there yet"
    await closing.advance("250ms")
    assert (await closing.status()).status == 503
    await closing.advance("1s")
    assert (await closing.status()).status == 200


async def test_the_log_says_that_the_port_is_closed_and_open_again(
    closing: Server, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "mockflow"):
        await closing.advance("1s")
        await until(lambda: "open again" in caplog.text)
    said = [record.message.partition(" by")[0] for record in caplog.records if "port is" in record.message]
    assert said == ["the port is closed", "the port is open again"]


async def test_a_connection_that_is_there_already_is_reset(closing: Server) -> None:
    wire = await Wire.open(closing.url)
    await closing.advance("1s")
    await wire.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await wire.rest()
    await wire.close()


async def test_a_reset_of_the_world_opens_the_port(closing: Server) -> None:
    await closing.advance("1s")
    await until(lambda: is_refused(closing))
    closing.cluster.reset()
    await until(lambda: is_open(closing))
    assert (await closing.status()).status == 200


async def test_removing_the_scenario_opens_the_port(serve: Servers) -> None:
    long = "outages: [{at: 0s, phases: [{phase: port_closed, takes: 1h}]}]"
    server = await serve(STORY + long)
    wire = await Wire.open(server.url)
    await wire.send(f"GET {WORKFLOW}/w/_status HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    await until(lambda: is_refused(server))
    scenarios.remove(server.cluster.world, "story")
    await until(lambda: is_open(server))
    await wire.close()


async def test_the_port_stays_when_the_clock_moves_past_the_phase(serve: Servers) -> None:
    server = await serve(STORY + CLOSED)
    await server.status()
    await server.advance("2250ms")
    assert (await server.status()).status == 200


async def test_a_server_ends_while_its_port_is_closed(serve: Servers) -> None:
    server = await serve(STORY + "outages: [{at: 0s, phases: [{phase: port_closed, takes: 1h}]}]")
    with pytest.raises((ConnectionError, EOFError)):
        await server.status()
    await until(lambda: is_refused(server))
    await asyncio.wait_for(serve.stop(), 10)


async def test_in_auto_a_kept_connection_does_not_open_it(serve: Servers) -> None:
    long = "outages: [{at: 0s, phases: [{phase: port_closed, takes: 1h}]}]"
    server = await serve(STORY + long, mode="auto")
    kept = [await Wire.open(server.url) for _ in range(3)]
    for wire in kept:
        await wire.send(f"GET {WORKFLOW}/w/_status HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        with pytest.raises((ConnectionError, EOFError)):
            await wire.answer()
        await wire.close()
    await until(lambda: is_refused(server))


async def test_two_closings_one_after_the_other(serve: Servers) -> None:
    phases = "{phase: port_closed, takes: 50ms}, {phase: yellow, takes: 1s}, {phase: port_closed, takes: 50ms}"
    server = await serve(f"{STORY}outages: [{{at: 1s, phases: [{phases}]}}]")
    await server.status()
    for step in ("1s", "1050ms"):
        await server.advance(step)
        await until(lambda: is_refused(server))
        await until(lambda: is_open(server))
    assert (await server.status()).status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("turns", [None, 0, 1, 2])
async def test_a_port_that_closes_and_opens_faster_than_it_can(host: str, turns: int | None) -> None:
    """In the end it is as it should be, and a stopped server has none."""
    tasks = len(asyncio.all_tasks())
    serving = Serving(cluster_of(STORY + CLOSED_FOR_LONG), control=None, control_needs_port=False)
    server = Server(serving.cluster, await serving.start(host), serving)
    runs.begin_by_status_read(server.cluster.world, server.cluster.world.find("w"))
    for is_to_be_closed in (True, False, True, False, False, True):
        for _ in range(3):  # to and fro: it ends as it is to be
            moving.restart(server.cluster.world, "w")
            server.cluster.world.clock.advance(1000)
            if turns is not None:
                for _ in range(turns):
                    await asyncio.sleep(0)
            if not is_to_be_closed:
                server.cluster.world.clock.advance(3_600_000)
        await until(lambda: is_refused(server) if is_to_be_closed else is_open(server))  # noqa: B023
    moving.restart(server.cluster.world, "w")
    await serving.stop()
    assert await is_refused(server)
    assert len(asyncio.all_tasks()) == tasks


async def test_a_closed_port_opens_in_its_time_whatever_else_happens(closing: Server) -> None:
    await closing.advance("1s")
    await until(lambda: is_refused(closing))
    for _ in range(100):
        closing.cluster.world.clock.notify()
        await asyncio.sleep(0.01)
        if await is_open(closing):
            return
    raise AssertionError("each look has begun its time anew")


async def test_a_port_that_has_opened_stays_open_when_the_file_is_written_again(closing: Server) -> None:
    await closing.advance("1s")
    await until(lambda: is_refused(closing))
    await until(lambda: is_open(closing))
    before = tuple(closing.cluster.world.scenarios[name] for name in closing.cluster.world.scenarios)
    after = tuple(replace(one, scenario=one.scenario.model_copy(update={"description": "d"})) for one in before)
    closing.cluster.reload(changes(before, after))
    assert not any(now.window.phase == "port_closed" for now in active_phases(closing.cluster.world))
    assert (await closing.status()).status == 200


# -- by the wall clock, as a process -----------------------------------------------------------------


def asked(url: str, path: str, body: Any = None) -> Any:
    with urlopen(Request(url + path, None if body is None else json.dumps(body).encode())) as response:
        return json.load(response)


@pytest.mark.process
@pytest.mark.parametrize("mode", [["--speed", "20"], ["--auto"]], ids=["real", "auto"])
def test_a_process_goes_through_a_rolling_restart(tmp_path: Path, mode: list[str]) -> None:
    """Refused, 503, then as if nothing had been; the journal has no gap but the time of the closed port."""
    phases = "{phase: port_closed, takes: 4s}, {phase: not_recovered, takes: 8s}"
    outage = f"outages: [{{at: 1s, phases: [{phases if '--auto' not in mode else phases.replace('4s', '200ms')}]}}]"
    story = STORY.replace("at: 6s", "at: 20s")
    (tmp_path / "restart.yaml").write_text(story + outage, "utf-8")
    seen: list[str] = []
    with serving("serve", str(tmp_path), "--port", "0", "--quiet", *mode) as url:
        while "COMPLETED" not in seen:
            try:
                seen.append(asked(url, f"{WORKFLOW}/w/_status")["state"])
            except OSError as error:
                seen.append(str(getattr(error, "code", None) or type(getattr(error, "reason", error)).__name__))
        told = {one["status"] for one in asked(url, f"{OWNER}/journal")["exchanges"]}
    order = list(dict.fromkeys(seen))
    assert order[0] == "NOT_STARTED"
    assert order[-1] == "COMPLETED"
    assert "503" in order
    assert "ConnectionRefusedError" in order or "ConnectionResetError" in order
    assert {200, 503} <= told
