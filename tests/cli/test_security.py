"""`mockflow serve` with users, HTTPS and a guarded control API; `wait` and `load` against it."""

import base64
import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import run
from tests.support.served import Served

SCENARIO = "scenario: x\nworkflow_id: w\nprovision: {timeline: [{at: 0s, state: PROVISIONING}]}\n"


def get(url: str, ca: Path | None = None, **headers: str) -> tuple[int, Any]:
    """Status, and JSON or text."""
    context = ssl.create_default_context(cafile=ca) if ca else None
    handlers = [urllib.request.HTTPSHandler(context=context)] if context else []
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with opener.open(request, timeout=30) as response:
            status, body = response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body.decode()


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_users_turn_security_on() -> None:
    with Served("--user", "admin:secret", "--user", "reader:pw:flow_framework_read_access,ops") as served:
        assert get(served.url) == (401, "Unauthorized")
        assert get(served.url, Authorization=basic("admin:secret"))[0] == 200
        assert get(served.url, Authorization=basic("reader:pw"))[0] == 403
        assert run("wait", served.url, "--timeout", "5s").returncode == 0, "it answers, whoever asks"


def test_so_do_variables() -> None:
    variables = {"MOCKFLOW_USER": "admin:secret bob:pw", "MOCKFLOW_MULTI_TENANCY": "1"}
    with Served(env=variables) as served:
        assert get(served.url, Authorization=basic("bob:pw"))[0] == 200
        path = "/_plugins/_flow_framework/workflow/w/_status"
        told = {"error": "Tenant ID header is missing or has no value"}
        assert get(served.url + path, Authorization=basic("bob:pw")) == (403, told)
        assert get(served.url + path, Authorization=basic("bob:pw"), x_tenant_id="t")[0] == 500, (
            "no workflow was created yet"
        )


def test_https_and_a_door_at_a_port_of_its_own(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    (tmp_path / "x.yaml").write_text(SCENARIO)
    options: list[str | Path] = ["--tls", "--ca-out", ca, "--control-port", "0", "--control-token", "tok", "--frozen"]
    with Served(*options) as served:
        assert re.fullmatch(r"mockflow ready at https://127\.0\.0\.1:\d+\n", served.ready_line)
        assert served.process.stdout
        line = served.process.stdout.readline()
        control = line.split()[-1]
        assert line == f"mockflow control at {control}\n"
        assert get(served.url, ca)[1]["tagline"]
        assert get(f"{served.url}/_mockflow/clock", ca)[0] == 400
        assert get(f"{control}/_mockflow/clock", ca)[0] == 401
        assert get(f"{control}/_mockflow/clock", ca, Authorization="Bearer tok")[1]["mode"] == "frozen"
        assert run("wait", served.url, "--timeout", "5s").returncode == 0
        refused = run("load", control, tmp_path / "x.yaml", "--ca", ca)
        assert (refused.returncode, "needs a token" in refused.stderr) == (1, True)
        assert refused.stderr.endswith("; use --control-token\n")
        wrong = run("load", control, tmp_path / "x.yaml", "--ca", ca, "--control-token", "other")
        assert (wrong.returncode, wrong.stderr.endswith("; that of --control-token is wrong\n")) == (1, True)
        stranger = run("load", control, tmp_path / "x.yaml", "--control-token", "tok")
        assert (stranger.returncode, "--ca names the CA" in stranger.stderr) == (1, True)
        variables = {"MOCKFLOW_CONTROL_TOKEN": "tok", "MOCKFLOW_CA": str(ca)}
        assert run("load", control, tmp_path / "x.yaml", env=variables).stdout.endswith("x.yaml: x\n")
        assert served.stop(15)[1].startswith(f"clients verify this server with the CA in {ca}\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--host", "0.0.0.0"], r"any other machine could move the clock.*--insecure-control"),
        (["--host", "::"], r"any other machine could move the clock"),
        (["--control-port", "0", "--control-host", "0.0.0.0"], r"on 0\.0\.0\.0 any other machine could"),
        (["--no-control", "--control-token", "x"], "--no-control excludes all other options of the control API"),
        (["--no-control", "--insecure-control"], "--no-control excludes"),
        (["--control-token", ""], "--control-token is empty"),
        (["--user", "admin"], r'user "admin" should be name:password or name:password:role,role'),
        (["--user", "a:b", "--user", "a:c"], r'there are two users "a"'),
        (["--user", "a:b:flow_framework_reader"], r"unknown role.*did you mean flow_framework_read_access\?"),
        (["--cert", "pyproject.toml"], "--cert and --key go together"),
        (["--ca-out", "x.pem"], "--ca-out is for a generated certificate"),
        (["--cert", "pyproject.toml", "--key", "pyproject.toml"], "are not a certificate and its key in PEM"),
        (["--tls", "--ca-out", "/nowhere/ca.pem"], "--ca-out /nowhere/ca.pem: No such file or directory"),
        (["--max-connections", "0"], "is not in the range"),
        (["--read-timeout", "soon"], "soon"),
    ],
)
def test_what_does_not_go_together_is_told(options: list[str], told: str) -> None:
    done = run("serve", "--port", "0", *options)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert re.search(told, " ".join(done.stderr.split()))
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [["--insecure-control"], ["--no-control"], ["--control-port", "0"]])
def test_on_a_public_address_when_told_so(options: list[str]) -> None:
    with Served("--host", "0.0.0.0", *options) as served:
        local = served.url.replace("0.0.0.0", "127.0.0.1")
        assert get(local)[0] == 200
        assert get(f"{local}/_mockflow/clock")[0] == (200 if "--insecure-control" in options else 400)


def test_a_connection_too_many() -> None:
    with Served("--max-connections", "1") as served:
        port = int(served.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as first:
            first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert first.recv(1) == b"H"
            status, body = get(served.url)
            assert (status, body["error"]["type"]) == (429, "rejected_execution_exception")


def test_a_token_is_never_logged() -> None:
    with Served("--control-token", "s3same", env={"MOCKFLOW_LOG_FORMAT": "json"}) as served:
        for path in ("clock?token=s3same", "journal?since=0&token=s3same", "clock?token=s3same.not"):
            get(f"{served.url}/_mockflow/{path}")
        log = served.stop(15)[1]
    assert "/_mockflow/journal?since=0" in log
    assert "s3same" not in log
