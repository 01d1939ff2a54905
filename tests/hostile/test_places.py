"""Who gets a place when there are more connections than places, and what happens without descriptors."""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import trustme

from mockflow.core.base.bounds import CONTROL_PLACES, CONTROL_PORT_CONNECTIONS
from mockflow.server.http.limits import Limits
from mockflow.server.serving import Control
from tests.hostile.conftest import READ_TIMEOUT
from tests.support.paths import ROOT
from tests.support.processes import environment
from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers, Wire, request

STATUS: Final = request(f"{WORKFLOW}/w/_status")
HEALTH: Final = request(f"{OWNER}/health")
FEW: Final = 3


@pytest.fixture
async def wires() -> AsyncIterator["Wires"]:
    async with AsyncExitStack() as stack:
        yield Wires(stack)


class Wires:
    """Opens connections that are closed at the end of the test."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def open(self, url: str, *first: bytes) -> Wire:
        """A new connection; each of the requests `first` is answered with 200."""
        wire = await Wire.open(url)
        self._stack.push_async_callback(wire.close)
        for data in first:
            await wire.send(data)
            assert (await wire.answer()).status == 200
        return wire


async def is_closed(wire: Wire) -> bool:
    try:
        return await wire.rest() == b""
    except ConnectionError:
        return True


async def refusal(wire: Wire, data: bytes) -> int:
    await wire.send(data)
    return (await wire.answer()).status


# -- idle connections ----------------------------------------------------------------------------------------


async def test_the_connection_that_is_idle_longest_gives_way(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW, idle_seconds=0))
    first, second, third = [await wires.open(server.url, STATUS) for _ in range(FEW)]
    for _ in range(4):  # the fast lane answers the later ones
        assert await refusal(first, STATUS) == 200
    await wires.open(server.url, STATUS)
    assert await is_closed(second)
    await wires.open(server.url, HEALTH)
    assert await is_closed(third)
    assert await refusal(first, STATUS) == 200


async def test_no_connection_gives_way_before_it_is_idle(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW, idle_seconds=3600))
    held = [await wires.open(server.url, STATUS) for _ in range(FEW)]
    assert await refusal(await wires.open(server.url), STATUS) == 429
    for wire in held:
        assert await refusal(wire, STATUS) == 200


async def test_a_connection_with_a_request_under_way_keeps_its_place(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW, idle_seconds=0))
    halves = [await wires.open(server.url) for _ in range(FEW)]
    for wire in halves:
        await wire.send(STATUS[:20])
    assert (await server.ask("/_mockflow/health")).status == 200, "by then the halves have arrived"
    assert await refusal(await wires.open(server.url), STATUS) == 429
    for wire in halves:
        assert await refusal(wire, STATUS[20:]) == 200


# -- the control API -----------------------------------------------------------------------------------------


async def test_the_control_api_has_places_however_many_clients_there_are(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW))
    for _ in range(FEW):
        await wires.open(server.url, STATUS, STATUS, STATUS)
    kept = await wires.open(server.url, HEALTH)
    for _ in range(3):
        assert await refusal(await wires.open(server.url), STATUS) == 429, "the fast lane answers nothing here"
    for data in (b"garbage\r\n\r\n", request("/_mockflowed/health"), STATUS):
        assert await refusal(await wires.open(server.url), data) == 429
    assert await refusal(kept, HEALTH) == 200
    silent = [await wires.open(server.url) for _ in range(CONTROL_PLACES * 4)]
    for _ in range(3):
        assert (await server.ask(f"{OWNER}/workflows")).status == 200
    answers = [await wire.answer() for wire in silent[: CONTROL_PLACES * 2]]
    assert {answer.status for answer in answers} == {429}, "those that gave way were told why"
    assert all("--max-connections" in answer.reason for answer in answers)


async def test_event_streams_leave_places_to_the_control_api(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW))
    for _ in range(FEW):
        await wires.open(server.url, STATUS)
    streams = [await wires.open(server.url) for _ in range(CONTROL_PLACES)]
    for number, wire in enumerate(streams):
        await wire.send(request(f"{OWNER}/events"))
        assert (await wire.answer(without_body=True)).status == (200 if number < CONTROL_PLACES / 2 else 429)
    assert (await server.ask(f"{OWNER}/workflows")).status == 200


async def test_a_port_of_the_control_api_has_places_of_its_own(servers: Servers, wires: Wires) -> None:
    server = await servers(STORY, limits=Limits(max_connections=FEW), control=Control(address=("127.0.0.1", 0)))
    assert server.serving
    assert server.serving.control_url
    for _ in range(FEW):
        await wires.open(server.url, STATUS)
    assert (await (await wires.open(server.url)).answer()).status == 429, "told at once: nothing else is served here"
    for _ in range(CONTROL_PORT_CONNECTIONS):
        await wires.open(server.serving.control_url, HEALTH)
    assert await refusal(await wires.open(server.serving.control_url), HEALTH) == 429


# -- TLS -----------------------------------------------------------------------------------------------------


async def test_a_peer_that_never_shakes_hands_counts_and_is_closed(servers: Servers, wires: Wires) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    limits = Limits(max_connections=FEW, read_timeout=READ_TIMEOUT)
    server = await servers(STORY, limits=limits, tls=context, control=None)
    url = server.url.replace("https:", "http:")
    silent = [await wires.open(url) for _ in range(FEW)]
    await silent[0].send(b"\x16\x03\x01")
    trusted = ssl.create_default_context(cadata=ca.cert_pem.bytes().decode())
    async with _connected(server, trusted) as refused:
        assert (await refused.answer()).status == 429
    for wire in silent:
        assert await is_closed(wire)
    assert server.serving
    async with _connected(server, trusted) as wire:
        assert await refusal(wire, STATUS) == 200
        assert server.serving.connections == 1


@asynccontextmanager
async def _connected(server: Server, context: ssl.SSLContext) -> AsyncIterator[Wire]:
    port = int(server.url.rpartition(":")[2])
    wire = Wire(*await asyncio.open_connection("127.0.0.1", port, ssl=context))
    try:
        yield wire
    finally:
        await wire.close()


# -- loops and pipelines -------------------------------------------------------------------------------------


async def test_a_loop_without_readers_accepts_too(
    servers: Servers, wires: Wires, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the loop of Windows, which has no add_reader."""

    def missing(*_: Any) -> None:
        raise NotImplementedError

    monkeypatch.setattr(type(asyncio.get_running_loop()), "add_reader", missing)
    monkeypatch.setattr(type(asyncio.get_running_loop()), "remove_reader", missing)
    server = await servers(STORY)
    for _ in range(3):
        await wires.open(server.url, STATUS)


async def test_a_pipeline_is_read_as_far_as_it_is_answered(server: Server, wires: Wires) -> None:
    """Aiohttp before 3.14.4 reads on, and keeps every request until the first is answered."""
    assert server.serving
    assert server.serving._server._server
    connections = server.serving._server._server
    wire = await wires.open(server.url, STATUS)
    await server.ask(
        f"{OWNER}/faults", "POST", '{"on": "info", "delay": "200ms"}', {"content-type": "application/json"}
    )
    count = 3000
    await wire.send(request("/") + request("/_nope/x") * count)
    longest = 0
    assert (await wire.answer()).status == 200
    for _ in range(count):
        longest = max(longest, *(len(each._messages) for each in connections.connections))
        assert (await wire.answer()).status == 400
    assert 16 <= longest <= 64


# -- descriptors ---------------------------------------------------------------------------------------------


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="ulimit and prlimit are Linux's here")
async def test_without_descriptors_it_takes_fewer_says_so_once_and_goes_on(wires: Wires, tmp_path: Path) -> None:
    import resource

    with _limited(tmp_path, "ulimit -n 140", "--max-connections", "300") as (process, url):
        taken = [await wires.open(url) for _ in range(100)]
        statuses = [await refusal(wire, STATUS) for wire in taken[:20]]
        assert set(statuses) == {200}
        last = await wires.open(url)
        await last.send(STATUS)
        answer = await last.answer()
        assert (answer.status, "ulimit -n" in answer.reason) == (429, True)
        await wires.open(url, HEALTH)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (20, 140))
        waiting = [await wires.open(url) for _ in range(50)]
        for wire in waiting[:3]:
            await wire.send(HEALTH)
        assert [await refusal(taken[0], STATUS) for _ in range(3)] == [200] * 3, "it has tried to accept by then"
        for wire in taken:  # before the limit is raised: else those that wait are refused for want of places
            await wire.close()
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (140, 140))
        assert (await waiting[0].answer()).status == 200
        process.terminate()
        _, log = process.communicate()
    assert log.count("this process may open too few files for 300 connections") == 1
    assert log.count("cannot accept a connection") == 1
    assert "Traceback" not in log


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="ulimit is a shell's")
async def test_a_soft_limit_is_raised(wires: Wires, tmp_path: Path) -> None:
    with _limited(tmp_path, "ulimit -Sn 64", "--max-connections", "150") as (process, url):
        for _ in range(150):
            await wires.open(url, STATUS)
        process.terminate()
        _, log = process.communicate()
    assert "too few" not in log


@contextmanager
def _limited(folder: Path, limit: str, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`mockflow serve` of the story, under a limit of the shell; its process and URL."""
    story = folder / "story.yaml"
    story.write_text(STORY, "utf-8")
    command = [sys.executable, "-m", "mockflow", "serve", story, "--frozen", "--quiet", "--port", "0", *options]
    shell = ["sh", "-c", f'{limit}; exec "$@"', "sh", *map(str, command)]
    pipe = subprocess.PIPE
    with subprocess.Popen(shell, text=True, env=environment(), cwd=ROOT, stdout=pipe, stderr=pipe) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()
