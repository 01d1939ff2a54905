"""What faults put on the wire, byte for byte, on the low-level server and in an Application alike."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp.test_utils import TestServer

from mockflow.cluster import Cluster
from mockflow.server.app import create_app
from tests.support.server import Server, Servers, Wire, cluster_of, request
from tests.support.trouble import PATH, PRESETS, PROVISIONING, SCENARIO, Told

pytestmark = pytest.mark.slow

VERSION = "3.2.0"
POLL = request(PATH)
HEAD = (
    b"HTTP/1.1 200 OK\r\nX-OpenSearch-Version: OpenSearch/3.2.0 (opensearch)\r\n%b"
    b"content-type: application/json; charset=UTF-8\r\ncontent-length: %d\r\n\r\n"
)
BODY = json.dumps(PROVISIONING, separators=(",", ":")).encode()
CLOSED = b"connection: close\r\n"
WHOLE = HEAD % (CLOSED, len(BODY)) + BODY

Door = Callable[[str], Awaitable[Server]]


@pytest.fixture(params=["low-level server", "application"])
async def faulty(request: pytest.FixtureRequest, serve: Servers) -> AsyncIterator[Door]:
    """Starts a server that has a fault on every call, told as the inside of a YAML mapping."""
    started: list[TestServer] = []

    async def start(fault: str) -> Server:
        cluster = cluster_of(f"{SCENARIO}faults: [{{on: any, {fault}}}]", version=VERSION)
        if request.param != "application":
            return await serve.of(cluster)
        server = TestServer(create_app(cluster))
        started.append(server)
        await server.start_server()
        return Server(cluster, f"http://127.0.0.1:{server.port}")

    yield start
    for server in started:
        await server.close()


async def sent(server: Server, data: bytes = POLL) -> bytes:
    """All that comes on a connection of its own until the server closes it."""
    wire = await Wire.open(server.url)
    try:
        await wire.send(data)
        return await wire.rest()
    finally:
        await wire.close()


def polls(cluster: Cluster) -> list[bool]:
    return [exchange.is_poll for exchange in cluster.world.journal]


# -- answers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("preset", "told"), PRESETS.items(), ids=PRESETS)
async def test_preset(faulty: Door, preset: str, told: Told) -> None:
    server = await faulty(f"respond: {preset}")
    answer = await server.send(POLL)
    assert head_of(answer.raw) == told.head(VERSION)
    assert answer.body.decode() == told.body


async def test_there_are_no_others() -> None:
    from mockflow.core.faults.presets import PRESETS as KNOWN

    assert set(KNOWN) == set(PRESETS)


@pytest.mark.parametrize("preset", ["not_recovered", "unauthorized", "bad_gateway", "plugin_disabled"])
async def test_head_is_the_same_without_the_body(faulty: Door, preset: str) -> None:
    server = await faulty(f"respond: {preset}")
    answer = await server.send(request(PATH, "HEAD"), without_body=True)
    assert head_of(answer.raw) == PRESETS[preset].head(VERSION)
    assert answer.body == b""


@pytest.mark.parametrize(("preset", "echoed"), [("not_recovered", "me"), ("unauthorized", "me"), ("bad_gateway", None)])
async def test_only_the_cluster_echoes_an_opaque_id(faulty: Door, preset: str, echoed: str | None) -> None:
    server = await faulty(f"respond: {preset}")
    answer = await server.ask(PATH, headers={"X-Opaque-Id": "me"})
    assert answer.header("X-Opaque-Id") == echoed


async def test_an_object_error_is_pretty_where_asked_and_text_is_not(faulty: Door) -> None:
    server = await faulty("call: 1, respond: no_cluster_manager}, {on: any, respond: unauthorized")
    pretty = await server.ask(f"{PATH}?pretty")
    assert pretty.body.startswith(b'{\n  "error" : {\n    "root_cause" : [\n')
    assert (await server.ask(f"{PATH}?pretty")).body == b"Unauthorized"


async def test_the_connection_stays_after_an_answer(faulty: Door) -> None:
    server = await faulty("call: 1, respond: cluster_block")
    wire = await Wire.open(server.url)
    await wire.send(POLL)
    assert (await wire.answer()).status == 503
    await wire.send(POLL)
    assert (await wire.answer()).json == PROVISIONING
    await wire.close()


async def test_an_own_answer(faulty: Door) -> None:
    server = await faulty("respond: {status: 418, headers: {X-Pot: tea, content-type: text/x-tea}, body: short}")
    answer = await server.send(POLL)
    assert head_of(answer.raw) == [
        "HTTP/1.1 418 I'm a Teapot",
        "content-length: 5",
        "content-type: text/x-tea",
        "x-opensearch-version: OpenSearch/3.2.0 (opensearch)",
        "x-pot: tea",
    ]
    assert answer.body == b"short"


@pytest.mark.parametrize(
    ("respond", "content_type", "body"),
    [
        ("{body: {a: [1, true, null]}}", "application/json; charset=UTF-8", b'{"a":[1,true,null]}'),
        ("{body: []}", "application/json; charset=UTF-8", b"[]"),
        ("{body: 0}", "application/json; charset=UTF-8", b"0"),
        ("{body: false}", "application/json; charset=UTF-8", b"false"),
        ("{body: text}", "text/plain; charset=UTF-8", b"text"),
        ("{status: 200}", None, b""),
        ("{headers: {x: y}}", None, b""),
    ],
)
async def test_a_body_is_json_unless_it_is_text(
    faulty: Door, respond: str, content_type: str | None, body: bytes
) -> None:
    server = await faulty(f"respond: {respond}")
    answer = await server.send(POLL)
    assert (answer.status, answer.header("content-type"), answer.body) == (200, content_type, body)


@pytest.mark.parametrize("query", ["", "?filter_path=-", "?nonsense=1", "?all=True"])
async def test_performed_whatever_the_clusters_own_answer_is(faulty: Door, query: str) -> None:
    """A request that it would refuse for its form is refused, or answered so; never with an error of mockflow's own."""
    server = await faulty("respond: {status: 202, body: {a: 1}}, performed: true")
    answer = await server.ask(PATH + query)
    assert (answer.status, answer.body) == (202, b'{"a":1}') or (answer.status, query) == (400, "?filter_path=-")
    assert polls(server.cluster) == [False]


# -- broken connections ------------------------------------------------------------------------------


async def test_reset(faulty: Door) -> None:
    server = await faulty("connection: reset")
    with pytest.raises(ConnectionResetError):
        await sent(server)
    assert polls(server.cluster) == [False]


@pytest.mark.parametrize(("connection", "is_poll"), [("empty", False), ("lost_reply", True)])
async def test_no_answer_at_all(faulty: Door, connection: str, is_poll: bool) -> None:
    server = await faulty(f"connection: {connection}")
    assert await sent(server) == b""
    assert polls(server.cluster) == [is_poll]
    assert [exchange.status for exchange in server.cluster.world.journal] == [0]


async def test_truncate(faulty: Door) -> None:
    server = await faulty("connection: truncate")
    assert await sent(server) == HEAD % (CLOSED, len(BODY)) + BODY[: len(BODY) // 2]
    assert polls(server.cluster) == [False]


async def test_wrong_length(faulty: Door) -> None:
    server = await faulty("connection: wrong_length")
    assert await sent(server) == HEAD % (CLOSED, len(BODY) + 100) + BODY


async def test_garbage(faulty: Door) -> None:
    server = await faulty("connection: garbage")
    first, second = await sent(server), await sent(server)
    assert first == second, "the same request, the same bytes"
    assert first
    assert not first.startswith(b"HTTP/")


async def test_drip(faulty: Door) -> None:
    server = await faulty("connection: drip, over: 100ms")
    assert await sent(server) == WHOLE


async def test_stall(faulty: Door) -> None:
    """Half of the answer, and the connection stays open, whatever the client sends; then another one is served."""
    server = await faulty("call: 1, connection: stall")
    wire = await Wire.open(server.url)
    await wire.send(POLL)
    half = HEAD % (CLOSED, len(BODY)) + BODY[: len(BODY) // 2]
    assert await wire._reader.readexactly(len(half)) == half
    await wire.send(POLL)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(wire._reader.read(1), 0.1)
    assert (await server.send(POLL)).json == PROVISIONING
    await wire.close()


async def test_a_preset_may_break_on_its_way(faulty: Door) -> None:
    server = await faulty("respond: bad_gateway, connection: truncate")
    body = PRESETS["bad_gateway"].body.encode()
    told = await sent(server)
    assert told.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert told.endswith(b"\r\n\r\n" + body[: len(body) // 2])


@pytest.mark.parametrize("connection", ["truncate", "wrong_length", "drip", "stall"])
async def test_an_answer_without_a_body_breaks_within_its_head_or_not_at_all(faulty: Door, connection: str) -> None:
    server = await faulty(f"respond: gateway_timeout_empty, connection: {connection}")
    wire = await Wire.open(server.url)
    await wire.send(POLL)
    if connection == "stall":
        begin = await wire._reader.readexactly(12)
    else:
        begin = await wire.rest()
    await wire.close()
    assert begin.startswith(b"HTTP/1.1 504")
    if connection == "truncate":
        assert not begin.endswith(b"\r\n\r\n")
    if connection == "wrong_length":
        assert b"content-length: 100\r\n" in begin


async def test_a_packed_answer_breaks_too(faulty: Door) -> None:
    server = await faulty("connection: truncate")
    told = await sent(server, request(PATH, headers={"Accept-Encoding": "gzip"}))
    head, _, body = told.partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head
    promised = next(int(line.split()[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    assert len(body) == promised // 2


# -- time --------------------------------------------------------------------------------------------


async def test_a_delay_is_wall_time_and_adds_up(faulty: Door) -> None:
    server = await faulty("delay: 60ms}, {on: any, delay: 70ms}, {on: any, respond: cluster_block")
    began = time.monotonic()
    assert (await server.send(POLL)).status == 503
    assert time.monotonic() - began >= 0.13
    (exchange,) = server.cluster.world.journal
    assert exchange.scripted
    assert len(exchange.scripted.faults) == 3
    assert server.cluster.world.elapsed_ms == 0


async def test_a_client_that_goes_away_during_a_delay(faulty: Door) -> None:
    """The workflow had answered: that is a poll, which nobody heard of."""
    server = await faulty("delay: 1h")
    wire = await Wire.open(server.url)
    await wire.send(POLL)
    await asyncio.sleep(0.05)
    await wire.close()
    for _ in range(1000):
        if len(server.cluster.world.journal):
            break
        await asyncio.sleep(0.005)
    (exchange,) = server.cluster.world.journal
    assert (exchange.status, exchange.is_poll) == (0, True)


def head_of(raw: bytes) -> list[str]:
    """Status line and headers, in the alphabet's order, names in small letters."""
    status_line, *headers = raw.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    pairs = (line.partition(":") for line in headers)
    return [status_line, *sorted(f"{name.lower()}:{value}" for name, _, value in pairs)]
