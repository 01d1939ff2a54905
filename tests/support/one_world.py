"""Prints all that clients and users see of one world, for `tests/test_hash_order.py`: a program of its own.

Times of the wall clock are fixed, so that two processes print the same unless something depends on hash order.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from click.testing import CliRunner

from mockflow.cli import main
from mockflow.cluster import Cluster, LoadedScenario, Mode, Settings, StuckError
from mockflow.handle.cluster import ClusterHandle
from mockflow.handle.transport import Local
from mockflow.loading.load import load_text
from mockflow.server.answer import answer
from mockflow.server.control import answer as control
from mockflow.server.control.paths import PREFIX
from mockflow.server.endpoints.routing import router
from mockflow.server.http.messages import Request, StreamedResponse
from tests.server.control.test_reads import (
    CLIENT_READS,
    CLIENT_WRITES,
    COMMANDS,
    HANDLE_READS,
    SCENARIOS,
    read_targets,
    request_of,
)
from tests.support.server import EPOCH, WORKFLOW

ROOT: Final = Path(__file__).parents[2]
VALUES: Final = ("first", "i-first", "_all", "unknown,i-second", "info,http,jvm,os")


def client_targets() -> list[str]:
    """A target of each GET route of clients, with several values for what is variable in it."""
    paths = sorted({route.path for route in router().routes if route.method == "GET"})
    assert len(paths) > 50
    found = []
    for path in paths:
        for value in VALUES if "{" in path else ("",):
            found.append("/".join(value if part.startswith("{") else part for part in path.split("/")))
    return found


WRONG: Final[tuple[Any, ...]] = (
    *(
        {"id": "n", "type": step, "user_inputs": inputs}
        for step in ("create_connector", "register_local_custom_model", "register_agent", "create_search_pipeline")
        for inputs in ({}, {"name": "x", "zz": 1, "b": 2})
    ),
    {
        "id": "n",
        "type": "create_index",
        "user_inputs": {
            "index_name": "wrong",
            "configurations": json.dumps(
                {
                    "settings": {"index.knm": True, "index.number_of_replica": 1},
                    "mappings": {"properties": {"a": {"type": "keywrd", "zz": 1, "b": 2, "c": 3}}},
                }
            ),
        },
    },
)


CHANCE: Final = """
---
scenario: chance
workflow_id: by-chance
faults: [{on: get_status, probability: 0.5, respond: too_many_requests}]
"""


DOCUMENTS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("PUT", "/c-1", {"aliases": {"zz": {}, "b": {}, "c": {}}, "mappings": {"properties": {"zz": {"type": "text"}}}}),
    ("PUT", "/c-1/_doc/1", {"zz": "x", "b": 1, "c": {"d": "2026-01-01", "a": True}, "e.f": [1.5]}),
    ("POST", "/c-1/_doc", {"zz": "x y", "b": 2}),
    ("PUT", "/c-2/_doc/1", {"b": 3, "c": {"a": False}}),
    ("POST", "/_aliases", {"actions": [{"add": {"indices": ["c-1", "c-2"], "aliases": ["all", "both", "zzz"]}}]}),
    ("POST", "/c-*/_search", {"sort": [{"b": "desc"}], "_source": ["b", "c.*"]}),
    ("POST", "/c-1/_search", {"query": {"match": {"zz": "x y z"}}}),
    ("POST", "/c-1/_search", {"query": {"hybrid": {}}}),
    (
        "POST",
        "/c-1/_mapping",
        {"properties": {"b": {"type": "text"}, "zz": {"type": "text", "norms": False, "store": True}}},
    ),
    ("POST", "/both/_update_by_query", {"query": {"exists": {"field": "c"}}}),
    ("DELETE", "/c-1/_alias/b,c,nope*", None),
    *(
        ("GET", path, None)
        for path in ("/c-*", "/_alias", "/_resolve/index/*", "/c-*/_stats", "/_cat/shards", "/_mapping")
    ),
)


def requests() -> list[Request]:
    made = [request_of(method, target, body) for method, target, body in DOCUMENTS]
    made += [Request("GET", target, {}) for target in client_targets()]
    for node in WRONG:
        template = {"name": "wrong", "workflows": {"provision": {"nodes": [node]}}, "zz": 1, "b": 2, "c": 3}
        for query in ("", "?validation=none&provision=true", "?zz=1&b=2&c=3"):
            made.append(request_of("POST", WORKFLOW + query, template))
            template = {key: value for key, value in template.items() if key in ("name", "workflows")}
    settings = {"persistent": {"plugins.flow_framework.max_workflow": 1, "cluster.nme": "x", "zz": 1}}
    made.append(request_of("PUT", "/_cluster/settings", settings))
    made += [Request("GET", f"{WORKFLOW}/by-chance/_status", {})] * 20
    made += [request_of(*one) for one in (*CLIENT_READS, *CLIENT_WRITES, *COMMANDS) * 2]
    return made


async def play(mode: Mode) -> None:
    loading = load_text((SCENARIOS + CHANCE).encode(), "text")
    loaded = tuple(LoadedScenario(one.scenario, str(one.place)) for one in loading.scenarios)
    cluster = Cluster(Settings(mode=mode, epoch=EPOCH, max_polls=4), loaded)
    local = Local(cluster)
    local.begin("http://here")
    handle = ClusterHandle(local)

    async def send(request: Request) -> None:
        try:
            response = await answer(cluster, request)
        except StuckError as error:
            print(request.method, request.target, error)
        else:
            print(request.method, request.target, response.status, response.body, dict(response.headers))

    waiting = []
    for request in requests():
        if request.target.startswith(PREFIX):
            print(control.answer(cluster, request).body)
        else:
            waiting.append(asyncio.create_task(send(request)))
        for _ in range(6):
            await asyncio.sleep(0)
    for target in read_targets():
        response = control.answer(cluster, Request("GET", target, {}))
        if isinstance(response, StreamedResponse):
            for _ in range(2):
                print(await anext(response.chunks))
            await response.chunks.aclose()
        else:
            print(response.body)
    for read in HANDLE_READS:
        print(read(handle))
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


def commands() -> None:
    broken = sorted(map(str, (ROOT / "tests/loading/broken").glob("*.yaml")))[::4]
    for words in (["check", *broken], ["check", str(ROOT / "scenarios")], ["schema"]):
        done = CliRunner().invoke(main, words)
        assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit), done.exception
        print(done.output)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    with (
        patch("mockflow.server.answer.wall_time", lambda: 1.0),
        patch("mockflow.server.answer.perf_counter", lambda: 1.0),
    ):
        asyncio.run(play("frozen"))
        asyncio.run(play("auto"))
    commands()
