"""The most expensive requests about very many indices, pipelines, models and agents, for `worst_inputs`."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.support.asks import Ask

JSON: Final = {"Content-Type": "application/json"}
ML: Final = "/_plugins/_ml"
PIPELINE: Final = "/_ingest/pipeline"
_LINE: Final = 4_000

Make = Callable[[int], Iterator[Ask]]


def _send(method: str, target: str, content: Any) -> Ask:
    return Ask(method, target, json.dumps(content).encode(), JSON)


def _indices(last: Callable[[int], Ask], fields: int = 5) -> Make:
    """A request about many indices, which have fields and aliases."""

    def make(size: int) -> Iterator[Ask]:
        mapping = {"properties": {f"f{n}": {"type": "text"} for n in range(fields)}}
        for number in range(size):
            aliases: dict[str, Any] = {f"alias-{number % 10}": {}}
            settings = {"number_of_shards": 1, "number_of_replicas": 0}
            yield _send("PUT", f"/ix-{number}", {"mappings": mapping, "aliases": aliases, "settings": settings})
        yield last(size)

    return make


def _about(target: str) -> Make:
    return _indices(lambda _: Ask("GET", target))


_WILDCARDS: Final = f"/{'*x*,*i*-*,-*9*,' * 400}"[:_LINE].rpartition(",")[0]


def _on_all(size: int) -> Ask:
    return _send("POST", "/_aliases", {"actions": [{"add": {"index": "ix-*", "alias": f"a{n}"}} for n in range(2)]})


def _fields(size: int) -> Ask:
    return _send("PUT", "/_all/_mapping", {"properties": {f"new{n}": {"type": "long"} for n in range(100)}})


def _resources(kind: str, last: Callable[[int], Ask]) -> Make:
    """A request about many resources of ML Commons that clients have made."""

    def make(size: int) -> Iterator[Ask]:
        yield _send("POST", f"{ML}/connectors/_create", _CONNECTOR)
        for number in range(size):
            yield _BODIES[kind](number)
        yield last(size)

    return make


_CONNECTOR: Final = {
    "name": "c",
    "description": "d",
    "version": 1,
    "protocol": "http",
    "parameters": {"model": "m"},
    "credential": {"key": "k"},
    "actions": [
        {"action_type": "predict", "method": "POST", "url": "https://api.openai.com/v1/x", "request_body": "{}"}
    ],
}
_BODIES: Final[dict[str, Callable[[int], Ask]]] = {
    "connectors": lambda _: _send("POST", f"{ML}/connectors/_create", _CONNECTOR),
    "models": lambda n: _send(
        "POST",
        f"{ML}/models/_register",
        {"name": f"m{n}", "function_name": "remote", "description": "d", "connector": _CONNECTOR},
    ),
    "agents": lambda n: _send("POST", f"{ML}/agents/_register", {"name": f"a{n}", "type": "flow", "tools": _TOOLS}),
    "model_groups": lambda n: _send("POST", f"{ML}/model_groups/_register", {"name": f"g{n}", "description": "d"}),
}
_TOOLS: Final[list[Any]] = [{"type": "ListIndexTool", "parameters": {"x": "y"}}]


def _searched(kind: str) -> Make:
    query = {"query": {"bool": {"should": [{"match": {"name": f"m{n} a{n}"}} for n in range(500)]}}, "size": 10_000}
    return _resources(kind, lambda _: _send("POST", f"{ML}/{kind if kind in _BODIES else 'tasks'}/_search", query))


def _predicted(size: int) -> Iterator[Ask]:
    """Texts to embed, for a model of the id that the first one of a world gets."""
    yield _BODIES["models"](0)
    yield _send("POST", f"{ML}/models/{{model_id}}/_predict", {"parameters": {"input": ["x"] * size}})


def _executed(size: int) -> Iterator[Ask]:
    yield _BODIES["agents"](0)
    yield _send("POST", f"{ML}/agents/{{agent_id}}/_execute", {"parameters": {"question": "x" * size}})


def _pipeline(processors: int, documents: Callable[[int], Ask]) -> Make:
    def make(size: int) -> Iterator[Ask]:
        yield _send("PUT", f"{PIPELINE}/p", {"processors": _processors(processors)})
        yield documents(size)

    return make


def _processors(count: int) -> list[Any]:
    return [{"set": {"field": f"f{n}", "value": "{{title}} {{title}}"}} for n in range(count)]


def _bulk(size: int) -> Ask:
    lines = (f'{{"index":{{}}}}\n{{"title":"book {n}"}}\n' for n in range(size))
    return Ask("POST", "/books/_bulk?pipeline=p", "".join(lines).encode(), JSON)


def _docs(size: int, source: Any) -> list[Any]:
    return [{"_index": "i", "_id": str(n), "_source": source} for n in range(size)]


_LONG: Final = {"title": "x" * 1_000}
_OK_OR_BAD: Final = (200, 400)

MAKES: Final[tuple[tuple[str, Make, tuple[int, ...], tuple[int, ...]], ...]] = (
    ("indices, cat", _about("/_cat/indices?v"), (10, 400), (200,)),
    ("indices, cat JSON", _about("/_cat/indices?format=json&s=index:desc"), (10, 400), (200,)),
    ("indices, cat shards", _about("/_cat/shards"), (10, 400), (200,)),
    ("indices, cat segments", _about("/_cat/segments"), (10, 400), (200,)),
    ("indices, cat aliases", _about("/_cat/aliases"), (10, 400), (200,)),
    ("indices, stats", _about("/_stats"), (10, 400), (200,)),
    ("indices, stats pretty", _about("/_stats?pretty&level=shards"), (10, 400), _OK_OR_BAD),
    ("indices, mappings", _indices(lambda _: Ask("GET", "/_mapping"), 300), (10, 400), (200,)),
    ("indices, field mappings", _indices(lambda _: Ask("GET", "/_mapping/field/*"), 300), (10, 400), (200,)),
    ("indices, settings", _about("/_settings?flat_settings"), (10, 400), (200,)),
    ("indices, all", _about("/_all"), (10, 400), (200,)),
    ("indices, aliases", _about("/_alias"), (10, 400), (200,)),
    ("indices, state", _about("/_cluster/state"), (10, 400), (200,)),
    ("indices, health", _about("/_cluster/health?level=shards"), (10, 400), (200,)),
    ("indices, node stats", _about("/_nodes/stats"), (10, 400), (200,)),
    ("indices, resolved", _about("/_resolve/index/*"), (10, 400), (200,)),
    ("indices, wildcards", _about(_WILDCARDS), (10, 400), _OK_OR_BAD),
    ("indices, search", _indices(lambda _: _send("POST", f"{_WILDCARDS}/_search", {})), (10, 400), _OK_OR_BAD),
    ("indices, count", _about("/_count"), (10, 400), (200,)),
    ("indices, new aliases", _indices(_on_all), (10, 400), _OK_OR_BAD),
    ("indices, new fields", _indices(_fields), (10, 400), _OK_OR_BAD),
    (
        "indices, new settings",
        _indices(lambda _: _send("PUT", "/_settings", {"index": {"number_of_replicas": 2}})),
        (10, 400),
        (200,),
    ),
    ("indices, delete", _indices(lambda _: Ask("DELETE", "/ix-*")), (10, 400), (200,)),
    (
        "ML models, search",
        _searched("models"),
        (10, 2_000),
        (200,),
    ),
    ("ML agents, search", _searched("agents"), (10, 2_000), (200,)),
    ("ML groups, search", _searched("model_groups"), (10, 2_000), (200,)),
    ("ML connectors, search", _searched("connectors"), (10, 2_000), (200,)),
    (
        "ML tasks, search",
        _resources("models", lambda _: _send("POST", f"{ML}/tasks/_search", {"size": 10_000})),
        (10, 2_000),
        (200,),
    ),
    ("ML profile", _resources("models", lambda _: Ask("GET", f"{ML}/profile")), (10, 2_000), (200,)),
    ("ML stats", _resources("models", lambda _: Ask("GET", f"{ML}/stats")), (10, 2_000), (200,)),
    ("ML predict", _predicted, (10, 500_000), _OK_OR_BAD),
    ("ML execute", _executed, (10, 5_000_000), _OK_OR_BAD),
    ("pipelines, bulk", _pipeline(20, _bulk), (10, 10_000), (200,)),
    (
        "pipelines, simulate",
        _pipeline(200, lambda n: _send("POST", f"{PIPELINE}/p/_simulate", {"docs": _docs(n, _LONG)})),
        (10, 1_000),
        _OK_OR_BAD,
    ),
    (
        "pipelines, simulate verbose",
        _pipeline(100, lambda n: _send("POST", f"{PIPELINE}/p/_simulate?verbose", {"docs": _docs(n, _LONG)})),
        (10, 1_000),
        _OK_OR_BAD,
    ),
    (
        "pipelines, listed",
        lambda n: iter(
            [
                *(_send("PUT", f"{PIPELINE}/p{i}", {"processors": _processors(10)}) for i in range(n)),
                Ask("GET", PIPELINE),
            ]
        ),
        (10, 2_000),
        (200,),
    ),
)
"""Name, requests, sizes and statuses of each kind."""
