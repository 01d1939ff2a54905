"""A server to talk to, and a client that sends and shows bytes as they are on the wire."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings
from mockflow.loading.load import load_text
from mockflow.server.serving import Serving

EPOCH: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, where auto and frozen clocks begin
WORKFLOW: Final = "/_plugins/_flow_framework/workflow"
OWNER: Final = "/_mockflow"
JSON: Final = "application/json; charset=UTF-8"
TEXT: Final = "text/plain; charset=UTF-8"
YAML: Final = "application/yaml"
_PATIENCE_SECONDS: Final = 20  # after which a test fails instead of hanging

# Three keyframes, at 0, 2 and 6 seconds.
STORY: Final = """
scenario: story
workflow_id: w
provision:
  timeline:
    - {at: 0s, state: NOT_STARTED}
    - at: 2s
      state: PROVISIONING
      created:
        - {workflow_step_name: create_connector, workflow_step_id: create_connector_1, resource_id: c1}
    - at: 6s
      state: COMPLETED
      created:
        - {workflow_step_name: register_remote_model, workflow_step_id: register_model_2, resource_id: m2}
"""
CONNECTOR: Final = {
    "workflow_step_name": "create_connector",
    "workflow_step_id": "create_connector_1",
    "resource_type": "connector_id",
    "resource_id": "c1",
}
MODEL: Final = {
    "workflow_step_name": "register_remote_model",
    "workflow_step_id": "register_model_2",
    "resource_type": "model_id",
    "resource_id": "m2",
}
NOT_STARTED: Final = {"workflow_id": "w", "state": "NOT_STARTED"}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; header names as they were sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The body's error: a string or an object."""
        return self.json["error"]

    @property
    def reason(self) -> str:
        """The reason of an object error."""
        reason = self.error["reason"]
        assert isinstance(reason, str)
        return reason

    def header(self, name: str) -> str | None:
        """A header's value, whatever the case of its name; it comes once or not at all."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "Wire":
        host, _, port = url.removeprefix("http://").partition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, *, without_body: bool = False) -> Answer:
        """The next answer; to HEAD, or a 100 Continue, there is none of a body."""
        async with _patience():
            head = await self._reader.readuntil(b"\r\n\r\n")
            lines = head.decode("utf-8", "surrogateescape").split("\r\n")[:-2]
            headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]))
            length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
            body = b"" if without_body else await self._reader.readexactly(length)
        return Answer(int(lines[0].split()[1]), headers, body, head + body)

    async def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        async with _patience():
            return await self._reader.read()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except ConnectionError:  # the server was first
            pass


@dataclass(frozen=True)
class Server:
    """A server of one cluster, in this event loop."""

    cluster: Cluster
    url: str
    serving: Serving | None = None

    async def send(self, data: bytes, *, without_body: bool = False) -> Answer:
        """The answer to these very bytes, on a connection of their own."""
        wire = await Wire.open(self.url)
        try:
            await wire.send(data)
            return await wire.answer(without_body=without_body)
        finally:
            await wire.close()

    async def ask(
        self, target: str, method: str = "GET", body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer to a request; a body says what its type is by its headers alone."""
        data = request(target, method, body.encode() if isinstance(body, str) else body, headers or {})
        return await self.send(data, without_body=method == "HEAD")

    async def status(self, workflow_id: str = "w", query: str = "") -> Answer:
        return await self.ask(f"{WORKFLOW}/{workflow_id}/_status{query}")

    async def advance(self, duration: str) -> None:
        answer = await self.ask(f"{OWNER}/clock", "POST", json.dumps({"advance": duration}))
        assert answer.status == 200, answer.body


def request(target: str, method: str = "GET", body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request's bytes; Host, and Content-Length with a body, come by themselves."""
    lines = [f"{method} {target} HTTP/1.1", "Host: mockflow"]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def cluster_of(*scenarios: str, mode: Mode = "frozen", version: str = "3.2.0", max_polls: int = 1000) -> Cluster:
    """A cluster of these scenarios (YAML)."""
    loading = load_text("\n---\n".join(scenarios), "test.yaml") if scenarios else None
    assert not loading or not loading.errors, loading.errors
    loaded = [LoadedScenario(located.scenario, str(located.place)) for located in loading.scenarios] if loading else []
    settings = Settings(mode=mode, opensearch_version=version, max_polls=max_polls)
    return Cluster(settings, tuple(loaded))


class Servers:
    """Starts servers; `stop` ends all of them."""

    def __init__(self) -> None:
        self._running: list[Serving] = []

    async def __call__(self, *scenarios: str, mode: Mode = "frozen", version: str = "3.2.0", **options: Any) -> Server:
        return await self.of(cluster_of(*scenarios, mode=mode, version=version), **options)

    async def of(self, cluster: Cluster, **options: Any) -> Server:
        """`options` are those of Serving: control, limits, tls."""
        serving = Serving(cluster, **options)
        server = Server(cluster, await serving.start(), serving)
        self._running.append(serving)
        return server

    async def stop(self) -> None:
        while self._running:
            await self._running.pop().stop()


async def until_waiting(cluster: Cluster, count: int = 1) -> None:
    """Returns once so many requests wait for the cluster's clock."""
    async with _patience():
        while len(cluster.world.clock._waiting) != count:  # noqa: ASYNC110 - the clock need not tell its tests
            await asyncio.sleep(0)


class _patience:  # noqa: N801 - a context manager; asyncio.timeout is there from Python 3.11 only
    """Fails what is inside after a while, so that nothing hangs."""

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handle = asyncio.get_running_loop().call_later(_PATIENCE_SECONDS, task.cancel)

    async def __aexit__(self, *_: object) -> None:
        self._handle.cancel()
