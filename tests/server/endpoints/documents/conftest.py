"""A server in this loop, and short ways to ask it."""

import json
from typing import Any

import pytest

from mockflow.cluster import Cluster, Settings
from tests.support.server import Answer, Server, Servers

JSON_TYPE = {"Content-Type": "application/json"}


class Index:
    """Asks a server; bodies are JSON, or text as it is."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def ask(self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        data = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return await self.server.ask(target, method, data, {**(JSON_TYPE if data else {}), **(headers or {})})

    async def done(self, method: str, target: str, body: Any = None) -> Any:
        """The JSON of an answer that tells of no error."""
        answer = await self.ask(method, target, body)
        assert answer.status < 300, answer.body
        return answer.json

    async def refused(self, method: str, target: str, body: Any = None) -> tuple[int, str, str]:
        """Status, type and reason of an error."""
        answer = await self.ask(method, target, body)
        assert answer.status >= 400, answer.body
        return answer.status, answer.error["type"], answer.error["reason"]

    async def bulk(self, *lines: Any, target: str = "/_bulk") -> list[dict[str, Any]]:
        """The items of a bulk response, each without the name of its action."""
        body = "".join(f"{json.dumps(line)}\n" for line in lines)
        answer = await self.done("POST", target, body)
        return [next(iter(item.values())) for item in answer["items"]]

    async def found(self, index: str, body: Any = None, query: str = "") -> list[str]:
        """The ids that a search finds."""
        answer = await self.done("POST", f"/{index}/_search{query}", body)
        return [hit["_id"] for hit in answer["hits"]["hits"]]


@pytest.fixture
async def index(servers: Servers) -> Index:
    """A cluster with a frozen clock and nothing in it, which holds up to 20 documents."""
    settings = Settings(mode="frozen", opensearch_version="3.8.0", max_documents=20)
    return Index(await servers.of(Cluster(settings)))
