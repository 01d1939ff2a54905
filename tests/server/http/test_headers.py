"""Headers and framing: what comes with every answer, and what never does."""

import gzip
import zlib
from collections.abc import Callable
from typing import Final

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.server.app import create_app
from mockflow.server.http.limits import Limits
from tests.support.server import JSON, NOT_STARTED, OWNER, STORY, WORKFLOW, YAML, Answer, Server, Servers, Wire, request

STATUS: Final = f"{WORKFLOW}/w/_status"
VARIED: Final = [
    ("GET", STATUS, 200),
    ("GET", f"{STATUS}?pretty", 200),
    ("GET", f"{STATUS}?format=yaml", 200),
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("OPTIONS", STATUS, 200),
    ("GET", f"{WORKFLOW}/nope/_status", 404),
    ("GET", "/_nope/x", 400),
    ("GET", "/?a=%zz", 400),
    ("PUT", STATUS, 405),
]
varied = pytest.mark.parametrize(("method", "target", "status"), VARIED)


async def test_the_whole_answer_byte_for_byte(server: Server) -> None:
    head, _, body = (await server.status()).raw.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    assert status_line == b"HTTP/1.1 200 OK"
    assert sorted(lines) == [
        b"X-OpenSearch-Version: OpenSearch/3.2.0 (opensearch)",
        b"content-length: 41",
        b"content-type: application/json; charset=UTF-8",
    ]
    assert body == b'{"workflow_id":"w","state":"NOT_STARTED"}'


@varied
async def test_neither_server_nor_date(server: Server, method: str, target: str, status: int) -> None:
    answer = await server.ask(target, method)
    assert answer.status == status
    names = {name.lower() for name, _ in answer.headers}
    assert names <= {"content-type", "content-length", "x-opensearch-version", "allow"}
    assert {"content-type", "content-length"} <= names


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("2.12.0", None),
        ("2.19.4", None),
        ("3.0.0", "OpenSearch/3.0.0 (opensearch)"),
        ("3.8.0", "OpenSearch/3.8.0 (opensearch)"),
    ],
)
async def test_the_version_header_comes_from_3_0_on(serve: Servers, version: str, sent: str | None) -> None:
    server = await serve(STORY, version=version)
    for method, target, _ in VARIED:
        assert (await server.ask(target, method)).header("X-OpenSearch-Version") == sent


@varied
async def test_the_opaque_id_comes_back(server: Server, method: str, target: str, status: int) -> None:
    answer = await server.ask(target, method, headers={"x-opaque-id": "a b;c=ü"})
    assert (answer.status, answer.header("X-Opaque-Id")) == (status, "a b;c=ü")


async def test_the_owners_door_has_none_of_opensearchs_headers(server: Server) -> None:
    answer = await server.ask(f"{OWNER}/clock", headers={"X-Opaque-Id": "me"})
    assert sorted(name for name, _ in answer.headers) == ["content-length", "content-type"]
    assert answer.header("content-type") == "application/json"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic YTpi"},
        {
            "Authorization": "AWS4-HMAC-SHA256 Credential=x",
            "x-amz-date": "20260101T000000Z",
            "x-amz-security-token": "t",
        },
        {"Authorization": "Bearer " + "t" * 12_000},
        {"Cookie": "a=b", "Origin": "http://localhost", "Referer": "x", "x-tenant-id": "t"},
        {"User-Agent": "opensearch-py/3.2.0 (Python 3.12.0)", "content-type": "application/json"},
    ],
)
async def test_headers_that_do_not_matter(server: Server, headers: dict[str, str]) -> None:
    answer = await server.ask(STATUS, headers=headers)
    assert (answer.status, answer.json) == (200, NOT_STARTED)


# -- HEAD, lengths, connections -------------------------------------------------------------------------


async def test_head_tells_the_length_of_the_body_it_omits(server: Server) -> None:
    for target in ("/", "/?pretty=false", "/?format=yaml", "/?filter_path=name"):
        head, get = await server.ask(target, "HEAD"), await server.ask(target)
        assert (head.status, head.body) == (200, b"")
        assert head.headers == get.headers


async def test_many_requests_on_one_connection(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        for method, target, status in VARIED * 3:
            await wire.send(request(target, method))
            assert (await wire.answer(without_body=method == "HEAD")).status == status
    finally:
        await wire.close()


async def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(b"".join(request(target, method) for method, target, _ in VARIED))
        for method, _, status in VARIED:
            assert (await wire.answer(without_body=method == "HEAD")).status == status
    finally:
        await wire.close()


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        ("1.1", None, True),
        ("1.1", "keep-alive", True),
        ("1.1", "close", False),
        ("1.0", None, False),
        ("1.0", "keep-alive", True),
    ],
)
async def test_connections_stay_open_as_asked(
    server: Server, version: str, connection: str | None, stays: bool
) -> None:
    header = f"Connection: {connection}\r\n" if connection else ""
    wire = await Wire.open(server.url)
    try:
        await wire.send(f"GET {STATUS} HTTP/{version}\r\nHost: x\r\n{header}\r\n".encode())
        answer = await wire.answer()
        assert answer.json == NOT_STARTED
        if stays:
            await wire.send(request(STATUS))
            assert (await wire.answer()).json == NOT_STARTED
        else:
            assert answer.header("connection") is None, "OpenSearch does not repeat it"
            assert await wire.rest() == b""
    finally:
        await wire.close()


async def test_a_body_of_head_is_not_refused(server: Server) -> None:
    json_body = {"Content-Type": "application/json"}
    assert (await server.ask("/", "HEAD", '{"a":1}', json_body)).status == 200
    assert (await server.ask("/?foo", "HEAD", '{"a":1}', json_body)).status == 400
    assert (await server.ask("/", "HEAD", "x", {"Content-Type": "text/plain"})).status == 406


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_length_of_nothing_is_no_body(server: Server, method: str) -> None:
    """elasticsearch-js 16 sends it with every request without a body."""
    answer = await server.ask("/", method, headers={"Content-Length": "0", "Content-Type": "text/plain"})
    assert answer.status == 200


async def test_an_empty_chunked_body_is_no_body(server: Server) -> None:
    answer = await server.send(b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert answer.status == 200


async def test_a_chunked_body(server: Server) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await server.send(head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")
    assert answer.reason == "request [GET /] does not support having a body"


async def test_a_body_that_waits_to_be_asked_for(server: Server, aiohttp_client: AiohttpClient) -> None:
    """As curl does with large ones. In an Application, too: and it hears it once."""
    client = await aiohttp_client(create_app(server.cluster))
    for url in (server.url, str(client.make_url("")).rstrip("/")):
        wire = await Wire.open(url)
        try:
            head = {"Content-Type": "application/json", "Expect": "100-continue", "Content-Length": "2"}
            await wire.send(request(STATUS, headers=head))
            assert (await wire.answer(without_body=True)).raw == b"HTTP/1.1 100 Continue\r\n\r\n"
            await wire.send(b"{}")
            assert (await wire.answer()).json == NOT_STARTED
            await wire.send(request(STATUS))
            assert (await wire.answer()).json == NOT_STARTED
        finally:
            await wire.close()


async def test_a_body_beyond_the_limit(serve: Servers) -> None:
    server = await serve(STORY, limits=Limits(max_body=1000))
    json_body = {"Content-Type": "application/json"}
    assert (await server.ask(STATUS, body="x" * 1000, headers=json_body)).status == 200
    for size in (1001, 100_000):
        answer = await server.ask(STATUS, body="x" * size, headers=json_body)
        assert (answer.status, answer.body) == (413, b"")
        assert answer.header("connection") == "close"
    assert (await server.status()).status == 200


@pytest.mark.slow
async def test_a_bomb_is_measured_unpacked(serve: Servers) -> None:
    server = await serve(STORY, limits=Limits(max_body=1_000_000))
    packed = gzip.compress(b"x" * 20_000_000)
    assert len(packed) < 100_000
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert (await server.send(request(STATUS, body=packed, headers=headers))).status == 413
    assert (await server.status()).status == 200


# -- compression ---------------------------------------------------------------------------------------


def unpacked(answer: Answer) -> bytes:
    coding = answer.header("content-encoding")
    if coding is None:
        return answer.body
    return gzip.decompress(answer.body) if coding == "gzip" else zlib.decompress(answer.body)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip,deflate", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("deflate", "deflate"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("gzip;q=0", None),
        ("gzip;q=x", None),
        ("identity", None),
        ("br", None),
        ("", None),
    ],
)
async def test_answers_are_packed_only_when_asked(server: Server, accepted: str, coding: str | None) -> None:
    answer = await server.ask(STATUS, headers={"Accept-Encoding": accepted})
    assert answer.header("content-encoding") == coding
    assert answer.header("content-type") == JSON
    assert unpacked(answer) == b'{"workflow_id":"w","state":"NOT_STARTED"}'


async def test_every_kind_of_answer_can_be_packed(server: Server) -> None:
    for method, target, status in VARIED:
        answer = await server.ask(target, method, headers={"Accept-Encoding": "gzip"})
        assert answer.status == status
        if method == "GET":
            assert unpacked(answer) == (await server.ask(target)).body
    assert (await server.ask(STATUS, headers={"Accept-Encoding": "gzip", "Accept": YAML})).header(
        "content-type"
    ) == YAML


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress)]
)
async def test_requests_may_be_packed(server: Server, coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"scenario: packed\nworkflow_id: p\n")
    answer = await server.send(
        request(f"{OWNER}/scenarios", "PUT", packed, {"Content-Encoding": coding, "Content-Type": YAML})
    )
    assert (answer.status, answer.json["loaded"][0]["scenario"]) == (200, "packed")


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"no gzip"), ("deflate", b"none")])
@pytest.mark.parametrize("target", [STATUS, f"{OWNER}/clock"])
async def test_a_body_that_cannot_be_unpacked(
    server: Server, target: str, coding: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    answer = await server.send(request(target, body=body, headers=headers))
    assert answer.status == 400
    assert answer.reason == f"invalid HTTP request: Can not decode content-encoding: {coding}"
    assert answer.header("connection") == "close"
    assert (await server.status()).status == 200
    assert [record for record in caplog.records if record.exc_info] == []
