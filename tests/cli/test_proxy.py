"""`mockflow proxy` as a process, between real clients and servers."""

import gzip
import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from opensearchpy import OpenSearch

from mockflow.cli import main
from mockflow.core.scenario.model import Scenario
from mockflow.loading.load import load_paths
from tests.cli.cluster_double import CERTIFICATE, Double, double
from tests.support.processes import run
from tests.support.served import Served, Started

API: Final = "/_plugins/_flow_framework/workflow"
SECRET: Final = "pl4nted"
TEMPLATE: Final = {
    "name": "my search",
    "workflows": {
        "provision": {
            "nodes": [
                {"id": "i", "type": "create_index", "user_inputs": {"index_name": "mine", "configurations": {}}},
            ]
        }
    },
}


class Proxied(Started):
    """`mockflow proxy` on a free port."""

    def __init__(self, to: str, file: Path, *arguments: str | Path) -> None:
        self.file = file
        super().__init__("proxy", "--to", to, "-o", file, "--port", "0", *arguments)

    def ask(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in lower case, and body, as they are on the wire."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        sent = body if body is None or isinstance(body, bytes) or hasattr(body, "__next__") else json.dumps(body)
        connection.request(method, target, sent, headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content

    def scenarios(self) -> list[Scenario]:
        """What is in the file now; nothing is to be said of it."""
        loading = load_paths([self.file])
        assert [str(problem) for problem in loading.problems] == []
        return [located.scenario for located in loading.scenarios]


@pytest.fixture(scope="module")
def served() -> Iterator[Double]:
    with double() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def passing(served: Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """A proxy whose file nobody looks at."""
    with Proxied(served.url, tmp_path_factory.mktemp("proxy") / "passing.yaml") as proxied:
        yield proxied


@pytest.fixture
def cluster(served: Double) -> Double:
    served.answers, served.otherwise = {}, (200, {"a": 1})
    served.asked.clear()
    return served


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recorded.yaml"


# -- what passes through -----------------------------------------------------------------------------


def test_ready_line(passing: Proxied, served: Double) -> None:
    assert passing.ready_line == f"mockflow proxy ready at {passing.url} for {served.url}\n"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "target", ["/", "/a%2Fb/%C3%BC?x=%20+&y&y=2&z=a=b", "/a//b/../c?q=%3F%23", "/logs-*,-x/_search"]
)
def test_requests_pass_as_they_are(cluster: Double, passing: Proxied, method: str, target: str) -> None:
    body = b"\x00\xff{}\r\n"
    headers = {"X-One": "1", "X-Opaque-Id": "ü".encode().decode("latin-1"), "Content-Type": "a/b", "Cookie": "c=d"}
    assert passing.ask(method, target, body, headers)[0] == 200
    [(asked_method, asked_target, asked_headers, asked_body)] = cluster.asked
    assert (asked_method, asked_target, asked_body) == (method, target, body)
    host = urlsplit(cluster.url).netloc
    expected = {**headers, "host": host, "content-length": str(len(body)), "accept-encoding": "identity"}
    assert asked_headers == {name.lower(): value for name, value in expected.items()}


def test_a_target_that_is_no_path_reaches_no_host(cluster: Double, file: Path) -> None:
    """With the cluster's URL before it, it would name another host, which would get the user's password."""
    other = cluster.url.removeprefix("http://")
    lines = [f"GET @{other}/a", f"CONNECT {other}", f"GET {cluster.url}/b", "OPTIONS *", "GET .evil.example/"]
    with Proxied("http://127.0.0.1", file, "--user", f"admin:{SECRET}") as proxied:
        for line in lines:
            with socket.create_connection(("127.0.0.1", urlsplit(proxied.url).port or 0), timeout=30) as sent:
                sent.sendall(f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                answer = b"".join(iter(lambda: sent.recv(65536), b""))
            assert answer[5:].startswith((b"1.1 400 ", b"1.0 400 "))  # 1.0: aiohttp itself refuses it
            assert SECRET.encode() not in answer
        _, told, _ = proxied.stop()
    assert cluster.asked == []
    assert told.count("the request's target does not begin with /; this proxy forwards to one cluster\n") >= 3
    assert not file.exists()


def test_a_request_without_a_body(cluster: Double, passing: Proxied) -> None:
    passing.ask("GET", "/")
    assert cluster.asked[0][2] == {"host": urlsplit(cluster.url).netloc, "accept-encoding": "identity"}


def test_a_body_in_pieces(cluster: Double, passing: Proxied) -> None:
    passing.ask("POST", "/x", iter([b"one", b"two"]))
    assert cluster.asked[0][3] == b"onetwo"


def test_headers_of_the_connection_stay_behind(cluster: Double, passing: Proxied) -> None:
    sent = {"Connection": "keep-alive, X-Mine", "X-Mine": "1", "TE": "trailers", "Keep-Alive": "3", "X-Kept": "1"}
    cluster.otherwise = (200, b"{}", {"Connection": "keep-alive, X-Theirs", "X-Theirs": "1", "X-Kept": "2"})
    _, headers, _ = passing.ask("GET", "/", headers=sent)
    assert not {"connection", "x-mine", "te", "keep-alive"} & cluster.asked[0][2].keys()
    assert cluster.asked[0][2]["x-kept"] == "1"
    assert headers == {"x-kept": "2", "content-length": "2"}


@pytest.mark.parametrize("status", [200, 201, 301, 400, 404, 429, 500, 503, 599])
def test_answers_pass_as_they_are(cluster: Double, passing: Proxied, status: int) -> None:
    told = {"Content-Type": "x/y; charset=z", "Location": "/elsewhere", "Set-Cookie": "a=b", "Date": "yesterday"}
    cluster.otherwise = (status, b"\x00\xff<html>", told)
    got, headers, body = passing.ask("GET", "/")
    assert (got, body) == (status, b"\x00\xff<html>")
    assert headers == {**{name.lower(): value for name, value in told.items()}, "content-length": "8"}


def test_compressed_answers_stay_compressed(cluster: Double, passing: Proxied) -> None:
    packed = gzip.compress(b'{"a": 1}')
    cluster.otherwise = (200, packed, {"Content-Encoding": "gzip"})
    assert passing.ask("GET", "/", headers={"Accept-Encoding": "gzip"})[2] == packed


def test_head(cluster: Double, passing: Proxied) -> None:
    cluster.otherwise = (200, b"", {"Content-Length": "561", "X-A": "b"})
    assert passing.ask("HEAD", "/") == (200, {"content-length": "561", "x-a": "b"}, b"")


def test_one_connection_for_many_requests(cluster: Double, passing: Proxied) -> None:
    connection = http.client.HTTPConnection(urlsplit(passing.url).netloc, timeout=30)
    for _ in range(3):
        connection.request("HEAD", "/")
        assert connection.getresponse().read() == b""
        connection.request("GET", "/")
        assert json.load(connection.getresponse()) == {"a": 1}
    connection.close()


def test_connections_are_bounded_and_those_that_send_nothing_end(cluster: Double, file: Path) -> None:
    with Proxied(cluster.url, file, "--max-connections", "2", "--read-timeout", "0.5") as proxied:
        address = ("127.0.0.1", urlsplit(proxied.url).port or 0)
        begun = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
        sockets = [socket.create_connection(address, timeout=30) for _ in range(2)]
        sockets[0].sendall(begun)  # a body that does not go on; the other one has no head
        third = socket.create_connection(address, timeout=30)
        assert third.recv(65536).startswith(b"HTTP/1.1 429 ")
        third.close()
        for one in sockets:
            try:
                assert one.recv(65536) == b""
            except ConnectionResetError:
                pass
            one.close()
        assert proxied.ask("GET", "/")[0] == 200
        _, told, _ = proxied.stop()
    assert "Traceback" not in told


def test_what_is_expected_first(cluster: Double, passing: Proxied) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(passing.url).port or 0), timeout=30) as raw:
        raw.sendall(b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        raw.sendall(b"{}")
        assert raw.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert cluster.asked[0][3] == b"{}"


# -- what does not -----------------------------------------------------------------------------------


def test_a_cluster_that_is_not_there(file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Proxied(url, file) as proxied:
            status, _, body = proxied.ask("GET", f"/x?api_key={SECRET}")
            _, stderr, _ = proxied.stop()
    told = f"{url} does not answer: Connection refused"
    assert (status, json.loads(body)) == (502, {"error": f"mockflow proxy: {told}", "status": 502})
    assert stderr.splitlines()[0] == f"GET /x?api_key=(hidden): {told}"
    assert not file.exists()


def test_a_certificate_that_nobody_has_signed(file: Path) -> None:
    with double(tls=True) as cluster:
        cluster.otherwise = (200, {"a": 1})
        with Proxied(cluster.url, file) as proxied:
            status, _, body = proxied.ask("GET", "/")
            assert status == 502
            assert b"certificate verify failed" in body
        for trusting in (("--insecure",), ("--ca", str(CERTIFICATE))):
            with Proxied(cluster.url, file, "--force", *trusting) as proxied:
                assert proxied.ask("GET", "/")[0] == 200


def test_what_is_too_large(cluster: Double, file: Path) -> None:
    with Proxied(cluster.url, file, "--max-body", "1000") as proxied:
        status, _, body = proxied.ask("POST", "/x", b"x" * 1001)
        assert (status, json.loads(body)["error"]) == (
            413,
            "mockflow proxy: a request of more than 1000 bytes is not passed on; --max-body permits more",
        )
        assert cluster.asked == []
        cluster.otherwise = (200, b"x" * 1001)
        status, _, body = proxied.ask("GET", "/x")
        assert (status, json.loads(body)["error"]) == (
            502,
            "mockflow proxy: a response of more than 1000 bytes is not passed on; --max-body permits more",
        )
        assert proxied.ask("POST", "/x", b"x" * 1000)[0] == 502


def test_the_clusters_user_and_headers_are_added_where_none_are_sent(cluster: Double, file: Path) -> None:
    with Proxied(cluster.url, file, "--user", "me:pw", "--header", "X-Tenant-Id: t") as proxied:
        proxied.ask("GET", "/")
        proxied.ask("GET", "/", headers={"Authorization": "Bearer mine", "x-tenant-id": "mine"})
    told = [(headers["authorization"], headers["x-tenant-id"]) for _, _, headers, _ in cluster.asked]
    assert told == [("Basic bWU6cHc=", "t"), ("Bearer mine", "mine")]


# -- what is written ---------------------------------------------------------------------------------


def test_a_consumers_whole_story_played_back(tmp_path: Path) -> None:
    """The official client deploys through the proxy, and again against what was recorded."""
    file = tmp_path / "recorded.yaml"

    def deploy(url: str) -> list[Any]:
        with OpenSearch(url) as client:
            api = client.plugins.flow_framework
            told: list[Any] = [client.info()["version"]["number"], client.cluster.health()["status"]]
            workflow_id = api.create(body=TEMPLATE)["workflow_id"]
            told += [workflow_id, api.provision(workflow_id=workflow_id)]
            while (status := api.get_status(workflow_id=workflow_id))["state"] == "PROVISIONING":
                time.sleep(0.02)
            return [*told, status, client.indices.exists(index="mine")]

    with Served("--speed", "10", "--quiet") as served, Proxied(served.url, file) as proxied:
        told = deploy(proxied.url)
        code, stderr, stdout = proxied.stop(signal.SIGINT)
    assert (code, stderr, stdout) == (0, "", f"wrote {file}: 2 scenarios\n")
    assert [scenario.scenario for scenario in proxied.scenarios()] == [f"recorded-{told[2]}", "recorded-requests"]
    with Served(file, "--auto", "--quiet") as again:
        assert deploy(again.url) == told


def test_a_change_is_saved_at_once(cluster: Double, file: Path) -> None:
    cluster.answers[f"GET {API}/w/_status"] = [(200, {"state": "PROVISIONING"}), (200, {"state": "COMPLETED"})]
    with Proxied(cluster.url, file) as proxied:
        for _ in range(2):
            proxied.ask("GET", f"{API}/w/_status")
        proxied.stop(signal.SIGKILL)
    [scenario] = proxied.scenarios()
    assert scenario.provision is not None
    assert [keyframe.state for keyframe in scenario.provision.timeline or ()] == ["PROVISIONING", "COMPLETED"]


def test_nothing_is_recorded_of_nothing(cluster: Double, file: Path) -> None:
    with Proxied(cluster.url, file) as proxied:
        code, stderr, stdout = proxied.stop()
    assert (code, stdout) == (0, "")
    assert stderr == "nothing was recorded: there was no request that a scenario can reproduce\n"
    assert not file.exists()


def test_secrets_never_reach_the_file(cluster: Double, file: Path) -> None:
    """One in every place where a consumer or a cluster could tell one."""
    inputs = {
        "name": "c", "description": "d", "version": "1", "protocol": "http", "actions": [],
        "parameters": {"apiKey": SECRET}, "credential": {"access_key": SECRET},
    }  # fmt: skip
    nodes = [{"id": "c", "type": "create_connector", "user_inputs": inputs}]
    template = {"name": f"https://me:{SECRET}@host", "workflows": {"provision": {"nodes": nodes}}}
    body = {"password": SECRET, "list": [{"token": SECRET}], "url": f"http://me:{SECRET}@h", "s": f"api_key={SECRET}"}
    cluster.answers = {
        f"POST {API}": (201, {"workflow_id": "w"}),
        f"GET {API}/w/_status": (200, {"state": "FAILED", "error": f"password={SECRET}", "user_outputs": body}),
        f"GET {API}/v/_status?all=true": (200, {"state": "NOT_STARTED"}),
        f"GET {API}/v": (200, template),
        f"GET /text?token={SECRET}": (
            200,
            f"Authorization: Bearer {SECRET}123".encode(),
            {"Content-Type": "text/plain"},
        ),
    }
    told = {"Set-Cookie": f"s={SECRET}", "X-Amz-Security-Token": SECRET, "Location": f"/x?api_key={SECRET}"}
    cluster.otherwise = (200, body, told)
    headers = {
        "Authorization": f"Basic {SECRET}", "Cookie": f"s={SECRET}", "X-Amz-Date": SECRET, "X-Api-Key": SECRET,
        "Content-Type": "application/json",
    }  # fmt: skip
    with Proxied(cluster.url, file, "--header", f"X-Other: {SECRET}") as proxied:
        proxied.ask("POST", API, template, headers)
        proxied.ask("POST", f"{API}/w/_provision", None, headers)
        proxied.ask("GET", f"{API}/w/_status", None, headers)
        proxied.ask("GET", f"{API}/v/_status?all=true", None, headers)
        proxied.ask("GET", f"{API}/v", None, headers)
        for target in ("/_plugins/_ml/connectors/c", f"/x?api_key={SECRET}&q=1", f"/text?token={SECRET}"):
            proxied.ask("GET", target, None, headers)
        for number in range(2):
            proxied.ask(
                "POST", "/_plugins/_ml/connectors/_create", {"n": number, "credential": {"key": SECRET}}, headers
            )
        _, stderr, stdout = proxied.stop()
    assert len(proxied.scenarios()) == 3
    assert SECRET not in file.read_text() + stderr + stdout


# -- the options -------------------------------------------------------------------------------------


def test_a_port_in_use(cluster: Double, file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("proxy", "--to", cluster.url, "-o", file, "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} on 127.0.0.1 is in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--to", "ftp://x", "-o", "x"), 2, "is not the address of a server"),
        (("-o", "x"), 2, "--to"),
        (("--to", "http://h"), 2, "--output"),
        (("--to", "http://h", "-o", "."), 1, "is not a file that can be replaced"),
        (("--to", "http://h", "-o", "missing/x"), 1, "cannot be written: No such file or directory"),
        (("--to", "http://h", "-o", str(CERTIFICATE)), 1, "exists already; --force replaces it"),
        (("--to", "https://h", "-o", "x", "--ca", __file__), 1, "has no certificate in PEM"),
        (("--to", "http://h", "-o", "x", "--max-body", "0"), 2, "--max-body"),
    ],
)
def test_options_that_are_wrong(arguments: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        done = CliRunner().invoke(main, ["proxy", *arguments], prog_name="mockflow")
    assert done.exit_code == code
    assert told in done.stderr


BROKEN: Final = """
scenario: broken
workflow_id: w
starts: provision
provision: {timeline: [{at: 0s, state: PROVISIONING}, {at: 2s, state: COMPLETED}]}
faults:
  - {on: provision, call: 1, connection: lost_reply}
  - {on: get_status, call: 2, respond: too_many_requests}
  - {on: get_status, calls: 3..4, connection: truncate}
"""


def test_what_a_cluster_broke_off_is_broken_off_in_playback(tmp_path: Path, file: Path) -> None:
    """One mockflow is recorded and another plays it: the proxy answers 502 for what the cluster did not answer."""
    (script := tmp_path / "broken.yaml").write_text(BROKEN)
    asked = [("GET", "_status"), ("POST", "_provision"), *[("GET", "_status")] * 5]
    with Served(script, "--frozen", "--quiet") as served, Proxied(served.url, file) as proxied:
        heard = [proxied.ask(method, f"{API}/w/{call}")[0] for method, call in asked]
        _, stderr, _ = proxied.stop()
    assert heard == [200, 502, 429, 502, 502, 200, 200]
    assert stderr.count("does not answer") == 3
    [scenario] = proxied.scenarios()
    does = {(fault.on[0], fault.connection or (fault.respond and fault.respond.status)) for fault in scenario.faults}
    assert does == {("get_status", 429), ("get_status", "empty"), ("provision", "lost_reply")}  # the next look told it
    with Served(file, "--quiet") as again:
        played = []
        for method, call in asked[:2]:
            connection = http.client.HTTPConnection(urlsplit(again.url).netloc, timeout=30)
            connection.request(method, f"{API}/w/{call}")
            try:
                played.append(connection.getresponse().status)
            except http.client.RemoteDisconnected:
                played.append(0)
            connection.close()
    assert played == [200, 0]


def test_an_answer_that_the_proxy_itself_keeps_back_is_no_fault(cluster: Double, file: Path) -> None:
    cluster.answers[f"GET {API}/w/_status"] = [(200, {"state": "NOT_STARTED"}), (200, b"x" * 1001)]
    with Proxied(cluster.url, file, "--max-body", "1000") as proxied:
        assert [proxied.ask("GET", f"{API}/w/_status")[0] for _ in range(2)] == [200, 502]
        proxied.stop()
    assert [scenario.faults for scenario in proxied.scenarios()] == [()]
