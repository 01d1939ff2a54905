"""A client of one server, its workflows in short words, and templates to send."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import ClientSession

from mockflow.cluster import Cluster

WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
JSON: Final = "application/json"
YAML: Final = "application/yaml"
EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, where auto and frozen clocks begin

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    content_type: str
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def told(self) -> tuple[int, Any]:
        """The status and the whole body."""
        return self.status, self.json

    @property
    def reason(self) -> str:
        """The reason of the core's object error."""
        return str(self.json["error"]["reason"])


@dataclass
class Door:
    """A server of one cluster and a client of it."""

    cluster: Cluster
    url: str
    session: ClientSession
    created: list[str] = field(default_factory=list)
    """The ids of the workflows that `create` made."""

    async def ask(
        self, method: str, path: str, body: Any = None, *, content_type: str = JSON, headers: Mapping[str, str] = {}
    ) -> Answer:
        """Any request; a body that is not text is sent as JSON."""
        data = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        if data is not None:
            headers = {"Content-Type": content_type, **headers}
        async with self.session.request(method, self.url + path, data=data, headers=headers) as response:
            return Answer(response.status, response.headers.get("Content-Type", ""), await response.text())

    async def post(self, query: str = "", body: Any = None, **more: Any) -> Answer:
        """POST of a new workflow."""
        return await self.ask("POST", WORKFLOW + query, body, **more)

    async def put(self, workflow_id: str, body: Any = None, query: str = "", **more: Any) -> Answer:
        return await self.ask("PUT", f"{WORKFLOW}/{workflow_id}{query}", body, **more)

    async def get(self, workflow_id: str) -> Answer:
        return await self.ask("GET", f"{WORKFLOW}/{workflow_id}")

    async def provision(self, workflow_id: str, query: str = "", body: Any = None, **more: Any) -> Answer:
        return await self.ask("POST", f"{WORKFLOW}/{workflow_id}/_provision{query}", body, **more)

    async def deprovision(self, workflow_id: str, query: str = "") -> Answer:
        return await self.ask("POST", f"{WORKFLOW}/{workflow_id}/_deprovision{query}")

    async def delete(self, workflow_id: str, query: str = "") -> Answer:
        return await self.ask("DELETE", f"{WORKFLOW}/{workflow_id}{query}")

    async def status(self, workflow_id: str, query: str = "") -> Answer:
        return await self.ask("GET", f"{WORKFLOW}/{workflow_id}/_status{query}")

    async def state(self, workflow_id: str) -> str:
        return str((await self.status(workflow_id)).json["state"])

    async def resources(self, workflow_id: str) -> list[str]:
        """The ids of what its status lists."""
        listed = (await self.status(workflow_id)).json.get("resources_created", [])
        return [resource["resource_id"] for resource in listed]

    # -- what has to succeed ---------------------------------------------------------------------------

    async def create(self, body: Any, query: str = "", **more: Any) -> str:
        """Creates a workflow and returns its id."""
        answer = await self.post(query, body, **more)
        assert answer.status in (201, 202), answer
        workflow_id = str(answer.json["workflow_id"])
        self.created.append(workflow_id)
        return workflow_id

    async def provisioned(self, body: Any) -> str:
        """Creates a workflow, provisions it and moves the clock to its end; returns its id."""
        workflow_id = await self.create(body, "?provision=true")
        await self.advance("1h")
        return workflow_id

    async def advance(self, duration: str) -> None:
        await self.clock({"advance": duration})

    async def clock(self, change: Body) -> None:
        answer = await self.ask("POST", "/_mockflow/clock", change)
        assert answer.status == 200, answer

    async def load(self, *scenarios: str) -> None:
        """Loads scenarios (YAML)."""
        answer = await self.ask("PUT", "/_mockflow/scenarios", "\n---\n".join(scenarios))
        assert answer.status == 200, answer

    async def until_waiting(self, count: int) -> None:
        """Returns once so many requests wait for the clock."""
        for _ in range(100_000):
            if len(self.cluster.world.clock._waiting) == count:
                return
            await asyncio.sleep(0)
        raise AssertionError(f"{len(self.cluster.world.clock._waiting)} requests wait, not {count}")


# -- templates -----------------------------------------------------------------------------------------


def template(*nodes: Body, edges: list[Body] | None = None, **more: Any) -> Body:
    """A template of these nodes."""
    workflow: Body = {"nodes": list(nodes)}
    if edges is not None:
        workflow["edges"] = edges
    return {"name": "test", "workflows": {"provision": workflow}, **more}


def node(node_id: str, step: str = "noop", after: Mapping[str, str] | None = None, **inputs: Any) -> Body:
    """A node; `after` is its previous_node_inputs."""
    body: Body = {"id": node_id, "type": step}
    if after is not None:
        body["previous_node_inputs"] = dict(after)
    if inputs:
        body["user_inputs"] = inputs
    return body


def edge(source: str, dest: str) -> Body:
    return {"source": source, "dest": dest}


NOOP: Final = template(node("a"))
SECRET: Final = "s3cret-key"
CONNECTOR: Final = node(
    "create_connector_1",
    "create_connector",
    name="chat",
    description="a chat model",
    version="1",
    protocol="http",
    parameters={"model": "gpt-3.5-turbo"},
    credential={"openAI_key": SECRET},
    actions=[{"action_type": "predict", "method": "POST", "url": "https://api.openai.com/v1/chat/completions"}],
)
MODEL: Final = node(
    "register_model_2",
    "register_remote_model",
    {"create_connector_1": "connector_id"},
    name="chat model",
    function_name="remote",
    description="a model",
    deploy=True,
)
PIPELINE: Final = node(
    "create_pipeline_3",
    "create_ingest_pipeline",
    {"register_model_2": "model_id"},
    pipeline_id="embed",
    configurations={
        "description": "embeds",
        "processors": [
            {"text_embedding": {"model_id": "${{register_model_2.model_id}}", "field_map": {"title": "vector"}}}
        ],
    },
)
INDEX: Final = node(
    "create_index_4",
    "create_index",
    {"create_pipeline_3": "pipeline_id"},
    index_name="books",
    configurations={
        "settings": {"index.knn": True, "default_pipeline": "${{create_pipeline_3.pipeline_id}}"},
        "mappings": {"properties": {"title": {"type": "text"}}},
    },
)
DEPLOYMENT: Final = template(CONNECTOR, MODEL, name="deployment", use_case="DEPLOY")
"""A connector, and a model that is registered and deployed: three entries of resources_created."""
SEARCH: Final = template(CONNECTOR, MODEL, PIPELINE, INDEX, name="search", use_case="SEMANTIC")
"""With a pipeline and an index, which need allow_delete: five entries, after 1 to 4 s."""
