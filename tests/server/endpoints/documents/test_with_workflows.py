"""Indices of workflows and of clients are the same kind of thing; and what the rest of mockflow makes of documents."""

import base64
import json
from typing import Any

import pytest

from mockflow.cluster import Cluster, Settings
from mockflow.core.opensearch.operations import ACTIONS
from mockflow.core.opensearch.security import parse_user
from mockflow.server.endpoints import core_routes
from tests.server.endpoints.documents.conftest import Index
from tests.support.server import OWNER, WORKFLOW, Servers

REPLICAS = '{"settings":{"index.number_of_replicas":"1"}}'


def creating(name: str, configurations: Any = "{}", type: str = "create_index") -> Any:
    """The template of a workflow with one step on an index."""
    node = {"id": "i", "type": type, "user_inputs": {"index_name": name, "configurations": configurations}}
    return {"name": "t", "workflows": {"provision": {"nodes": [node]}}}


async def provisioned(index: Index, template: Any) -> str:
    """The id of a workflow that has run to its end."""
    made = await index.done("POST", f"{WORKFLOW}?provision=true", template)
    await index.server.advance("10s")
    return str(made["workflow_id"])


async def state_of(index: Index, workflow_id: str) -> Any:
    return (await index.done("GET", f"{WORKFLOW}/{workflow_id}/_status"))["state"]


async def test_a_client_fills_and_changes_the_index_of_a_workflow(index: Index) -> None:
    body = {"mappings": {"properties": {"n": {"type": "integer"}}}, "settings": {"number_of_replicas": 0}}
    id = await provisioned(index, creating("a", json.dumps(body)))
    assert (await index.refused("PUT", "/a/_doc/1", {"n": "x"}))[0] == 400
    await index.done("PUT", "/a/_doc/1", {"n": 1, "new": True})
    await index.done("PUT", "/a/_settings", {"number_of_replicas": 1})
    await index.done("PUT", "/a/_alias/al")
    shown = (await index.done("GET", "/a"))["a"]
    assert shown["mappings"]["properties"] == {"n": {"type": "integer"}, "new": {"type": "boolean"}}
    assert (shown["settings"]["index"]["number_of_replicas"], shown["aliases"]) == ("1", {"al": {}})
    await index.done("POST", f"{WORKFLOW}/{id}/_deprovision?allow_delete=a")
    assert (await index.ask("HEAD", "/a")).status == 404
    assert (await index.ask("GET", "/_alias/al")).status == 404


@pytest.mark.parametrize("way", ["deprovision", "delete"])
async def test_an_index_that_is_made_anew_is_empty(index: Index, way: str) -> None:
    """Also at the very same moment of a frozen clock."""
    await index.done("POST", f"{OWNER}/reset", {"step_time": "0s"})
    id = (await index.done("POST", f"{WORKFLOW}?provision=true", creating("a")))["workflow_id"]
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    if way == "delete":
        await index.done("DELETE", "/a")
        await index.done("PUT", "/a")
    else:
        await index.done("POST", f"{WORKFLOW}/{id}/_deprovision?allow_delete=a")
        await index.done("POST", f"{WORKFLOW}/{id}/_provision")
    assert (await index.done("GET", "/a/_count"))["count"] == 0
    assert (await index.done("GET", "/a/_mapping")) == {"a": {"mappings": {}}}


async def test_a_workflow_finds_what_clients_have_made(index: Index) -> None:
    await index.done("PUT", "/a", {"aliases": {"al": {}}, "settings": {"number_of_replicas": 0}})
    for name, reason in (("a", "already exists"), ("al", "already exists as alias")):
        failed = await provisioned(index, creating(name))
        assert await state_of(index, failed) == "FAILED"
        assert reason in (await index.done("GET", f"{WORKFLOW}/{failed}/_status"))["error"]
    assert await state_of(index, await provisioned(index, creating("a", REPLICAS, "update_index"))) == "COMPLETED"


async def test_a_reprovision_keeps_what_clients_have_made_of_the_index(index: Index) -> None:
    id = await provisioned(index, creating("a", '{"settings":{"number_of_replicas":0}}'))
    await index.done("PUT", "/a/_settings", {"priority": 7, "number_of_replicas": 3})
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    await index.done("PUT", "/a/_alias/al")
    await index.done("PUT", f"{WORKFLOW}/{id}?reprovision=true", creating("a", REPLICAS))
    await index.server.advance("10s")
    assert await state_of(index, id) == "COMPLETED"
    shown = (await index.done("GET", "/a"))["a"]
    settings = shown["settings"]["index"]
    assert (settings["number_of_replicas"], settings["priority"]) == ("1", "7")
    assert (shown["aliases"], list(shown["mappings"]["properties"])) == ({"al": {}}, ["n"])
    assert (await index.done("GET", "/a/_count"))["count"] == 1


async def test_a_search_reads_the_indices_of_the_plugin(index: Index) -> None:
    id = await provisioned(index, creating("a"))
    states = await index.done(
        "POST", "/.plugins-flow-framework-state/_search", {"query": {"term": {"state": "COMPLETED"}}}
    )
    assert [hit["_id"] for hit in states["hits"]["hits"]] == [id]
    assert (await index.done("GET", f"/.plugins-flow-framework-templates/_doc/{id}"))["_source"]["name"] == "t"
    assert (await index.done("PUT", "/.plugins-ml-config/_doc/os_summary", {"type": "os_root_agent"}))[
        "result"
    ] == "created"
    assert (await index.done("GET", "/.plugins-ml-config/_doc/os_summary"))["found"] is True


async def test_a_reset_and_the_journal_know_documents(index: Index) -> None:
    await index.done("PUT", "/a/_doc/1", {"n": 1})
    await index.bulk({"index": {"_index": "a", "_id": "2"}}, {"n": 2})
    exchanges = (await index.done("GET", f"{OWNER}/journal"))["exchanges"]
    assert [one["operation"] for one in exchanges] == ["index", "bulk"]
    await index.done("POST", f"{OWNER}/reset", {})
    assert (await index.ask("HEAD", "/a")).status == 404


async def test_a_fault_of_a_bulk_lets_a_retry_through(index: Index) -> None:
    await index.done("POST", f"{OWNER}/faults", {"on": "bulk", "call": 1, "respond": "too_many_requests"})
    lines = '{"index":{"_index":"a","_id":"1"}}\n{"n":1}\n'
    assert (await index.ask("POST", "/_bulk", lines)).status == 429
    assert (await index.ask("HEAD", "/a")).status == 404
    assert (await index.done("POST", "/_bulk", lines))["errors"] is False


async def test_in_mode_auto_a_client_that_waits_for_an_index_sees_it_come(servers: Servers) -> None:
    index = Index(await servers.of(Cluster(Settings(mode="auto"))))
    await index.done("POST", f"{WORKFLOW}?provision=true", creating("a"))
    looks = 0
    while (await index.ask("GET", "/a/_count")).status == 404:
        looks += 1
        assert looks < 20
    assert (await index.done("GET", "/a/_count"))["count"] == 0


async def test_roles_write_where_they_may(servers: Servers) -> None:
    users = tuple(parse_user(f"{name}:pw:{role}") for name, role in (("ann", "all_access"), ("rob", "readall")))
    index = Index(await servers.of(Cluster(Settings(mode="frozen", users=users))))

    async def status(user: str, method: str, target: str, body: Any = None) -> int:
        token = base64.b64encode(f"{user}:pw".encode()).decode()
        return (await index.ask(method, target, body, {"Authorization": f"Basic {token}"})).status

    assert await status("rob", "PUT", "/a/_doc/1", {}) == 403
    assert await status("ann", "PUT", "/a/_doc/1", {}) == 201
    assert await status("rob", "GET", "/a/_search") == 200
    assert await status("rob", "POST", "/a/_delete_by_query", {"query": {"match_all": {}}}) == 403
    assert await status("rob", "DELETE", "/a") == 403


def test_every_route_has_its_handler_and_its_permission() -> None:
    for route in (*core_routes.INDICES, *core_routes.EMPTY_LISTS, *core_routes.DOCUMENTS):
        assert callable(route.handler.imported())  # type: ignore[attr-defined]
        assert route.operation in ACTIONS


async def test_a_pipeline_has_to_exist(index: Index) -> None:
    told = (400, "illegal_argument_exception", "pipeline with id [nope] does not exist")
    assert await index.refused("PUT", "/a/_doc/1?pipeline=nope", {}) == told
    await index.done("PUT", "/b", {"settings": {"default_pipeline": "nope"}})
    assert await index.refused("PUT", "/b/_doc/1", {}) == told
    assert (await index.done("PUT", "/b/_doc/1?pipeline=_none", {}))["result"] == "created"
    items = await index.bulk({"index": {"_index": "a", "_id": "1", "pipeline": "nope"}}, {})
    assert items[0]["error"]["reason"] == told[2]


async def test_a_pipeline_changes_drops_and_refuses_documents(index: Index) -> None:
    await index.done("PUT", "/_ingest/pipeline/p", {"processors": [{"set": {"field": "by", "value": "p"}}]})
    await index.done("PUT", "/_ingest/pipeline/away", {"processors": [{"drop": {}}]})
    await index.done("PUT", "/_ingest/pipeline/no", {"processors": [{"fail": {"message": "no"}}]})
    await index.done("PUT", "/a", {"settings": {"default_pipeline": "p"}})
    items = await index.bulk(
        *({"index": {"_index": "a", "_id": "1"}}, {"n": 1}),
        *({"index": {"_index": "a", "_id": "2", "pipeline": "away"}}, {}),
        *({"create": {"_index": "missing", "pipeline": "away"}}, {}),
        *({"index": {"_index": "missing", "_id": "3", "pipeline": "no"}}, {}),
    )
    assert [(item["status"], item.get("result")) for item in items] == [
        (201, "created"),
        (200, "noop"),
        (200, "noop"),
        (500, None),
    ]
    assert items[1] == {
        "_index": "a",
        "_id": "2",
        "_version": -3,
        "result": "noop",
        "_shards": {"total": 0, "successful": 0, "failed": 0},
        "status": 200,
    }
    assert items[2]["_id"] == "auto-generated"
    assert await index.done("GET", "/a/_source/1") == {"n": 1, "by": "p"}
    assert (await index.ask("HEAD", "/missing")).status == 404  # pipelines come before a missing index is created
    dropped = await index.done("PUT", "/a/_doc/4?pipeline=away", {})
    assert dropped == {name: value for name, value in items[1].items() if name != "status"} | {"_id": "4"}
    assert await index.done("GET", "/a/_count") == {
        "count": 1,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
    }


async def test_a_workflow_s_pipeline_runs_and_what_it_does_not_compute_is_noted(index: Index) -> None:
    processors = [{"set": {"field": "by", "value": "w"}}, {"geoip": {"field": "ip"}}]
    inputs = {"pipeline_id": "p", "configurations": json.dumps({"processors": processors})}
    node = {"id": "i", "type": "create_ingest_pipeline", "user_inputs": inputs}
    await provisioned(index, {"name": "t", "workflows": {"provision": {"nodes": [node]}}})
    await index.done("PUT", "/a", {"settings": {"default_pipeline": "p"}})
    before = (await index.done("GET", f"{OWNER}/journal"))["counted"]
    await index.bulk(*({"index": {"_index": "a", "_id": "1"}}, {"n": 1}))
    await index.done("PUT", "/a/_doc/2", {"n": 2})
    await index.done("POST", "/a/_update_by_query")
    assert await index.done("GET", "/a/_source/1") == {"n": 1, "by": "w"}
    journal = (await index.done("GET", f"{OWNER}/journal?since={before}"))["exchanges"]
    told = ["mockflow does not compute the processor geoip: documents pass it unchanged"]
    assert [exchange["notes"] for exchange in journal] == [told, [], [], []]
