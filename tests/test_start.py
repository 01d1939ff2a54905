"""What a server and a fixture import before they are asked for more than a status: each module costs time.

A module that appears here although polls do not need it is imported where it is used, or its family's line is dropped
with a reason.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT, SCENARIOS
from tests.support.processes import environment

pytestmark = pytest.mark.process

POLL: Final = "GET /_plugins/_flow_framework/workflow/8xL8bowB8y25Tqfenm50/_status"
SCENARIO: Final = SCENARIOS / "docs-example.yaml"

ON_FIRST_USE: Final = (
    "aiohttp.web",
    "difflib",
    "jsonpath",
    "rich",
    "statistics",
    "watchfiles",
    "mockflow.cluster.client_documents",
    "mockflow.cluster.client_indices",
    "mockflow.cluster.index_listing",
    "mockflow.cluster.machine_learning",
    "mockflow.cluster.operations",
    "mockflow.cluster.pipelines",
    "mockflow.cluster.predictions",
    "mockflow.cluster.stepwise",
    "mockflow.core.ml.requests",
    "mockflow.core.opensearch.documents",
    "mockflow.core.opensearch.indices",
    "mockflow.core.opensearch.mappings",
    "mockflow.core.opensearch.pipelines",
    "mockflow.core.opensearch.search",
    "mockflow.core.opensearch.settings.index_settings",
    "mockflow.core.plugin.lint",
    "mockflow.core.plugin.lint_steps",
    "mockflow.core.plugin.simulation",
    "mockflow.core.plugin.step_checks.call",
    "mockflow.core.plugin.step_checks.table",
    "mockflow.loading.syntax",
    "mockflow.recording",
    "mockflow.server.control.answer",
    "mockflow.server.control.call",
    "mockflow.server.control.events",
    "mockflow.server.control.handlers",
    "mockflow.server.control.openapi",
    "mockflow.server.control.requests",
    "mockflow.server.control.routes",
    "mockflow.server.control.views",
    "mockflow.server.endpoints.cat",
    "mockflow.server.endpoints.cluster_health",
    "mockflow.server.endpoints.documents",
    "mockflow.server.endpoints.flow_framework.create",
    "mockflow.server.endpoints.flow_framework.reads",
    "mockflow.server.endpoints.flow_framework.runs",
    "mockflow.server.endpoints.index_management",
    "mockflow.server.endpoints.indices",
    "mockflow.server.endpoints.machine_learning",
    "mockflow.server.endpoints.nodes",
    "mockflow.server.endpoints.other_routes",
    "mockflow.server.endpoints.pipelines",
    "mockflow.server.rest.table",
    "mockflow.server.rest.template_body",
)
"""Modules and packages that neither a first answer nor a status poll needs."""

MOST: Final = {"serve": 215, "fixture": 225}
"""How many modules of mockflow are imported at most. A few new ones are no harm; a family belongs into the list."""

SERVE: Final = """
import json, os, signal, socket, sys, threading, time
from pathlib import Path
from mockflow.cli import main

port_file, scenario, out, request = sys.argv[1:]

def poll():
    while not os.path.exists(port_file):
        time.sleep(0.01)
    with socket.create_connection(("127.0.0.1", int(Path(port_file).read_text()))) as client:
        for line in ("GET /", request):
            client.sendall(f"{line} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n".encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
    Path(out).write_text(json.dumps(sorted(sys.modules)))
    os.kill(os.getpid(), signal.SIGTERM)

threading.Thread(target=poll, daemon=True).start()
main(["serve", scenario, "--port", "0", "--port-file", port_file, "--quiet"])
"""
FIXTURE: Final = """
import json, os, socket, sys
from pathlib import Path
import pytest

@pytest.mark.mockflow(os.environ["SCENARIO"])
def test_a_poll(mockflow):
    with socket.create_connection((mockflow.host, mockflow.port)) as client:
        client.sendall(f"{os.environ['REQUEST']} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 200")

def test_its_end():
    Path(os.environ["OUT"]).write_text(json.dumps(sorted(sys.modules)))
"""


def test_a_server(tmp_path: Path) -> None:
    out = tmp_path / "modules.json"
    arguments = [str(tmp_path / "port"), str(SCENARIO), str(out), POLL]
    run(["-c", SERVE, *arguments], tmp_path)
    check("serve", json.loads(out.read_text("utf-8")))


def test_a_fixture(tmp_path: Path) -> None:
    out = tmp_path / "modules.json"
    test = tmp_path / "test_it.py"
    test.write_text(FIXTURE, "utf-8")
    more = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "SCENARIO": str(SCENARIO), "REQUEST": POLL, "OUT": str(out)}
    run(["-m", "pytest", "-p", "mockflow.pytest_plugin", "-p", "no:cacheprovider", str(test)], tmp_path, **more)
    # pytest itself compares texts with difflib
    check("fixture", json.loads(out.read_text("utf-8")), but=("difflib",))


def run(arguments: list[str], folder: Path, **more: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def check(what: str, modules: Iterable[str], but: tuple[str, ...] = ()) -> None:
    loaded = list(modules)
    too_early = [each for each in ON_FIRST_USE if each in loaded and each not in but]
    assert not too_early, f"imported before they are needed: {', '.join(too_early)}"
    ours = [name for name in loaded if name.partition(".")[0] == "mockflow"]
    assert "mockflow.server.answer" in ours
    assert len(ours) <= MOST[what], f"{len(ours)} modules of mockflow:\n" + "\n".join(ours)
