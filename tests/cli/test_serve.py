"""`mockflow serve` as a process of its own: what it prints, serves and logs, and how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest
from opensearchpy import OpenSearch

from mockflow._version import __version__
from mockflow.core.plugin.versions import NEWEST, OLDEST
from tests.support.paths import SCENARIOS
from tests.support.processes import environment, run
from tests.support.served import WORKFLOW, Served, ask

DOCS: Final = "8xL8bowB8y25Tqfenm50"
EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z

# The three bodies of the public documentation page of "Get workflow status".
CONNECTOR: Final = {
    "workflow_step_name": "create_connector",
    "workflow_step_id": "create_connector_1",
    "resource_type": "connector_id",
    "resource_id": "NdjCQYwBLmvn802B0IwE",
}
MODEL: Final = {
    "workflow_step_name": "register_remote_model",
    "workflow_step_id": "register_model_2",
    "resource_type": "model_id",
    "resource_id": "N9jCQYwBLmvn802B0oyh",
}
FIRST: Final = {"workflow_id": DOCS, "state": "NOT_STARTED"}
SECOND: Final = {"workflow_id": DOCS, "state": "PROVISIONING", "resources_created": [CONNECTOR]}
THIRD: Final = {"workflow_id": DOCS, "state": "COMPLETED", "resources_created": [CONNECTOR, MODEL]}

GOOD: Final = "scenario: good\nworkflow_id: g\n"
BAD: Final = "scenario: bad\nworkflow: b\ndescripton: x\n"
LOG_LINE: Final = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (\S+) (\S+) (\d{3}) [\d.]+ms")


@pytest.fixture(scope="module")
def frozen() -> Iterator[Served]:
    """A server of all shipped scenarios, its clock frozen. Reset it before use."""
    with Served(SCENARIOS, "--frozen", "--quiet") as served:
        yield served


# -- the ready line ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [[], ["--quiet"], ["--log-format", "json"], ["--quiet", "--log-format", "json", "--auto"]], ids=" ".join
)
def test_the_ready_line_comes_first_and_when_connections_are_accepted(options: list[str]) -> None:
    with Served(*options) as served:
        assert re.fullmatch(r"mockflow ready at http://127\.0\.0\.1:\d+\n", served.ready_line)
        assert ask(served.url)[0] == 200
        code, stderr, stdout = served.stop(signal.SIGTERM)
    assert (code, stdout) == (0, f"see its timelines at {served.url}/_mockflow/\n" if options == [] else "")
    assert "--quiet" not in options or stderr == ""
    if options == ["--log-format", "json"]:
        assert json.loads(stderr.splitlines()[0])["page_url"] == f"{served.url}/_mockflow/"


def test_the_report_of_what_is_not_served_covers_resets() -> None:
    with Served("--report-unserved", "--quiet") as served:
        served.ask("/a/_rollover", "POST")
        served.reset()
        served.ask("/b/_rollover", "POST")
        served.ask("/nothing/of/opensearch", "POST")
        _, stderr, _ = served.stop(signal.SIGTERM)
    assert stderr.splitlines()[-6:] == [
        "not served by mockflow:",
        "  POST /{alias}/_rollover (indices.rollover), 2 requests",
        "these stubs in a scenario answer them:",
        "stubs:",
        "  - request: POST /{alias}/_rollover",
        "    respond: {status: 200, body: {}}",
    ]


def test_on_every_address_the_page_is_at_one_that_a_browser_can_open() -> None:
    with Served("--host", "0.0.0.0", "--insecure-control") as served:
        _, _, stdout = served.stop(signal.SIGTERM)
    assert stdout == f"see its timelines at {served.url.replace('0.0.0.0', '127.0.0.1')}/_mockflow/\n"


@pytest.mark.skipif(os.name != "posix", reason="the browser of this test is a shell script")
@pytest.mark.parametrize("quiet", [[], ["--quiet"]], ids=["told", "quiet"])
def test_open_opens_the_page_in_the_browser(tmp_path: Path, quiet: list[str]) -> None:
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n')
    browser.chmod(0o755)
    with Served("--open", *quiet, env={"BROWSER": str(browser)}) as served:
        assert opened.read_text() == f"{served.url}/_mockflow/\n"


def test_without_open_no_browser_is_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n')
    browser.chmod(0o755)
    with Served("--quiet", env={"BROWSER": str(browser)}) as served:
        assert ask(served.url)[0] == 200
    assert not opened.exists()


def test_a_port_of_choice() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Served("--port", str(port)) as served:
        assert served.ready_line == f"mockflow ready at http://127.0.0.1:{port}\n"


@pytest.mark.parametrize(
    ("host", "url"), [("localhost", r"http://(127\.0\.0\.1|\[::1\]):\d+"), ("0.0.0.0", r"http://0\.0\.0\.0:\d+")]
)
def test_a_host_of_choice(host: str, url: str) -> None:
    with Served("--host", host, "--no-control") as served:
        assert re.fullmatch(url, served.url)
        assert ask(served.url)[0] == 200


# -- the three documented answers ----------------------------------------------------------------------


def test_frozen_the_documented_answers_come_as_the_clock_is_advanced(frozen: Served) -> None:
    frozen.reset()
    assert frozen.status(DOCS) == FIRST
    frozen.advance("1999ms")
    assert frozen.status(DOCS) == FIRST
    frozen.advance("1ms")
    assert frozen.status(DOCS) == SECOND
    frozen.advance("3999ms")
    assert frozen.status(DOCS) == SECOND
    frozen.advance("1ms")
    assert frozen.status(DOCS) == THIRD
    for step in ("1ms", "1h", "36500d"):
        frozen.advance(step)
        assert frozen.status(DOCS) == THIRD
    assert list(frozen.status(DOCS)) == ["workflow_id", "state", "resources_created"]
    assert [list(resource) for resource in frozen.status(DOCS)["resources_created"]] == [list(CONNECTOR)] * 2


def test_the_official_client_sees_them_too(frozen: Served) -> None:
    frozen.reset()
    client = OpenSearch(frozen.url)
    seen = []
    for step in ("0s", "2s", "4s", "1h"):
        frozen.advance(step)
        seen.append(client.plugins.flow_framework.get_status(workflow_id=DOCS))
    client.close()
    assert seen == [FIRST, SECOND, THIRD, THIRD]


def test_frozen_begins_in_2026(frozen: Served) -> None:
    frozen.reset()
    assert frozen.ask("/_mockflow/clock")[1] == {"now": EPOCH, "elapsed_ms": 0, "mode": "frozen", "speed": 1.0}


def test_all_shipped_scenarios_are_served(frozen: Served) -> None:
    frozen.reset()
    names = {scenario["scenario"] for scenario in frozen.ask("/_mockflow/scenarios")[1]["scenarios"]}
    assert names == {file.stem for file in SCENARIOS.glob("*.yaml")}


def test_with_auto_a_loop_without_pauses_sees_them_all() -> None:
    with Served(SCENARIOS / "docs-example.yaml", "--auto", "--quiet") as served:
        assert [served.status(DOCS) for _ in range(5)] == [FIRST, SECOND, THIRD, THIRD, THIRD]
        assert served.ask("/_mockflow/clock")[1] == {
            "now": EPOCH + 6000,
            "elapsed_ms": 6000,
            "mode": "auto",
            "speed": 1,
        }


def test_with_a_speed_time_passes_by_itself() -> None:
    with Served(SCENARIOS / "docs-example.yaml", "--speed", "1000000", "--quiet") as served:
        clock = served.ask("/_mockflow/clock")[1]
        assert (clock["mode"], clock["speed"]) == ("real", 1_000_000)
        assert clock["now"] > EPOCH
        assert [served.status(DOCS) for _ in range(2)][-1] == THIRD


def test_without_an_option_time_is_that_of_the_wall() -> None:
    before = time.time_ns() // 1_000_000
    with Served("--quiet") as served:
        clock = served.ask("/_mockflow/clock")[1]
    assert before <= clock["now"] <= time.time_ns() // 1_000_000
    assert (clock["mode"], clock["speed"]) == ("real", 1)


@pytest.mark.parametrize(
    ("epoch", "now"),
    [
        ("2030-06-01T12:00:00Z", 1_906_545_600_000),
        ("2030-06-01T12:00:00+02:00", 1_906_538_400_000),
        ("1700000000000", 1_700_000_000_000),
    ],
)
def test_another_epoch(epoch: str, now: int) -> None:
    with Served("--frozen", "--epoch", epoch, "--quiet") as served:
        assert served.ask("/_mockflow/clock")[1]["now"] == now


def test_another_version() -> None:
    with Served("--opensearch-version", "2.12.0", "--quiet") as served:
        assert served.ask("/")[1]["version"]["number"] == "2.12.0"
        assert served.ask(f"{WORKFLOW}/x/_status") == (404, {"error": "Failed to get workflow status of: x"})


@pytest.mark.parametrize(("options", "status"), [(["--trust-inputs"], 201), ([], 400)])
def test_inputs_are_trusted_where_it_says_so(options: list[str], status: int) -> None:
    node = {"id": "g", "type": "register_model_group", "user_inputs": {"name": "<>"}}
    body = {"name": "x", "workflows": {"provision": {"nodes": [node]}}}
    with Served(*options, "--opensearch-version", "3.8.0", "--quiet") as served:
        assert served.ask(WORKFLOW, "POST", body)[0] == status


def test_max_polls(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    with Served(tmp_path, "--frozen", "--max-polls", "2", "--quiet") as served:
        for _ in range(5):
            served.status("g")
        _, stderr, _ = served.stop(signal.SIGTERM)
    assert re.fullmatch(r"\S+ warning: workflow g: the same answer 2 times, .*\n", stderr)


# -- the ways it does not start ------------------------------------------------------------------------


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"Error: port {port} on 127.0.0.1 is in use; choose another with --port, or --port 0 for any free one\n"
    )


def test_a_host_that_is_not_here() -> None:
    done = run("serve", "--host", "192.0.2.1", "--port", "0", "--no-control")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: cannot listen on 192\.0\.2\.1:0: .+\n", done.stderr)


def test_bad_files_end_it_with_every_problem_before_it_listens(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "worse.yaml").write_text("a: [")
    done = run("serve", tmp_path, tmp_path / "missing.yaml", "--port", "0")
    assert (done.returncode, done.stdout) == (1, "")
    *problems, last = done.stderr.splitlines()
    places = sorted(re.split(r": (?!\d)", problem)[0].removeprefix(str(tmp_path)) for problem in problems)
    assert places == ["/bad.yaml:2:1", "/bad.yaml:3:1", "/missing.yaml", "/worse.yaml:1:5"]
    assert last == "Error: 4 errors in the scenarios; --keep-going serves the others"


def test_keep_going_serves_the_good_ones(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "good.yaml").write_text(GOOD)
    with Served(tmp_path, "--keep-going", "--quiet") as served:
        assert [scenario["scenario"] for scenario in served.ask("/_mockflow/scenarios")[1]["scenarios"]] == ["good"]
        _, stderr, _ = served.stop(signal.SIGTERM)
    assert f"{tmp_path}/bad.yaml:2:1: unknown key" in stderr


def test_warnings_are_told_and_do_not_end_it(tmp_path: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text("scenario: o\nworkflow_id: o\nprovision: {timeline: [{at: 0s, state: COMPLETED}]}\n")
    with Served(file, "--quiet") as served:
        assert served.status("o")["state"] == "COMPLETED"
        _, stderr, _ = served.stop(signal.SIGTERM)
    assert stderr.startswith(f"{file}:3:")
    assert "warning: " in stderr


def test_no_path_is_fine() -> None:
    with Served("--quiet") as served:
        assert served.ask("/_mockflow/workflows") == (200, [])
        assert served.ask(f"{WORKFLOW}/x/_status")[0] == 404


def test_later_bad_input_never_ends_it(frozen: Served) -> None:
    frozen.reset()
    connection = HTTPConnection(frozen.url.removeprefix("http://"))
    connection.request("PUT", "/_mockflow/scenarios", b"a: [\xff\x00")
    assert connection.getresponse().status == 400
    connection.close()
    host, _, port = frozen.url.removeprefix("http://").partition(":")
    for garbage in (b"\x00\xff" * 1000, b"GET", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(garbage)
    assert frozen.status(DOCS) == FIRST


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--auto", "--frozen"], "--speed, --auto and --frozen exclude each other"),
        (["--speed", "2", "--auto"], "--speed, --auto and --frozen exclude each other"),
        (["--speed", "0"], "'--speed'"),
        (["--speed", "fast"], "'--speed'"),
        (["--port", "65536"], "'--port'"),
        (["--port", "x"], "'--port'"),
        (["--max-polls", "0"], "'--max-polls'"),
        (["--max-polls", "9" * 30], "'--max-polls'"),
        (["--speed", "nan"], "a speed is above 0 and at most 1000000"),
        (["--speed", "inf"], "'--speed'"),
        (
            ["--seed", "any"],
            '"any" is neither a whole number from -9223372036854775808 to 9223372036854775807 nor random',
        ),
        (["--seed", "9" * 5000], "nor random"),
        (["--epoch", "9" * 15], "an epoch is in milliseconds since 1970, and is at most 253402300799999"),
        (["--epoch", "²"], "is neither a date"),
        (["--epoch", "9" * 400], "is neither a date"),
        (["--step-time", "9" * 400 + "s"], "longer than a century"),
        (["--log-format", "xml"], "'--log-format'"),
        (["--epoch", "yesterday"], '"yesterday" is neither a date such as 2026-01-01T00:00:00Z nor epoch milliseconds'),
        (
            ["--opensearch-version", "1.3.0"],
            f"OpenSearch 1.3.0 is not supported; supported are {OLDEST} to 2.19 and 3.0 to {NEWEST}",
        ),
        (["--opensearch-version", "3.2"], '"3.2" is not an OpenSearch version; write one such as 3.2.0'),
        (["--anchor", "soon"], '"soon" is neither a date'),
        (["--anchor", "2026-01-01", "--frozen"], "--anchor excludes --auto, --frozen and --epoch"),
        (["--anchor", "2026-01-01", "--epoch", "0"], "--anchor excludes --auto, --frozen and --epoch"),
        (["--anchor", "9000-01-01"], "--anchor is in the future"),
        (["--nope"], "--nope"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options(arguments: list[str], told: str) -> None:
    done = _invoke("serve", *arguments)
    assert done.exit_code == 2
    assert told in done.output


# -- seeds ---------------------------------------------------------------------------------------------


def _first_id(served: Served) -> str:
    status, body = served.ask(WORKFLOW, "POST", {"name": "t"})
    assert status == 201
    return str(body["workflow_id"])


def test_a_random_seed_is_printed_and_repeats_the_ids() -> None:
    with Served("--frozen", env={"MOCKFLOW_SEED": "random"}) as served:
        first = _first_id(served)
        served.reset()
        assert _first_id(served) == first
        served.reset(seed=7)
        assert _first_id(served) != first
        _, stderr, _ = served.stop(signal.SIGTERM)
    found = re.search(r"^the seed is (\d+); --seed \1 gives the same ids", stderr, re.MULTILINE)
    assert found
    with Served("--frozen", "--seed", found[1]) as served:
        assert _first_id(served) == first


def test_random_seeds_differ() -> None:
    told = [_invoke("serve", "--seed", "random", "--cert", __file__).output for _ in range(3)]  # it ends: no key
    assert len({re.findall(r"the seed is (\d+)", one)[0] for one in told}) == 3


# -- environment variables -----------------------------------------------------------------------------


def test_every_option_is_a_variable_too(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"scenario: {name}\nworkflow_id: {name}\n")
    (tmp_path / "bad.yaml").write_text(BAD)
    variables = {
        "MOCKFLOW_PATHS": os.pathsep.join(str(tmp_path / name) for name in ("a.yaml", "b.yaml", "bad.yaml")),
        "MOCKFLOW_HOST": "localhost",
        "MOCKFLOW_PORT": "0",
        "MOCKFLOW_FROZEN": "1",
        "MOCKFLOW_EPOCH": "1700000000000",
        "MOCKFLOW_OPENSEARCH_VERSION": "2.19.4",
        "MOCKFLOW_MAX_POLLS": "1",
        "MOCKFLOW_KEEP_GOING": "true",
        "MOCKFLOW_LOG_FORMAT": "json",
        "MOCKFLOW_AUTO": "",
        "MOCKFLOW_QUIET": "0",
    }
    with Served(env=variables) as served:
        assert [workflow["workflow_id"] for workflow in served.ask("/_mockflow/workflows")[1]] == ["a", "b"]
        clock = served.ask("/_mockflow/clock")[1]
        assert (clock["now"], clock["mode"]) == (1_700_000_000_000, "frozen")
        assert served.ask("/")[1]["version"]["number"] == "2.19.4"
        served.status("a")
        _, stderr, _ = served.stop(signal.SIGTERM)
    lines = [json.loads(line) for line in stderr.splitlines() if line.startswith("{")]
    targets = [line["target"] for line in lines if "target" in line]
    assert targets[:2] == ["/_mockflow/workflows", "/_mockflow/clock"]
    others = [(line["level"], "problem" in line) for line in lines if "message" in line]
    assert others == [("error", True), ("error", True), ("info", False), ("warning", False)]
    assert len(lines) == len(stderr.splitlines())


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"MOCKFLOW_PORT": "x"}, "'--port' (environment variable MOCKFLOW_PORT)"),
        ({"MOCKFLOW_AUTO": "1", "MOCKFLOW_FROZEN": "1"}, "exclude each other"),
        ({"MOCKFLOW_AUTO": "maybe"}, "'--auto' (environment variable MOCKFLOW_AUTO)"),
        ({"MOCKFLOW_SPEED": "-1"}, "'--speed'"),
        ({"MOCKFLOW_SPEED": "nan"}, "a speed is above 0"),
        ({"MOCKFLOW_SEED": "Random"}, "nor random"),
        ({"MOCKFLOW_EPOCH": "1" + "0" * 14 + "9"}, "is neither a date"),
    ],
    ids=str,
)
def test_bad_variables(variables: dict[str, str], told: str) -> None:
    done = _invoke("serve", env=variables)
    assert done.exit_code == 2
    assert told in done.output


# -- the end -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_and_open_requests_are_answered(number: int) -> None:
    with Served("--frozen") as served:
        page_line = f"see its timelines at {served.url}/_mockflow/\n"
        address = served.url.removeprefix("http://")
        idle, waiting = HTTPConnection(address), HTTPConnection(address)
        idle.request("GET", "/")
        assert idle.getresponse().read()
        waiting.request("GET", "/_cluster/health?wait_for_nodes=2&timeout=1h")
        _until_it_waits(served)
        served.process.send_signal(number)
        answer = waiting.getresponse()
        assert (answer.status, json.load(answer)["timed_out"]) == (408, True)
        code, stderr, stdout = served.end()
        idle.close()
        waiting.close()
    assert (code, stdout) == (0, page_line)
    assert "Traceback" not in stderr
    assert LOG_LINE.fullmatch(stderr.splitlines()[-1])


def _until_it_waits(served: Served) -> None:
    """Asks others meanwhile: had the waiting request not arrived by now, it would be refused, not answered."""
    for _ in range(3):
        assert served.ask("/")[0] == 200


def test_a_signal_ends_it_although_clients_are_in_the_middle_of_something() -> None:
    with Served("--quiet") as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as half, socket.create_connection((host, int(port))) as idle:
            half.sendall(b"PUT /_mockflow/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
            assert served.ask("/")[0] == 200
            code, stderr, _ = served.stop(signal.SIGTERM)
            assert idle.recv(1) == b""
    assert (code, stderr) == (0, "")


# -- the log -------------------------------------------------------------------------------------------


def test_one_line_for_each_request() -> None:
    with Served(SCENARIOS / "docs-example.yaml", "--frozen") as served:
        served.status(DOCS, "?all=true")
        served.ask("/_nope/x")
        served.ask("/_mockflow/clock", "POST", {"advance": "1s"})
        _, stderr, _ = served.stop(signal.SIGTERM)
    found = [LOG_LINE.fullmatch(line) for line in stderr.splitlines()]
    assert [line.groups() if line else None for line in found] == [
        ("GET", f"{WORKFLOW}/{DOCS}/_status?all=true", "200"),
        ("GET", "/_nope/x", "400"),
        ("POST", "/_mockflow/clock", "200"),
    ]


def test_one_object_of_json_for_each_request() -> None:
    with Served("--frozen", "--log-format", "json") as served:
        served.ask("/_nope/%C3%BC?a=%22")
        _, stderr, _ = served.stop(signal.SIGTERM)
    _, line = map(json.loads, stderr.splitlines())
    assert list(line) == ["time", "level", "method", "target", "status", "ms"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line["time"])
    assert (line["level"], line["method"], line["target"], line["status"]) == (
        "info",
        "GET",
        "/_nope/%C3%BC?a=%22",
        400,
    )
    assert line["ms"] >= 0


def test_quiet_logs_no_requests() -> None:
    with Served("--quiet") as served:
        served.ask("/")
        code, stderr, stdout = served.stop(signal.SIGTERM)
    assert (code, stderr, stdout) == (0, "", "")


def test_garbage_leaves_no_traceback_in_the_log() -> None:
    with Served("--frozen", "--quiet") as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        for garbage in (
            b"\x16\x03\x01\x02\x00",
            b"hello\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
            b"GET /_cluster/health?wait_for_nodes=2 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na",
        ):
            with socket.create_connection((host, int(port))) as raw:
                raw.sendall(garbage)
        assert served.ask("/")[0] == 200
        code, stderr, _ = served.stop(signal.SIGTERM)
    assert (code, stderr) == (0, "")


# -- the command itself --------------------------------------------------------------------------------


def test_the_installed_command_is_the_module() -> None:
    command = Path(sys.executable).with_name("mockflow")
    if not command.exists():
        pytest.skip("mockflow is not installed beside this Python")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, env=environment(), check=True)
    assert done.stdout == run("--version").stdout == f"mockflow, version {__version__}\n"


def test_the_module_names_itself_as_the_command() -> None:
    done = run("serve", "--nope")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: mockflow serve ")


@pytest.mark.parametrize("command", ["serve", "check", "schema", "wait", "load"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_of_each_command(command: str, option: str) -> None:
    done = _invoke(command, option)
    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: mockflow {command} ")
    assert max(map(len, done.output.splitlines())) <= 80
    listed = re.findall(r"^  (--[a-z-]+)", done.output, re.MULTILINE)
    assert all(re.search(rf"^  {name}\b.*\n?.*\w", done.output, re.MULTILINE) for name in listed)


def test_help_lists_the_commands_each_in_a_whole_sentence() -> None:
    output = _invoke("--help").output
    commands = dict(re.findall(r"^  ([a-z]+) +(.+)$", output.partition("Commands:\n")[2], re.MULTILINE))
    assert {"serve", "check", "schema", "wait", "load"} <= set(commands)
    assert all(text.endswith(".") and not text.endswith("...") for text in commands.values())


def test_a_command_that_is_not_there() -> None:
    done = _invoke("serv")
    assert done.exit_code == 2
    assert "No such command 'serv'" in done.output


def _invoke(*arguments: str, env: dict[str, str] | None = None) -> Any:
    """Runs the command in this process; good for what ends before it does anything."""
    from click.testing import CliRunner

    from mockflow.cli import main

    return CliRunner().invoke(main, arguments, prog_name="mockflow", env=env)
