"""The event stream of the page: what it tells, how much at once, and that nobody who listens holds the server."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from mockflow.cluster import polling
from mockflow.server.control import events as feed
from tests.support.server import EPOCH, OWNER, STORY, Server, Servers, Wire, request

pytestmark = pytest.mark.slow

EVENTS: Final = f"{OWNER}/events"
PATIENCE_SECONDS: Final = 20

Message = dict[str, Any]


class Stream:
    """A client that listens."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.head = ""
        self._buffer = b""

    async def message(self) -> Message:
        """The next message."""
        while True:
            while b"\n\n" not in self._buffer:
                came = await asyncio.wait_for(self.wire._reader.read(1 << 20), PATIENCE_SECONDS)
                assert came, "the stream has ended"
                self._buffer += came
            event, _, self._buffer = self._buffer.partition(b"\n\n")
            if event.startswith(b"data: "):
                message: Message = json.loads(event.removeprefix(b"data: "))
                return message

    async def until(self, *names: str) -> Message:
        """The messages until one of each of these names has come, in one."""
        whole: Message = {}
        while not all(name in whole for name in names):
            whole |= await self.message()
        return whole


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[Stream]:
    wire = await Wire.open(server.url)
    stream = Stream(wire)
    try:
        await wire.send(request(EVENTS))
        stream.head = (await asyncio.wait_for(wire._reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)).decode()
        yield stream
    finally:
        await wire.close()


async def test_the_first_message_tells_everything(server: Server) -> None:
    await server.status()
    async with listening(server) as stream:
        message = await stream.message()
    assert message["whole"] is True
    assert message["clock"] == {
        "now": EPOCH,
        "elapsed_ms": 0,
        "mode": "frozen",
        "speed": 1.0,
        "clock_ms": EPOCH,
        "lead_ms": 0,
    }
    listed = (await server.ask(f"{OWNER}/workflows")).json
    assert message["workflows"] == [{**listed[0], "zero_ms": EPOCH, "revision": 1}]
    assert message["total"] == 1
    assert message["scenarios"] is True
    [exchange] = message["journal"]["exchanges"]
    assert message["journal"]["counted"] == 1
    assert (exchange["operation"], exchange["workflow_id"], exchange["status"]) == ("get_status", "w", 200)
    assert exchange["told"] == "NOT_STARTED"


async def test_it_is_an_event_stream(server: Server) -> None:
    async with listening(server) as stream:
        assert stream.head.startswith("HTTP/1.1 200 OK\r\n")
        assert "content-type: text/event-stream; charset=utf-8\r\n" in stream.head
        assert "cache-control: no-store\r\n" in stream.head
        assert "content-length" not in stream.head


async def test_a_poll_is_told_without_headers_and_bodies(server: Server) -> None:
    async with listening(server) as stream:
        await stream.message()
        headers = {"Authorization": "Bearer hush", "Content-Type": "application/json"}
        await server.ask("/_plugins/_flow_framework/workflow", "POST", '{"name": "hush"}', headers)
        message = await stream.until("journal", "workflows")
    assert "hush" not in json.dumps(message)
    assert message["workflows"][0]["workflow_id"] == message["journal"]["exchanges"][0]["workflow_id"]


async def test_polls_that_change_nothing_else_are_counted(server: Server) -> None:
    await server.status()
    async with listening(server) as stream:
        await stream.message()
        await server.status()
        await server.status()
        message = await stream.until("polls")
        while message["polls"] != {"w": 3}:
            message = await stream.until("polls")
    assert "workflows" not in message


async def test_an_error_tells_its_reason(server: Server) -> None:
    async with listening(server) as stream:
        await stream.message()
        await server.status("nope")
        message = await stream.until("journal")
    [exchange] = message["journal"]["exchanges"]
    assert exchange["status"] == 404
    assert exchange["told"] == "Fail to find workflow status of nope"


async def test_the_clock_is_told_when_it_is_moved(server: Server) -> None:
    await server.status()
    async with listening(server) as stream:
        first = await stream.message()
        await server.advance("2s")
        message = await stream.until("clock", "workflows")
    assert message["clock"]["clock_ms"] == EPOCH + 2000
    assert message["workflows"][0]["state"] == "PROVISIONING"
    assert message["workflows"][0]["revision"] == first["workflows"][0]["revision"]  # the same timeline


async def test_in_auto_the_lead_is_told(serve: Servers) -> None:
    server = await serve(STORY, mode="auto")
    async with listening(server) as stream:
        await stream.message()
        await server.status()
        message = await stream.until("clock", "workflows")
    assert (message["clock"]["clock_ms"], message["clock"]["lead_ms"]) == (EPOCH, 2000)
    assert message["workflows"][0]["zero_ms"] == EPOCH - 2000
    assert message["workflows"][0]["elapsed_ms"] == 2000


async def test_scenarios_that_come_and_go(server: Server) -> None:
    async with listening(server) as stream:
        first = await stream.message()
        await server.ask(f"{OWNER}/scenarios", "PUT", STORY.replace("2s", "3s"))
        message = await stream.until("scenarios", "workflows")
        assert message["workflows"][0]["revision"] != first["workflows"][0]["revision"]
        await server.ask(f"{OWNER}/scenarios/story", "DELETE")
        message = await stream.until("gone")
        assert (message["gone"], message["total"]) == (["w"], 0)


async def test_another_run_is_another_timeline(server: Server) -> None:
    await server.status()
    async with listening(server) as stream:
        first = await stream.message()
        await server.advance("3s")
        await server.ask(f"{OWNER}/workflows/w/restart", "POST")
        message = await stream.message()
        while message.get("workflows", [{}])[0].get("zero_ms") != EPOCH + 3000:
            message = await stream.message()
    assert message["workflows"][0]["revision"] != first["workflows"][0]["revision"]


async def test_a_new_world_is_told_whole(server: Server) -> None:
    async with listening(server) as stream:
        await stream.message()
        await server.status()
        await stream.until("journal")
        await server.ask(f"{OWNER}/reset", "POST", "{}")
        message = await stream.message()
    assert message["whole"] is True
    assert [each["workflow_id"] for each in message["workflows"]] == ["w"]
    assert "journal" not in message


async def test_a_cleared_journal_is_told(server: Server) -> None:
    await server.status()
    async with listening(server) as stream:
        await stream.message()
        await server.ask(f"{OWNER}/journal", "DELETE")
        message = await stream.until("journal")
    assert message["journal"] == {"counted": 1, "oldest": 2, "stuck": None, "exchanges": []}


# -- how much at once ----------------------------------------------------------------------------------


async def test_many_requests_come_in_few_messages(server: Server) -> None:
    async with listening(server) as stream:
        await stream.message()
        for _ in range(200):
            polling.poll(server.cluster.world, "w")
            server.cluster.world.journal.add(
                "get_status", "w", "GET", "/", {}, b"", 200, b"{}", "frozen", EPOCH, 0.0, 0.0
            )
        message = await stream.until("journal")
    numbers = [exchange["number"] for exchange in message["journal"]["exchanges"]]
    assert message["journal"]["counted"] == 200
    assert numbers == list(range(201 - feed.MAX_EXCHANGES, 201))  # the newest; the journal itself has the others


async def test_many_workflows_come_in_several_messages(serve: Servers) -> None:
    count = feed.MAX_WORKFLOWS + 20
    server = await serve(*(f"scenario: s{n}\nworkflow_id: w{n}\n" for n in range(count)))
    async with listening(server) as stream:
        first, second = await stream.message(), await stream.message()
    assert [len(each["workflows"]) for each in (first, second)] == [feed.MAX_WORKFLOWS, 20]
    assert second.get("whole") is None
    assert [each["workflow_id"] for each in (*first["workflows"], *second["workflows"])] == [
        f"w{n}" for n in range(count)
    ]


# -- who listens ---------------------------------------------------------------------------------------


async def test_nobody_looks_while_nobody_listens(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[feed.Feed] = []
    monkeypatch.setattr(feed.Feed, "next_message", looks.append)
    before = asyncio.all_tasks()
    await server.status()
    await server.advance("2s")
    await server.status()
    assert looks == []
    assert {task for task in asyncio.all_tasks() - before if "feed" in repr(task)} == set()


async def test_several_listen_each_for_itself(server: Server) -> None:
    async with listening(server) as one, listening(server) as other:
        assert await one.message() == await other.message()
        await server.status()
        assert (await one.until("journal"))["journal"] == (await other.until("journal"))["journal"]


async def test_one_that_goes_is_forgotten(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()
    events = feed._events

    async def watched(*arguments: Any) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in events(*arguments):
                yield chunk
        finally:
            ended.set()

    monkeypatch.setattr(feed, "_events", watched)
    async with listening(server) as stream:
        await stream.message()
        assert not ended.is_set()
    await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)


async def test_one_that_takes_nothing_holds_nobody(serve: Servers) -> None:
    server = await serve(*(f"scenario: s{n}\nworkflow_id: w{n}\n" for n in range(2_000)))
    async with listening(server), listening(server) as other:
        seen = 0
        while seen < 2_000:  # the first one reads nothing of all that
            seen += len((await other.message()).get("workflows", ()))
        assert (await server.status("w7")).status == 200


async def test_it_ends_when_the_server_stops(serve: Servers) -> None:
    server = await serve(STORY)
    async with listening(server) as stream:
        await stream.message()
        await serve.stop()
        await stream.wire.rest()


async def test_a_listener_of_another_protocol_version(server: Server) -> None:
    """HTTP/1.0: the end of the connection is the end of the stream there as well."""
    wire = await Wire.open(server.url)
    await wire.send(f"GET {EVENTS} HTTP/1.0\r\n\r\n".encode())
    stream = Stream(wire)
    assert (await stream.message())["whole"] is True
    await wire.close()
