"""The fast lane answers repeated polls as the long way does: the same bytes, journal, coverage and state."""

import asyncio
import gc
import json
import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from mockflow.cluster import Cluster
from mockflow.core.base.bounds import REPEATED_RESPONSE
from mockflow.server import app
from mockflow.server.answer import answer
from mockflow.server.http import fast_lane
from mockflow.server.http.messages import Request, Response
from mockflow.server.repeated import Again
from mockflow.server.serving import SwitchableServer
from tests.support.server import OWNER, STORY, WORKFLOW, Server, Servers, Wire, cluster_of, request

STATUS: Final = f"{WORKFLOW}/w/_status"
BY_POLL: Final = """
scenario: by-poll
workflow_id: p
provision:
  timeline:
    - {at: 0s, state: PROVISIONING, user_outputs: {name: "Ünï😀"}}
    - {at_poll: 3, provisioning_progress: IN_PROGRESS}
    - {at: +2s, state: COMPLETED}
"""
CLIENTS: Final = (
    "scenario: clients\nworkflow_id: c\nmatch: everything\nprovision:\n  timeline: [{at: 2s, state: FAILED}]\n"
)
LARGE: Final = f"""
scenario: large
workflow_id: large
provision: {{timeline: [{{at: 0s, state: FAILED, error: {"x" * 3 * REPEATED_RESPONSE}}}]}}
"""
FAULT: Final = {"on": "get_status", "calls": "2..3", "respond": "too_many_requests"}
TEMPLATE: Final = b'{"name": "t", "workflows": {"provision": {"nodes": []}}}'
JSON_BODY: Final = {"Content-Type": "application/json"}

HEADERS: Final[list[dict[str, str]]] = [
    {},
    {"X-Opaque-Id": "ü 1"},
    {"X-Opaque-Id": "1  2", "x-opaque-id": "3"},
    {"Connection": "keep-alive", "Content-Type": "application/json", "User-Agent": "opensearch-py/3.0.0"},
    {"connection": "Keep-Alive"},
    {"Connection": "keep-alive, X-A"},
    {"Accept": "application/yaml", "X-Opaque-Id": ""},
    {"Accept": "no type"},
    {"Host": "b"},
    {"Content-Type": "application/json", "content-type": "application/yaml"},
    {"Proxy-Connection": "close"},
    {"Sec-WebSocket-Key1": "a"},
    {"Sec-Fetch-Site": "cross-site", "traceparent": "00-1-2-03", "X-Amz-Date": "20260101T000000Z", "Cookie": "a=b; c"},
    {f"X-{number}": "a" for number in range(60)},
    {"X-A": " a\tb "},
    {"X(A)": "a"},
    {"X-A": "a\r\n b"},
    {"X-A": "a\nX-B: b"},
    {"Accept-Encoding": "gzip"},
    {"Accept": "application/yaml"},
    {"Authorization": "Basic YTpi"},
    {"Connection": "close"},
    {"Upgrade": "websocket", "Connection": "Upgrade"},
    {"Content-Length": "0"},
    {"Expect": "100-continue"},
]
QUERIES: Final = ["", "?all=true", "?pretty", "?filter_path=state,w*", "?format=yaml&all", "?nope=1"]
plain_polls: Final = st.builds(
    lambda id, query, headers, version: request(f"{WORKFLOW}/{id}/_status{query}", headers=headers).replace(
        b"HTTP/1.1", version
    ),
    st.sampled_from(["w", "w", "p", "c", "unknown"]),
    st.sampled_from(QUERIES),
    st.sampled_from(HEADERS),
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2"]),
)
# Forms in which clients may send the same head, and a header that is another one each time.
polls: Final = st.one_of(
    plain_polls,
    st.builds(
        lambda poll, form, number: poll.replace(*form).replace(b"Host: ", b"X-Opaque-Id: %d\r\nHost: " % number),
        plain_polls,
        st.sampled_from([(b": ", b": "), (b": ", b":"), (b": ", b":  "), (b"\r\n", b"\n"), (b"GET /", b"GET  /")]),
        st.integers(0, 5),
    ),
)


def control(target: str, method: str = "POST", body: Any = None) -> bytes:
    return request(f"{OWNER}/{target}", method, json.dumps(body).encode() if body is not None else b"")


CHANGES: Final = [
    request("/"),
    request(STATUS, "HEAD"),
    request(STATUS, body=b"{}", headers=JSON_BODY),
    request(f"{WORKFLOW}?provision=true", "POST", TEMPLATE, JSON_BODY),
    request(f"{WORKFLOW}/c", "DELETE"),
    request(f"{WORKFLOW}/w/_provision", "POST"),
    request(f"{WORKFLOW}/w/_deprovision", "POST"),
    request("/_cluster/settings", "PUT", b'{"transient":{"plugins.flow_framework.enabled":false}}', JSON_BODY),
    request("/_cluster/settings", "PUT", b'{"transient":{"plugins.flow_framework.enabled":true}}', JSON_BODY),
    control("clock", body={"advance": "1s"}),
    control("clock", body={"mode": "auto"}),
    control("clock", body={"mode": "frozen"}),
    control("clock", body={"next": "w"}),
    control("faults", body=FAULT),
    control("faults", "DELETE"),
    control("reset", body={}),
    control("reset", body={"opensearch_version": "2.19.6"}),
    control("workflows/w/restart"),
    control("scenarios", "PUT", {"scenario": "story", "workflow_id": "w", "provision": {"timeline": [{"at": 0}]}}),
    control("scenarios/by-poll", "DELETE"),
]
# One poll so often on the kept connection; or two requests in one piece; or one cut in two.
operations: Final = st.one_of(
    st.tuples(polls, st.integers(1, 5)),
    st.tuples(st.sampled_from(CHANGES), st.just(1)),
    st.tuples(st.builds(lambda one, other: one + other, polls, polls), st.integers(1, 3)),
    st.tuples(polls, st.integers(-60, -1)),
)


@given(st.lists(operations, max_size=25), st.sampled_from(["frozen", "auto"]))
def test_with_and_without_it_every_byte_is_the_same(steps: list[tuple[bytes, int]], mode: Any) -> None:
    async def play() -> tuple[Any, Any]:
        servers = Servers()
        try:
            fast = await servers(STORY, BY_POLL, CLIENTS, mode=mode)
            with no_lane():
                slow = await servers(STORY, BY_POLL, CLIENTS, mode=mode)
            return await played(fast, steps), await played(slow, steps)
        finally:
            await servers.stop()

    fast, slow = asyncio.run(play())
    assert fast == slow


async def played(server: Server, steps: list[tuple[bytes, int]]) -> list[Any]:
    """All bytes that come back, and what the control API shows at the end."""
    received: list[Any] = []
    client = Client(server)
    for data, times in steps:
        for _ in range(max(times, 1)):
            received.append(await client.send(data, cut=-times if times < 0 else None))
    await client.close()
    for target in ("journal", "coverage", "workflows", "clock"):
        received.append(without_wall_time((await server.ask(f"{OWNER}/{target}")).json))
    return received


class Client:
    """A client that keeps its connection as long as the server does."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._wire: Wire | None = None

    async def send(self, data: bytes, cut: int | None = None) -> bytes:
        """The responses to one or two requests; `cut` sends them in two parts."""
        if self._wire is None:
            self._wire = await Wire.open(self._server.url)
        raw = b""
        try:
            await self._wire.send(data[:cut])
            if cut is not None:
                for _ in range(5):  # turns of the loop in which the server reads the first part
                    await asyncio.sleep(0)
                await self._wire.send(data[cut:])
            for _ in range(data.count(b" HTTP/1.")):
                answer = await self._wire.answer(without_body=data.startswith(b"HEAD"))
                raw += answer.raw
                if answer.status == 100:
                    raw += (await self._wire.answer()).raw
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return raw + b"closed"
        if (b"HTTP/1.0" in data and b"eep-" not in data) or b"close" in data:
            raw += await self._wire.rest()
            await self.close()
        return raw

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._wire:
            await self._wire.close()
            self._wire = None


def without_wall_time(value: Any) -> Any:
    if isinstance(value, list):
        return [without_wall_time(one) for one in value]
    if isinstance(value, dict):
        return {name: without_wall_time(one) for name, one in value.items() if name not in ("wall", "took_ms")}
    return value


@contextmanager
def no_lane() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_lane, "is_possible", lambda _: False)
        yield


async def test_a_poll_that_repeats_is_not_parsed_again(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_long_way(monkeypatch)
    server = await serve(STORY)
    client = Client(server)
    first = await client.send(request(STATUS))
    for _ in range(20):
        assert await client.send(request(STATUS)) == first
    assert len(asked) == 1, "the first makes the action"
    assert len(server.cluster.world.journal) == 21
    await server.advance("2s")
    assert b"PROVISIONING" in await client.send(request(STATUS)), "it is computed anew each time"
    await client.close()


@pytest.mark.parametrize("query", ["?pretty", "?filter_path=state", "?all=true&format=yaml"])
async def test_so_is_one_in_another_form_while_nothing_changes(
    serve: Servers, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    asked = count_long_way(monkeypatch)
    server = await serve(STORY)
    client = Client(server)
    for duration in ("0ms", "2s"):
        await server.advance(duration)
        for _ in range(20):
            last = await client.send(request(f"{STATUS}{query}"))
    assert b"PROVISIONING" in last
    assert len(asked) == 2, "a response that may take long to write takes the long way, once"
    await client.close()


async def test_another_connection_is_answered_from_its_second_request_on(
    serve: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count_long_way(monkeypatch)
    server = await serve(STORY)
    for _ in range(3):
        client = Client(server)
        for _ in range(5):
            await client.send(request(STATUS))
        await client.close()
    assert len(asked) <= 3, "at most one of each connection"


async def test_nor_is_a_poll_of_another_client(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_long_way(monkeypatch)
    server = await serve(STORY)
    client = Client(server)
    for number in range(20):
        answer = await client.send(request(STATUS, headers={"X-Opaque-Id": f"a {number}"}))
        assert b"\r\nX-Opaque-Id: a %d\r\n" % number in answer
    await client.close()
    assert len(asked) == 1
    told = (await server.ask(f"{OWNER}/journal")).json["exchanges"]
    assert [one["request"]["headers"]["X-Opaque-Id"] for one in told] == [f"a {number}" for number in range(20)]


async def test_faults_take_the_long_way(serve: Servers) -> None:
    server = await serve(STORY)
    client = Client(server)
    for _ in range(4):
        await client.send(request(STATUS))
    await server.ask(f"{OWNER}/faults", "POST", json.dumps(FAULT))
    answers = [await client.send(request(STATUS)) for _ in range(4)]
    assert [b"429" in answer for answer in answers] == [False, True, True, False]
    await client.close()


async def test_requests_that_repeat_nothing_are_not_kept(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    lanes: list[fast_lane.FastLane] = []
    monkeypatch.setattr(fast_lane.FastLane, "_add", lambda lane, *_: lanes.append(lane))
    client = Client(await serve(STORY))
    for number in range(10):
        await client.send(request(STATUS, headers={"X-Opaque-Id": str(number)}))
    assert lanes == []
    await client.close()


async def test_a_request_without_host_is_answered_as_aiohttp_does(serve: Servers) -> None:
    """Some of its versions refuse it."""
    server = await serve(STORY)
    without = request(STATUS).replace(b"Host: mockflow\r\n", b"Accept: */*\r\n")
    async with Client(server) as one, Client(server) as other:
        first = await one.send(without)
        await other.send(request(STATUS))
        assert await other.send(without) == first


async def test_large_responses_are_not_kept(serve: Servers) -> None:
    """As many as there are kept requests would take gigabytes."""
    client = Client(await serve(f"{STORY}\n---\n{LARGE}"))
    for number in range(3):
        answer = await client.send(request(f"{WORKFLOW}/large/_status"))
        assert len(answer) > 2 * REPEATED_RESPONSE, number
    kept = [again for again in gc.get_objects() if type(again) is Again]
    texts = [text for again in kept for text in gc.get_referents(again) if isinstance(text, bytes)]
    assert kept
    assert [len(text) for text in texts if len(text) > REPEATED_RESPONSE] == []
    await client.close()


async def test_they_are_freed_without_the_garbage_collector(serve: Servers) -> None:
    client = Client(await serve(STORY))
    gc.collect()
    gc.disable()
    try:
        for number in range(5):
            await client.send(request(STATUS, headers={"X-Opaque-Id": str(number)}))
        assert not [left for left in gc.get_objects() if type(left) is Again]
    finally:
        gc.enable()
    await client.close()


async def test_a_request_that_faults_once_took_is_answered_here_again(
    serve: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = count_long_way(monkeypatch)
    server = await serve(STORY)
    client = Client(server)
    for expected in (1, 5, 5):
        for _ in range(4):
            await client.send(request(STATUS))
        assert len(asked) == expected
        method, body = ("POST", json.dumps({**FAULT, "calls": "90..99"})) if expected == 1 else ("DELETE", "")
        await server.ask(f"{OWNER}/faults", method, body)
    await client.close()


async def test_a_replaced_world_is_freed_although_its_polls_may_repeat(serve: Servers) -> None:
    """Of many scenarios it would otherwise be freed at once, at the next poll."""
    server = await serve(STORY)
    client = Client(server)
    for _ in range(4):
        await client.send(request(STATUS))
    gc.collect()
    gc.disable()
    try:
        former = weakref.ref(server.cluster.world)
        server.cluster.reset()
        assert former() is None
    finally:
        gc.enable()
    assert b"200 OK" in await client.send(request(STATUS))
    await client.close()


async def test_what_is_kept_is_bounded(serve: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_lane, "REPEATED_REQUESTS", 3)
    server = await serve(STORY)
    client = Client(server)
    for number in range(10):
        data = request(STATUS, headers={"X-Opaque-Id": str(number)})
        assert [await client.send(data) for _ in range(4)] == [await client.send(data)] * 4
    await client.close()


async def test_a_client_that_polls_for_ever_is_cut_off_here_too(serve: Servers) -> None:
    cluster = cluster_of(STORY, max_polls=8)
    cluster.world.settings = cluster.world.settings.__class__(mode="frozen", max_polls=8, ends_stuck=True)
    cut_off: list[bool] = []
    cluster.on_cut_off = lambda: cut_off.append(True)
    client = Client(await serve.of(cluster))
    answers = [await client.send(request(STATUS)) for _ in range(9)]
    assert answers[-1] == b"closed"
    assert answers[0] == answers[7] != b"closed"
    assert cut_off == [True]


async def test_an_error_of_ours_is_logged_and_answered(
    serve: Servers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = await serve(STORY)
    client = Client(server)
    for _ in range(3):
        await client.send(request(STATUS))

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(server.cluster.world.journal, "add", fail, raising=False)
    with caplog.at_level(logging.ERROR, "mockflow"):
        assert (await client.send(request(STATUS))).startswith(b"HTTP/1.1 500 ")
    assert "a fault of ours" in caplog.text
    await client.close()


async def test_another_cluster_at_the_same_port(monkeypatch: pytest.MonkeyPatch) -> None:
    server = SwitchableServer()
    url = await server.start()
    try:
        for text, state in ((STORY, b"NOT_STARTED"), (STORY.replace("NOT_STARTED", "FAILED"), b"FAILED")):
            cluster = cluster_of(text)
            server.switch_to(cluster)
            client = Client(Server(cluster, url))
            for _ in range(5):
                assert state in await client.send(request(STATUS))
            await client.close()
        server.switch_to(None)
        client = Client(Server(cluster, url))
        assert (await client.send(request(STATUS))).startswith(b"HTTP/1.1 503 ")
        await client.close()
    finally:
        await server.stop()


async def test_a_version_of_aiohttp_without_what_it_relies_on(serve: Servers, caplog: pytest.LogCaptureFixture) -> None:
    assert not fast_lane.is_possible(asyncio.Protocol)
    assert fast_lane.is_possible(web.RequestHandler), "the version that the tests run with has it"
    with caplog.at_level(logging.DEBUG, "mockflow"), no_lane():
        server = await serve(STORY)
    assert "no fast lane" in caplog.text
    client = Client(server)
    assert len({await client.send(request(STATUS)) for _ in range(5)}) == 1
    await client.close()


def count_long_way(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The targets that `answer` gets, of servers that start from now on."""
    asked: list[str] = []

    async def counted(cluster: Cluster, request: Request) -> Response:
        asked.append(request.target)
        return await answer(cluster, request)

    monkeypatch.setattr(app, "answer", counted)
    return asked
