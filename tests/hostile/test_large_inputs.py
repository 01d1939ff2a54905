"""What is done in another thread, or bounded, because it is large: the answers are those of small inputs."""

import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mockflow.core.base import suggest
from mockflow.server import answer as server_answer
from mockflow.server import repeated
from mockflow.server.control.handlers.workflows import MAX_PLANNED
from mockflow.server.endpoints import cluster_settings
from mockflow.server.http.messages import Request
from mockflow.server.rest import template_body
from tests.support.server import STORY, Server, Servers, cluster_of
from tests.support.worst_inputs import CONTROL, FLOW, JSON, nested, node, template


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    servers = Servers()
    yield await servers(STORY)
    await servers.stop()


async def provisioned(server: Server, name: str, configurations: Any) -> str:
    """The error of a workflow that creates one index."""
    inputs = {"index_name": name, "configurations": json.dumps(configurations)}
    body = json.dumps(template(node(inputs, kind="create_index")))
    made = await server.ask(f"{FLOW}?provision=true", "POST", body, JSON)
    assert made.status == 202, made.body
    await server.advance("1h")
    error = (await server.status(made.json["workflow_id"])).json["error"]
    assert isinstance(error, str)
    return error


async def test_a_mapping_that_is_nested_very_deep_is_refused_by_the_depth_limit(server: Server) -> None:
    error = await provisioned(server, "deep", {"mappings": nested(390, {"type": "text"}, "properties", "f")})
    assert "Limit of mapping depth [20] has been exceeded" in error


async def test_a_large_configuration_is_checked_as_a_small_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[str] = []
    check = template_body.check_ahead

    def noted(*given: Any) -> None:
        ahead.append(threading.current_thread().name)
        check(*given)

    monkeypatch.setattr(template_body, "check_ahead", noted)
    many = {f"f{number}": {"type": "text"} for number in range(2_000)}
    large = await provisioned(server, "large", {"mappings": {"properties": many}})
    assert "Limit of total fields [1000] has been exceeded" in large
    assert ahead == ["mockflow work"]
    again = await provisioned(server, "large", {"mappings": {"properties": many}})
    assert again == large


async def test_many_settings_are_set_shown_and_removed_as_few(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[list[Any]] = [[], []]
    for many, told in zip((5, 1_000), answers, strict=True):
        monkeypatch.setattr(cluster_settings, "_MANY", many)
        settings = {f"cluster.s{number}.{'x' * 20}": "1" for number in range(10)}
        patterns = {"cluster.s1*": None, "cluster.*2*": None, f"cluster.s3.{'x' * 20}": None, "cluster.s*4*": None}
        more = {f"cluster.t{number}": None for number in range(4)}
        for scope in (settings, patterns | more, dict.fromkeys(["cluster.*"]) | more, {"a.b": "1"} | settings):
            put = await server.ask("/_cluster/settings", "PUT", json.dumps({"persistent": scope}), JSON)
            told.append((put.status, put.json, (await server.ask("/_cluster/settings")).json))
    assert answers[0] == answers[1]
    assert [status for status, _, _ in answers[0]] == [200, 200, 200, 400]
    assert sorted(answers[0][1][2]["persistent"]["cluster"]) == ["s0", "s5", "s6", "s7", "s8", "s9"]
    assert answers[0][2][2]["persistent"] == {}


async def test_a_plan_has_a_bound(server: Server) -> None:
    steps = {f"n{number}": {"takes": "1s"} for number in range(MAX_PLANNED)}
    full = await server.ask(f"{CONTROL}/next_run", "POST", json.dumps({"steps": steps}))
    more = await server.ask(f"{CONTROL}/next_run", "POST", json.dumps({"steps": {"one_more": {"takes": "1s"}}}))
    same = await server.ask(f"{CONTROL}/next_run", "POST", json.dumps({"steps": {"n1": {"takes": "2s"}}}))
    assert (full.status, more.status, same.status) == (200, 400, 200)
    assert f"at most {MAX_PLANNED}" in more.error["message"]


@pytest.mark.parametrize(("query", "is_plain"), [("", True), ("?pretty", False), ("?format=yaml", False)])
async def test_only_plain_json_is_written_within_the_loop(
    query: str, is_plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another form of a response that is large, or not known yet, may have to be written in a thread."""
    cluster = cluster_of(STORY)
    target = f"{FLOW}/w/_status{query}"
    await server_answer.answer(cluster, Request("GET", target, {}))
    repeats = repeated.Repeats(cluster)
    again = repeats.prepare(target, {}, len(target))
    assert again is not None
    assert again() is not None
    cluster.world.clock.advance(3_600_000)
    assert (again() is not None) is is_plain, "not known"
    await server_answer.answer(cluster, Request("GET", target, {}))
    monkeypatch.setattr(repeated, "LARGE", 10)
    assert (again() is not None) is is_plain, "large"


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("kitten", "sitting", 3), ("ab", "ba", 2), ("a", "b", 1), ("flaw", "lawn", 2), ("x" * 100, "y" * 60, 100)],
)
def test_the_distance_of_words(one: str, other: str, distance: int) -> None:
    assert suggest._distance(one, other) == suggest._distance(other, one) == distance
