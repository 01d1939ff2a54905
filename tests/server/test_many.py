"""What a request costs does not grow with the square of what there is, and large answers are written in parts."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from mockflow.cluster import index_listing
from mockflow.cluster.registry import Registry
from mockflow.core.base import json_writer
from mockflow.core.base.json_writer import compact, compact_in_parts
from mockflow.core.plugin.resources import body_of
from mockflow.server import answer
from mockflow.server.endpoints import search
from mockflow.server.rest.worker import in_thread
from tests.support.server import Server, Servers

TYPE: Final = {"Content-Type": "application/json"}
MANY: Final = 40


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.calls = 0

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.calls += 1
        return self.function(*arguments, **named)


@pytest.fixture
async def server(serve: Servers) -> Server:
    return await serve()


async def made(server: Server, method: str, target: str, body: Any = None) -> Any:
    found = await server.ask(target, method, "" if body is None else json.dumps(body), TYPE)
    assert found.status in (200, 201), found.body
    return found.json


async def test_the_body_of_an_index_is_made_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(body_of)
    monkeypatch.setattr(index_listing, "body_of", counted)
    for number in range(MANY):
        await made(server, "PUT", f"/ix-{number}", {"aliases": {"every": {}}})
        await made(server, "PUT", f"/ix-{number}/_doc/1", {"title": "x"})
    await made(server, "POST", "/every/_search", {})
    assert counted.calls <= 4 * MANY
    await made(server, "PUT", "/ix-3/_mapping", {"properties": {"later": {"type": "long"}}})
    assert "later" in (await made(server, "GET", "/ix-3"))["ix-3"]["mappings"]["properties"]
    await made(server, "DELETE", "/ix-3")
    await made(server, "PUT", "/ix-3", {"settings": {"number_of_shards": 3}})
    body = (await made(server, "GET", "/ix-3"))["ix-3"]
    assert (body["aliases"], body["mappings"], body["settings"]["index"]["number_of_shards"]) == ({}, {}, "3")


async def test_a_search_of_models_looks_at_each_a_few_times(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their versions count those of their group. From some documents on the loop has its turn in between."""
    monkeypatch.setattr(search, "_MANY", 10)
    action = {"action_type": "predict", "method": "POST", "url": "https://api.openai.com/v1/x"}
    connector = {"name": "c", "version": 1, "protocol": "http", "credential": {"k": "v"}, "actions": [action]}
    group = (await made(server, "POST", "/_plugins/_ml/model_groups/_register", {"name": "g"}))["model_group_id"]
    for number in range(MANY):
        model = {"name": f"m{number}", "function_name": "remote", "connector": connector, "model_group_id": group}
        await made(server, "POST", "/_plugins/_ml/models/_register", model)
    counted = Counted(Registry._look_up)
    monkeypatch.setattr(Registry, "_look_up", lambda *arguments: counted(*arguments))
    hits = (await made(server, "POST", "/_plugins/_ml/models/_search", {"size": 100}))["hits"]["hits"]
    assert [hit["_source"]["model_version"] for hit in hits] == [str(number + 1) for number in range(MANY)]
    assert counted.calls < 6 * MANY


async def test_a_large_answer_is_written_in_another_thread(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(in_thread)
    monkeypatch.setattr(answer, "in_thread", counted)
    monkeypatch.setattr(json_writer, "_MANY", 100)
    for number in range(5):
        await made(server, "PUT", f"/ix-{number}", {"mappings": {"properties": {"a": {"type": "long"}}}})
    assert counted.calls == 0
    fields = {f"f{number}": {"type": "long"} for number in range(200)}
    await made(server, "PUT", "/large", {"mappings": {"properties": fields}})
    before = counted.calls
    found = await made(server, "GET", "/_all/_mapping")
    assert found["large"]["mappings"]["properties"] == fields
    assert counted.calls == before + 1


@pytest.mark.parametrize(
    "value",
    [
        {f"k{number}": number for number in range(1_000)},
        {"a": {"b": [{"c": number} for number in range(1_000)]}},
        [{f"k{number}": number for number in range(1_000)}] * 3,
        {f"k{number}": {"é": [number] * 30} for number in range(100)},
    ],
)
def test_large_json_is_written_in_parts(value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_writer, "_MANY", 50)
    longest = [0]

    def written(part: Any) -> bytes:
        text = compact(part)
        longest[0] = max(longest[0], len(text))
        return text

    expected = compact(value)
    monkeypatch.setattr(json_writer, "compact", written)
    assert compact_in_parts(value) == expected
    assert longest[0] < len(expected) / 3


async def test_the_state_of_the_cluster_looks_once_for_closed_indices(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(index_listing.closed)
    monkeypatch.setattr(index_listing, "closed", counted)
    for number in range(MANY):
        await made(server, "PUT", f"/ix-{number}", {})
    await made(server, "POST", "/ix-3/_close")
    counted.calls = 0
    indices = (await made(server, "GET", "/_cluster/state"))["metadata"]["indices"]
    assert [name for name, index in indices.items() if index["state"] == "close"] == ["ix-3"]
    assert counted.calls <= 3
