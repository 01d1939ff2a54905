"""`mockflow serve` and its surroundings: variables, its messages as JSON, --begin and --port-file."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockflow.cli import main
from mockflow.cli.environment import is_link, variable_of
from tests.support.paths import ROOT
from tests.support.served import Served
from tools.reference.command_line import context_of

SCRIPT = "scenario: s\nworkflow_id: w\nprovision: {timeline: [{at: 0s, state: PROVISIONING}]}\n"
WAITS = "scenario: waits\nworkflow_id: v\nstarts: provision\n"
OTHERS = "scenario: others\nmatch: {name: x}\n"


def serve(*arguments: str | Path, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, ["serve", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(f"{SCRIPT}---\n{WAITS}---\n{OTHERS}")
    return path


def test_click_reads_each_variable_of_the_reference() -> None:
    page = (ROOT / "docs/reference/environment.md").read_text("utf-8").partition("## Of other commands")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    read = set()
    for command in ("serve", "record", "proxy"):
        context = context_of(command)
        for parameter in context.command.params:
            name = variable_of(context, parameter)
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(name, "x")
                if parameter.resolve_envvar_value(context) == "x":
                    read.add(name)
    assert listed == read - {"MOCKFLOW_HELP", "MOCKFLOW_RECORD_HELP", "MOCKFLOW_PROXY_HELP"}


def test_unknown_variables_are_warned_of_and_links_are_passed_over() -> None:
    variables = {
        "MOCKFLOW_PROT": "1",
        "MOCKFLOW_COLOUR": "1",
        "MOCKFLOW_CONTROL_TOKEN": "t",
        "MOCKFLOW_CA": "",
        "MOCKFLOW_RECORD_USER": "x",
        "MOCKFLOW_SERVICE_HOST": "10.0.0.1",
        "MOCKFLOW_SERVICE_PORT": "9200",
        "MOCKFLOW_SERVICE_PORT_HTTP": "9200",
        "MOCKFLOW_PORT_9200_TCP": "tcp://10.0.0.1:9200",
        "MOCKFLOW_PORT_9200_TCP_ADDR": "10.0.0.1",
        "MOCKFLOW_API_PORT": "tcp://10.0.0.1:9200",
    }
    with Served(env=variables) as served:
        _, stderr, _ = served.stop(signal.SIGTERM)
    assert stderr.splitlines() == [
        "warning: unknown environment variable MOCKFLOW_COLOUR; mockflow serve --help lists the options",
        "warning: unknown environment variable MOCKFLOW_PROT; did you mean MOCKFLOW_PORT?",
    ]


@pytest.mark.parametrize(
    ("name", "value", "is_a_link"),
    [
        ("MOCKFLOW_PORT", "tcp://10.0.0.1:9200", True),
        ("MOCKFLOW_PORT", "9200", False),
        ("MOCKFLOW_PORT_9200_UDP_PROTO", "udp", True),
        ("MOCKFLOW_SERVICE_PORT_CONTROL_API", "1", True),
        ("MOCKFLOW_SPEED", "10", False),
        ("OTHER_PORT", "tcp://10.0.0.1:9200", False),
    ],
)
def test_what_is_a_link(name: str, value: str, is_a_link: bool) -> None:
    assert is_link(name, value) is is_a_link


def test_a_port_that_a_link_has_set_is_no_port() -> None:
    done = serve("--begin", "x", MOCKFLOW_PORT="tcp://10.0.0.1:9200")
    assert done.exit_code == 1  # for --begin: the variable was passed over
    assert done.output == "Error: --begin x: there is no such scenario or workflow; no scenario brings a workflow\n"


def line_of(done: Result) -> Any:
    [line] = map(json.loads, done.output.splitlines())
    return line["level"], line["message"]


def test_errors_of_the_start_are_json_too(tmp_path: Path) -> None:
    taken = {"MOCKFLOW_LOG_FORMAT": "json"}
    assert line_of(serve("--auto", "--frozen", **taken)) == (
        "error",
        "--speed, --auto and --frozen exclude each other",
    )
    level, message = line_of(serve("--log-format", "json", MOCKFLOW_SPEED="fast"))
    assert (level, "(environment variable MOCKFLOW_SPEED)" in message) == ("error", True)
    assert line_of(serve("--log-format=json", "--nope"))[1].startswith("No such option")
    assert serve("--log-format=json", "--nope").exit_code == 2
    broken = tmp_path / "b.yaml"
    broken.write_text("scenario: b\nworkflow_id: b\nstart: load\n")
    done = serve(broken, **taken)
    problem, error = map(json.loads, done.output.splitlines())
    assert (problem["level"], problem["problem"]["line"]) == ("error", 3)
    assert (done.exit_code, error["message"]) == (1, "1 error in the scenarios; --keep-going serves the others")


def test_begin_and_port_file(file: Path, tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    with Served(file, "--begin", "s", "--port-file", str(port_file)) as served:
        assert served.url.endswith(f":{port_file.read_text().strip()}")
        views = {view["workflow_id"]: view for view in served.ask("/_mockflow/workflows")[1]}
        assert (views["w"]["begun"], views["v"]["begun"]) == (True, False)
        served.stop(signal.SIGTERM)
    assert not port_file.exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("S", "there is no such scenario or workflow; did you mean s?"),
        ("nowhere", "there is no such scenario or workflow; one of s, waits"),
        ("others", "its workflow is there once a client creates it"),
        ("waits", 'the run of workflow "v" begins when a client provisions it'),
    ],
)
def test_runs_that_cannot_begin(file: Path, name: str, told: str) -> None:
    done = serve(file, "--port", "0", "--begin", name)
    assert (done.exit_code, done.output) == (1, f"Error: --begin {name}: {told}\n")


def test_a_port_file_that_cannot_be_written(tmp_path: Path) -> None:
    done = serve("--port", "0", "--port-file", tmp_path / "nowhere" / "port")
    assert done.exit_code == 1
    assert done.output.endswith(f"--port-file {tmp_path}/nowhere/port: No such file or directory\n")
