"""What the control API does with very many things has pauses, in which the loop answers clients."""

import asyncio
import gc
import json
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from mockflow.cluster import Cluster, LoadedScenario, Settings, polling, scenarios
from mockflow.core.scenario.model import Scenario
from mockflow.server.answer import answer as answer_client
from mockflow.server.control.answer import answer, answer_in_loop
from mockflow.server.control.handlers import scenarios as handler
from mockflow.server.http.messages import Request
from mockflow.server.rest import pauses
from tests.support.server import WORKFLOW

MANY = 300


def scenario(number: int) -> LoadedScenario:
    script = {
        "scenario": f"s{number}",
        "workflow_id": f"w{number}",
        "provision": {"timeline": [{"at": 0, "state": "PROVISIONING"}]},
        "stubs": [{"request": f"GET /stub/{number}", "respond": {"status": 200}}],
    }
    return LoadedScenario(Scenario.model_validate(script))


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with many scenarios, whose workflows were polled."""
    cluster = Cluster(Settings(mode="frozen"), tuple(map(scenario, range(MANY))))
    loop = asyncio.new_event_loop()
    for number in range(MANY):
        loop.run_until_complete(answer_client(cluster, Request("GET", f"{WORKFLOW}/w{number}/_status", {})))
    loop.close()
    return cluster


def request(method: str, path: str, body: Any = None) -> Request:
    return Request(method, f"/_mockflow{path}", {}, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (request("POST", "/reset"), 5),
        (request("POST", "/reset", {"keep": ["scenarios"]}), 5),
        (request("GET", "/coverage"), MANY),
        (request("GET", "/story"), MANY),
        (request("POST", "/verify", {"called": {"operation": "get_status"}}), MANY),
        (request("POST", "/verify", {"polling": {"workflow_id": "w1"}}), MANY),
        (request("POST", "/verify", {"polling": {}}), MANY),
        (request("POST", "/next_run", {"steps": {f"regixter_remote_modle_{n}": {} for n in range(MANY)}}), MANY),
    ],
    ids=lambda value: f"{value.target} {value.body.decode()}" if isinstance(value, Request) else "",
)
def test_others_have_their_turn_meanwhile(
    cluster: Cluster, asked: Request, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a pause after each step the loop goes round as often; the answer is the one without pauses."""
    monkeypatch.setattr(pauses, "_TURN", -1.0)
    without = answer(cluster, asked)
    response, rounds = asyncio.run(ask(cluster, asked))
    assert (response.status, response.body) == (without.status, without.body)
    assert rounds >= least


async def ask(cluster: Cluster, asked: Request) -> tuple[Any, int]:
    """The response, and how often the loop went round meanwhile."""
    rounds, loop = [0], asyncio.get_running_loop()

    def tick() -> None:
        rounds[0] += 1
        loop.call_soon(tick)

    loop.call_soon(tick)
    return await answer_in_loop(cluster, asked), rounds[0]


def test_others_have_their_turn_while_a_world_is_made_and_removed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "_TURN", -1.0)
    response, rounds = asyncio.run(ask(cluster, request("POST", "/worlds", {"name": "w"})))
    assert (response.status, json.loads(response.body)["workflows"]) == (200, MANY)
    assert rounds >= 5
    cluster.turn = asyncio.Lock()
    response, rounds = asyncio.run(ask(cluster, request("DELETE", "/worlds/w")))
    assert (response.status, json.loads(response.body)["workflows"]) == (200, MANY)
    assert rounds >= 5
    assert list(cluster.worlds) == []


def test_the_documents_of_a_large_body_are_found_in_another_thread(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def loaded_of(*arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return find(*arguments)

    find = handler.loaded_of
    monkeypatch.setattr(handler, "loaded_of", loaded_of)
    text = "---\n".join(f"scenario: l{number}\nworkflow_id: l{number}\nprovision: {{}}\n" for number in range(1_000))
    response, _ = asyncio.run(ask(cluster, Request("PUT", "/_mockflow/scenarios", {}, text.encode())))
    assert (response.status, len(cluster.world.scenarios)) == (200, MANY + 1_000)
    assert threads == ["mockflow work"]


def test_a_reset_replaces_the_world_as_a_whole(cluster: Cluster) -> None:
    before, steps = cluster.world, cluster.reset_in_steps(mode="auto")
    for _ in range(5):
        next(steps)
        assert cluster.world is before
        assert len(before.scenarios) == len(before.workflows) == MANY
        polling.poll(before, "w7")
    for _ in steps:
        assert before.clock.closed is (cluster.world is not before)
    assert cluster.world is not before
    assert (cluster.world.clock.mode, len(cluster.world.scenarios)) == ("auto", MANY)


def test_a_scenario_that_is_loaded_while_a_reset_keeps_the_scenarios_is_kept(cluster: Cluster) -> None:
    steps = cluster.reset_in_steps(keep_scenarios=True)
    next(steps)
    scenarios.load(cluster.world, [scenario(MANY)])
    for _ in steps:
        pass
    assert list(cluster.world.scenarios) == [f"s{number}" for number in range(MANY + 1)]


@pytest.fixture
def without_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collection")
def test_a_replaced_world_leaves_no_memory_to_a_collection(cluster: Cluster) -> None:
    """A collection of very many objects would hold all threads."""
    gone: list[weakref.ref[Any]] = [weakref.ref(cluster.world), *map(weakref.ref, cluster.world.workflows.values())]
    cluster.reset()
    assert [one() for one in gone if one() is not None] == []
