"""The servers that `bench.py` compares: how each is installed, and the command that starts it.

All answer the same request with the same bytes. What is installed goes to build/peers, and into no environment.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
PATH: Final = "/_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status"
BODY: Final = (
    '{"workflow_id":"8xL8bowB8y25Tqfenm50","state":"PROVISIONING","resources_created":[{"workflow_step_name":'
    '"create_connector","workflow_step_id":"create_connector_1","resource_type":"connector_id","resource_id":'
    '"NdjCQYwBLmvn802B0IwE"}]}'
)
CONTENT_TYPE: Final = "application/json; charset=UTF-8"
SCENARIO: Final = """\
scenario: docs-example
workflow_id: 8xL8bowB8y25Tqfenm50
starts: load
provision:
  timeline:
    - at: 0s
      state: PROVISIONING
      resources_created:
        - workflow_step_name: create_connector
          workflow_step_id: create_connector_1
          resource_type: connector_id
          resource_id: NdjCQYwBLmvn802B0IwE
"""
_INSTALL_SECONDS: Final = 600


class MissingError(Exception):
    """A peer cannot be had on this machine; the message says why."""


@dataclass(frozen=True)
class Peer:
    """A server. `command` installs what is missing into a folder, and returns the command for a port."""

    name: str
    command: Callable[[Path, int], Sequence[str]]
    """Raises MissingError."""


def mockflow(folder: Path, port: int) -> Sequence[str]:
    (folder / "scenario.yaml").write_text(SCENARIO)
    return _python("-m", "mockflow", "serve", "--quiet", "--port", str(port), str(folder / "scenario.yaml"))


def own_server(name: str) -> Callable[[Path, int], Sequence[str]]:
    """One of the small servers in benchmarks/servers."""

    def command(folder: Path, port: int) -> Sequence[str]:
        _pip_install(folder)
        return _python(str(HERE / "servers" / name), str(port), PATH, BODY)

    return command


def nginx(folder: Path, port: int) -> Sequence[str]:
    program = _program("nginx", "the Debian package nginx-light")
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;"
        f" events {{ worker_connections 2048; }} http {{ access_log off; keepalive_requests 100000000;"
        f" server {{ listen 127.0.0.1:{port} backlog=2048;"
        f" location / {{ types {{ }} default_type '{CONTENT_TYPE}'; return 200 '{BODY}'; }} }} }}"
    )
    return [program, "-c", str(config), "-p", str(folder)]


def wiremock(folder: Path, port: int) -> Sequence[str]:
    java, jar = _program("java"), next(_npm_install(folder).glob("wiremock/**/*.jar"), None)
    if jar is None:
        raise MissingError("the npm package wiremock has no jar")
    mappings = folder / "wiremock" / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    response = {"status": 200, "body": BODY, "headers": {"Content-Type": CONTENT_TYPE}}
    (mappings / "status.json").write_text(json.dumps({"request": {"method": "GET", "url": PATH}, "response": response}))
    options = ["--bind-address", "127.0.0.1", "--port", str(port), "--root-dir", str(folder / "wiremock")]
    return [java, "-jar", str(jar), *options, "--disable-banner", "--no-request-journal"]


def mockoon(folder: Path, port: int) -> Sequence[str]:
    program = _npm_install(folder) / ".bin" / "mockoon-cli"
    response = {
        "uuid": "a",
        "body": BODY,
        "latency": 0,
        "statusCode": 200,
        "label": "",
        "headers": [{"key": "Content-Type", "value": CONTENT_TYPE}],
        "bodyType": "INLINE",
        "filePath": "",
        "databucketID": "",
        "sendFileAsBody": False,
        "rules": [],
        "rulesOperator": "OR",
        "disableTemplating": True,
        "fallbackTo404": False,
        "default": True,
        "crudKey": "id",
        "callbacks": [],
    }
    route: dict[str, object] = {"uuid": "b", "type": "http", "documentation": "", "method": "get", "endpoint": PATH[1:]}
    route |= {"responses": [response], "responseMode": None, "streamingMode": None, "streamingInterval": 0}
    environment = {
        "uuid": "c",
        "lastMigration": 33,
        "name": "bench",
        "endpointPrefix": "",
        "latency": 0,
        "port": port,
        "hostname": "127.0.0.1",
        "folders": [],
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": "b"}],
        "proxyMode": False,
        "proxyHost": "",
        "proxyRemovePrefix": False,
        "tlsOptions": {"enabled": False},
        "cors": False,
        "headers": [],
        "proxyReqHeaders": [],
        "proxyResHeaders": [],
        "data": [],
        "callbacks": [],
    }
    file = folder / "mockoon.json"
    file.write_text(json.dumps(environment))
    return [_program("node"), str(program), "start", "--data", str(file), "--disable-log-to-file"]


def prism(folder: Path, port: int) -> Sequence[str]:
    program = _npm_install(folder) / ".bin" / "prism"
    content = {"application/json": {"schema": {"type": "object"}, "example": json.loads(BODY)}}
    operation = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    document = {"openapi": "3.0.3", "info": {"title": "bench", "version": "1"}, "paths": {PATH: operation}}
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    return [_program("node"), str(program), "mock", "-h", "127.0.0.1", "-p", str(port), "-v", "silent", str(file)]


def mockserver(folder: Path, port: int) -> Sequence[str]:
    java, jars = _program("java"), folder / "jars"
    if not any(jars.glob("*.jar")):
        artifact = "-Dartifact=org.mock-server:mockserver-netty-no-dependencies:5.15.0"
        _install(_program("mvn"), "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={jars}")
    response = {"statusCode": 200, "body": BODY, "headers": {"Content-Type": [CONTENT_TYPE]}}
    (folder / "mockserver.json").write_text(json.dumps([{"httpRequest": {"path": PATH}, "httpResponse": response}]))
    options = [f"-Dmockserver.initializationJsonPath={folder / 'mockserver.json'}", "-Dmockserver.logLevel=ERROR"]
    return [java, *options, "-jar", str(next(jars.glob("*.jar"))), "-serverPort", str(port)]


PEERS: Final = (
    Peer("mockflow", mockflow),
    Peer("aiohttp application", own_server("application.py")),
    Peer("aiohttp low-level server", own_server("low_level.py")),
    Peer("asyncio protocol with httptools", own_server("protocol.py")),
    Peer("nginx, constant response", nginx),
    Peer("WireMock", wiremock),
    Peer("MockServer", mockserver),
    Peer("Mockoon", mockoon),
    Peer("Prism", prism),
    Peer("pytest-httpserver", own_server("werkzeug_server.py")),
)


def environment(folder: Path) -> dict[str, str]:
    """The variables of a peer's process."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(folder / "python")])}


def _python(*arguments: str) -> Sequence[str]:
    return [sys.executable, *arguments]


def _program(name: str, source: str | None = None) -> str:
    found = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if found is None:
        raise MissingError(f"{name} is not installed" + (f" ({source})" if source else ""))
    return found


def _npm_install(folder: Path) -> Path:
    modules = folder / "node_modules"
    if not (modules / ".bin" / "prism").exists():
        packages = ("wiremock", "@mockoon/cli", "@stoplight/prism-cli")
        _install(_program("npm"), "install", "--prefix", str(folder), "--no-audit", "--no-fund", *packages)
    return modules


def _pip_install(folder: Path) -> None:
    if not (folder / "python").exists():
        target = str(folder / "python")
        _install(
            sys.executable, "-m", "pip", "install", "--quiet", "--target", target, "httptools", "pytest-httpserver"
        )


def _install(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout).strip().splitlines() or ["no message"]
        raise MissingError(f"{Path(command[0]).name} failed: {lines[-1]}") from None
    except subprocess.TimeoutExpired:
        raise MissingError(f"{Path(command[0]).name} did not end within {_INSTALL_SECONDS} s") from None
