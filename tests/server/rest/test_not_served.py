"""What OpenSearch has and mockflow does not serve: the error, the log, the journal, the story, the coverage."""

import logging
import re
from typing import Final

import pytest

from mockflow.core.opensearch.rest_paths import RestPath, rest_paths
from mockflow.handle import MockFlow
from mockflow.server.endpoints import routing
from mockflow.server.endpoints.routing import router
from mockflow.server.rest.router import Found
from mockflow.server.rest.whole_api import find_route
from tests.support.control import Owner
from tests.support.served import ask
from tests.support.server import OWNER, Server, Servers

# One that no version of mockflow is likely to serve, with the methods that OpenSearch has for its path.
ROLL_OVER: Final = "/some-index/_rollover"
NEW: Final = "/_plugins/_ml/memory_containers/_create"  # since 3.3


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", ROLL_OVER),
        ("POST", "/_plugins/_sql"),
        ("PUT", "/_snapshot/x"),
        ("GET", "/_plugins/_ml/tools"),
        ("POST", "/_render/template"),
    ],
)
async def test_the_client_gets_the_error_of_a_missing_handler(server: Server, method: str, target: str) -> None:
    answer = await server.ask(target, method)
    assert (answer.status, answer.json) == (
        400,
        {"error": f"no handler found for uri [{target}] and method [{method}]"},
    )
    assert answer.header("Allow") is None


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("GET", "/_bulk", {"POST", "PUT"}),
        ("PATCH", "/some-index", {"DELETE", "GET", "HEAD", "PUT"}),
        ("GET", ROLL_OVER, {"POST"}),
        ("POST", "/_snapshot/x/y/z/a", set()),
    ],
)
async def test_a_wrong_method_is_told_those_of_opensearch(
    server: Server, method: str, target: str, allowed: set[str]
) -> None:
    answer = await server.ask(target, method)
    assert answer.status == (405 if allowed else 400)
    assert set(filter(None, (answer.header("Allow") or "").split(","))) == allowed
    told = re.search(r"allowed: \[(.*)]", answer.error)
    assert (set(told[1].split(", ")) if told else set()) == allowed


async def test_options_lists_the_methods_of_opensearch(server: Server) -> None:
    answer = await server.ask(ROLL_OVER, "OPTIONS")
    assert (answer.status, answer.header("Allow")) == (200, "POST")


def test_the_routes_that_are_looked_at_first_answer_as_all_of_them() -> None:
    """Most families are imported when a request is none of the plugin's and of the main page."""
    of_plugin = [(route.method, route.path) for route in router().routes if "_flow_framework" in route.path]
    others = [(row.method, row.path) for row in rest_paths()]
    values = ("x", "_x", "_status", "_search", "%2F", "%zz", "")
    asked = [(method, path, value) for _, path in of_plugin for method in ("GET", "POST", "PUT") for value in values]
    asked += [(method, path, value) for method, path in (*of_plugin, *others) for value in ("x", "_status")]
    for method, path, value in asked:
        target = re.sub(r"\{[^}]*\}", value, path)
        assert routing.find(method, target) == find_route(router(), method, target), (method, target)


def test_every_path_of_opensearch_has_its_own_route_or_none() -> None:
    """The quick answer of the routes that are served is that of the whole table."""
    for row in rest_paths():
        path = re.sub(r"\{[^}]*\}", "x", row.path)
        found = find_route(router(), row.method, path)
        if isinstance(found, Found):
            assert re.sub(r"\{[^}]*\}", "", found.route.path) == re.sub(r"\{[^}]*\}", "", row.path)
        else:
            assert isinstance(found.not_served, RestPath)
            assert row.method in found.methods


async def test_it_is_logged_once_and_counted(owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    server = owner.server
    with caplog.at_level(logging.WARNING, "mockflow"):
        for index in ("a", "b"):
            await server.ask(f"/{index}/_rollover?timeout=1s", "POST")
        await server.ask("/_nope", "POST")
    assert [record.getMessage() for record in caplog.records] == [
        "POST /{alias}/_rollover (indices.rollover) is not served by mockflow; a stub can answer it"
    ]
    coverage = await owner.get("/coverage")
    [kind] = coverage["not_served"]
    assert {**kind, "stub": ""} == {
        "request": "POST /{alias}/_rollover",
        "operation": "indices.rollover",
        "calls": 2,
        "stub": "",
    }
    exchanges = (await owner.get("/journal"))["exchanges"]
    assert [(one["operation"], one["served"]) for one in exchanges] == [
        ("indices.rollover", False),
        ("indices.rollover", False),
        (None, True),
    ]


async def test_the_stub_that_is_told_answers_it(server: Server) -> None:
    await server.ask(ROLL_OVER, "POST")
    [kind] = (await server.ask(f"{OWNER}/coverage")).json["not_served"]
    scenario = f"scenario: pasted\n{kind['stub']}"
    assert (await server.ask(f"{OWNER}/scenarios", "PUT", scenario, {"Content-Type": "application/yaml"})).status == 200
    answer = await server.ask("/other/_rollover", "POST")
    assert (answer.status, answer.json) == (200, {})
    exchange = (await server.ask(f"{OWNER}/journal")).json["exchanges"][-1]
    assert (exchange["operation"], exchange["served"]) == ("indices.rollover", True)


@pytest.mark.parametrize(("version", "operation"), [("3.2.0", None), ("3.3.0", "ml.create_memory_container")])
async def test_a_path_of_a_later_release_is_none_of_opensearch(
    serve: Servers, version: str, operation: str | None
) -> None:
    server = await serve(version=version)
    answer = await server.ask(NEW, "POST", "{}", {"Content-Type": "application/json"})
    assert (answer.status, answer.error) == (400, f"no handler found for uri [{NEW}] and method [POST]")
    [exchange] = (await server.ask(f"{OWNER}/journal")).json["exchanges"]
    assert (exchange["operation"], exchange["served"]) == (operation, operation is None)


def test_the_story_names_it_and_has_the_stub() -> None:
    with MockFlow() as cluster:
        assert ask(cluster.url + ROLL_OVER, "POST")[0] == 400
        story = cluster.journal.story()
        cluster.journal.assert_called("indices.rollover", times=1)
        [kind] = cluster.coverage().not_served
    assert f"POST {ROLL_OVER} -> 400 no handler found" in story
    assert "[not served by mockflow]" in story
    assert "  - request: POST /{alias}/_rollover" in story
    assert str(kind) == "POST /{alias}/_rollover (indices.rollover)"
