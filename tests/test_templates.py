"""Whole templates, from create to delete: what they make is what the step table says.

The table is written here once more, and held against ``../shared/steps.json`` where that is there. So are the
templates of real users and the plugin's use cases from that folder; those in ``templates/`` are the project's own and
use every step that a template may have.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from pytest_aiohttp.plugin import AiohttpClient

from mockflow.cluster import Cluster, Settings
from mockflow.core.plugin.use_cases import use_cases
from mockflow.server.app import create_app
from tests.support.paths import SHARED

Body = dict[str, Any]

OWN: Final = Path(__file__).parent / "templates"
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
FOR_CERTAIN: Final = "1h"  # by then every run has ended

ALLOWED: Final = "allow_delete"


@dataclass(frozen=True)
class Creates:
    """What a step makes: the type of its entry, where GET finds it, the input that names it, what takes it away."""

    type: str
    path: str
    named_by: str = ""
    deprovision: str = "delete"
    deploys: bool = False
    """Whether deploy: true adds an entry of deploy_model."""


_MODEL: Final = Creates("model_id", "/_plugins/_ml/models/{id}", deploys=True)
CREATES: Final[dict[str, Creates | None]] = {
    "noop": None,
    "create_index": Creates("index_name", "/{id}", "index_name", ALLOWED),
    "reindex": Creates("index_name", "/{id}", "destination_index", "noop"),
    "create_ingest_pipeline": Creates("pipeline_id", "/_ingest/pipeline/{id}", "pipeline_id", ALLOWED),
    "create_search_pipeline": Creates("pipeline_id", "/_search/pipeline/{id}", "pipeline_id", ALLOWED),
    "create_connector": Creates("connector_id", "/_plugins/_ml/connectors/{id}"),
    "register_local_custom_model": _MODEL,
    "register_local_sparse_encoding_model": _MODEL,
    "register_local_pretrained_model": _MODEL,
    "register_remote_model": _MODEL,
    "deploy_model": Creates("model_id", "/_plugins/_ml/models/{id}", deprovision="undeploy_model"),
    "register_model_group": Creates("model_group_id", "/_plugins/_ml/model_groups/{id}", deprovision="noop"),
    "register_agent": Creates("agent_id", "/_plugins/_ml/agents/{id}"),
    "create_tool": None,
    "update_index": None,
    "update_ingest_pipeline": None,
    "update_search_pipeline": None,
    "undeploy_model": None,
    "delete_model": None,
    "delete_connector": None,
    "delete_agent": None,
}
"""Every step that a template may have; the three that it may not have are in `DENIED`."""
LEAVES_NO_ENTRY: Final = "reindex"
"""The step that the catalogue gives a resource, and that makes no entry."""
DENIED: Final = frozenset({"delete_index", "delete_ingest_pipeline", "delete_search_pipeline"})


def read(file: Path) -> Body:
    """A template; in YAML as OpenSearch reads it, a version such as 1.0.0 is text there too."""
    content: Body = yaml.safe_load(file.read_text("utf-8"))
    return content


def files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.suffix in (".json", ".yaml", ".yml"))


def needs_shared(name: str) -> pytest.MarkDecorator:
    path = SHARED / name
    return pytest.mark.skipif(not path.exists(), reason=f"{path} is not here")


# -- what a template makes -----------------------------------------------------------------------------


def nodes_of(template: Body) -> list[Body]:
    nodes: list[Body] = template["workflows"]["provision"]["nodes"]
    return nodes


def predicted(template: Body) -> list[tuple[str, str, str, str]]:
    """The entries of resources_created: step name, step id, type, and the id where it is a name, in any order."""
    entries = []
    for node in nodes_of(template):
        creates, inputs = CREATES[node["type"]], node.get("user_inputs", {})
        if creates is None or node["type"] == LEAVES_NO_ENTRY:
            continue
        entries.append((node["type"], node["id"], creates.type, inputs.get(creates.named_by, "")))
        if creates.deploys and str(inputs.get("deploy")).lower() == "true":
            entries.append(("deploy_model", node["id"], creates.type, ""))
    return sorted(entries)


def shown(resources: list[Body]) -> list[tuple[str, str, str, str]]:
    """The entries of an answer, as `predicted` has them."""
    entries = []
    for entry in resources:
        assert list(entry) == ["workflow_step_name", "workflow_step_id", "resource_type", "resource_id"]
        step, step_id, kind, resource_id = entry.values()
        creates = CREATES[step]
        assert creates is not None
        entries.append((step, step_id, kind, resource_id if creates.named_by else ""))
    return sorted(entries)


# -- from create to delete -----------------------------------------------------------------------------


class Door:
    """A client of a server whose clock is frozen."""

    def __init__(self, client: TestClient[Request, Application]) -> None:
        self._client = client

    async def ask(
        self, method: str, path: str, body: bytes | Body | None = None, content_type: str = "application/json"
    ) -> tuple[int, Any]:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {} if data is None else {"Content-Type": content_type}
        response = await self._client.request(method, path, data=data, headers=headers)
        return response.status, await response.json()

    async def create(self, body: bytes | Body, query: str = "", content_type: str = "application/json") -> str:
        status, answer = await self.ask("POST", f"{WORKFLOW}{query}", body, content_type)
        assert status == 201, answer
        return str(answer["workflow_id"])

    async def status(self, workflow_id: str) -> Body:
        status, body = await self.ask("GET", f"{WORKFLOW}/{workflow_id}/_status?all=true")
        assert status == 200
        return dict(body)

    async def exists(self, entry: Body) -> bool:
        creates = CREATES[entry["workflow_step_name"]]
        assert creates is not None
        status, _ = await self.ask("GET", creates.path.format(id=entry["resource_id"]))
        assert status in (200, 404)
        return status == 200


@pytest.fixture
async def door(aiohttp_client: AiohttpClient) -> Door:
    return Door(await aiohttp_client(create_app(Cluster(Settings(mode="frozen")))))


async def lives(door: Door, workflow_id: str, template: Body) -> None:
    """Provisions a workflow, takes its resources away and deletes it; `template` says what there is in between."""
    assert await door.ask("POST", f"{WORKFLOW}/{workflow_id}/_provision") == (202, {"workflow_id": workflow_id})
    resources = await provisioned(door, workflow_id, template)
    await deprovisioned(door, workflow_id, resources)
    status, answer = await door.ask("DELETE", f"{WORKFLOW}/{workflow_id}")
    assert (status, answer["result"]) == (200, "deleted")
    unknown = {"error": f"Fail to find workflow status of {workflow_id}"}
    assert await door.ask("GET", f"{WORKFLOW}/{workflow_id}/_status") == (404, unknown)


async def provisioned(door: Door, workflow_id: str, template: Body) -> list[Body]:
    """Waits for the end of a run and looks at what it has made."""
    before = await door.status(workflow_id)
    assert (before["state"], before["provisioning_progress"]) == ("PROVISIONING", "IN_PROGRESS")
    assert "resources_created" not in before
    assert (await door.ask("POST", "/_mockflow/clock", {"advance": FOR_CERTAIN}))[0] == 200

    after = await door.status(workflow_id)
    assert (after["state"], after["provisioning_progress"], after.get("error")) == ("COMPLETED", "DONE", None)
    resources: list[Body] = after.get("resources_created", [])
    assert shown(resources) == predicted(template)
    models = {entry["resource_id"] for entry in resources if entry["workflow_step_name"].startswith("register_")}
    for entry in resources:
        assert await door.exists(entry), entry
        assert entry["workflow_step_name"] != "deploy_model" or entry["resource_id"] in models, "one model, two entries"
    return resources


async def deprovisioned(door: Door, workflow_id: str, resources: list[Body]) -> None:
    """Takes away what needs no permission, then the rest."""
    rules = {step: creates.deprovision for step, creates in CREATES.items() if creates}
    need_permission = [entry for entry in resources if rules[entry["workflow_step_name"]] == ALLOWED]
    gone: tuple[int, Body] = (200, {"workflow_id": workflow_id})
    if need_permission:
        told = ", ".join(f"{entry['resource_type']} {entry['resource_id']}" for entry in need_permission)
        refusal = f"These resources require the allow_delete parameter to deprovision: [{told}]."
        assert await door.ask("POST", f"{WORKFLOW}/{workflow_id}/_deprovision") == (403, {"error": refusal})
        left = await door.status(workflow_id)
        assert (left["state"], left["resources_created"]) == ("COMPLETED", need_permission)
    names = "%2C".join(entry["resource_id"] for entry in need_permission)
    query = f"?allow_delete={names}" if names else ""
    assert await door.ask("POST", f"{WORKFLOW}/{workflow_id}/_deprovision{query}") == gone
    fresh = {"workflow_id": workflow_id, "state": "NOT_STARTED", "provisioning_progress": "NOT_STARTED"}
    assert await door.status(workflow_id) == fresh

    deleted = {entry["resource_id"] for entry in resources if rules[entry["workflow_step_name"]] in (ALLOWED, "delete")}
    for entry in resources:
        assert await door.exists(entry) is (entry["resource_id"] not in deleted), entry


@pytest.mark.parametrize("file", files_in(OWN), ids=lambda file: file.name)
async def test_a_template_of_the_projects_own(door: Door, file: Path) -> None:
    await lives(door, await created_in(door, file), read(file))


@needs_shared("templates")
@pytest.mark.parametrize("file", files_in(SHARED / "templates"), ids=lambda file: file.name)
async def test_a_template_of_real_users(door: Door, file: Path) -> None:
    await lives(door, await created_in(door, file), read(file))


async def created_in(door: Door, file: Path) -> str:
    """Creates a workflow from a file's own bytes; the answer to YAML would be YAML."""
    content_type = "application/json" if file.suffix == ".json" else "application/yaml"
    content = file.read_bytes()  # noqa: ASYNC240 - a few kilobytes
    workflow_id = await door.create(content, "?format=json", content_type)
    status, document = await door.ask("GET", f"{WORKFLOW}/{workflow_id}")
    assert status == 200
    sent = [(node["id"], node["type"]) for node in nodes_of(read(file))]
    assert [(node["id"], node["type"]) for node in nodes_of(document)] == sent
    assert not any("credential" in node["user_inputs"] for node in nodes_of(document))
    return workflow_id


# -- use cases -----------------------------------------------------------------------------------------

_TABLE: Final = SHARED / "use_cases.json"
USE_CASES: Final[dict[str, Body]] = json.loads(_TABLE.read_text("utf-8")) if _TABLE.exists() else {}
FAILING: Final = frozenset(
    {"open_ai_embedding_model_deploy", "openai_chat_model_deploy", "semantic_search_with_reindex"}
)
"""Those that are refused, or whose steps fail, where only what they require is given."""


@needs_shared("use_cases.json")
@pytest.mark.parametrize("name", sorted((USE_CASES.keys() & use_cases((3, 2)).keys()) - FAILING))
async def test_a_use_case(door: Door, name: str) -> None:
    case = USE_CASES[name]
    values = {**case["defaults"], **{key: f"given {number}" for number, key in enumerate(case["required"])}}
    given = {key: values[key] for key in case["required"]}
    text = re.sub(r"\$\{\{\s*(\S+?)\s*\}\}", lambda at: in_json(values, at[1]), json.dumps(case["template"]))
    filled = json.loads(text)
    template = {"workflows": {"provision": {"nodes": filled["nodes"]}}}
    await lives(door, await door.create(given, f"?use_case={name}"), template)


def in_json(values: Body, name: str) -> str:
    """A value inside a JSON string; what is no parameter of the use case stays for the run."""
    return json.dumps(values[name])[1:-1] if name in values else f"${{{{ {name} }}}}"


# -- the table itself ----------------------------------------------------------------------------------


def test_the_projects_own_templates_use_every_step() -> None:
    used = {node["type"] for file in files_in(OWN) for node in nodes_of(read(file))}
    assert used == CREATES.keys()


@needs_shared("steps.json")
def test_the_table_is_that_of_the_plugin() -> None:
    steps: dict[str, Body] = json.loads((SHARED / "steps.json").read_text("utf-8"))
    assert {name for name, step in steps.items() if step.get("denied_in_templates")} == DENIED
    assert steps.keys() - DENIED == CREATES.keys()
    for name, creates in CREATES.items():
        step = steps[name]
        assert step.get("resource_type") == (creates.type if creates else None)
        if creates:
            deprovision = step["deprovision_step"]
            needs_permission = steps[deprovision].get("allow_delete_required", False)
            assert (creates.deprovision == ALLOWED) is needs_permission
            assert needs_permission or creates.deprovision in (deprovision, "delete")
            assert (creates.deprovision == "noop") is (deprovision == "noop")
