"""Bodies that are too large, never end, or are not what they say."""

import gzip
import json
import zlib
from typing import Final

import pytest

from tests.hostile.conftest import LIMITS
from tests.support.server import OWNER, WORKFLOW, Server, Wire, request

HEAD: Final = f"POST {WORKFLOW} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("length", [LIMITS.max_body + 1, 10**12, 10**18])
async def test_a_length_beyond_the_limit_is_refused_before_its_body(server: Server, length: int) -> None:
    answer = await server.send(f"{HEAD}Content-Length: {length}\r\n\r\n".encode())
    assert (answer.status, answer.body, answer.header("connection")) == (413, b"", "close")


async def test_nobody_is_asked_to_go_on_with_too_large_a_body(server: Server) -> None:
    answer = await server.send(f"{HEAD}Expect: 100-continue\r\nContent-Length: {10**9}\r\n\r\n".encode())
    assert answer.status == 413


async def test_chunks_without_end(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
        for _ in range(LIMITS.max_body // 0x8000 + 1):
            await wire.send(chunk)
        assert (await wire.answer()).status == 413
    finally:
        await wire.close()


async def test_bodies_that_are_too_large_together(server: Server) -> None:
    """Each is small enough; three of them are not (network.breaker.inflight_requests)."""
    wires = [await Wire.open(server.url) for _ in range(3)]
    try:
        for wire in wires:
            await wire.send(f"{HEAD}Content-Length: {LIMITS.max_body}\r\n\r\n".encode())
            await wire.send(b"x" * (LIMITS.max_body - 1))
        answer = await wires[-1].answer()
        assert (answer.status, answer.error["type"]) == (429, "circuit_breaking_exception")
        assert answer.error["bytes_limit"] == LIMITS.max_bodies < answer.error["bytes_wanted"]
        assert answer.reason.startswith("[in_flight_requests] Data too large, data for [<http_request>] would be [")
        await wires[0].send(b"x")
        assert (await wires[0].answer()).status == 400
        await wires[1].send(b"x")
        assert (await wires[1].answer()).status == 400
    finally:
        for wire in wires:
            await wire.close()
    answer = await server.ask(WORKFLOW, "POST", b"x" * LIMITS.max_body, {"Content-Type": "application/json"})
    assert answer.status == 400, "what was refused is not counted any more"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_bombs(server: Server, pack: object) -> None:
    assert callable(pack)
    packed = pack(b" " * 50_000_000)
    coding = "gzip" if pack is gzip.compress else "deflate"
    answer = await server.send(
        f"{HEAD}Content-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed
    )
    assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 30_000,
        b'{"name":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"n":' + b"9" * 100_000 + b"}",
        b'{"n":1e999999999}',
        b'"' + b"\\" * 100_000,
        b"\xff\xfe" * 1000,
    ],
    ids=["arrays", "objects", "within a template", "digits", "exponent", "escapes", "no UTF-8"],
)
async def test_json_that_is_meant_to_hurt(server: Server, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await server.ask(WORKFLOW, "POST", body, headers)
    assert (answer.status, "error" in answer.json) == (400, True)
    answer = await server.ask(f"{WORKFLOW}/_search", "POST", body, headers)
    assert answer.status in (400, 404)
    for path in ("clock", "reset", "next_run"):
        answer = await server.ask(f"{OWNER}/{path}", "POST", body)
        assert (answer.status, list(answer.json)) == (400, ["error"])


YAML: Final = {
    "aliases that double": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
    "an alias of itself": "&a {scenario: *a}",
    "merge keys": "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 30)),
    "depth": "[" * 50_000,
    "depth in blocks": "".join(f"{' ' * n}a:\n" for n in range(600)),
    "a Python object": "scenario: !!python/object/apply:os.system [echo hello]",
    "a number of very many digits": "scenario: x\nworkflow_id: " + "9" * 100_000,
    "no text": "\x00\x01\x02",
    "very many documents": "---\n{}\n" * 3_000,
}


@pytest.mark.parametrize("what", YAML)
async def test_yaml_that_is_meant_to_hurt(server: Server, what: str) -> None:
    answer = await server.ask(f"{OWNER}/scenarios", "PUT", YAML[what])
    assert (answer.status, list(answer.json)) == (400, ["error"])
    assert len(answer.body) < 1_000_000
    answer = await server.ask(
        WORKFLOW, "POST", YAML[what], {"Content-Type": "application/yaml", "Accept": "application/json"}
    )
    assert (answer.status, list(answer.json)) == (400, ["error"])
    assert list(server.cluster.world.scenarios) == ["story"]


async def test_what_comes_after_a_body_is_no_part_of_it(server: Server) -> None:
    wire = await Wire.open(server.url)
    try:
        await wire.send(request("/", "POST", b"{}", {"Content-Type": "application/json"}) + b"and more\r\n\r\n")
        assert (await wire.answer()).status == 400
        assert await wire.rest() == b""
    finally:
        await wire.close()


async def test_statuses_of_deleted_templates_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stay while resources do, and count for no limit of the plugin's."""
    monkeypatch.setattr("mockflow.cluster.operations.STATUSES_LEFT", 3)
    limit = {"persistent": {"plugins.flow_framework.max_workflows": 2}}
    headers = {"Content-Type": "application/json"}
    assert (await server.ask("/_cluster/settings", "PUT", json.dumps(limit), headers)).status == 200
    told = []
    for number in range(6):
        inputs = {"index_name": f"books-{number}", "configurations": "{}"}
        nodes = [{"id": "i", "type": "create_index", "user_inputs": inputs}]
        body = json.dumps({"name": "x", "workflows": {"provision": {"nodes": nodes}}})
        answer = await server.ask(f"{WORKFLOW}?provision=true", "POST", body, headers)
        told.append(answer.json.get("error"))
        if not told[-1]:
            await server.advance("1h")
            await server.ask(f"{WORKFLOW}/{answer.json['workflow_id']}", "DELETE")
    assert told == [None] * 4 + ["Maximum workflows limit reached: 2"] * 2
