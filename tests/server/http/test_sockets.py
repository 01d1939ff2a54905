"""What is not HTTP, or too much of it: answered or closed, and the server lives on."""

import asyncio
import logging
from typing import Final

import pytest

from tests.support.server import NOT_STARTED, WORKFLOW, Server, Wire, request

STATUS: Final = f"{WORKFLOW}/w/_status"
HEAD: Final = b"GET / HTTP/1.1\r\nHost: x\r\n"

NO_HTTP: Final = {
    "words": b"hello there\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
    "an SSH client": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a HTTP/2 client": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that does not exist": b"GET / HTTP/9.9\r\n\r\n",
    "zeroes": b"\x00" * 1000 + b"\r\n\r\n",
    "a space in a header's name": HEAD + b"Bad Header: 1\r\n\r\n",
    "a header without a colon": HEAD + b"nocolon\r\n\r\n",
    "a zero in a header": HEAD + b"X: a\x00b\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: abc\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a very long header": HEAD + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "a very long path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method without end": b"A" * 100_000,
    "a line without end": b"GET /" + b"a" * 1_000_000,
}


LINE: Final = ("too_long_http_line_exception", "An HTTP line is larger than 4096 bytes.")
TOO_LONG: Final = {
    "a very long header": ("too_long_http_header_exception", "HTTP header is larger than 16384 bytes."),
    "a very long path": LINE,
    "a line without end": LINE,
}


@pytest.mark.parametrize("what", NO_HTTP)
async def test_what_is_not_http_is_refused_and_the_connection_closed(
    server: Server, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await Wire.open(server.url)
    try:
        try:
            await wire.send(NO_HTTP[what])
            answer = await wire.answer()
            assert answer.status == 400
            if what in TOO_LONG:
                assert (answer.error["type"], answer.reason) == TOO_LONG[what]
            else:
                assert answer.error["type"] == "illegal_argument_exception"
                assert answer.reason.startswith("invalid HTTP request")
            assert "bytearray" not in answer.reason, "how Python shows what it has read"
            assert answer.header("connection") == "close"
            assert {name.lower() for name, _ in answer.headers} == {"connection", "content-type", "content-length"}
            assert await wire.rest() == b""
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # closed while it was still being sent
    finally:
        await wire.close()
    assert (await server.status()).json == NOT_STARTED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


# -- targets that OpenSearch takes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("GET _nope/x", "/_nope/x"),
        ("DELETE _nope/x?a=/b", "/_nope/x"),
        ("GET /_nope/größe/名", "/_nope/größe/名"),
        ("GET _nope/ü", "/_nope/ü"),
        ("GET http://mockflow/_nope/x", "/_nope/x"),
        ("GET /_nope/\udcff", "/_nope/\ufffd"),
    ],
)
async def test_odd_targets_are_taken(server: Server, line: str, told: str) -> None:
    """Without the first slash, and with raw UTF-8; also on a connection that has had a request."""
    method = line.partition(" ")[0]
    wire = await Wire.open(server.url)
    try:
        for _ in range(2):
            await wire.send(f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode("utf-8", "surrogateescape"))
            answer = await wire.answer()
            assert (answer.status, answer.error) == (400, f"no handler found for uri [{told}] and method [{method}]")
    finally:
        await wire.close()


async def test_a_value_in_raw_utf_8_is_read_as_if_it_was_escaped(server: Server) -> None:
    answer = await server.send(f"GET {WORKFLOW}/größe?pretty=false HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.error == "Failed to retrieve template (größe) from global context."


async def test_a_body_that_looks_like_an_odd_target_is_left_alone(server: Server) -> None:
    wire = await Wire.open(server.url)
    headers = {"Content-Type": "application/json", "Content-Length": "16"}
    try:
        await wire.send(request("/_nope/x", "POST", headers=headers))
        await asyncio.sleep(0.05)
        await wire.send("GET _nope/ü {}".encode().ljust(16))
        assert (await wire.answer()).status == 400
        await wire.send(request(STATUS))
        assert (await wire.answer()).json == NOT_STARTED
    finally:
        await wire.close()


@pytest.mark.parametrize("method", ["FOO", "get", "Post"])
async def test_a_method_that_http_does_not_have_gets_no_response(server: Server, method: str) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(STATUS))
        assert (await wire.answer()).json == NOT_STARTED
        await wire.send(request(STATUS, method))
        assert await wire.rest() == b""
    finally:
        await wire.close()
    assert (await server.status()).json == NOT_STARTED


async def test_very_many_headers(server: Server) -> None:
    answer = await server.ask("/", headers={f"X-{number}": "1" * 10 for number in range(1000)})
    assert (answer.status, answer.error["type"]) == (400, "too_long_http_header_exception")
    assert (await server.status()).json == NOT_STARTED


async def test_good_requests_before_bad_ones_are_answered(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(STATUS) + request("/"))
        assert (await wire.answer()).json == NOT_STARTED
        assert (await wire.answer()).status == 200
        await wire.send(b"garbage\r\n\r\n")
        assert (await wire.answer()).status == 400
        assert await wire.rest() == b""
    finally:
        await wire.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"Content-Length: 9\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08",
    ],
)
async def test_a_client_that_leaves_in_the_middle(
    server: Server, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        wire = await Wire.open(server.url)
        await wire.send(sent)
        assert (await server.status()).json == NOT_STARTED
        await wire.close()
        assert (await server.status()).json == NOT_STARTED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_client_that_leaves_before_its_answer(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        wire = await Wire.open(server.url)
        await wire.send(request("/") * 50)
        await wire.close()
    assert (await server.status()).json == NOT_STARTED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_request_byte_by_byte(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        for byte in request(STATUS):
            await wire.send(bytes([byte]))
        assert (await wire.answer()).json == NOT_STARTED
    finally:
        await wire.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "Upgrade", "Upgrade": "websocket"},
        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"},
    ],
)
async def test_an_upgrade_is_not_taken_up(server: Server, headers: dict[str, str]) -> None:
    """Java's HttpClient asks for HTTP/2 with its first request."""
    answer = await server.ask(STATUS, headers=headers)
    assert (answer.status, answer.json) == (200, NOT_STARTED)


@pytest.mark.parametrize(
    ("line", "status"),
    [(b"CONNECT example.org:443", 405), (b"OPTIONS *", 200), (b"GET http://elsewhere/_cluster/health", 400)],
)
async def test_targets_that_are_no_path(server: Server, line: bytes, status: int) -> None:
    answer = await server.send(line + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == status
    assert (await server.status()).status == 200


async def test_many_connections_at_once(server: Server) -> None:
    wires = [await Wire.open(server.url) for _ in range(200)]
    try:
        for wire in wires:
            await wire.send(request(STATUS))
        answers = await asyncio.gather(*(wire.answer() for wire in wires))
        assert {answer.body for answer in answers} == {b'{"workflow_id":"w","state":"NOT_STARTED"}'}
    finally:
        for wire in wires:
            await wire.close()
