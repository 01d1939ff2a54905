"""The health of the server: numbers for everybody, which count as no request."""

import json
from typing import Final

import pytest

from mockflow._version import __version__
from mockflow.server.http.messages import Request
from mockflow.server.serving import Control
from tests.support.control import Owner
from tests.support.server import NOT_STARTED, OWNER, STORY, Servers

HEALTH: Final = f"{OWNER}/health"
FAULTY: Final = (
    STORY
    + """
faults: [{on: any, scope: cluster, call: 1, respond: unauthorized}]
stubs: [{request: GET /, respond: [{status: 201}, {status: 202}]}]
"""
)


async def test_it_has_numbers_only(owner: Owner) -> None:
    await owner.put("/scenarios", STORY)
    assert await owner.get("/health") == {"status": "ok", "version": __version__, "scenarios": 1, "problems": 0}


async def test_it_counts_as_nothing(serve: Servers) -> None:
    logged: list[str] = []

    def log(request: Request, status: int, seconds: float) -> None:
        logged.append(request.target)

    server = await serve(FAULTY, access_log=log)
    for method in ("GET", "HEAD") * 2:
        answer = await server.ask(HEALTH, method)
        assert answer.status == 200
        assert int(answer.header("content-length") or 0) > 50
    world = server.cluster.world
    assert (world.journal.counted, logged) == (0, [])
    assert [fault.calls for fault in world.active.faults] == [0]
    assert (await server.ask(f"{HEALTH}?pretty")).status == 400
    assert logged == [f"{HEALTH}?pretty"]
    assert [(await server.ask("/")).status for _ in range(3)] == [401, 201, 202]


@pytest.mark.parametrize("phase", ["security_not_initialized", "no_cluster_manager", "not_recovered", "red"])
async def test_it_answers_during_an_outage(serve: Servers, phase: str) -> None:
    server = await serve(f"{STORY}outages: [{{at: 0s, phases: [{{phase: {phase}, takes: 1h}}]}}]")
    assert (await server.ask("/_cluster/health")).status in (200, 503)
    assert (await server.ask(HEALTH)).json["status"] == "ok"


async def test_it_needs_no_token_and_no_name(serve: Servers) -> None:
    server = await serve(STORY, control=Control("token"))
    for host in ("127.0.0.1", "mock.example.com"):
        data = f"GET {HEALTH} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        assert json.loads((await server.send(data)).body)["status"] == "ok"
    assert (await server.ask(HEALTH, "POST")).status == 401
    assert (await server.ask(f"{HEALTH}/x")).status == 401


async def test_a_port_of_the_control_api_has_it(serve: Servers) -> None:
    server = await serve(STORY, control=Control(address=("127.0.0.1", 0)))
    assert server.serving
    assert server.serving.control_url
    other = type(server)(server.cluster, server.serving.control_url)
    assert (await other.ask(HEALTH)).json["scenarios"] == 1
    assert (await server.ask(HEALTH)).status == 400  # as OpenSearch answers
    assert (await server.status()).json == NOT_STARTED
