"""Whole templates from their creation to their end: the project's own, those that real users start from, use cases.

What each shall create is predicted here from the step table of contract.md, section 7, not from mockflow's.
"""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, Settings
from mockflow.server.app import create_app

Body = dict[str, Any]
Client = TestClient[Request, Application]

HERE: Final = Path(__file__).parent
OWN: Final = sorted((HERE / "templates").iterdir())
SHARED: Final = HERE.parent.parent / "shared"
REAL: Final = sorted(file for file in (SHARED / "templates").glob("*.*") if file.suffix != ".md")
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
MEDIA_TYPES: Final = {".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml"}

# What each step lists as created; steps that are not here list nothing.
CREATES: Final = {
    "create_connector": "connector_id",
    "create_index": "index_name",
    "create_ingest_pipeline": "pipeline_id",
    "create_search_pipeline": "pipeline_id",
    "deploy_model": "model_id",
    "register_agent": "agent_id",
    "register_local_custom_model": "model_id",
    "register_local_pretrained_model": "model_id",
    "register_local_sparse_encoding_model": "model_id",
    "register_model_group": "model_group_id",
    "register_remote_model": "model_id",
    "reindex": "index_name",
}
DEPLOYING: Final = {name for name in CREATES if name.startswith(("register_remote", "register_local"))}
NAMED: Final = {"index_name", "pipeline_id"}
FORBIDDEN: Final = {"delete_index", "delete_ingest_pipeline", "delete_search_pipeline"}


@pytest.fixture
async def client(aiohttp_client: AiohttpClient) -> Client:
    return await aiohttp_client(create_app(Cluster(Settings(mode="auto"))))


@pytest.mark.parametrize("file", OWN, ids=lambda file: file.name)
async def test_a_template_of_the_project(client: Client, file: Path) -> None:
    await plays(client, file)


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.name)
async def test_a_template_that_real_users_start_from(client: Client, file: Path) -> None:
    await plays(client, file)


def test_the_real_templates_are_there() -> None:
    if not (SHARED / "templates").is_dir():
        pytest.skip("../shared/templates, sample templates of the plugin, is not here")
    assert len(REAL) >= 8


async def test_the_templates_of_the_project_have_every_step(client: Client) -> None:
    response = await client.get(f"{WORKFLOW}/_steps")
    used = {node["type"] for file in OWN for node in nodes_of(content_of(file))}
    assert used == set(await response.json()) - FORBIDDEN


async def test_every_use_case(client: Client) -> None:
    """All of them in one cluster, one after the other: each takes away what it made."""
    if not (SHARED / "use_cases.json").is_file():
        pytest.skip("../shared/use_cases.json, the table of the plugin's use cases, is not here")
    cases = json.loads((SHARED / "use_cases.json").read_text("utf-8"))
    assert len(cases) == 21
    for name, case in cases.items():
        body = dict.fromkeys(case["required"], "given")
        response = await client.post(WORKFLOW, params={"use_case": name}, json=body)
        assert response.status == 201, (name, await response.text())
        workflow_id = (await response.json())["workflow_id"]
        await lives(client, workflow_id, case["template"]["nodes"])


# -- a life ------------------------------------------------------------------------------------------


async def plays(client: Client, file: Path) -> None:
    response = await client.post(
        WORKFLOW,
        data=text_of(file),
        headers={"Content-Type": MEDIA_TYPES[file.suffix], "Accept": "application/json"},
    )
    assert response.status == 201, await response.text()
    workflow_id = (await response.json())["workflow_id"]
    stored = await (await client.get(f"{WORKFLOW}/{workflow_id}")).text()
    assert "credential" not in json.loads(stored)["workflows"]["provision"]["nodes"][0]["user_inputs"]
    assert "secret-of-the-test" not in stored
    await lives(client, workflow_id, nodes_of(content_of(file)))


async def lives(client: Client, workflow_id: str, nodes: list[Body]) -> None:
    """Provisioned as predicted, deprovisioned until nothing is left, and deleted."""
    assert (await client.post(f"{WORKFLOW}/{workflow_id}/_provision")).status == 202
    status = await polled_to_its_end(client, workflow_id)
    resources = status.get("resources_created", [])
    assert status["state"] == "COMPLETED", status
    assert sorted(map(entry, resources)) == sorted(predicted(nodes))
    assert_in_order(resources, nodes)

    names = [r["resource_id"] for r in resources if r["resource_type"] in NAMED]
    if any(r["workflow_step_name"] != "reindex" and r["resource_type"] in NAMED for r in resources):
        refused = await client.post(f"{WORKFLOW}/{workflow_id}/_deprovision")
        assert refused.status == 403, await refused.text()
    response = await client.post(f"{WORKFLOW}/{workflow_id}/_deprovision", params={"allow_delete": ",".join(names)})
    assert (response.status, await response.json()) == (200, {"workflow_id": workflow_id})
    assert await status_of(client, workflow_id) == {"workflow_id": workflow_id, "state": "NOT_STARTED"}

    response = await client.delete(f"{WORKFLOW}/{workflow_id}")
    assert (response.status, (await response.json())["result"]) == (200, "deleted")
    assert (await client.get(f"{WORKFLOW}/{workflow_id}/_status")).status == 404


async def polled_to_its_end(client: Client, workflow_id: str) -> Body:
    for _ in range(100):
        status = await status_of(client, workflow_id)
        if status["state"] != "PROVISIONING":
            return status
    raise AssertionError(f"still PROVISIONING after 100 polls: {status}")


async def status_of(client: Client, workflow_id: str) -> Body:
    response = await client.get(f"{WORKFLOW}/{workflow_id}/_status")
    assert response.status == 200, await response.text()
    status: Body = await response.json()
    return status


# -- what is expected ----------------------------------------------------------------------------------


def text_of(file: Path) -> str:
    return file.read_text("utf-8")


def content_of(file: Path) -> Body:
    content: Body = (json.loads if file.suffix == ".json" else yaml.safe_load)(text_of(file))
    return content


def nodes_of(template: Body) -> list[Body]:
    nodes: list[Body] = template["workflows"]["provision"]["nodes"]
    return nodes


def entry(resource: Body) -> tuple[str, str, str]:
    assert resource["resource_id"]
    return resource["workflow_step_name"], resource["workflow_step_id"], resource["resource_type"]


def predicted(nodes: list[Body]) -> list[tuple[str, str, str]]:
    entries = [(node["type"], node["id"], CREATES[node["type"]]) for node in nodes if node["type"] in CREATES]
    deployed = [node for node in nodes if node["type"] in DEPLOYING and is_deployed(node)]
    return entries + [("deploy_model", node["id"], "model_id") for node in deployed]


def is_deployed(node: Body) -> bool:
    return str(node.get("user_inputs", {}).get("deploy", "")).lower() == "true"


def assert_in_order(resources: list[Body], nodes: list[Body]) -> None:
    """What a step creates stands after what the steps that it waits for have created."""
    place = {resource["workflow_step_id"]: number for number, resource in enumerate(resources)}
    for node in nodes:
        for before in node.get("previous_node_inputs", {}):
            if node["id"] in place and before in place:
                assert place[before] < place[node["id"]], (before, node["id"])
