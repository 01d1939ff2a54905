"""`mockflow wait` and `mockflow load` against a live server."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mockflow import MockFlow
from mockflow.cli import main
from mockflow.cli.readiness import url_from
from mockflow.handle import MockFlowError
from tests.cli.cluster_double import double
from tests.support.processes import run
from tests.support.served import Served

GOOD: Final = "scenario: good\nworkflow_id: g\n"
MORE: Final = "scenario: more\nworkflow_id: m\n---\nscenario: most\nworkflow_id: ü\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with Served("--frozen", "--quiet") as served:
        yield served


@pytest.fixture
def served(running: Served) -> Served:
    """A server without any scenario."""
    running.reset()
    return running


@pytest.fixture
def closed_port() -> str:
    """The address of a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(main, list(map(str, arguments)), prog_name="mockflow")


def names(served: Served) -> list[str]:
    return [scenario["scenario"] for scenario in served.ask("/_mockflow/scenarios")[1]["scenarios"]]


# -- wait ----------------------------------------------------------------------------------------------


def test_wait_for_a_server_that_is_there(served: Served) -> None:
    for url in (served.url, f"{served.url}/", served.url.removeprefix("http://")):
        done = invoke("wait", url)
        assert (done.exit_code, done.output) == (0, "")


def test_wait_as_a_process(served: Served) -> None:
    done = run("wait", served.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_wait_never_goes_through_a_proxy(served: Served, closed_port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, closed_port)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert invoke("wait", served.url, "--timeout", "0s").exit_code == 0


def test_wait_for_a_server_that_comes_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    waiting: list[Any] = []
    thread = threading.Thread(target=lambda: waiting.append(run("wait", f"http://127.0.0.1:{port}")))
    thread.start()
    with Served("--port", str(port), "--quiet"):
        thread.join()
    assert (waiting[0].returncode, waiting[0].stderr) == (0, "")


@pytest.mark.parametrize(("timeout", "told"), [("0s", "0s"), ("0", "0s"), ("150ms", "150ms")])
def test_wait_in_vain(closed_port: str, timeout: str, told: str) -> None:
    done = invoke("wait", closed_port, "--timeout", timeout)
    assert done.exit_code == 1
    assert done.output == f"Error: {closed_port} is not ready after {told}: Connection refused\n"


def test_wait_for_what_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = invoke("wait", url, "--timeout", "150ms")
    assert done.exit_code == 1
    assert done.output == f"Error: {url} is not ready after 150ms: timed out\n"


class Stranger(BaseHTTPRequestHandler):
    """Some other server. Its paths say how it answers."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/garbage"):
            self.wfile.write(b"220 mail.example.org ESMTP\r\n")
            return
        status, body = {"/html": (200, b"<html>"), "/json": (201, b'{"_index": "x"}'), "/list": (200, b"[]")}.get(
            "/" + self.path.split("/")[1], (503, b"OpenSearch Security not initialized.")
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = answer  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that is no mockflow."""
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "it answered 503 Service Unavailable; is it mockflow?"),
        ("/html", "a server answers there, but not mockflow"),
        ("/garbage", "a server answers there, but not mockflow"),
    ],
)
def test_wait_for_a_stranger(stranger: str, path: str, told: str) -> None:
    done = invoke("wait", stranger + path, "--timeout", "0s")
    assert done.exit_code == 1
    assert done.output == f"Error: {stranger}{path} is not ready after 0s: {told}\n"


def test_wait_is_no_request_of_a_client(served: Served) -> None:
    assert invoke("wait", served.url).exit_code == 0
    assert served.ask("/_mockflow/journal")[1]["counted"] == 0


def test_wait_for_a_server_without_a_control_api(stranger: str) -> None:
    done = invoke("wait", f"{stranger}/json", "--timeout", "0s")
    assert done.exit_code == 0
    assert done.output == f"{stranger}/json answers GET /; it has no /_mockflow/health\n"


def test_wait_without_a_url(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKFLOW_PORT", served.url.rpartition(":")[2])
    assert invoke("wait", "--timeout", "0s").exit_code == 0
    assert served.ask("/_mockflow/journal")[1]["counted"] == 0


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://127.0.0.1:9200"),
        ({"HOST": "0.0.0.0", "PORT": "9300"}, "http://127.0.0.1:9300"),
        ({"HOST": "::", "TLS": "1"}, "https://[::1]:9200"),
        ({"HOST": "mock", "CERT": "c.pem", "KEY": "k.pem", "TLS": "false"}, "https://mock:9200"),
        ({"HOST": "0.0.0.0", "CONTROL_PORT": "9600"}, "http://127.0.0.1:9600"),
        ({"CONTROL_PORT": "9600", "CONTROL_HOST": "10.0.0.1"}, "http://10.0.0.1:9600"),
        ({"PORT": "9300", "NO_CONTROL": "yes"}, "http://127.0.0.1:9300"),
    ],
)
def test_where_a_server_is_by_its_environment(environment: dict[str, str], url: str) -> None:
    assert url_from({f"MOCKFLOW_{name}": value for name, value in environment.items()}) == url


@pytest.mark.parametrize("port", ["0", "x", "-1"])
def test_wait_for_a_port_that_cannot_be_known(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("MOCKFLOW_PORT", port)
    done = invoke("wait", "--timeout", "0s")
    assert done.exit_code == 2
    assert f"the port of the server is unknown: it is {port} in the environment; give the URL" in done.output


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:port",
        "ftp://localhost",
        "http://",
        "a b",
        "http://x:99999",
        "http://x:0",
        "http://[x",
        "http://x?a=b",
    ],
)
@pytest.mark.parametrize("command", [["wait"], ["load"]])
def test_what_is_no_address(url: str, command: list[str]) -> None:
    done = invoke(*command, url, *(["x.yaml"] if command == ["load"] else []))
    assert done.exit_code == 2
    assert f'"{url}" is not the address of a server, such as http://127.0.0.1:9200' in done.output


@pytest.mark.parametrize("timeout", ["5", "-1s", "soon", ""])
def test_wait_for_no_time(timeout: str) -> None:
    done = invoke("wait", "http://localhost:1", "--timeout", timeout)
    assert done.exit_code == 2
    assert "'--timeout'" in done.output


def test_a_token_does_not_follow_a_redirect(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    with double() as other, double() as first:
        first.otherwise = (302, b"", {"Location": f"{other.url}/x"})
        done = invoke("load", first.url, tmp_path / "a.yaml", "--control-token", "secret")
        assert done.exit_code == 1
        assert done.output == f"Error: {tmp_path}/a.yaml: it answered 302 Found; is it mockflow?\n"
        with pytest.raises(MockFlowError, match="the server answered 302"):
            MockFlow.connect(first.url, token="secret").clock.now  # noqa: B018
        assert len(first.asked) == 2
        assert other.asked == []


# -- load ----------------------------------------------------------------------------------------------


def test_load_files_and_folders(served: Served, tmp_path: Path) -> None:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    file, other = tmp_path / "größe 1.yaml", tmp_path / "folder" / "deep" / "more.yml"
    file.write_text(GOOD, "utf-8")
    other.write_text(MORE, "utf-8")
    done = invoke("load", served.url, file, tmp_path / "folder")
    assert done.exit_code == 0
    assert done.output == f"{file}: good\n{other}: more, most\n"
    assert names(served) == ["good", "more", "most"]
    sources = [scenario["source"] for scenario in served.ask("/_mockflow/scenarios")[1]["scenarios"]]
    assert sources == [f"{file}:1:1", f"{other}:1:1", f"{other}:4:1"]
    assert served.status("%C3%BC")["state"] == "NOT_STARTED"


def test_load_again_replaces(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD)
    assert invoke("load", served.url, file).exit_code == 0
    file.write_text(f"{GOOD}description: new\n")
    assert invoke("load", served.url, file).exit_code == 0
    (scenario,) = served.ask("/_mockflow/scenarios")[1]["scenarios"]
    assert scenario["description"] == "new"


def test_load_as_a_process(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD)
    done = run("load", served.url, file)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}: good\n", "")


def test_load_with_problems_loads_nothing(served: Served, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("scenario: b\nworkflow: b\ndescripton: b\n")
    done = invoke("load", served.url, tmp_path, tmp_path / "missing.yaml")
    assert done.exit_code == 1
    assert f"{tmp_path}/b.yaml:2:1: unknown key" in done.output
    assert f"{tmp_path}/missing.yaml: no such file or folder" in done.output
    assert done.output.endswith("Error: nothing was loaded: 3 errors\n")
    assert names(served) == []


def test_load_tells_warnings(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("scenario: o\nworkflow_id: o\nprovision: {timeline: [{at: 0s, state: COMPLETED}]}\n")
    done = invoke("load", served.url, file)
    assert done.exit_code == 0
    assert "warning: " in done.output
    assert done.output.endswith(f"{file}: o\n")


def test_load_of_a_workflow_that_another_scenario_has(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD)
    assert invoke("load", served.url, file).exit_code == 0
    other = tmp_path / "b.yaml"
    other.write_text("scenario: b\nworkflow_id: g\n")
    done = invoke("load", served.url, other)
    assert done.exit_code == 1
    assert done.output == (
        f'Error: {other}: workflow_id "g" of scenario "b" belongs to scenario "good" ({file}:1:1) already; '
        "choose another, or remove that one first\n"
    )


def test_load_into_nothing(closed_port: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    done = invoke("load", closed_port, tmp_path)
    assert (done.exit_code, done.output) == (1, f"Error: {closed_port} does not answer: Connection refused\n")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", "{file}: it answered 503 Service Unavailable; is it mockflow?"),
        ("/html", "{url} does not answer: a server answers there, but not mockflow"),
        ("/json", "{url} does not answer: a server answers there, but not mockflow"),
        ("/list", "{url} does not answer: a server answers there, but not mockflow"),
        ("/garbage", "{url} does not answer: a server answers there, but not mockflow"),
    ],
)
def test_load_into_a_stranger(stranger: str, tmp_path: Path, path: str, told: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD)
    done = invoke("load", stranger + path, file)
    assert (done.exit_code, done.output) == (1, f"Error: {told.format(file=file, url=stranger + path)}\n")


def test_load_with_its_arguments_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    done = invoke("load", "good.yaml", "127.0.0.1:9200")
    assert done.exit_code == 1
    assert "nothing was loaded: the server's URL comes first, and good.yaml is a path" in done.output


def test_load_needs_paths() -> None:
    done = invoke("load", "http://localhost:1")
    assert done.exit_code == 2
    assert "PATHS" in done.output
