"""The control API is safe: its token, pages of other sites, public addresses, a port of its own."""

import json
from typing import Any, Final

import pytest

from mockflow.server.control.guard import is_loopback, is_private
from mockflow.server.serving import Control, Serving, UnprotectedControlError
from tests.support.server import NOT_STARTED, OWNER, STORY, Server, Servers, Wire, cluster_of, request

TOKEN: Final = "open-sesame/&+=!"
BEARER: Final = {"Authorization": f"Bearer {TOKEN}"}
IN_QUERY: Final = "token=open-sesame/%26%2B%3D%21"
ADVANCE: Final = json.dumps({"advance": "2s"})


@pytest.fixture
async def guarded(serve: Servers) -> Server:
    """A server whose control API takes a token."""
    return await serve(STORY, control=Control(TOKEN))


def message(body: bytes) -> str:
    error = json.loads(body)["error"]
    assert list(error) == ["message", "problems"]
    return str(error["message"])


# -- the token -------------------------------------------------------------------------------------------


async def test_the_token_opens_it(guarded: Server) -> None:
    assert (await guarded.ask(f"{OWNER}/clock", headers=BEARER)).status == 200
    assert (await guarded.ask(f"{OWNER}/clock?{IN_QUERY}")).status == 200
    assert (await guarded.ask(f"{OWNER}/journal?status=404&{IN_QUERY}")).json["exchanges"] == []
    assert (await guarded.ask(f"{OWNER}?{IN_QUERY}")).status == 200
    assert (await guarded.ask(f"{OWNER}/clock", "POST", ADVANCE, BEARER)).json["elapsed_ms"] == 2000


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer open-sesame"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer \udcff\udcfe"},
    ],
)
@pytest.mark.parametrize("path", ["", "/clock", "/nothing", "/openapi.json", "/clock?token=", "/clock?token=no"])
async def test_without_the_token_it_stays_shut(guarded: Server, headers: dict[str, str], path: str) -> None:
    lines = [f"GET {OWNER}{path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers.items())]
    answer = await guarded.send("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))
    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == "Bearer"
    assert TOKEN not in answer.body.decode()
    expected = "the control API needs a token: Authorization: Bearer TOKEN, or ?token=TOKEN in a GET"
    assert message(answer.body) == expected


@pytest.mark.parametrize(("method", "path"), [("POST", "/clock"), ("PUT", "/scenarios"), ("DELETE", "/journal")])
async def test_a_token_in_the_query_changes_nothing(guarded: Server, method: str, path: str) -> None:
    """A link could carry it."""
    assert (await guarded.ask(f"{OWNER}{path}?{IN_QUERY}", method, ADVANCE)).status == 401


async def test_a_refused_body_is_not_read(guarded: Server) -> None:
    wire = await Wire.open(guarded.url)
    try:
        await wire.send(f"PUT {OWNER}/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n".encode())
        answer = await wire.answer()
        assert (answer.status, answer.header("connection")) == (401, "close")
    finally:
        await wire.close()


async def test_clients_need_no_token(guarded: Server) -> None:
    assert (await guarded.status()).json == NOT_STARTED


# -- pages of other sites ----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:9200", "localhost", "[::1]:9200", "opensearch:9200", "a.ns.svc"])
@pytest.mark.parametrize(("method", "path", "body"), [("GET", "/clock", ""), ("POST", "/clock", ADVANCE)])
async def test_its_own_page_may(server: Server, host: str, method: str, path: str, body: str) -> None:
    for headers in ({}, {"Origin": f"http://{host}"}, {"Origin": f"https://{host.upper()}"}):
        data = request_of(method, path, body, {"Host": host, **headers})
        assert (await server.send(data)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:9200", "Origin": "http://evil.example"},
        {"Host": "127.0.0.1:9200", "Origin": "http://127.0.0.1:8000"},
        {"Host": "127.0.0.1:9200", "Origin": "null"},
        {"Host": "127.0.0.1:9200", "Origin": ""},
        {"Host": "127.0.0.1:9200", "Origin": "http://["},
        {"Host": "evil.example:9200", "Origin": "http://evil.example:9200"},
        {"Host": "evil.example:9200"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": "localhost.evil.example."},
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "body"), [("GET", "/journal", ""), ("POST", "/clock", ADVANCE), ("PUT", "/scenarios", STORY)]
)
async def test_a_page_of_another_site_may_not(
    server: Server, headers: dict[str, str], method: str, path: str, body: str
) -> None:
    answer = await server.send(request_of(method, path, body, headers))
    assert answer.status == 403
    assert message(answer.body)
    assert server.cluster.world.elapsed_ms == 0


IN_THE_NETWORK: Final = ("mock.local", "MOCK.lan:9200", "mock.home.arpa.", "a.svc.cluster.local")
"""Names that another machine of the network may have."""


@pytest.mark.parametrize("host", IN_THE_NETWORK)
async def test_names_in_the_network_are_for_programs(server: Server, host: str) -> None:
    assert (await server.send(request_of("GET", "/clock", "", {"Host": host}))).status == 200
    for header in ({"Origin": f"http://{host}"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        answer = await server.send(request_of("POST", "/clock", ADVANCE, {"Host": host, **header}))
        assert answer.status == 403
        assert message(answer.body) == (
            f'any machine of the network may have the name "{host}"; use an address, set --control-token, or allow the '
            "name with --control-host-allow"
        )
    assert server.cluster.world.elapsed_ms == 0


async def test_names_that_are_allowed(serve: Servers) -> None:
    server = await serve(STORY, control=Control(hosts=("Mock.local", "mock.example.com")))
    for host in ("mock.local", "mock.LOCAL.:9200", "mock.example.com:80"):
        data = request_of("GET", "/clock", "", {"Host": host, "Origin": f"http://{host}"})
        assert (await server.send(data)).status == 200
    for host, origin in (("other.local", "other.local"), ("mock.local", "evil.com"), ("x.mock.local", "x.mock.local")):
        data = request_of("GET", "/clock", "", {"Host": host, "Origin": f"http://{origin}"})
        assert (await server.send(data)).status == 403


async def test_who_has_the_token_may_come_by_any_name(guarded: Server) -> None:
    data = request_of("POST", "/clock", ADVANCE, {"Host": "mock.example.org", **BEARER})
    assert (await guarded.send(data)).status == 200


def request_of(method: str, path: str, body: str, headers: dict[str, str]) -> bytes:
    """A request of the owner's with these headers and no other Host."""
    lines = [f"{method} {OWNER}{path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", body]).encode()


@pytest.mark.parametrize("host", ["a.example", "127.0.0.1.nip.io", "local.example", "svc.example", "localhost.de"])
def test_names_that_a_stranger_could_own(host: str) -> None:
    assert not is_private(host)
    assert not is_private(f"{host}:9200")


# -- public addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_which_addresses_are_this_machines_alone(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    assert not is_loopback("")


@pytest.mark.parametrize("control", [Control(), Control(address=("0.0.0.0", 0))])
async def test_it_is_not_served_to_everybody_unless_told_so(control: Control) -> None:
    serving = Serving(cluster_of(STORY), control=control)
    with pytest.raises(UnprotectedControlError, match=r"--control-token.*--control-port.*--no-control.*--insecure"):
        await serving.start("0.0.0.0")
    assert serving.url == ""


@pytest.mark.parametrize(
    "control", [Control("t"), Control(open_to_all=True), Control(address=("127.0.0.1", 0)), None], ids=str
)
async def test_on_a_public_address(control: Control | None) -> None:
    serving = Serving(cluster_of(STORY), control=control)
    try:
        await serving.start("0.0.0.0")
        assert serving.url
    finally:
        await serving.stop()


# -- elsewhere, or nowhere -----------------------------------------------------------------------------


async def test_at_a_port_of_its_own(serve: Servers) -> None:
    server = await serve(STORY, control=Control(address=("127.0.0.1", 0)))
    assert server.serving
    assert server.serving.control_url not in (None, server.url)
    owners = Server(server.cluster, server.serving.control_url or "")
    assert (await owners.ask(f"{OWNER}/clock", "POST", ADVANCE)).status == 200
    assert server.cluster.world.elapsed_ms == 2000
    assert (await server.status()).json == NOT_STARTED
    here = await owners.ask("/_plugins/_flow_framework/workflow/w/_status")
    assert here.status == 404
    assert message(here.body) == "this port serves /_mockflow only; clients are served at another port"


@pytest.mark.parametrize("control", [None, Control("t", ("127.0.0.1", 0))])
async def test_where_it_is_not_opensearch_answers(serve: Servers, control: Control | None) -> None:
    server = await serve(STORY, control=control)
    answer = await server.ask(f"{OWNER}/clock", headers={"Authorization": "Bearer t"})
    assert answer.json == {"error": "no handler found for uri [/_mockflow/clock] and method [GET]"}
    assert (await server.ask(OWNER)).error["type"] == "invalid_index_name_exception"


async def test_a_second_port_that_is_taken_ends_it_all(server: Server, serve: Servers) -> None:
    port = int(server.url.rpartition(":")[2])
    serving = Serving(cluster_of(STORY), control=Control(address=("127.0.0.1", port)))
    with pytest.raises(OSError, match="in use"):
        await serving.start()
    await serving.stop()


async def test_what_the_owner_sends_is_bounded(server: Server) -> None:
    head = f"PUT {OWNER}/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: {17 * 1024 * 1024}\r\n\r\n"
    answer = await server.send(head.encode())
    assert answer.status == 413
    assert message(answer.body) == "the body is larger than 16 MiB; load the scenarios in several parts"
    assert (await server.status()).json == NOT_STARTED


async def test_scenarios_are_bounded(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockflow.cluster.scenarios.MAX_SCENARIOS", 2)
    texts: Any = [f"{{scenario: s{n}, workflow_id: w{n}}}" for n in range(2)]
    assert (await server.ask(f"{OWNER}/scenarios", "PUT", texts[0])).status == 200
    answer = await server.ask(f"{OWNER}/scenarios", "PUT", texts[1])
    assert (answer.status, message(answer.body)) == (400, "3 scenarios are too many; mockflow holds 2")
    assert (await server.ask(f"{OWNER}/scenarios", "PUT", STORY)).status == 200, "one is replaced, not added"
    assert (await server.send(request("/"))).status == 200
