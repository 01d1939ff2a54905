"""A short round of what `make stall` sends: each kind at its smallest size is answered as it should be.

How long anything takes decides nothing here.
"""

import base64
import json
from typing import Final

import pytest

from mockflow.cluster import Cluster, LoadedScenario, Settings
from mockflow.core.opensearch.security import parse_user
from mockflow.loading.load import load_text
from tests.support.server import NOT_STARTED, STORY, Server, Servers, request
from tests.support.worst_inputs import CONTROL, FLOW, KINDS, USER, Kind, Made

AUTHORIZATION: Final = {"Authorization": f"Basic {base64.b64encode(USER.encode()).decode()}"}


async def served(servers: Servers, kind: Kind) -> Server:
    if not (kind.needs_user or kind.startup):
        return await servers(STORY)
    text = "---\n".join((STORY, kind.startup(kind.sizes[0]))) if kind.startup else STORY
    loaded = [LoadedScenario(located.scenario, "story") for located in load_text(text, "story").scenarios]
    users = (parse_user(USER),) if kind.needs_user else ()
    return await servers.of(Cluster(Settings(mode="frozen", users=users), tuple(loaded)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_the_worst_of_each_kind_is_answered(
    servers: Servers, kind: Kind, caplog: pytest.LogCaptureFixture
) -> None:
    server = await served(servers, kind)
    made, statuses = Made(), []
    for ask in map(made.filled, kind.make(kind.sizes[0])):
        data = request(ask.target, ask.method, ask.body, {**AUTHORIZATION, **ask.headers})
        if "Host" in ask.headers:
            data = data.replace(b"Host: mockflow\r\n", b"", 1)
        answer = await server.send(data)
        statuses.append(answer.status)
        made.note(ask, answer.status, answer.body)
    *before, last = statuses
    assert all(status < 300 for status in before), statuses
    assert last in kind.statuses, answer.body[:500]
    still = await server.ask(f"{FLOW}/w/_status", headers=AUTHORIZATION)
    assert (still.status, still.json) == (200, NOT_STARTED)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


# -- bounds that are OpenSearch's own ------------------------------------------------------------------------


async def found(server: Server, query: object, **more: object) -> object:
    body = json.dumps({"query": query, **more})
    answer = await server.ask(f"{FLOW}/_search", "POST", body, {"Content-Type": "application/json"})
    return answer.json.get("error", answer.status)


def wrapped(error: object) -> tuple[object, object, object]:
    """The root cause's type and reason, and the type of the error around it."""
    assert isinstance(error, dict), error
    (root,) = error["root_cause"]
    return root["type"], root["reason"], error["type"]


async def test_a_query_has_at_most_1024_clauses(servers: Servers) -> None:
    """indices.query.bool.max_clause_count, wrapped as the plugin wraps the errors of shards."""
    server = await servers(STORY)
    of_query = "query_shard_exception", "failed to create query: maxClauseCount is set to 1024", "status_exception"
    for words in ("w " * 1_024, " ".join(f"w{n}" for n in range(1_024))):
        assert await found(server, {"match": {"name": words}}) == 200
    too_many: tuple[object, ...] = (
        {"match": {"name": "w " * 1_025}},
        {"match": {"name": " ".join(f"w{n}" for n in range(1_025))}},
        {"bool": {"should": [{"term": {"name": "a"}}] * 1_025}},
        {"bool": {"must": [{"match_all": {}}] * 1_000, "filter": [{"match_all": {}}] * 25}},
    )
    for one in too_many:
        assert wrapped(await found(server, one)) == of_query
    halves = [{"bool": {"should": [{"term": {"name": "a"}}] * 520}}] * 2
    assert wrapped(await found(server, {"bool": {"must": halves}})) == (
        "too_many_nested_clauses",
        "Query contains too many nested clauses; maxClauseCount is set to 1024",
        "status_exception",
    )


async def test_a_terms_query_has_at_most_65536_terms(servers: Servers) -> None:
    server = await servers(STORY)
    assert await found(server, {"terms": {"name": ["w"] * 65_536}}) == 200
    kind, reason, _ = wrapped(await found(server, {"terms": {"name": ["w"] * 65_537}}))
    assert kind == "query_shard_exception"
    assert str(reason).startswith("failed to create query: The number of terms [65537] used in the Terms Query request")


async def test_queries_nested_too_deep_are_refused_in_words(servers: Servers) -> None:
    server = await servers(STORY)
    for depth, good in ((100, True), (195, False), (390, False)):
        query: object = {"match_all": {}}
        for _ in range(depth):
            query = {"bool": {"must": query}}
        told = await found(server, query)
        assert told == 200 if good else "nested deeper than" in str(told)
    for key in ("must", "filter", "must_not", "should"):
        query = {"match_all": {}}
        for _ in range(115):
            query = {"bool": {key: query}}
        assert await found(server, query) == 200


async def test_parameters_that_multiply_a_template_are_refused(servers: Servers) -> None:
    server = await servers(STORY)
    nodes = [
        {"id": "n", "type": "create_index", "user_inputs": {"index_name": "i", "configurations": "${{a}}" * 2_000}}
    ]
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"name": "x", "workflows": {"provision": {"nodes": nodes}}})
    made = (await server.ask(FLOW, "POST", body, headers)).json["workflow_id"]
    answer = await server.ask(f"{FLOW}/{made}/_provision", "POST", json.dumps({"a": "x" * 100_000}), headers)
    assert (answer.status, answer.json["error"]) == (
        400,
        "mockflow puts at most 4194304 characters of parameters into a template",
    )
    answer = await server.ask(f"{FLOW}/{made}/_provision", "POST", json.dumps({"a": "x"}), headers)
    assert answer.status < 300


async def test_expressions_of_one_request_share_their_visits(servers: Servers) -> None:
    """The last stub wants what is there; those before it have used up the visits of the request."""
    server = await servers(STORY)
    body = json.dumps([{"a": [{"b": n} for n in range(2)]}] * 500)
    for count, status in ((1, 201), (50, 400)):
        stubs = [
            {"request": {"method": "POST", "path": "/x/y", "body": {f"$..a..*..b{n}": 1}}, "respond": {"status": 202}}
            for n in range(count)
        ]
        stubs.append(
            {"request": {"method": "POST", "path": "/x/y", "body": {"$[0].a[1].b": 1}}, "respond": {"status": 201}}
        )
        scenario = {"scenario": "s", "match": "everything", "stubs": stubs}
        assert (await server.ask(f"{CONTROL}/scenarios", "PUT", json.dumps(scenario))).status == 200
        answer = await server.ask("/x/y", "POST", body, {"Content-Type": "application/json"})
        assert answer.status == status


async def test_wrong_keys_beyond_a_number_are_counted(servers: Servers) -> None:
    server = await servers(STORY)
    text = "scenario: x\nworkflow_id: y\n" + "".join(f"key{n}: 1\n" for n in range(2_000))
    answer = await server.ask(f"{CONTROL}/scenarios", "PUT", text)
    problems = answer.json["error"]["problems"]
    assert (answer.status, len(problems)) == (400, 501)
    assert "from here on 1500 more wrong keys and values" in problems[-1]["message"]
