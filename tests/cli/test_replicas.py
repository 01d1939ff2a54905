"""Replicas with one `--anchor` agree, and deploy/kubernetes uses what there is."""

import contextlib
import itertools
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from mockflow.cli.serve import serve
from mockflow.loading.load import load_text
from tests.support.paths import ROOT
from tests.support.served import WORKFLOW, Served

SCENARIO: Final = """
scenario: replicated
workflow_id: w
starts: load
provision:
  timeline:
    - {at: 0s, state: PROVISIONING}
    - at: 1h
      created: [{workflow_step_name: create_connector, workflow_step_id: c}]
    - at: 3h
      state: COMPLETED
      created: [{workflow_step_name: register_remote_model, workflow_step_id: m}]
"""
HOUR: Final = 3600
READS: Final = (
    f"{WORKFLOW}/w/_status",
    f"{WORKFLOW}/w/_status?all=true",
    f"{WORKFLOW}/w",
    "/_cat/indices/.plugins-flow-framework-*?h=index,creation.date,docs.count",
    "/_mockflow/workflows/w/status?at=2h",
)
MANIFESTS: Final = ROOT / "deploy" / "kubernetes" / "mockflow.yaml"


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Served]]:
    file = tmp_path / "replicated.yaml"
    file.write_text(SCENARIO)
    anchor = str(int((time.time() - 2 * HOUR) * 1000))
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Served(file, "--anchor", anchor, "--quiet")) for _ in range(3)]


def _body(url: str) -> bytes:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as response:
        read: bytes = response.read()
        return read


@pytest.mark.process
def test_three_replicas_agree_to_the_byte(replicas: list[Served]) -> None:
    turn = itertools.cycle(replicas)
    for target in READS:
        bodies = {_body(next(turn).url + target) for _ in range(6)}
        assert len(bodies) == 1, (target, bodies)
    status = replicas[0].status("w")
    assert (status["state"], len(status["resources_created"])) == ("PROVISIONING", 1)
    # A scenario that is loaded later, and a reset, begin at the anchor too.
    for served in replicas[1:]:
        later = SCENARIO.replace("replicated", "later").replace("id: w", "id: v")
        assert served.ask("/_mockflow/scenarios", "PUT", yaml.safe_load(later))[0] == 200
        assert served.status("v")["state"] == "PROVISIONING"
        assert len(served.status("v")["resources_created"]) == 1
    assert len({_body(f"{served.url}{WORKFLOW}/v/_status?all=true") for served in replicas[1:]}) == 1
    replicas[2].reset()
    assert _body(replicas[2].url + READS[1]) == _body(replicas[0].url + READS[1])


def test_the_manifests_use_options_and_scenarios_that_there_are() -> None:
    kinds = {document["kind"]: document for document in yaml.safe_load_all(MANIFESTS.read_text("utf-8"))}
    for name, text in kinds["ConfigMap"]["data"].items():
        loading = load_text(text, name)
        assert not loading.problems
        assert [located.scenario.begins for located in loading.scenarios] == ["load"]
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False
    (container,) = pod["containers"]
    options = {f"MOCKFLOW_{parameter.name}".upper(): parameter for parameter in serve.params}
    for variable in container["env"]:
        option = options[variable["name"]]
        option.type.convert(variable["value"], option, None)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    (port,) = kinds["Service"]["spec"]["ports"]
    assert ports[port["targetPort"]] == port["port"] == options["MOCKFLOW_PORT"].default
    probes = [container[probe]["httpGet"] for probe in ("readinessProbe", "livenessProbe")]
    with Served("--frozen", "--quiet") as served:
        assert [served.ask(probe["path"])[0] for probe in probes] == [200, 200]
