"""Paths that try to get out, and requests that two servers would read differently."""

from typing import Final

import pytest

from tests.support.server import NOT_STARTED, OWNER, WORKFLOW, Server, Wire, request

PATHS: Final = (
    f"{WORKFLOW}/..%2f..%2f_mockflow/clock",
    f"{WORKFLOW}/../../../_mockflow/clock",
    f"{WORKFLOW}/w%00/_status",
    f"{WORKFLOW}/%c0%af/_status",
    f"{WORKFLOW}/%ff%fe/_status",
    f"{WORKFLOW}/w%2f_status",
    f"{WORKFLOW}/w;a=b/_status",
    f"{WORKFLOW}/{'%2e' * 500}/_status",
    f"{WORKFLOW}/w\\..\\x/_status",
    "/..%2f..%2fetc%2fpasswd",
    "/../../etc/passwd",
    "//etc/passwd",
    "//evil.example/_mockflow/clock",
    "/./_mockflow/clock",
    "/%5fmockflow/clock",
    "/_mockflow%2fclock",
    "/_MOCKFLOW/clock",
    "/_mockflowx",
    "/x/../_mockflow/clock",
    "/%",
    "/%zz",
    "/?%zz=1",
    "/?" + "&".join(["a"] * 1500),
    "/" * 4000,
    "/" + "/a" * 2000,
)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_path_tricks(server: Server, path: str, method: str) -> None:
    answer = await server.ask(path, method)
    assert answer.status in (200, 400, 403, 404, 405)
    assert b"elapsed_ms" not in answer.body, "the control API"
    assert b"root:" not in answer.body
    if answer.status == 200:
        assert answer.json["tagline" if "tagline" in answer.json else "result"], "the main page, or nothing deleted"


@pytest.mark.parametrize(
    "path", ["..%2fclock", "clock/..", "scenarios/%2e%2e", "workflows/%00", "workflows/%ff/x", "%"]
)
async def test_path_tricks_at_the_owners_door(server: Server, path: str) -> None:
    answer = await server.ask(f"{OWNER}/{path}", "DELETE")
    assert answer.status in (400, 404, 405)
    assert list(answer.json) == ["error"]


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET http://evil.example/_mockflow/clock HTTP/1.1", 400),
        (b"GET http://[ HTTP/1.1", 400),
        (b"OPTIONS * HTTP/1.1", 200),
        (b"GET * HTTP/1.1", 400),
        (b"CONNECT evil.example:443 HTTP/1.1", 405),
        (b"GET  / HTTP/1.1", 200),
        (b"GET /\x00 HTTP/1.1", 400),
        (b"GET /\xff\xff HTTP/1.1", 404),
        (b"GET / HTTP/0.9", 200),
        (b"GET / HTTP/3.0", 400),
        (b"GET / HTTP/1.10", 400),
        (b"GET / http/1.1", 400),
        (b"PRI * HTTP/2.0", 400),
    ],
)
async def test_first_lines(server: Server, line: bytes, status: int) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(line + b"\r\nHost: x\r\n\r\n")
        answer = await wire.answer()
        assert answer.status == status, answer.body
        assert b"elapsed_ms" not in answer.body
    finally:
        await wire.close()


HEAD: Final = f"POST {WORKFLOW}/w/_provision HTTP/1.1\r\nHost: x\r\n"
SMUGGLED: Final = f"GET {OWNER}/clock HTTP/1.1\r\nHost: x\r\n\r\n"
SHAPES: Final = {
    "length and chunks": f"Content-Length: {5 + len(SMUGGLED)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "two lengths in one": "Content-Length: 0, 5\r\n\r\n",
    "a length with a sign": "Content-Length: +0\r\n\r\n",
    "a length in hex": "Content-Length: 0x0\r\n\r\n",
    "a coding that is none": "Transfer-Encoding: xchunked\r\n\r\n",
    "chunked twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked, then not": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a tab before the value": "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "a folded header": "X: a\r\n b\r\n\r\n",
    "a bare line feed": "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a bare carriage return": "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size with a sign": "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "a chunk size with an underscore": "Transfer-Encoding: chunked\r\n\r\n0_0\r\n\r\n",
    "a chunk of very many digits": "Transfer-Encoding: chunked\r\n\r\n" + "f" * 40 + "\r\n\r\n",
    "a chunk longer than it says": "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_smuggling(server: Server, shape: str) -> None:
    """Whatever the first request is taken for, what follows in the same bytes is not answered after a refusal."""
    wire = await Wire.open(server.url)
    try:
        await wire.send((HEAD + SHAPES[shape] + SMUGGLED).encode())
        answers = await wire.rest()
    finally:
        await wire.close()
    assert b"elapsed_ms" not in answers, f"smuggled: {answers!r}"
    assert answers.startswith(b"HTTP/1.1 400 ") or answers == b""


async def test_two_requests_that_are_both_right_are_both_answered(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(request(f"{WORKFLOW}/w/_status") * 2)
        assert [(await wire.answer()).json for _ in range(2)] == [NOT_STARTED, NOT_STARTED]
    finally:
        await wire.close()


TLS_HELLO: Final = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))


@pytest.mark.parametrize("hello", [TLS_HELLO, b"\x80\x2e\x01\x00\x02"])
async def test_tls_on_the_plain_port(server: Server, hello: bytes) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(hello)
        try:
            assert (await wire.answer()).status == 400
        except (ConnectionError, EOFError):
            pass
    finally:
        await wire.close()
