"""Heads that do not end, clients that are slow or do not read, and too many of them."""

import asyncio
from typing import Final

import pytest

from tests.hostile.conftest import LIMITS, READ_TIMEOUT
from tests.support.server import NOT_STARTED, WORKFLOW, Server, Wire, request

STATUS: Final = f"{WORKFLOW}/w/_status"
HEAD: Final = b"GET / HTTP/1.1\r\nHost: x\r\n"
WITH_BODY: Final = f"POST {WORKFLOW} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()


# -- slow --------------------------------------------------------------------------------------------------


async def test_what_does_not_arrive_in_time_is_cut_off(server: Server) -> None:
    async def is_cut_off(sent: bytes) -> bool:
        wire = await Wire.open(server.url)
        try:
            await wire.send(sent)
            return await closed(wire)
        finally:
            await wire.close()

    beginnings = (
        b"",
        b"G",
        HEAD,
        HEAD + b"X-A: ",
        WITH_BODY + b"Content-Length: 9\r\n\r\n",
        WITH_BODY + b"Content-Length: 9\r\n\r\n{",
        WITH_BODY + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    )
    found = await asyncio.gather(*map(is_cut_off, beginnings))
    assert dict(zip(beginnings, found, strict=True)) == dict.fromkeys(beginnings, True)


@pytest.mark.parametrize("first", [b"", request(STATUS)])
async def test_a_head_that_drips_is_cut_off(server: Server, first: bytes) -> None:
    """A byte now and then keeps no connection open, not even after a good request."""
    wire = await Wire.open(server.url)
    try:
        if first:
            await wire.send(first)
            assert (await wire.answer()).json == NOT_STARTED
        for _ in range(200):
            await wire.send(b"X")
            await asyncio.sleep(READ_TIMEOUT / 10)
            if await closed(wire, patience=0.001):
                break
        else:
            raise AssertionError("it was never cut off")
    except ConnectionError:
        pass
    finally:
        await wire.close()


async def test_a_connection_that_rests_between_requests_stays(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(STATUS))
        assert (await wire.answer()).json == NOT_STARTED
        await asyncio.sleep(READ_TIMEOUT * 2)
        await wire.send(request(STATUS))
        assert (await wire.answer()).json == NOT_STARTED
    finally:
        await wire.close()


async def test_who_asks_on_and_does_not_read_is_cut_off(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]), limit=1024)
    asked = request("/_nodes?pretty") * 500
    try:
        async with _patience():
            while True:
                writer.write(asked)
                await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except ConnectionError:
            pass
        reader.feed_eof()


# -- large -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        "".join(f"X-{number}: 1\r\n" for number in range(10_000)),
        "".join(f"X-{number}: {'a' * 5000}\r\n" for number in range(4)),
        f"X: {'a' * 17_000}\r\n",
        f"{'a' * 17_000}: 1\r\n",
        f"Authorization: Basic {'a' * 40_000}\r\n",
    ],
    ids=["many", "large together", "a large one", "a large name", "credentials"],
)
async def test_header_floods(server: Server, headers: str) -> None:
    answer = await server.send(HEAD + headers.encode() + b"\r\n")
    assert answer.header("connection") == "close"
    assert (answer.status, answer.error["type"]) == (400, "too_long_http_header_exception")
    assert answer.reason == "HTTP header is larger than 16384 bytes."


async def test_headers_that_are_large_and_still_fit(server: Server) -> None:
    headers = {f"X-{number}": "a" * 5000 for number in range(3)}
    assert (await server.ask("/", headers=headers)).status == 200


async def test_headers_that_drip_without_end(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(HEAD)
        for number in range(100):
            await wire.send(f"X-{number}: {'a' * 1000}\r\n".encode())
        answer = await wire.answer()
        assert (answer.status, answer.error["type"]) == (400, "too_long_http_header_exception")
    except ConnectionError:
        pass  # closed while it was still being sent
    finally:
        await wire.close()


@pytest.mark.parametrize(("size", "status"), [(4096, 404), (4097, 400), (8000, 400), (9000, 400), (200_000, 400)])
async def test_a_line_beyond_the_limit(server: Server, size: int, status: int) -> None:
    path = "/" + "a" * (size - len("GET / HTTP/1.1"))
    answer = await server.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.status == status
    if size > 4096:
        assert answer.error["type"] == "too_long_http_line_exception"
        assert answer.reason == "An HTTP line is larger than 4096 bytes."
    else:
        assert answer.error["type"] == "index_not_found_exception"


# -- many --------------------------------------------------------------------------------------------------


async def test_a_connection_too_many_is_told_and_closed(server: Server) -> None:
    wires = [await Wire.open(server.url) for _ in range(LIMITS.max_connections)]
    try:
        for wire in wires:
            await wire.send(request(STATUS))
            assert (await wire.answer()).json == NOT_STARTED
        for data in (request(STATUS), b"garbage", b"x" * 100_000):
            one_more = await Wire.open(server.url)
            try:
                await one_more.send(data)
                answer = await one_more.answer()
                assert (answer.status, answer.error["type"]) == (429, "rejected_execution_exception")
                assert answer.header("connection") == "close"
                assert "--max-connections" in answer.reason
            except ConnectionError:
                assert len(data) > 1000, "closed while it was still being sent"
            finally:
                await one_more.close()
        await wires[0].send(request(STATUS))
        assert (await wires[0].answer()).json == NOT_STARTED, "those that were there go on"
    finally:
        for wire in wires:
            await wire.close()


async def test_the_place_of_one_that_leaves_is_free(server: Server) -> None:
    for _ in range(LIMITS.max_connections * 4):
        wire = await Wire.open(server.url)
        await wire.send(request(STATUS))
        assert (await wire.answer()).json == NOT_STARTED
        await wire.close()


async def test_a_pipeline_is_answered_in_order(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send((request(STATUS) + request("/_nope/x")) * 500)
        for _ in range(500):
            assert (await wire.answer()).status == 200
            assert (await wire.answer()).status == 400
    finally:
        await wire.close()


async def closed(wire: Wire, patience: float = 10.0) -> bool:
    """Whether the server closes the connection, without an answer."""
    try:
        return await asyncio.wait_for(wire.rest(), patience) == b""
    except asyncio.TimeoutError:
        return False
    except ConnectionError:
        return True


class _patience:  # noqa: N801
    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task
        self._handle = asyncio.get_running_loop().call_later(20, task.cancel)

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()
